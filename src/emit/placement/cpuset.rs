//! The files of a control group (Linux `Documentation/admin-guide/cgroup-v2.rst`, "Cpuset").

use super::Placement;

/// `cpuset.cpus` with all CPUs that are taken, and `cpuset.mems` with the nodes where some are bound: a line each, the
/// file's name before its content. A control group keeps the machine on these CPUs; it does not say which vCPU is where.
#[must_use]
pub fn cpuset(placement: &Placement) -> String {
    let mut text = format!("cpuset.cpus {}\n", placement.host_cpus);
    if !placement.nodes.is_empty() {
        text.push_str(&format!("cpuset.mems {}\n", placement.host_nodes()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn cpus_and_nodes_are_lists() {
        let placement = example();
        assert_eq!(cpuset(&placement), "cpuset.cpus 8,14,72,78\ncpuset.mems 1,3\n");
        assert_eq!(cpuset(&Placement { nodes: Vec::new(), ..placement }), "cpuset.cpus 8,14,72,78\n");
    }
}
