//! `features::pv_without_kvm`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(hypervisor) = facts.hypervisor().filter(|hypervisor| !hypervisor.is_kvm()) else { return };
    let written = [
        ("hints", hypervisor.hints.as_ref().is_some_and(|hints| !hints.is_empty())),
        ("disable", hypervisor.disable.as_ref().is_some_and(|features| !features.is_empty())),
        ("msi_ext_dest_id", hypervisor.msi_ext_dest_id == Some(true)),
    ];
    for (key, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
        out.push(
            Diagnostic::new(
                "features::pv_without_kvm",
                Severity::Error,
                format!("`{key}` with `kvm: false`: leaf 40000001H, which would say it, is not there"),
            )
            .label(value(&format!("cpu.hypervisor.{key}")), "nobody would hear of it")
            .label(value("cpu.hypervisor.kvm"), "no leaf of KVM's")
            .help(format!("leave `{key}` out, or write `kvm: true`"))
            .fix(suggested([remove(format!("cpu.hypervisor.{key}"))])),
        );
    }
}
