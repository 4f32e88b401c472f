//! Captures of other programs as profiles: real ones of the corpus, what topoc itself exports, and random tables.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod corpus;
    pub mod examples;
    pub mod imports;
    pub mod need;
}

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use support::{corpus, examples, imports};
use topoc::HostProfile;
use topoc::cpuid::{CpuidTable, Key, Registers};
use topoc::emit::export::{NumberedTable, aida64, cpuid_r, hwloc, libcpuid, libcpuid_holds};
use topoc::profile::OriginKind;
use topoc::profile::import::Format;

/// The forms that topoc writes and reads.
const FORMS: [Format; 4] = [Format::CpuidR, Format::Aida64, Format::Hwloc, Format::Libcpuid];

/// Tables written in a form, and imported.
fn back(cpus: &[NumberedTable], format: Format) -> Vec<NumberedTable> {
    let one = |text: String| vec![("dump".to_owned(), text.into_bytes())];
    let files = match format {
        Format::CpuidR => one(cpuid_r(cpus)),
        Format::Aida64 => one(aida64(cpus)),
        Format::Libcpuid => one(libcpuid(cpus)),
        _ => hwloc(cpus).into_iter().map(|(name, text)| (name, text.into_bytes())).collect(),
    };
    let imported = imports::of_files(&files, None).unwrap_or_else(|error| panic!("{format}: {error}"));
    assert_eq!(imported.formats, [format]);
    imported.profile.cpu_tables().collect()
}

/// What a form does to tables that import has brought into its own form: all that docs/import.md says is lost.
fn expected(cpus: &[NumberedTable], format: Format) -> Vec<NumberedTable> {
    let mut cpus = cpus.to_vec();
    if matches!(format, Format::CpuidR | Format::Hwloc) {
        cpus.iter_mut().for_each(|(_, table)| add_ends(table));
    }
    // What a CPU lacks and the first has reads as zeros, and a profile says so.
    let first = cpus.first().map(|(_, table)| table.clone()).unwrap_or_default();
    for (_, table) in &mut cpus {
        for (key, _) in first.iter() {
            if table.get(key).is_none() {
                table.insert(key, Registers::ZERO).unwrap();
            }
        }
    }
    if format == Format::Hwloc {
        // hwloc counts from 0.
        (0..).zip(&mut cpus).for_each(|(pu, (number, _))| *number = pu);
    }
    cpus
}

/// The ends of lists, which exports add where a table lacks them.
fn add_ends(table: &mut CpuidTable) {
    for leaf in [4, 0xb, 0x1f, 0x8000_001d, 0x8000_0026] {
        let ends = |words: Registers| match leaf {
            4 | 0x8000_001d => words.eax & 0x1f == 0,
            _ => words.ecx & 0xff00 == 0,
        };
        let last = table.leaf(leaf).last().map(|(key, words)| (key.subleaf.unwrap_or(0), *words));
        let Some((last, words)) = last.filter(|(_, words)| !ends(*words)) else { continue };
        let end = match leaf {
            0xb | 0x1f => Registers::new(0, 0, (last + 1) & 0xff, words.edx),
            _ => Registers::ZERO,
        };
        table.insert(Key::subleaf(leaf, last + 1), end).unwrap();
    }
}

/// Whether tables read the same at each of these keys.
fn alike(mine: &[NumberedTable], theirs: &[NumberedTable], keys: impl Fn(&CpuidTable) -> Vec<Key>) {
    assert_eq!(mine.len(), theirs.len());
    for ((cpu, mine), (number, theirs)) in mine.iter().zip(theirs) {
        assert_eq!(cpu, number);
        for key in keys(mine) {
            let subleaf = key.subleaf.unwrap_or(0);
            assert_eq!(mine.lookup(key.leaf, subleaf), theirs.lookup(key.leaf, subleaf), "CPU {cpu}, {key}");
        }
    }
}

/// The first entry in which tables differ, in words; `None` where they are the same.
fn difference(mine: &[NumberedTable], theirs: &[NumberedTable]) -> Option<String> {
    if mine.len() != theirs.len() {
        return Some(format!("{} CPUs and {}", mine.len(), theirs.len()));
    }
    mine.iter().zip(theirs).find(|(mine, theirs)| mine != theirs).map(|((cpu, mine), (number, theirs))| {
        let keys: std::collections::BTreeSet<Key> =
            mine.iter().chain(theirs.iter()).map(|(key, _)| key).collect();
        let key = keys.into_iter().find(|key| mine.get(*key) != theirs.get(*key));
        let words = key.map(|key| (key.to_string(), mine.get(key), theirs.get(key)));
        format!("CPU {cpu} and CPU {number}: {words:x?}")
    })
}

/// Writes tables in every form, and holds what comes back to them.
fn round_trips(name: &str, cpus: &[NumberedTable]) {
    for format in FORMS {
        let back = back(cpus, format);
        if format == Format::Libcpuid {
            // What there is no room for is lost; what the table lacks comes back as zeros.
            let max = |table: &CpuidTable| (table.lookup(0, 0).eax, table.lookup(0x8000_0000, 0).eax);
            let within = |table: &CpuidTable, leaf: u32| {
                let (basic, extended) = max(table);
                leaf <= basic || (0x8000_0000..=extended).contains(&leaf)
            };
            let held = |table: &CpuidTable| -> Vec<Key> {
                table
                    .iter()
                    .map(|(key, _)| key)
                    .filter(|key| libcpuid_holds(*key) && within(table, key.leaf))
                    .collect()
            };
            alike(cpus, &back, held);
            alike(&back, cpus, held);
            assert!(
                back.iter().flat_map(|(_, table)| table.iter()).all(|(key, _)| libcpuid_holds(key)),
                "{name}"
            );
        } else {
            assert_eq!(difference(&back, &expected(cpus, format)), None, "{name} as {format}");
        }
    }
}

/// Every capture of the corpus, by name.
fn all_captures(captures: &Path) -> BTreeMap<String, HostProfile> {
    let names: Vec<String> = corpus::expectations().into_keys().collect();
    names
        .into_iter()
        .map(|name| {
            let imported = imports::of(&corpus::place(captures, &name));
            assert!(imported.left_out.is_empty(), "{name}");
            println!("{name}: {:?}", imported.notes);
            (name, imported.profile)
        })
        .collect()
}

#[test]
fn every_capture_makes_a_profile_and_comes_back_in_every_form() {
    let Some(captures) = corpus::captures() else { return };
    let profiles = all_captures(&captures);
    assert_eq!(profiles.len(), 23);
    for (name, profile) in profiles {
        assert_eq!(profile.origin.kind, OriginKind::Imported);
        assert_eq!(HostProfile::from_slice(profile.to_json().as_bytes()).as_ref(), Ok(&profile), "{name}");
        let tables: Vec<NumberedTable> = profile.cpu_tables().collect();
        round_trips(&name, &tables);
    }
}

/// One machine, captured by four programs: where two have a leaf and subleaf, they say the same.
#[test]
fn one_machine_is_the_same_in_every_form() {
    let Some(captures) = corpus::captures() else { return };
    let folder = captures.join("thishost");
    let read = |name: &str| -> (Format, Vec<NumberedTable>) {
        let imported = imports::of(&folder.join(name));
        (imported.formats[0], imported.profile.cpu_tables().collect())
    };
    let (format, cpuid) = read("cpuid-r.txt");
    assert_eq!((format, cpuid.len()), (Format::CpuidR, 2));
    assert_eq!(read("cpuid-r-20260503.txt").1, cpuid);
    let keys = |other: &CpuidTable| {
        let other = other.clone();
        move |table: &CpuidTable| -> Vec<Key> {
            table.iter().map(|(key, _)| key).filter(|key| other.get(*key).is_some()).collect()
        }
    };
    for (name, format, shared) in [
        ("hwloc", Format::Hwloc, 50),
        ("cpuid_tool-0.6.2.txt", Format::Libcpuid, 45),
        ("cpuid_tool-0.8.2.txt", Format::Libcpuid, 45),
    ] {
        let (found, tables) = read(name);
        assert_eq!(found, format, "{name}");
        let common = keys(&cpuid[0].1)(&tables[0].1).len();
        assert!(common >= shared, "{name}: only {common} entries in common");
        for (at, (cpu, table)) in tables.iter().enumerate() {
            // cpuid_tool 0.8 does not stay on the CPU that it names: its two are one.
            let at = if table.lookup(0xb, 0).edx == tables[0].1.lookup(0xb, 0).edx { 0 } else { at };
            for key in keys(&cpuid[at].1)(table) {
                assert_eq!(table.get(key), cpuid[at].1.get(key), "{name}: CPU {cpu}, {key}");
            }
        }
    }
    let (_, alone) = read("cpuid-1r.txt");
    assert_eq!(alone.len(), 1);
    assert_eq!(alone[0].1.lookup(0, 0), cpuid[0].1.lookup(0, 0));
}

/// The hosts that are shipped, as `cpuid -r` would print them, come back with the same tables.
#[test]
fn profiles_come_back_in_every_form() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts");
    let mut seen = 0;
    for file in folder.read_dir().unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let host = examples::host(&name);
        let tables: Vec<NumberedTable> = host.cpu_tables().collect();
        if tables.is_empty() {
            continue;
        }
        // Leaf forms are settled by the first import.
        let settled = back(&tables, Format::Aida64);
        alike(&tables, &settled, |table| table.iter().map(|(key, _)| key).collect());
        round_trips(&name, &settled);
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}

/// A table in import's own form: subleaves where leaves have them, no entry that echoes another.
fn any_table() -> impl Strategy<Value = CpuidTable> {
    let words =
        || proptest::array::uniform4(prop_oneof![Just(0_u32), any::<u32>()]).prop_map(Registers::from);
    let leaf =
        prop_oneof![0_u32..0x28, 0x4000_0000_u32..0x4000_0003, 0x8000_0000_u32..0x8000_0028, any::<u32>()];
    let subleaf = prop_oneof![4 => 0_u32..6, 1 => 0_u32..0x200];
    let entries = proptest::collection::btree_map((leaf, subleaf), words(), 0..60);
    (entries, 1_u32..0x28).prop_map(|(entries, max)| {
        let mut table = CpuidTable::new();
        table.insert(Key::leaf(0), Registers::new(max, 0x756e_6547, 0x6c65_746e, 0x4965_6e69)).unwrap();
        for ((leaf, subleaf), words) in entries {
            let takes = Key::is_indexed(leaf) || leaf == 0x1b;
            let key = if takes { Key::subleaf(leaf, subleaf) } else { Key::leaf(leaf) };
            // A width of virtual addresses that no processor has is refused.
            if leaf != 0 && leaf != 0x8000_0008 && table.get(key).is_none() {
                table.insert(key, words).unwrap();
            }
        }
        let echoes: Vec<Key> = {
            let high = |key: Key| table.lookup(max, key.subleaf.unwrap_or(0));
            table
                .iter()
                .filter(|(key, words)| key.leaf != max && **words == high(*key))
                .map(|(key, _)| key)
                .collect()
        };
        table.retain(|key, words| words.is_zero() || !echoes.contains(&key));
        table
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_tables_come_back(tables in proptest::collection::vec(any_table(), 1..4), gap in 1_u32..5) {
        let numbered: Vec<NumberedTable> = (0..).map(|n| n * gap).zip(tables).collect();
        // What one CPU lacks and the first has reads as zeros, and is written so.
        let settled = back(&numbered, Format::Aida64);
        for (cpu, table) in &numbered {
            let (_, mine) = settled.iter().find(|(number, _)| number == cpu).unwrap();
            for (key, words) in table.iter() {
                prop_assert_eq!(mine.get(key), Some(words), "CPU {}, {}", cpu, key);
            }
        }
        for format in [Format::CpuidR, Format::Aida64, Format::Hwloc] {
            prop_assert_eq!(difference(&back(&settled, format), &expected(&settled, format)), None, "{}", format);
        }
    }
}
