//! What a kind of host is, in a line for people.

use crate::cpuid::CpuidTable;
use crate::profile::HostProfile;
use crate::source::printable;

/// The processor, and how many CPUs, nodes and how much memory there are: what the profile has of it.
///
/// `AMD EPYC 9654 96-Core Processor, 384 CPUs, 2 nodes, 1536 GiB`
#[must_use]
pub fn describe(host: &HostProfile) -> String {
    let mut parts = vec![processor(host)];
    if let Some(cpus) = &host.cpus {
        parts.push(counted(cpus.online.iter().count(), "CPU"));
    }
    if let Some(numa) = host.numa.as_ref().filter(|numa| !numa.nodes.is_empty()) {
        parts.push(counted(numa.nodes.len(), "node"));
        let memory = numa.nodes.iter().filter_map(|node| node.memory).fold(0, u64::saturating_add);
        if memory > 0 {
            parts.push(format!("{} GiB", memory >> 30));
        }
    }
    if let Some(kernel) = &host.kernel {
        parts.push(format!("Linux {}", printable(kernel)));
    }
    parts.join(", ")
}

/// `1 node`, `2 nodes`.
#[must_use]
pub fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn processor(host: &HostProfile) -> String {
    if let Some(brand) = host.cpus.as_ref().and_then(|cpus| brand(&cpus.cpuid)) {
        return brand;
    }
    let vendor = match host.vendor() {
        Some(Ok(vendor)) => vendor.to_string(),
        Some(Err(_)) | None => "unknown vendor".to_owned(),
    };
    match host.signature() {
        Some(signature) => format!("{vendor} {signature}"),
        None => vendor,
    }
}

/// The brand string of leaves 80000002H to 80000004H.
fn brand(table: &CpuidTable) -> Option<String> {
    let words = (0x8000_0002..=0x8000_0004).flat_map(|leaf| table.lookup(leaf, 0).words());
    let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).take_while(|byte| *byte != 0).collect();
    let text = String::from_utf8(bytes).ok()?;
    let text: Vec<&str> = text.split_whitespace().collect();
    (!text.is_empty()).then(|| printable(&text.join(" ")))
}
