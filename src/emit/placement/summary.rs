//! A placement for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::emit::{Manifest, ManifestVcpu};
use crate::spec::CpuList;

/// The cores of a socket and node, by their places in it.
type Cores<'m> = BTreeMap<Vec<u32>, Vec<&'m ManifestVcpu>>;

/// A line for each core, cores of one socket and node together: its vCPUs, and the CPUs of the host in the same order.
/// A vCPU that is left to the host's scheduler has `any`.
#[must_use]
pub fn summary(manifest: &Manifest) -> String {
    let mut groups: BTreeMap<(u32, Option<u32>), Cores<'_>> = BTreeMap::new();
    for vcpu in &manifest.vcpus {
        let p = &vcpu.place;
        let optional = [p.die_group, p.die, p.complex, p.tile, p.module].map(Option::unwrap_or_default);
        let core = optional.into_iter().chain([p.core]).collect();
        groups.entry((p.socket, vcpu.node)).or_default().entry(core).or_default().push(vcpu);
    }
    let mut text = String::new();
    // Writing to a String cannot fail.
    for ((socket, node), cores) in &groups {
        let _ = write!(text, "socket {socket}");
        if let Some(number) = node {
            let _ = write!(text, ", node {number}");
            let bound = manifest.nodes.iter().find(|n| n.node == *number).and_then(|n| n.host_node);
            if let Some(host_node) = bound {
                let _ = write!(text, " on the host's node {host_node}");
            }
        }
        text.push('\n');
        let lines: Vec<(String, String)> = cores.values().map(|vcpus| core(vcpus)).collect();
        let width = lines.iter().map(|(vcpus, _)| vcpus.len()).max().unwrap_or(0);
        for (vcpus, cpus) in lines {
            let _ = writeln!(text, "  {vcpus:width$}  {cpus}");
        }
    }
    text
}

/// The vCPUs of a core and their CPUs.
fn core(vcpus: &[&ManifestVcpu]) -> (String, String) {
    let s = if vcpus.len() == 1 { "" } else { "s" };
    let indices: CpuList = vcpus.iter().map(|vcpu| vcpu.index).collect();
    let cpus: Vec<String> = vcpus
        .iter()
        .map(|vcpu| vcpu.host_cpu.map_or_else(|| "any".to_owned(), |cpu| cpu.to_string()))
        .collect();
    (format!("vCPU{s} {indices}"), format!("CPU{s} {}", cpus.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::ManifestPlace;

    #[test]
    fn a_core_has_its_vcpus_and_where_each_runs() {
        let vcpu = |index, host_cpu| {
            let place = ManifestPlace {
                socket: 0,
                die_group: None,
                die: None,
                complex: None,
                tile: None,
                module: None,
                core: 0,
                thread: index,
            };
            let (file, sha256) = (String::new(), String::new());
            ManifestVcpu { index, vcpu_id: index, place, node: None, host_cpu, present: true, file, sha256 }
        };
        let [one, two] = [vcpu(0, Some(12)), vcpu(1, None)];
        let shown = |vcpus: &[&ManifestVcpu]| <[String; 2]>::from(core(vcpus));
        assert_eq!(shown(&[&one]), ["vCPU 0", "CPU 12"]);
        assert_eq!(shown(&[&one, &two]), ["vCPUs 0-1", "CPUs 12, any"]);
    }
}
