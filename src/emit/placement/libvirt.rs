//! libvirt's domain XML (libvirt `formatdomain`, "CPU Tuning" and "NUMA Node Tuning").

use std::fmt::Write;

use super::Placement;

/// `<cputune>` with a `<vcpupin>` for each vCPU, and `<numatune>` with a `<memnode>` for each bound node: to be put
/// into `<domain>`.
///
/// libvirt and QEMU count vCPUs depth first through the machine, whatever the spec's order: as their IDs ascend.
#[must_use]
pub fn libvirt(placement: &Placement) -> String {
    let mut vcpus: Vec<_> = placement.vcpus.iter().collect();
    vcpus.sort_unstable_by_key(|vcpu| vcpu.vcpu_id);
    let mut xml = "<cputune>\n".to_owned();
    // Writing to a String cannot fail.
    for (number, vcpu) in vcpus.into_iter().enumerate() {
        let _ = writeln!(xml, "  <vcpupin vcpu='{number}' cpuset='{}'/>", vcpu.host_cpu);
    }
    xml.push_str("</cputune>\n");
    if !placement.nodes.is_empty() {
        let _ = writeln!(xml, "<numatune>\n  <memory mode='strict' nodeset='{}'/>", placement.host_nodes());
        for node in &placement.nodes {
            let _ = writeln!(
                xml,
                "  <memnode cellid='{}' mode='strict' nodeset='{}'/>",
                node.node, node.host_node
            );
        }
        xml.push_str("</numatune>\n");
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn every_vcpu_and_node_has_its_line() {
        let placement = example();
        assert_eq!(
            libvirt(&placement),
            "<cputune>\n  <vcpupin vcpu='0' cpuset='8'/>\n  <vcpupin vcpu='1' cpuset='72'/>\n  \
             <vcpupin vcpu='2' cpuset='14'/>\n  <vcpupin vcpu='3' cpuset='78'/>\n</cputune>\n\
             <numatune>\n  <memory mode='strict' nodeset='1,3'/>\n  <memnode cellid='0' mode='strict' nodeset='1'/>\n  \
             <memnode cellid='1' mode='strict' nodeset='3'/>\n</numatune>\n"
        );
        let mut reversed = Placement { nodes: Vec::new(), ..placement.clone() };
        reversed.vcpus.reverse();
        (0..).zip(&mut reversed.vcpus).for_each(|(index, vcpu)| vcpu.index = index);
        let (cputune, _) =
            libvirt(&placement).split_once("<numatune>").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert_eq!(libvirt(&reversed), cputune);
    }
}
