//! Edges of lowering: those that no real host reaches, and those at which a leaf begins to be there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod examples;
#[path = "support/golden_host.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod golden_host;
#[path = "support/prepared.rs"]
mod prepared;

use golden_host::{host_of, spec_of};
use prepared::Prepared;
use topoc::cpuid::{CpuidTable, Key, Registers};
use topoc::lower::{LowerError, MAX_ENTRIES, lower, prepare};
use topoc::spec::Irqchip;

/// KVM_SET_CPUID2 takes 256 entries, and answers E2BIG to 257. Subleaves of 24H fill the table up.
#[test]
fn a_table_has_256_entries_at_most() {
    let mut prepared = Prepared::new(&spec_of("G12"), &host_of("G12"));
    let mut base = std::mem::take(&mut prepared.base);
    let machine = prepared.machine();
    base.get_mut(Key::leaf(0)).unwrap().eax = 0x24;
    let others = prepare(&machine, &base).unwrap().shared().len();
    assert!(others < MAX_ENTRIES && base.leaf(0x24).next().is_none(), "{others} entries without 24H");
    for (count, subleaf) in (others + 1..=MAX_ENTRIES + 1).zip(0..) {
        base.insert(Key::subleaf(0x24, subleaf), Registers::new(1, 1, 1, 1)).unwrap();
        match prepare(&machine, &base) {
            Ok(lowered) => assert_eq!(lowered.shared().len(), count),
            Err(LowerError::TooManyEntries(found)) => assert_eq!((found, count), (257, 257)),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(prepare(&machine, &base).is_ok(), count <= 256, "{count} entries");
    }
}

const SKYLAKE: &str = "two-socket-intel-xeon-gold-6140";
const ROME: &str = "two-socket-amd-epyc-7742";
const GENOA: &str = "two-socket-amd-epyc-9654";
const DHYANA: &str = "two-socket-hygon-c86-7185";
const OPTERON: &str = "two-socket-amd-opteron-6164he";
const KAISHENG: &str = "two-socket-zhaoxin-kh-40000";

/// The table of vCPU 0, of a machine by its counts, on a host whose leaf 0 ends at `max`.
fn lowered(counts: &str, host: &str, max: u32) -> CpuidTable {
    let text = format!("version: 1\ntopology: {{ {counts} }}\n");
    let parsed = topoc::spec::parse(text.as_bytes()).unwrap();
    let mut prepared = Prepared::new(parsed.spec(), &examples::host(host));
    let mut base = std::mem::take(&mut prepared.base);
    base.get_mut(Key::leaf(0)).unwrap().eax = max;
    lower(&prepared.machine(), &base).unwrap().swap_remove(0)
}

/// SDM Vol. 2A, leaf 1FH: a superset of 0BH, there for what 0BH cannot say. Leaf 0 reaches as far as the host's, and
/// to the leaf that a machine needs.
#[test]
fn leaf_0_reaches_what_the_machine_needs() {
    let rows = [
        ("cores: 4, threads: 2", SKYLAKE, 0x16, 0x16),
        ("cores: 4, threads: 2", SKYLAKE, 0x4, 0xb),
        ("cores: 4, threads: 2", SKYLAKE, 0x20, 0x20),
        ("sockets: 2, cores: 4", SKYLAKE, 0x16, 0x16),
        ("dies: 2, cores: 4", SKYLAKE, 0x16, 0x1f),
        ("modules: 2", SKYLAKE, 0x16, 0x1f),
        ("tiles: 2, threads: 2", SKYLAKE, 0x16, 0x1f),
        ("die_groups: 2, cores: 4", SKYLAKE, 0x20, 0x20),
        ("dies: 2, cores: 4", KAISHENG, 0x1b, 0x1f),
        ("complexes: 2, cores: 4", KAISHENG, 0x1b, 0x1b),
        ("dies: 2, cores: 4", GENOA, 0x10, 0x10),
        ("dies: 2, cores: 4", GENOA, 0x7, 0xb),
    ];
    for (counts, host, max, expected) in rows {
        let table = lowered(counts, host, max);
        assert_eq!(table.lookup(0, 0).eax, expected, "{counts} on {host}, which ends at {max:#x}");
        let has_1f = table.leaf(0x1f).next().is_some();
        assert_eq!(has_1f, expected >= 0x1f, "{counts} on {host}, which ends at {max:#x}");
    }
}

/// APM Vol. 3, `Fn8000_0000`: the vendor again. SDM Vol. 2A: reserved there.
#[test]
fn the_extended_range_names_the_vendor_on_amd_alone() {
    let words = |host, max| lowered("cores: 4", host, max).lookup(0x8000_0000, 0).words();
    assert_eq!(words(GENOA, 0x10)[1..], [0x6874_7541, 0x444d_4163, 0x6974_6e65]);
    assert_eq!(words(DHYANA, 0xd)[1..], [0x6f67_7948, 0x656e_6975, 0x6e65_476e]);
    assert_eq!(words(SKYLAKE, 0x16), [0x8000_0008, 0, 0, 0]);
    assert_eq!(words(KAISHENG, 0x1b), [0x8000_0008, 0, 0, 0]);
}

/// APM Vol. 3, `Fn8000_0026`: from Zen 4 on. Zen 2 and Hygon end before it.
#[test]
fn leaf_80000026_begins_with_zen_4() {
    for (host, max, last) in
        [(ROME, 0x10, 0x8000_0020), (DHYANA, 0xd, 0x8000_001f), (GENOA, 0x10, 0x8000_0026)]
    {
        let table = lowered("sockets: 2, complexes: 2, cores: 4", host, max);
        assert_eq!(table.leaf(0x8000_0026).count(), if host == GENOA { 5 } else { 0 }, "{host}");
        assert_eq!(table.lookup(0x8000_0000, 0).eax, last, "{host}");
    }
}

/// APM Vol. 3, `Fn0000_0001` EDX[28]: several threads in the package, which says nothing of how many IDs it takes.
/// A package of Hygon's takes 8.
#[test]
fn htt_counts_threads_on_amd_and_ids_on_intel() {
    let leaf_1 = |counts, host| *lowered(counts, host, 0x16).get(Key::leaf(1)).unwrap();
    let htt = |counts, host| leaf_1(counts, host).edx >> 28 & 1;
    let logical = |counts, host| leaf_1(counts, host).ebx >> 16 & 0xff;
    for (counts, host, expected) in [
        ("sockets: 2", DHYANA, (0, 1)),
        ("sockets: 2, cores: 3", DHYANA, (1, 3)),
        ("sockets: 2", ROME, (0, 1)),
        ("sockets: 2", SKYLAKE, (0, 0)),
        ("sockets: 2, cores: 3", SKYLAKE, (1, 4)),
    ] {
        assert_eq!((htt(counts, host), logical(counts, host)), expected, "{counts} on {host}");
    }
}

/// APM Vol. 3, `Fn8000_0006_EDX`: the L3 is told where there is one, whatever stands before it.
#[test]
fn an_l3_alone_is_told() {
    let edx = |caches: &str| {
        let text = format!("version: 1\ntopology: {{ cores: 4 }}\ncaches: {{ {caches} }}\n");
        let parsed = topoc::spec::parse(text.as_bytes()).unwrap();
        let prepared = Prepared::new(parsed.spec(), &examples::host(ROME));
        lower(&prepared.machine(), &prepared.base).unwrap()[0].lookup(0x8000_0006, 0).edx
    };
    let above = "l1d: { mode: none }, l1i: { mode: none }, l2: { mode: none }";
    // 32 units of 512 KiB, 16 ways, a line of 64 bytes.
    assert_eq!(edx(&format!("{above}, l3: {{ size: 16MiB, ways: 16 }}")), 32 << 18 | 0x8140);
    assert_eq!(edx("l3: { size: 16MiB, ways: 16 }"), 32 << 18 | 0x8140);
    assert_eq!((edx("l3: { mode: none }"), edx(&format!("{above}, l3: {{ mode: none }}"))), (0, 0));
}

/// APM Vol. 3, `Fn8000_0001_EAX`: the signature again. SDM Vol. 2A: reserved there.
#[test]
fn the_signature_stands_twice_on_amd_alone() {
    let words = |host, entry: Option<u32>| {
        let spec = topoc::spec::parse(b"version: 1\ntopology: { cores: 4 }\n").unwrap();
        let mut prepared = Prepared::new(spec.spec(), &examples::host(host));
        let mut base = std::mem::take(&mut prepared.base);
        base.remove_leaf(0x8000_0001);
        if let Some(eax) = entry {
            base.insert(Key::leaf(0x8000_0001), Registers::new(eax, 0, 0, 1 << 29)).unwrap();
        }
        let table = lower(&prepared.machine(), &base).unwrap().swap_remove(0);
        (table.lookup(0x1, 0).eax, table.lookup(0x8000_0001, 0).eax)
    };
    for entry in [None, Some(0x1234)] {
        assert_eq!(words(ROME, entry), (0x0083_0f10, 0x0083_0f10), "{entry:x?}");
        assert_eq!(words(SKYLAKE, entry), (0x0005_0654, 0), "{entry:x?}");
    }
}

/// SDM Vol. 3A, "Extended XAPIC (x2APIC)", and "TSC-Deadline Mode": both are the local APIC's. KVM has them in its own
/// alone; it would emulate x2APIC on processors of AMD's that have no leaf 0BH.
#[test]
fn x2apic_and_the_deadline_timer_are_the_kernels() {
    let bits = |host, offered: bool, irqchip| {
        let spec = topoc::spec::parse(b"version: 1\ntopology: { cores: 4 }\n").unwrap();
        let mut prepared = Prepared::new(spec.spec(), &examples::host(host));
        let mut base = std::mem::take(&mut prepared.base);
        let leaf_1 = base.get_mut(Key::leaf(1)).unwrap();
        leaf_1.ecx = if offered { u32::MAX } else { 0 };
        let ecx = lower(&topoc::lower::Machine { irqchip, ..prepared.machine() }, &base).unwrap()[0]
            .lookup(1, 0)
            .ecx;
        (ecx >> 21 & 1, ecx >> 24 & 1)
    };
    for irqchip in [Irqchip::Kernel, Irqchip::Split] {
        assert_eq!((bits(SKYLAKE, true, irqchip), bits(SKYLAKE, false, irqchip)), ((1, 1), (0, 0)));
        assert_eq!((bits(ROME, true, irqchip), bits(OPTERON, true, irqchip)), ((1, 1), (0, 1)));
    }
    for host in [SKYLAKE, ROME, OPTERON] {
        assert_eq!(bits(host, true, Irqchip::User), (0, 0), "{host}");
    }
}
