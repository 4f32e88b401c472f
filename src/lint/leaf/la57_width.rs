//! `leaf::la57_width`

use crate::cpuid::Key;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(selection) = facts.features else { return };
    let Some(sizes) = selection.host.get(Key::leaf(0x8000_0008)) else { return };
    let linear = sizes.eax >> 8 & 0xff;
    let la57 = selection.offered.iter().any(|feature| feature.name == "la57");
    if linear == 0 || la57 == (linear == 57) {
        return;
    }
    let part = facts.host.and_then(|host| host.kvm.as_ref()?.supported_cpuid.as_ref());
    let part = if part.is_some() { "kvm.supported_cpuid" } else { "cpus.cpuid" };
    let with = if la57 { "with" } else { "without" };
    out.push(
        Diagnostic::new(
            "leaf::la57_width",
            Severity::Warning,
            format!("the host's table has {linear} bits of linear addresses {with} `la57`"),
        )
        .label(profile(&format!("{part}.{}", Key::leaf(0x8000_0008))), format!("{linear} bits"))
        .note(format!(
            "the guest gets {} bits, as its features say",
            if selection.gives("la57") { 57 } else { 48 }
        ))
        .help("capture the profile again, or write `disable: [la57]` under `cpu`"),
    );
}
