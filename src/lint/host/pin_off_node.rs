//! `host::pin_off_node`

use super::untrue;
use crate::diag::Diagnostic;
use crate::lint::{Facts, profile, value};
use crate::topology::VcpuIndex;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(there), Some(host)) = (facts.topology, facts.host_nodes(), &facts.spec.host)
    else {
        return;
    };
    for (entry, vcpu, cpu) in host.pairs().filter(|(_, vcpu, _)| *vcpu < topology.vcpu_count()) {
        let Some(number) = topology.node_of(VcpuIndex(vcpu)) else { continue };
        let node = usize::try_from(number).ok().and_then(|number| topology.nodes().get(number));
        let Some((node, wanted)) = node.and_then(|node| Some((node, node.host_node?))) else { continue };
        let Some((at, bound)) = there.iter().enumerate().find(|(_, node)| node.id == wanted) else {
            continue;
        };
        if bound.cpus.contains(cpu) {
            continue;
        }
        let message = format!(
            "vCPU {vcpu} of node {number} is pinned to CPU {cpu}, node {wanted} of the host has CPUs {}",
            bound.cpus
        );
        // One finding will do: the next ones go with the same edit.
        out.push(
            Diagnostic::new("host::pin_off_node", untrue(facts), message)
                .label(value(&format!("host.pin[{entry}].cpus")), format!("vCPU {vcpu} on CPU {cpu}"))
                .label(value(&format!("{}.host_node", node.path)), "its memory is there")
                .label(profile(&format!("numa.nodes[{at}].cpus")), "the CPUs beside that memory")
                .help(format!("pin the vCPUs of node {number} to CPUs out of `{}`", bound.cpus)),
        );
        return;
    }
}
