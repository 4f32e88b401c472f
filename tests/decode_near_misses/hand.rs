//! Tables of a few words, assembled by hand.

use topoc::decode::{Answers, Entry, FindingKind, cpu};

pub type Table = Vec<(u32, Option<u32>, [u32; 4])>;

/// EBX, ECX and EDX of leaf 0.
pub const INTEL: [u32; 3] = [0x756E_6547, 0x6C65_746E, 0x4965_6E69];
pub const AMD: [u32; 3] = [0x6874_7541, 0x444D_4163, 0x6974_6E65];
pub const HYGON: [u32; 3] = [0x6F67_7948, 0x656E_6975, 0x6E65_476E];

/// Signatures of families 10h, 15h, 17h and 18h, and of Intel's 6.
pub const K10: u32 = 0x0010_0F91;
pub const INTERLAGOS: u32 = 0x0060_0F12;
pub const ROME: u32 = 0x0083_0F10;
pub const DHYANA: u32 = 0x0090_0F00;
pub const SKYLAKE: u32 = 0x0005_0654;

pub const TOPOEXT: u32 = 1 << 22;

pub fn leaf(leaf: u32, words: [u32; 4]) -> (u32, Option<u32>, [u32; 4]) {
    (leaf, None, words)
}

pub fn sub(leaf: u32, subleaf: u32, words: [u32; 4]) -> (u32, Option<u32>, [u32; 4]) {
    (leaf, Some(subleaf), words)
}

/// Leaves 0, 1 and 80000000H.
pub fn maxima([ebx, ecx, edx]: [u32; 3], signature: u32, basic: u32, extended: u32) -> Table {
    vec![
        leaf(0, [basic, ebx, ecx, edx]),
        leaf(1, [signature, 0, 0, 0]),
        leaf(0x8000_0000, [extended, ebx, ecx, edx]),
    ]
}

pub fn with(mut table: Table, more: &[(u32, Option<u32>, [u32; 4])]) -> Table {
    for entry in more {
        table.retain(|(leaf, subleaf, _)| (*leaf, *subleaf) != (entry.0, entry.1));
        table.push(*entry);
    }
    table
}

pub fn found(table: &Table) -> Vec<FindingKind> {
    cpu(&Answers::from_entries(table.iter().copied())).findings.iter().map(|finding| finding.kind).collect()
}

/// The same entries as a blob.
pub fn found_in_blob(table: &Table) -> Vec<FindingKind> {
    let entry = |(leaf, subleaf, registers): &(u32, Option<u32>, [u32; 4])| Entry {
        leaf: *leaf,
        subleaf: *subleaf,
        registers: *registers,
    };
    let answers = Answers::served_by_kvm(table.iter().map(entry).collect());
    cpu(&answers).findings.iter().map(|finding| finding.kind).collect()
}

pub fn has(table: &Table, kind: FindingKind) -> bool {
    found(table).contains(&kind)
}

/// A single L1 data cache in 8000001DH, of two threads.
pub const L1D: (u32, Option<u32>, [u32; 4]) = (0x8000_001D, Some(0), [0x4121, 0x01C0_003F, 0x3F, 0]);

/// Leaf 0BH of a package of 8 cores of 2 threads, as `rows`, and what leaf 1 says of it.
pub fn levels(rows: &[[u32; 4]]) -> Table {
    let table =
        with(maxima(INTEL, SKYLAKE, 0xB, 0x8000_0008), &[leaf(1, [SKYLAKE, 9 << 24 | 16 << 16, 0, 1 << 28])]);
    let rows: Vec<_> = (0..).zip(rows).map(|(subleaf, words)| sub(0xB, subleaf, *words)).collect();
    with(table, &rows)
}
