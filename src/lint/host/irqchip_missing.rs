//! `host::irqchip_missing`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, profile, value};
use crate::spec::Irqchip;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(capabilities) = facts.capabilities() else { return };
    let irqchip = facts.spec.vmm.as_ref().and_then(|vmm| vmm.irqchip);
    let (word, offered, name, key) = match irqchip {
        Some(Irqchip::Split) => {
            ("split", capabilities.split_irqchip, "KVM_CAP_SPLIT_IRQCHIP", "kvm.capabilities.split_irqchip")
        }
        Some(Irqchip::Kernel) => {
            ("kernel", capabilities.irqchip, "KVM_CAP_IRQCHIP", "kvm.capabilities.irqchip")
        }
        Some(Irqchip::User) | None => return,
    };
    if offered != Some(0) {
        return;
    }
    out.push(
        Diagnostic::new(
            "host::irqchip_missing",
            Severity::Error,
            format!("`irqchip: {word}` needs {name}, which KVM of this host does not have"),
        )
        .label(value("vmm.irqchip"), "asked for here")
        .label(profile(key), "0")
        .help("write an `irqchip` that the host has, or leave it out")
        .fix(suggested([remove("vmm.irqchip")])),
    );
}
