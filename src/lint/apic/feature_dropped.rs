//! `apic::feature_dropped`

use crate::diag::{Diagnostic, Severity};
use crate::features::known;
use crate::lint::{Facts, value};
use crate::spec::Irqchip;

/// What KVM serves with a local APIC of its own alone: the rest of KVM would accept the bits, and a guest that uses
/// one hangs. `lower::identity` and `lower::settled` leave them out.
const OF_KVMS_APIC: [&str; 5] =
    ["x2apic", "tsc_deadline_timer", "kvm_pv_eoi", "kvm_pv_unhalt", "kvm_pv_send_ipi"];

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let in_user_space = facts.spec.vmm.as_ref().and_then(|vmm| vmm.irqchip) == Some(Irqchip::User);
    let before_zen = facts.processor.filter(|processor| !processor.has_leaf_b());
    let list = facts.spec.cpu.as_ref().and_then(|cpu| cpu.require.as_ref());
    for (at, feature) in known(list).filter(|(_, feature)| OF_KVMS_APIC.contains(&feature.name)) {
        let name = feature.name;
        let error = |why: String| {
            Diagnostic::new("apic::feature_dropped", Severity::Error, format!("`{name}` is required, {why}"))
                .label(value(&format!("cpu.require[{at}]")), "the guest does not get it")
        };
        if in_user_space {
            out.push(
                error("KVM serves it with a local APIC of its own alone".to_owned())
                    .label(value("vmm.irqchip"), "the VMM's local APIC")
                    .help(format!("write `irqchip: split`, or take `{name}` out of `require`")),
            );
        } else if let Some(processor) = before_zen.filter(|_| name == "x2apic") {
            out.push(
                error(format!(
                    "{} before family 17h has none, nor the leaf that comes with it",
                    processor.vendor
                ))
                .help(format!("take `{name}` out of `require`"))
                .note("x2APIC comes with leaf 0BH, which these processors do not have"),
            );
        }
    }
}
