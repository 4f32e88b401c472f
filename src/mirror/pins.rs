//! Which vCPU stands for which CPU of the host.

use crate::spec::{CpuList, Pin};
use crate::topology::{Domain, Topology, VcpuIndex};

/// The pairs of vCPU and CPU as `host.pin` has them: the first threads of all cores together, then the second ones, each
/// run in which both ascend.
pub(super) fn pins(topology: &Topology, numbers: &[u32]) -> Vec<Pin> {
    if numbers.windows(2).all(|pair| pair[0] < pair[1]) {
        let all: Vec<(u32, u32)> = (0..).zip(numbers.iter().copied()).collect();
        return vec![pin(&all)];
    }
    let thread = |vcpu: VcpuIndex| topology.place(vcpu).index(Domain::Thread);
    let mut pins = Vec::new();
    for nth in 0..topology.count(Domain::Thread) {
        let pairs: Vec<(u32, u32)> = topology
            .vcpus()
            .zip(numbers.iter().copied())
            .filter(|(vcpu, _)| thread(*vcpu) == nth)
            .map(|(vcpu, cpu)| (vcpu.0, cpu))
            .collect();
        pins.extend(pairs.chunk_by(|a, b| a.1 < b.1).map(pin));
    }
    pins
}

fn pin(pairs: &[(u32, u32)]) -> Pin {
    let list = |numbers: Vec<u32>| Some(strided(&numbers));
    Pin {
        vcpus: list(pairs.iter().map(|pair| pair.0).collect()),
        cpus: list(pairs.iter().map(|pair| pair.1).collect()),
    }
}

/// Ascending numbers as ranges with strides: `0-110:2`.
fn strided(numbers: &[u32]) -> CpuList {
    let plain: CpuList = numbers.iter().copied().collect();
    let mut steps = numbers.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    match (numbers, steps.next()) {
        ([first, .., last], Some(step))
            if step > 1 && numbers.len() > 2 && steps.all(|other| other == step) =>
        {
            CpuList { ranges: vec![(*first, *last, step)] }
        }
        _ => plain,
    }
}
