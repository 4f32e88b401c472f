//! One form for each leaf, with or without subleaves, whatever the capture writes.
//!
//! Captures disagree: `cpuid -r` numbers subleaves of every leaf, AIDA64 leaves them out where there is one,
//! hwloc says which inputs matter. The silicon is the same, so the form is that of the manuals.

use std::collections::{BTreeMap, BTreeSet};

use crate::cpuid::{CpuidTable, Key, Registers};

/// Whether a leaf looks at ECX: those of KVM's list, and 1BH. Intel SDM Vol. 2A, CPUID, leaf 1BH.
pub(super) const fn takes_subleaves(leaf: u32) -> bool {
    Key::is_indexed(leaf) || leaf == 0x1b
}

/// Brings the tables of all CPUs into one form: a leaf has subleaves if the manuals say so, or if a CPU has one
/// other than 0. An entry without a subleaf becomes subleaf 0, and, where the leaf is none of the manuals' lists,
/// every one that another CPU has: it answers them all.
pub(super) fn settle(cpus: BTreeMap<u32, CpuidTable>) -> BTreeMap<u32, CpuidTable> {
    let mut found: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (key, _) in cpus.values().flat_map(CpuidTable::iter) {
        if let Some(subleaf) = key.subleaf.filter(|subleaf| *subleaf > 0) {
            found.entry(key.leaf).or_default().insert(subleaf);
        }
    }
    cpus.into_iter().map(|(cpu, table)| (cpu, settled(&table, &found))).collect()
}

fn settled(table: &CpuidTable, found: &BTreeMap<u32, BTreeSet<u32>>) -> CpuidTable {
    let mut new = CpuidTable::new();
    let mut put = |key: Key, words: &Registers| {
        // One form a leaf, and keys that were apart stay apart.
        let _ = new.insert(key, *words);
    };
    for (key, words) in table.iter() {
        let others = found.get(&key.leaf);
        if !takes_subleaves(key.leaf) && others.is_none() {
            put(Key::leaf(key.leaf), words);
            continue;
        }
        put(Key::subleaf(key.leaf, key.subleaf.unwrap_or(0)), words);
        if key.subleaf.is_none() && !takes_subleaves(key.leaf) {
            for subleaf in others.into_iter().flatten() {
                put(Key::subleaf(key.leaf, *subleaf), words);
            }
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(keys: &[Key]) -> CpuidTable {
        let mut table = CpuidTable::new();
        for (key, eax) in keys.iter().zip(1..) {
            table.insert(*key, Registers::new(eax, 0, 0, 0)).unwrap();
        }
        table
    }

    #[test]
    fn a_leaf_has_one_form_on_all_cpus() {
        let mixed = [
            table(&[Key::subleaf(1, 0), Key::leaf(4), Key::leaf(0x19), Key::subleaf(0x1a, 0)]),
            table(&[
                Key::leaf(1),
                Key::subleaf(4, 0),
                Key::subleaf(0x19, 0),
                Key::subleaf(0x19, 2),
                Key::leaf(0x1a),
            ]),
        ];
        let settled = settle((0..).zip(mixed).collect());
        let shown =
            |cpu| settled[&cpu].iter().map(|(key, words)| format!("{key}={}", words.eax)).collect::<Vec<_>>();
        assert_eq!(
            shown(0),
            ["0x00000001=1", "0x00000004.0=2", "0x00000019.0=3", "0x00000019.2=3", "0x0000001a=4"]
        );
        assert_eq!(
            shown(1),
            ["0x00000001=1", "0x00000004.0=2", "0x00000019.0=3", "0x00000019.2=4", "0x0000001a=5"]
        );
        assert_eq!(settle(settled.clone()), settled);
    }
}
