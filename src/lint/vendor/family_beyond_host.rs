//! `vendor::family_beyond_host`

use crate::cpuid::{Processor, Vendor};
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(guest), Some(host)) = (facts.processor, facts.host.and_then(|host| host.processor())) else {
        return;
    };
    let (Some(signature), Vendor::Amd) = (guest.signature, guest.vendor) else { return };
    // As its makers have it, whatever the host.
    let made = Processor { signature: Some(signature), ..Processor::from(Vendor::Amd) };
    let leaf = if made.has_extended_levels() == Some(true) && host.has_extended_levels() == Some(false) {
        "80000026H"
    } else if made.has_topology_extensions() && !host.has_topology_extensions() {
        "8000001EH"
    } else {
        return;
    };
    let (family, model) = (signature.family(), signature.model());
    if host.signature == Some(signature) {
        return;
    }
    let its = host.signature.map_or_else(|| "another".to_owned(), |host| host.to_string());
    out.push(
        Diagnostic::new(
            "vendor::family_beyond_host",
            Severity::Error,
            format!("family {family} model {model} has leaf {leaf}, the host's {its} has not"),
        )
        .label(value("cpu.identity.family"), format!("{family:X}h model {model:02X}h here"))
        .label(profile("cpus"), format!("{its} there"))
        .help("write the host's family and model, or older ones of its vendor"),
    );
}
