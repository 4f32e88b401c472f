//! A profile of what captures say.

use std::collections::{BTreeMap, BTreeSet};

use super::raw::{Misread, Raw};
use super::{echoes, forms, listing};
use crate::cpuid::{CpuidTable, Key, Registers};
use crate::profile::{CpusPart, HostProfile, KvmPart, MAX_BYTES, Origin, OriginKind};
use crate::spec::CpuList;

/// About how many bytes an entry has in a profile's file.
const ENTRY_BYTES: usize = 60;

/// The profile, what of it is worth telling, and what of it is no host's.
pub(super) struct Assembled {
    pub profile: HostProfile,
    pub notes: Vec<String>,
    pub mistakes: Vec<Misread>,
}

/// Makes the profile. A CPU without leaf 0 is a mistake, and left out.
pub(super) fn assemble(raw: Raw, name: &str, origin: String) -> Assembled {
    let Raw { cpus, kvm, numa, kernel, mut notes, .. } = raw;
    let mut mistakes = Vec::new();
    let mut wrong = |message: String| mistakes.push(Misread::new(name, None, message));
    let cpus = sound(cpus, &mut wrong);
    let mut cpus = forms::settle(cpus);
    notes.extend(without_echoes(&mut cpus));
    let part = part(cpus);
    if part.as_ref().is_some_and(|part| size(part) > MAX_BYTES) {
        wrong(format!("the profile would be larger than {} MiB, which no host's is", MAX_BYTES >> 20));
        return Assembled { profile: HostProfile::default(), notes, mistakes };
    }
    let profile = HostProfile {
        origin: Origin { kind: OriginKind::Imported, note: Some(origin), date: None, host_name: None },
        kernel,
        kvm: kvm.map(|table| KvmPart { supported_cpuid: Some(table), ..KvmPart::default() }),
        cpus: part,
        numa,
        unread: Vec::new(),
    };
    Assembled { profile, notes, mistakes }
}

/// The CPUs that can be told: those whose number a profile takes and whose leaf 0 says that there is a leaf 1.
fn sound(cpus: BTreeMap<u32, CpuidTable>, wrong: &mut impl FnMut(String)) -> BTreeMap<u32, CpuidTable> {
    let (mut headless, mut beyond) = (Vec::new(), 0_usize);
    let cpus = cpus
        .into_iter()
        .filter(|(cpu, table)| {
            let is_beyond = *cpu >= listing::CPUS_END;
            beyond += usize::from(is_beyond);
            let is_headless = !is_beyond && table.lookup(0, 0).eax == 0;
            if is_headless {
                headless.push(*cpu);
            }
            !is_beyond && !is_headless
        })
        .collect();
    if !headless.is_empty() {
        wrong(format!("{} without leaf 0x00000000, which says what leaves there are", cpus_named(headless)));
    }
    if beyond > 0 {
        wrong(format!("{beyond} CPUs of a number beyond {}", listing::CPUS_END - 1));
    }
    cpus
}

/// Takes out what repeats the highest basic leaf; says which leaves.
fn without_echoes(cpus: &mut BTreeMap<u32, CpuidTable>) -> Option<String> {
    let leaves: BTreeSet<u32> = cpus.values_mut().flat_map(echoes::take_out).collect();
    let mut names: Vec<String> = leaves.iter().take(8).map(|leaf| format!("0x{leaf:08x}")).collect();
    if leaves.len() > names.len() {
        names.push(format!("{} more", leaves.len() - names.len()));
    }
    let plural = if leaves.len() == 1 { "leaf" } else { "leaves" };
    (!leaves.is_empty()).then(|| {
        format!(
            "{plural} {} left out: beyond what the CPU has, where it repeats its highest basic leaf",
            names.join(", ")
        )
    })
}

/// The first CPU's table, and where the others differ. What another one lacks reads as zeros.
fn part(cpus: BTreeMap<u32, CpuidTable>) -> Option<CpusPart> {
    let online: CpuList = cpus.keys().copied().collect();
    let mut tables = cpus.into_iter();
    let (_, first) = tables.next()?;
    let differences = tables
        .map(|(cpu, table)| (cpu, differences(&first, &table)))
        .filter(|(_, differences)| !differences.is_empty())
        .collect();
    Some(CpusPart { online, cpuid: first, differences })
}

fn differences(first: &CpuidTable, other: &CpuidTable) -> BTreeMap<Key, Registers> {
    let changed = other.iter().filter(|(key, words)| first.get(*key) != Some(words));
    let gone = first.iter().filter(|(key, words)| other.get(*key).is_none() && !words.is_zero());
    changed.map(|(key, words)| (key, *words)).chain(gone.map(|(key, _)| (key, Registers::ZERO))).collect()
}

/// About how large the part is as a file.
fn size(part: &CpusPart) -> usize {
    let entries =
        part.differences.values().map(|entries| entries.len() + 1).sum::<usize>() + part.cpuid.len();
    entries.saturating_mul(ENTRY_BYTES)
}

/// `CPU 3` or `CPUs 3-5,8`, in a message.
pub(super) fn cpus_named(cpus: impl IntoIterator<Item = u32>) -> String {
    let list: CpuList = cpus.into_iter().collect();
    format!("CPU{} {list}", if list.len() == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(Key, u32)]) -> CpuidTable {
        let mut table = CpuidTable::new();
        for (key, eax) in rows {
            table.insert(*key, Registers::new(*eax, 0, 0, 0)).unwrap();
        }
        table
    }

    fn of(cpus: impl IntoIterator<Item = (u32, CpuidTable)>) -> Assembled {
        let raw = Raw { cpus: cpus.into_iter().collect(), ..Raw::default() };
        assemble(raw, "dump", "of a test".to_owned())
    }

    /// CPUs of other types lack leaves and subleaves, have others, and list one in another form.
    #[test]
    fn unlike_cpus_come_back_as_they_were() {
        let unlike = [
            (
                0,
                table(&[
                    (Key::leaf(0), 0x1a),
                    (Key::subleaf(4, 0), 1),
                    (Key::subleaf(4, 1), 2),
                    (Key::leaf(0x1a), 3),
                ]),
            ),
            (2, table(&[(Key::leaf(0), 0x1a), (Key::leaf(4), 1), (Key::leaf(6), 5)])),
            (
                3,
                table(&[
                    (Key::leaf(0), 0x1a),
                    (Key::subleaf(4, 0), 1),
                    (Key::subleaf(4, 1), 2),
                    (Key::leaf(0x1a), 3),
                ]),
            ),
        ];
        let profile = of(unlike.clone()).profile;
        let part = profile.cpus.as_ref().unwrap();
        assert_eq!((part.online.to_string().as_str(), part.differences.len()), ("0,2-3", 1));
        assert_eq!(HostProfile::from_slice(profile.to_json().as_bytes()).as_ref(), Ok(&profile));
        for ((cpu, was), (number, is)) in unlike.iter().zip(profile.cpu_tables()) {
            assert_eq!(*cpu, number);
            for leaf in 0..0x20 {
                for subleaf in 0..3 {
                    // Without a subleaf, CPU 2's leaf 4 answers each; the silicon it stands for does not.
                    if (number, leaf) != (2, 4) || subleaf == 0 {
                        assert_eq!(
                            was.lookup(leaf, subleaf),
                            is.lookup(leaf, subleaf),
                            "{cpu} {leaf} {subleaf}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_cpu_without_leaf_0_is_a_mistake_and_left_out() {
        let good = table(&[(Key::leaf(0), 1)]);
        let made = of([(0, good.clone()), (1, table(&[])), (2, table(&[(Key::leaf(1), 1)])), (70_000, good)]);
        assert_eq!(made.profile.cpus.unwrap().online.to_string(), "0");
        let told: Vec<String> = made.mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "dump: CPUs 1-2 without leaf 0x00000000, which says what leaves there are",
                "dump: 1 CPUs of a number beyond 65535"
            ]
        );
    }

    #[test]
    fn echoes_go_with_a_note() {
        let made = of([(0, table(&[(Key::leaf(0), 2), (Key::leaf(2), 7), (Key::leaf(0xc000_0000), 7)]))]);
        assert_eq!(made.profile.cpus.unwrap().cpuid.len(), 2);
        let note =
            "leaf 0xc0000000 left out: beyond what the CPU has, where it repeats its highest basic leaf";
        assert_eq!(made.notes, [note]);
    }
}
