//! Any bytes as tables: decoded and shown as a machine, and written again.

use topoc::cpuid::{CpuidTable, Key};
use topoc::decode::{self, Answers, fields, render};
use topoc::emit::{self, ENTRY_SIZE, HEADER_SIZE};

/// Holds what must be so of any bytes.
///
/// They are read three ways: as one blob, as blobs one behind the other, and as the rows of a capture,
/// for which all bits are free.
pub fn blob(bytes: &[u8]) {
    if let Some(answers) = one(bytes) {
        machine(&[answers]);
    }
    let several: Vec<Answers> = split(bytes).into_iter().take(8).filter_map(one).collect();
    if several.len() > 1 {
        machine(&several);
    }
    if let Some((count, rows)) = bytes.split_first() {
        captures(usize::from(*count % 4) + 1, rows);
    }
}

/// The bytes as one blob. A good one is written again as it was, but for the order of its entries.
fn one(bytes: &[u8]) -> Option<Answers> {
    let answers = match Answers::from_blob(bytes) {
        Ok(answers) => answers,
        Err(error) => {
            let line = error.to_string();
            harmless(&line);
            assert!(line.len() < 400 && !line.contains('\n'), "{line:?}");
            return None;
        }
    };
    let keys: Vec<Key> = answers.entries().iter().map(|e| Key { leaf: e.leaf, subleaf: e.subleaf }).collect();
    if let Some(table) = table(&answers) {
        let written = emit::blob(&table);
        assert_eq!(written.len(), bytes.len());
        if keys.is_sorted() {
            assert_eq!(written, bytes, "writing what was read");
        }
        let again = Answers::from_blob(&written).expect("what was written");
        assert!(again.entries().iter().all(|entry| answers.entries().contains(entry)));
    }
    Some(answers)
}

/// The entries as a table; `None` where a leaf stands with and without subleaves, which a blob may
/// have where the first one that matches is not hidden.
fn table(answers: &Answers) -> Option<CpuidTable> {
    let mut table = CpuidTable::new();
    for entry in answers.entries() {
        table.insert(Key { leaf: entry.leaf, subleaf: entry.subleaf }, entry.registers.into()).ok()?;
    }
    Some(table)
}

/// Blobs that lie one behind the other, each as long as its header says.
fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut blobs = Vec::new();
    while let Some(nent) = bytes.first_chunk::<4>().map(|word| u32::from_le_bytes(*word)) {
        let length = usize::try_from(nent.min(256)).unwrap_or(256) * ENTRY_SIZE + HEADER_SIZE;
        let (blob, rest) = bytes.split_at(length.min(bytes.len()));
        blobs.push(blob);
        bytes = rest;
    }
    blobs
}

/// Rows of a capture: a byte for the leaf, one for the subleaf, and what EAX to EDX hold.
fn captures(cpus: usize, rows: &[u8]) {
    let mut tables = vec![Vec::new(); cpus];
    for (row, chunk) in rows.chunks_exact(18).enumerate() {
        let word = |at: usize| chunk[at..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
        let leaf = u32::from(chunk[0] & 0x7f) | if chunk[0] & 0x80 == 0 { 0 } else { 0x8000_0000 };
        let subleaf = (chunk[1] != 0xff).then_some(u32::from(chunk[1]));
        tables[row % cpus].push((leaf, subleaf, [word(2), word(6), word(10), word(14)]));
    }
    machine(&tables.into_iter().map(Answers::from_entries).collect::<Vec<_>>());
}

fn machine(tables: &[Answers]) {
    for machine in [decode::machine(tables), decode::part_of_machine(tables)] {
        harmless(&render::tree(&machine));
        harmless(&render::findings(&machine.findings, &machine.names));
        harmless(&serde_json::to_string(&machine).expect("plain data"));
    }
    for table in tables {
        harmless(&render::leaves(table));
        harmless(&serde_json::to_string(&fields::describe(table)).expect("plain data"));
    }
}

fn harmless(output: &str) {
    let bad = |c: char| c != '\n' && topoc::source::is_unprintable(c);
    assert!(!output.contains(bad), "{:?} in the output", output.chars().find(|c| bad(*c)));
}
