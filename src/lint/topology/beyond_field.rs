//! `topology::beyond_field`
//!
//! Shifts stay below 32 and IDs within 32 bits for every number of vCPUs that resolves at all (see
//! `Numbered::number`); what can still overflow is one socket.

use crate::cpuid::Processor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::{Domain, Numbered, VcpuIndex};

const NAME: &str = "topology::beyond_field";

/// EBX[15:0] of leaves 0BH, 1FH and 80000026H.
const MOST_THREADS: u32 = 0xffff;
/// ThreadsPerCore: EBX[15:8] of leaf 8000001EH, less 1.
const MOST_THREADS_OF_CORE: u32 = 0x100;
/// ApicIdSize: ECX[15:12] of leaf 80000008H.
const MOST_ID_BITS: u32 = 0xf;
/// Initial APIC ID: EBX[31:24] of leaf 1.
const MOST_ID: u32 = 0xff;
/// ComputeUnitId: EBX[7:0] of leaf 8000001EH.
const MOST_CORE_BITS: u32 = 8;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let threads = topology.population(VcpuIndex(0), Domain::Package);
    if threads > MOST_THREADS {
        let diagnostic = Diagnostic::new(
            NAME,
            Severity::Error,
            format!(
                "a socket has {threads} threads, CPUID.(EAX=0BH,ECX=1):EBX[15:0] holds {MOST_THREADS} at most"
            ),
        );
        out.push(
            facts
                .label_counts(diagnostic, "the largest count")
                .help("write more `sockets` of fewer cores each"),
        );
    }
    let of_core = topology.count(Domain::Thread);
    if facts.is_amd_like() && of_core > MOST_THREADS_OF_CORE {
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!(
                    "a core has {of_core} threads, CPUID.8000001EH:EBX[15:8] says {MOST_THREADS_OF_CORE} at most"
                ),
            )
            .label(value("topology.threads"), "does not fit its field")
            .help("write `threads: 2`, and more `cores`"),
        );
    }
    before_zen(facts, numbered, out);
    let bits = numbered.layout().shift(Domain::Package).0;
    if facts.is_amd_like() && bits > MOST_ID_BITS {
        let diagnostic = Diagnostic::new(
            NAME,
            Severity::Error,
            format!(
                "the IDs of one socket take {bits} bits, CPUID.80000008H:ECX[15:12] (ApicIdSize) holds \
                 {MOST_ID_BITS} at most"
            ),
        );
        out.push(
            facts
                .label_counts(diagnostic, "the largest count")
                .help("write more `sockets` of fewer cores each, or counts that are powers of two"),
        );
    }
}

/// AMD before family 17h: an ID in 8 bits, unless 8000001EH has it, which then numbers compute units in 8.
fn before_zen(facts: &Facts<'_>, numbered: &Numbered, out: &mut Vec<Diagnostic>) {
    let Some(processor) = facts.processor.filter(Processor::is_before_zen) else { return };
    let (id, layout) = (numbered.max_id(), numbered.layout());
    let core_bits = layout.shift(Domain::Package).0 - layout.shift(Domain::Core).0;
    let message = if !processor.has_topology_extensions() && id.0 > MOST_ID {
        format!(
            "x2APIC ID {id}, CPUID.01H:EBX[31:24] holds {MOST_ID} at most, and this AMD processor has no leaf for more"
        )
    } else if core_bits > MOST_CORE_BITS {
        format!(
            "the cores of one socket take {core_bits} bits, CPUID.8000001EH:EBX[7:0] (ComputeUnitId) holds {MOST_CORE_BITS}: \
             Linux would take cores of the same number for threads of one"
        )
    } else {
        return;
    };
    let diagnostic = Diagnostic::new(NAME, Severity::Error, message);
    out.push(facts.label_counts(diagnostic, "the largest count").help("write fewer `cores`"));
}
