//! `cache::llc_assumed_in_linux`

use super::{core_types, is_removed, path_of, property_at};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{remove, suggested};
use crate::lint::words::many;
use crate::topology::{Domain, VcpuIndex};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    if !facts.is_amd_like() {
        return;
    }
    let removed = core_types(facts).into_iter().find(|core_type| is_removed(facts, *core_type, "l3"));
    let Some(core_type) = removed else { return };
    // The shift of Linux's domain of cores: 80000026H's complex, else the package.
    let taken = if facts.enumerates_dies() == Some(true) { Domain::Complex } else { Domain::Package };
    let first = VcpuIndex(0);
    let (vcpus, core) = (topology.most(taken), topology.population(first, Domain::Core));
    if vcpus <= core {
        return;
    }
    let path = path_of(facts, core_type, "l3");
    let word = if taken == Domain::Complex { "complex" } else { "socket" };
    out.push(
        Diagnostic::new(
            "cache::llc_assumed_in_linux",
            Severity::Warning,
            format!(
                "no vCPUs share an L3: Linux on AMD takes the {} of a {word} for sharing one",
                many(vcpus, "vCPU", "vCPUs")
            ),
        )
        .label(property_at(facts, path, "mode"), "no L3")
        .fix(suggested([remove(format!("caches.{path}"))]))
        .help("leave `l3` out to have the host's")
        .note("where CPUID.80000006H:EDX is 0, a Linux guest derives its scheduling domain of the last-level cache from the IDs of cores"),
    );
}
