//! `topology::number_truncated`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::Domain;

const NAME: &str = "topology::number_truncated";

/// CoreId and NodeId of leaf 8000001EH: EBX[7:0] and ECX[7:0].
const NUMBERS: u64 = 0x100;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered), Some(processor)) = (facts.topology, facts.numbered, facts.processor)
    else {
        return;
    };
    if !processor.has_topology_extensions() || !facts.is_amd_like() {
        return;
    }
    let core_shift = numbered.layout().shift(Domain::Core).0;
    let core = numbered.ids().iter().map(|id| numbered.within_package(*id) >> core_shift).max().unwrap_or(0);
    if u64::from(core) >= NUMBERS {
        let message = format!(
            "the last core of a socket has number {core}, CPUID.8000001EH:EBX[7:0] (CoreId) holds 0 to {}: the guest \
             reads {}",
            NUMBERS - 1,
            core % 0x100
        );
        let diagnostic = Diagnostic::new(NAME, Severity::Warning, message);
        out.push(
            facts
                .label_counts(diagnostic, "the largest count")
                .help("write more `sockets` of fewer cores each")
                .note("Linux up to 6.8 takes CoreId for the core's number; later kernels read leaf 0BH"),
        );
    }
    let nodes = u64::from(topology.count(Domain::Package)) * u64::from(numbered.amd_nodes().per_package());
    if nodes > NUMBERS {
        let message = format!(
            "the last node has number {}, CPUID.8000001EH:ECX[7:0] (NodeId) holds 0 to {}: the guest reads {}",
            nodes - 1,
            NUMBERS - 1,
            (nodes - 1) % NUMBERS
        );
        out.push(
            Diagnostic::new(NAME, Severity::Warning, message)
                .label(value("topology.sockets"), format!("{nodes} nodes of sockets"))
                .help("write fewer `sockets` of more cores each")
                .note("two sockets with one NodeId are one node to Linux's drivers for AMD's northbridges"),
        );
    }
}
