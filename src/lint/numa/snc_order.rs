//! `numa::snc_order`

use super::members;
use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::{Domain, Topology, VcpuIndex};

/// The models of family 6 whose distances Linux averages: Granite Rapids and Clearwater Forest. Source: Linux
/// `arch/x86/kernel/smpboot.c`, `arch_sched_node_distance`.
const AVERAGED: [u32; 2] = [0xad, 0xdd];

/// How many nodes a socket must have for that.
const LEAST: usize = 3;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(processor)) = (facts.topology, facts.processor) else { return };
    let is_averaged = processor.vendor == Vendor::Intel
        && processor.signature.is_some_and(|s| s.family() == 6 && AVERAGED.contains(&s.model()));
    let sockets = topology.instances(Domain::Package).count();
    let block = topology.nodes().len().div_ceil(sockets.max(1));
    if !is_averaged || !facts.reader().may_be_linux_from(7, 0) || sockets < 2 || block < LEAST {
        return;
    }
    for first in (0..sockets).map(|socket| socket * block) {
        let Some((node, other)) = strangers(topology, first, block) else { continue };
        let last = first + block - 1;
        out.push(
            Diagnostic::new(
                "numa::snc_order",
                Severity::Warning,
                format!(
                    "nodes {node} and {other} are of two sockets, Linux takes nodes {first} to {last} for those of one"
                ),
            )
            .label(members(facts, topology, other), format!("node {other} is of another socket"))
            .label(members(facts, topology, node), format!("node {node}"))
            .help("list the nodes socket by socket, equally many of each, and give memory without CPUs to one of them")
            .note("a Linux guest prints \"SLIT table doesn't have the expected form for SNC\""),
        );
        return;
    }
}

/// The first node of a block with CPUs, and the first of another socket beside it.
fn strangers(topology: &Topology, first: usize, block: usize) -> Option<(u32, u32)> {
    let numbered = (0_u32..).zip(topology.nodes()).skip(first).take(block);
    let socket = |vcpu: &VcpuIndex| topology.place(*vcpu).index(Domain::Package);
    let mut home = None;
    for (number, node) in numbered {
        for vcpu in &node.vcpus {
            let (here, of) = *home.get_or_insert((number, socket(vcpu)));
            if socket(vcpu) != of && number != here {
                return Some((here, number));
            }
        }
    }
    None
}
