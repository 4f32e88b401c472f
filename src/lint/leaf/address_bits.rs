//! `leaf::address_bits`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, set, suggested};
use crate::lint::words::size;
use crate::lint::{Facts, profile, value};

const NAME: &str = "leaf::address_bits";
const WRITTEN: &str = "cpu.identity.physical_address_bits";

/// What KVM takes where no table says. Source: Linux `arch/x86/kvm/cpuid.c`, `cpuid_query_maxphyaddr`.
const UNTOLD: u32 = 36;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let written = facts.identity().and_then(|identity| identity.physical_address_bits);
    let base = facts.host.and_then(|host| host.base().ok());
    let offered = base.map(|base| base.table.lookup(0x8000_0008, 0).eax & 0xff);
    if let Some(bits) = written
        && !(32..=52).contains(&bits)
    {
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("{bits} bits of a physical address, processors have 32 to 52"),
            )
            .label(value(WRITTEN), "from 32 to 52")
            .help("leave it out to have the host's")
            .fix(suggested([remove(WRITTEN)])),
        );
        return;
    }
    if let (Some(bits), Some(offered)) = (written, offered)
        && offered != 0
        && bits > offered
    {
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("{bits} bits of a physical address, the host has {offered}"),
            )
            .label(value(WRITTEN), format!("{bits} here"))
            .label(profile("cpus"), format!("{offered} there"))
            .help(format!("write `physical_address_bits: {offered}` or less"))
            .fix(suggested([set(WRITTEN, offered)])),
        );
        return;
    }
    memory(facts, written, offered, out);
}

/// Whether the memory ends within reach, the holes below 4 GiB not counted.
fn memory(facts: &Facts<'_>, written: Option<u32>, offered: Option<u32>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let nodes = topology.nodes();
    let whole = facts.spec.memory.map_or(0, |memory| memory.0);
    let all = nodes.iter().filter_map(|node| node.memory).fold(whole, u64::saturating_add);
    let Some(bits) = written.or(offered.map(|bits| if bits == 0 { UNTOLD } else { bits })) else { return };
    if all <= 1_u64.checked_shl(bits).unwrap_or(u64::MAX) {
        return;
    }
    let needed = u64::BITS - (all - 1).leading_zeros();
    let mut diagnostic = Diagnostic::new(
        NAME,
        Severity::Error,
        format!("{} of memory take {needed} bits of a physical address, the guest has {bits}", size(all)),
    );
    if written.is_some() {
        diagnostic = diagnostic.label(value(WRITTEN), format!("{bits} bits"));
    }
    let written_at = if facts.spec.numa.is_some() { "numa" } else { "memory" };
    let diagnostic = diagnostic.label(value(written_at), size(all));
    out.push(if written.is_some() {
        diagnostic
            .help(format!("write `physical_address_bits: {needed}` or more, or leave it out"))
            .fix(suggested([set(WRITTEN, needed)]))
    } else {
        diagnostic.help("write less memory: the host's processor reaches no further")
    });
}
