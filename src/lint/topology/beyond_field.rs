//! `topology::beyond_field`
//!
//! Shifts stay below 32 and IDs within 32 bits for every number of vCPUs that resolves at all (see
//! `Numbered::number`); what can still overflow is one socket.

use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::Domain;

const NAME: &str = "topology::beyond_field";

/// EBX[15:0] of leaves 0BH, 1FH and 80000026H.
const MOST_THREADS: u32 = 0xffff;
/// ThreadsPerCore: EBX[15:8] of leaf 8000001EH, less 1.
const MOST_THREADS_OF_CORE: u32 = 0x100;
/// ApicIdSize: ECX[15:12] of leaf 80000008H.
const MOST_ID_BITS: u32 = 0xf;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let threads = topology.most(Domain::Package);
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
    let alone = topology.instances(Domain::Package).any(|package| package.len() == 1);
    if facts.is_amd_like() && alone && threads > 1 {
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!(
                    "a socket has 1 thread beside one of {threads}: CPUID.01H:EDX[28] (HTT) says for all of the \
                     machine whether a socket has several"
                ),
            )
            .label(facts.count_at(Domain::Package), "unlike sockets")
            .help("give each socket at least 2 vCPUs"),
        );
    }
    // A socket too large in one field is so in others: the first will do.
    if threads > MOST_THREADS {
        return;
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
            .label(facts.count_at(Domain::Thread), "does not fit its field")
            .help("write `threads: 2`, and more `cores`"),
        );
    }
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
