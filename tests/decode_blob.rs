//! Bytes that nobody vouches for.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::blob::{completed, encode};
use support::golden::Golden;
use topoc::decode::{Answers, BlobError, FindingKind, cpu, machine};

/// A sound blob of 20-odd entries.
fn sound() -> Vec<u8> {
    Golden::get("G3").blobs().remove(71)
}

fn refused(blob: &[u8]) -> BlobError {
    Answers::from_blob(blob).expect_err("refused")
}

/// The blob with one word replaced.
fn with_word(offset: usize, value: u32) -> Vec<u8> {
    let mut blob = sound();
    blob[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    blob
}

#[test]
fn a_sound_blob_reads_as_written() {
    let golden = Golden::get("G3");
    let table = completed(&golden.tables()[71]);
    let answers = Answers::from_blob(&sound()).expect("sound");
    let entries: Vec<_> = answers.entries().iter().map(|e| (e.leaf, e.subleaf, e.registers)).collect();
    assert_eq!(entries, table);
    assert_eq!(cpu(&answers).x2apic_id, 0x6B);
}

#[test]
fn too_short_for_a_header() {
    for len in 0..8 {
        assert_eq!(refused(&sound()[..len]), BlobError::NoHeader { len });
    }
}

#[test]
fn counts_that_the_bytes_deny() {
    let blob = sound();
    let nent = (blob.len() - 8) / 40;
    let error = refused(&blob[..blob.len() - 1]);
    let BlobError::Truncated { needed, len, .. } = error else { panic!("{error}") };
    assert_eq!((needed, len), (blob.len(), blob.len() - 1));
    let mut longer = blob.clone();
    longer.extend([0; 3]);
    assert_eq!(refused(&longer), BlobError::Trailing { offset: blob.len(), bytes: 3 });
    assert_eq!(refused(&with_word(0, 0)), BlobError::Empty);
    assert_eq!(refused(&with_word(0, 257)), BlobError::TooMany { nent: 257 });
    assert_eq!(refused(&with_word(0, u32::MAX)), BlobError::TooMany { nent: u32::MAX });
    let more = u32::try_from(nent).unwrap() + 1;
    assert!(matches!(refused(&with_word(0, more)), BlobError::Truncated { nent, .. } if nent == more));
}

#[test]
fn words_that_must_be_zero() {
    assert_eq!(refused(&with_word(4, 7)), BlobError::Padding { offset: 4, value: 7 });
    for word in 0..3 {
        let offset = 8 + 40 * 2 + 28 + 4 * word;
        assert_eq!(refused(&with_word(offset, 1 << 31)), BlobError::Padding { offset, value: 1 << 31 });
    }
    for flags in [2, 3, 4, 1 << 31] {
        assert_eq!(refused(&with_word(8 + 8, flags)), BlobError::Flags { offset: 16, flags });
    }
    assert_eq!(refused(&with_word(8 + 4, 3)), BlobError::StrayIndex { offset: 12, index: 3 });
}

#[test]
fn entries_that_hide_each_other() {
    let blob = |keys: &[(u32, Option<u32>)]| {
        encode(&keys.iter().map(|(leaf, subleaf)| (*leaf, *subleaf, [0; 4])).collect::<Vec<_>>())
    };
    let shadowed = |keys: &[(u32, Option<u32>)]| match refused(&blob(keys)) {
        BlobError::Shadowed { offset, by, .. } => ((offset - 8) / 40, (by - 8) / 40),
        other => panic!("{other}"),
    };
    assert_eq!(shadowed(&[(1, None), (0, None), (1, None)]), (2, 0));
    assert_eq!(shadowed(&[(4, Some(0)), (4, Some(1)), (4, Some(0))]), (2, 0));
    assert_eq!(shadowed(&[(0, None), (4, None), (4, Some(1))]), (2, 1));
    assert_eq!(shadowed(&[(4, Some(0)), (4, Some(1)), (4, None)]), (2, 0));
    assert!(Answers::from_blob(&blob(&[(4, Some(0)), (4, Some(1)), (0xB, Some(0)), (0, None)])).is_ok());
}

#[test]
fn errors_name_their_place() {
    assert_eq!(
        refused(&with_word(16, 6)).to_string(),
        "byte 16: flags are 0x6, not 0 or 1 (KVM_CPUID_FLAG_SIGNIFCANT_INDEX)"
    );
    assert_eq!(
        refused(&[1, 2, 3]).to_string(),
        "3 bytes are too short for the 8-byte header of struct kvm_cpuid2"
    );
}

/// What only a table that KVM serves can have wrong.
#[test]
fn faults_of_a_table_are_found() {
    let kinds = |change: &dyn Fn(&mut Vec<support::Answer>)| {
        let mut table = completed(&Golden::get("G1").tables()[0]);
        change(&mut table);
        let findings = cpu(&Answers::from_blob(&encode(&table)).expect("sound bytes")).findings;
        findings.into_iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    let without = |leaf: u32, subleaf: Option<u32>| {
        kinds(&move |table| table.retain(|(l, s, _)| (*l, *s) != (leaf, subleaf)))
    };
    assert_eq!(kinds(&|_| {}), []);
    assert_eq!(without(0xB, Some(2)), [FindingKind::NoTerminator]);
    assert_eq!(without(0x1F, Some(2)), [FindingKind::NoTerminator]);
    assert_eq!(without(4, Some(4)), [FindingKind::NoTerminator]);
    assert_eq!(without(0x4000_0000, None), [FindingKind::HypervisorLeaves]);
    assert!(without(0x8000_0000, None).contains(&FindingKind::RangeMissing));
    assert!(without(0, None).contains(&FindingKind::RangeMissing));
    assert_eq!(kinds(&|table| table.push((0x21, None, [0; 4]))), [FindingKind::BeyondMaximumLeaf]);
    assert_eq!(kinds(&|table| table.push((0x8000_001F, None, [0; 4]))), [FindingKind::BeyondMaximumLeaf]);
    assert_eq!(kinds(&|table| table.push((0x14, None, [0; 4]))), [FindingKind::IndexFlag]);
    assert_eq!(kinds(&|table| table.push((0x15, Some(0), [0; 4]))), [FindingKind::IndexFlag]);
    let width = kinds(&|table| {
        table.iter_mut().filter(|(leaf, ..)| *leaf == 0x8000_0008).for_each(|(_, _, r)| r[0] = 0x2830);
    });
    assert_eq!(width, [FindingKind::VirtualAddressBits]);
    let endless = kinds(&|table| {
        table.retain(|(leaf, ..)| *leaf != 4);
        table.push((4, None, [0x0C00_4121, 0x02C0_003F, 0x3F, 0]));
    });
    for kind in [FindingKind::NoTerminator, FindingKind::CacheRepeated, FindingKind::IndexFlag] {
        assert!(endless.contains(&kind), "{endless:?}");
    }
}

/// Registers with the bits that decide anything set often.
fn registers() -> impl Strategy<Value = [u32; 4]> {
    let word = prop_oneof![any::<u32>(), 0..0x400_u32, Just(u32::MAX), Just(0)];
    [word.clone(), word.clone(), word.clone(), word]
}

fn table() -> impl Strategy<Value = Vec<(u32, Option<u32>, [u32; 4])>> {
    let leaf = prop_oneof![
        proptest::sample::select(vec![
            0,
            1,
            2,
            4,
            7,
            0xB,
            0xD,
            0x1A,
            0x1F,
            0x4000_0000,
            0x4000_0001,
            0x8000_0000,
            0x8000_0001,
            0x8000_0005,
            0x8000_0006,
            0x8000_0008,
            0x8000_001D,
            0x8000_001E,
            0x8000_0026,
        ]),
        any::<u32>(),
    ];
    let vendor = proptest::sample::select(vec![
        [0x1F, 0x756E_6547, 0x6C65_746E, 0x4965_6E69],
        [0x10, 0x6874_7541, 0x444D_4163, 0x6974_6E65],
        [0x10, 0x6F67_7948, 0x656E_6975, 0x6E65_476E],
        [0x1F, 0x6853_2020, 0x2020_6961, 0x6867_6E61],
    ]);
    let rest = vec((leaf, proptest::option::of(0..70_u32), registers()), 0..80);
    (vendor, any::<bool>(), rest).prop_map(|(vendor, named, mut rest)| {
        if named {
            rest.insert(0, (0x8000_0000, None, [0x8000_0028, 0, 0, 0]));
            rest.insert(0, (0, None, vendor));
        }
        rest
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..600)) {
        if let Ok(answers) = Answers::from_blob(&bytes) {
            let _ = cpu(&answers);
        }
    }

    #[test]
    fn any_entries_are_decoded_within_bounds(tables in vec(table(), 0..4)) {
        let captures: Vec<Answers> = tables.iter().cloned().map(Answers::from_entries).collect();
        let blobs: Vec<Answers> =
            tables.iter().filter_map(|table| Answers::from_blob(&encode(&table[..])).ok()).collect();
        for answers in [captures, blobs] {
            let machine = machine(&answers);
            for cpu in &machine.cpus {
                prop_assert!(cpu.rows.len() <= 3 * 64 && cpu.caches.len() <= 32);
                prop_assert!(cpu.shifts.iter().all(|shift| shift.shift <= 31));
            }
            for partition in machine.domains.values() {
                let members: usize = partition.iter().map(topoc::decode::CpuSet::len).sum();
                prop_assert!(members <= answers.len());
            }
        }
    }
}
