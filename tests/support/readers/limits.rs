//! What the readers cannot do: each limit by name, where it applies, and what the reader says there
//! instead. Anything else that differs from what was meant fails the test. What a limit makes a reader
//! say is the limit's even where it happens to be right.

use super::hosts::Vendor;
use super::machine::Machine;
use super::{Property, Reader, Value, group};

/// A reader's own limit.
pub struct Limit {
    /// What stands in the table.
    pub name: &'static str,
    /// Which reader has it, and why.
    pub why: &'static str,
    /// What the reader says where the limit applies; `None` where it does not.
    pub says: fn(&Machine, Reader, Property) -> Option<Value>,
}

fn is_of_dies(machine: &Machine, property: Property) -> bool {
    property == Property::Dies && machine.has(property)
}

/// Whether the machine has the part, but no leaf that names it.
fn has_no_leaf(machine: &Machine, property: Property) -> bool {
    let any = |leaves: &[u32]| machine.tables[0].iter().any(|entry| leaves.contains(&entry.leaf));
    let named = match property {
        Property::Dies => any(&[0x1f, 0x8000_0026]),
        Property::Modules => any(&[0x1f]),
        Property::Complexes => any(&[0x8000_0026]),
        Property::Cores => any(&[0xb, 0x8000_001e]),
        _ => true,
    };
    machine.has(property) && !named
}

/// Whether libcpuid finds no IDs because it does not read 0BH, or there is none.
fn has_no_ids(machine: &Machine) -> bool {
    machine.host.vendor == Vendor::Hygon || !machine.host.leaves.contains(&0xb)
}

/// What libcpuid says without IDs: all vCPUs are one package, and of caches only the sizes are known.
fn without_ids(machine: &Machine, property: Property) -> Option<Value> {
    match property {
        Property::Packages => Some(Value::Sets(vec![(0..machine.vcpus()).collect()])),
        Property::Cores => {
            let count = |threads| machine.vcpus() / threads;
            Some(Value::Counts(machine.threads_in(Property::Cores).into_iter().map(count).collect()))
        }
        Property::Ids | Property::L1d | Property::L1i | Property::L2 | Property::L3 => Some(Value::Silent),
        _ => None,
    }
}

/// Whether hwloc makes two of the L3 of a Magny-Cours.
fn is_halved(machine: &Machine, reader: Reader, property: Property) -> bool {
    let signature = machine.tables[0].iter().find(|entry| entry.leaf == 1).unwrap().words[0];
    let is_magny_cours = machine.host.vendor == Vendor::Amd && signature & 0x0fff_0ff0 == 0x0010_0f90;
    let ids = machine.threads_in(Property::Packages)[0].next_power_of_two();
    is_magny_cours && reader.is_hwloc() && property == Property::L3 && ids >= 8
}

pub const LIMITS: &[Limit] = &[
    Limit {
        name: "no leaf",
        why: "no leaf names the part. Before Zen 4 and on Hygon that is dies and complexes, on Zhaoxin complexes, on \
              Centaur modules: bits of the ID are all that the guest has of them, and its caches. hwloc says one \
              die, the others say nothing. Before TopologyExtensions AMD has no leaf of cores either: raw-cpuid \
              says nothing of them, the others count them by the package",
        says: |machine, reader, property| {
            let one = || Value::Sets(machine.partition(Property::Packages));
            let says = match (property, reader) {
                _ if !has_no_leaf(machine, property) => return None,
                (Property::Dies, reader) if reader.is_hwloc() => one(),
                (_, Reader::CpuidTool | Reader::RawCpuid) => Value::Silent,
                _ => return None,
            };
            Some(says)
        },
    },
    Limit {
        name: "unread leaf",
        why: "hwloc 2.9 does not read leaf 80000026H, which alone names the dies of AMD: it says none, and \
              shows them as L3 caches. Nor does it read 1FH on Zhaoxin",
        says: |machine, reader, property| {
            let is_unread = machine.host.is_amd_like() || machine.host.vendor == Vendor::Zhaoxin;
            let applies = is_unread && reader == Reader::Hwloc && is_of_dies(machine, property);
            applies.then(|| Value::Sets(machine.partition(Property::Packages)))
        },
    },
    Limit {
        name: "hidden leaf",
        why: "the leaf that names dies is not in this view, by intent: the other leaves must do without",
        says: |machine, reader, property| {
            let applies = reader.is_hwloc() && reader != Reader::Hwloc && is_of_dies(machine, property);
            applies.then(|| Value::Sets(machine.partition(Property::Packages)))
        },
    },
    Limit {
        name: "not shown",
        why: "hwloc shows neither APIC IDs nor complexes; \
              libcpuid 0.6.2 reads neither 1FH nor 80000026H nor the node of 8000001EH, and knows of nothing \
              between package and core",
        says: |_, reader, property| {
            let silent = match property {
                Property::DieGroups
                | Property::Dies
                | Property::Tiles
                | Property::Modules
                | Property::Nodes => reader == Reader::Libcpuid,
                Property::Complexes => reader.is_hwloc() || reader == Reader::Libcpuid,
                Property::Ids => reader.is_hwloc(),
                _ => false,
            };
            silent.then_some(Value::Silent)
        },
    },
    Limit {
        name: "merged",
        why: "hwloc has leaf 1FH's modules, tiles and die groups from 1FH alone, and drops each that has the same \
              CPUs as a core, a cache, a die or a package",
        says: |machine, reader, property| {
            let is_group = matches!(property, Property::Modules | Property::Tiles | Property::DieGroups);
            if !is_group || !reader.is_hwloc() || !machine.has(property) {
                return None;
            }
            let shown = [Property::Packages, Property::Dies, Property::Cores];
            let shown = shown.into_iter().chain([Property::L3, Property::L2, Property::L1d, Property::L1i]);
            let shown: Vec<Vec<u32>> = shown.flat_map(|other| machine.partition(other)).collect();
            let mut sets = machine.partition(property);
            sets.retain(|set| !shown.contains(set));
            let is_read = reader == Reader::Hwloc && machine.host.vendor == Vendor::Intel;
            Some(if sets.is_empty() || !is_read { Value::Silent } else { Value::Sets(sets) })
        },
    },
    Limit {
        name: "no die groups",
        why: "raw-cpuid 11.6 panics on level type 6 of leaf 1FH",
        says: |machine, reader, _| {
            let applies = reader == Reader::RawCpuid && machine.has(Property::DieGroups);
            applies.then_some(Value::Refused)
        },
    },
    Limit {
        name: "types apart",
        why: "libcpuid 0.6.2 takes Intel's cores of each type for a processor of their own: it splits the package, and \
              counts cores and caches of each type alone",
        says: |machine, reader, property| {
            let types = || machine.meaning.places.iter().map(|place| (place.index[0], place.core_type));
            let is_hybrid =
                types().any(|(_, core_type)| Some(core_type) != types().next().map(|(_, first)| first));
            if !is_hybrid || reader != Reader::Libcpuid || machine.host.vendor != Vendor::Intel {
                return None;
            }
            let processors = group(types());
            match property {
                Property::Packages => Some(Value::Sets(processors)),
                Property::Cores => Some(Value::Counts(machine.in_each(&processors, property))),
                Property::L1d | Property::L1i | Property::L2 | Property::L3 => {
                    Some(Value::Instances(machine.in_each(&processors, property)))
                }
                _ => None,
            }
        },
    },
    Limit {
        name: "an L3 for nothing",
        why: "libcpuid 0.6.2 gives CPUs without an L3 the ID of one, all of them the same; on AMD that of those which have one",
        says: |machine, reader, property| {
            let has = machine.sizes_of(property).map(|sizes| sizes.into_iter().map(|size| size > 0))?;
            let applies =
                reader == Reader::Libcpuid && property == Property::L3 && has.clone().any(|has| !has);
            let is_one = machine.host.vendor == Vendor::Amd;
            applies.then(|| Value::Sets(group(has.map(|has| is_one || has))))
        },
    },
    Limit {
        name: "an L3 for nothing",
        why: "and there its size, as it has no types of core on AMD",
        says: |machine, reader, property| {
            let sizes = machine.sizes_of(property)?;
            let is_unlike = sizes.iter().any(|size| *size != sizes[0]);
            let applies = reader == Reader::Libcpuid && machine.host.vendor == Vendor::Amd && is_unlike;
            applies.then(|| Value::Sizes(vec![sizes[0]; sizes.len()]))
        },
    },
    Limit {
        name: "8-bit IDs",
        why: "legacy leaves hold the low eight bits of an ID. On Intel and Zhaoxin two CPUs look like one, and hwloc refuses \
              the machine; on AMD and Hygon it takes the package alone from them, and finds one",
        says: |machine, reader, property| {
            let applies = reader == Reader::HwlocLegacy && machine.ids().iter().any(|id| *id > 255);
            let one = Value::Sets(vec![(0..machine.vcpus()).collect()]);
            match (machine.host.is_amd_like(), property) {
                (false, _) => applies.then_some(Value::Refused),
                (true, Property::Packages | Property::Dies) => applies.then_some(one),
                (true, _) => None,
            }
        },
    },
    Limit {
        name: "leaf 1 alone",
        why: "on Hygon hwloc 2.9 does not read 0BH, and takes the threads of leaf 1, rounded up to a power of two, \
              for the IDs of a package. Where the IDs have gaps or more than eight bits, that is too few",
        says: |machine, reader, property| {
            let is_package = matches!(property, Property::Packages | Property::Dies);
            let applies = machine.host.vendor == Vendor::Hygon && reader.is_hwloc() && is_package;
            let span = machine.threads_in(Property::Packages)[0].next_power_of_two();
            let sets = group(machine.ids().into_iter().map(|id| (id & 0xff) / span));
            (applies && sets != machine.partition(property)).then_some(Value::Sets(sets))
        },
    },
    Limit {
        name: "halved",
        why: "on AMD family 10h model 9 hwloc 2.9 takes an L3 of eight IDs or more for two, as a Magny-Cours of two \
              nodes has them",
        says: |machine, reader, property| {
            let half = machine.threads_in(Property::Packages)[0].next_power_of_two() / 2;
            let sets = || Value::Sets(group(machine.ids().into_iter().map(|id| id / half)));
            is_halved(machine, reader, property).then(sets)
        },
    },
    Limit {
        name: "halved",
        why: "and gives each of the two half the size",
        says: |machine, reader, property| {
            let sizes = || vec![machine.host.caches[3] / 2; machine.vcpus() as usize];
            is_halved(machine, reader, property).then(|| Value::Sizes(sizes()))
        },
    },
    Limit {
        name: "ACPI only",
        why: "CPUID does not tell of nodes on Intel, Zhaoxin, Centaur and AMD before family 15h, the SRAT does: hwloc takes the machine for one node, the \
              others say nothing",
        says: |machine, reader, property| {
            let one = || Value::Sets(vec![(0..machine.vcpus()).collect()]);
            let says = if reader.is_hwloc() { one() } else { Value::Silent };
            let applies =
                !machine.host.tells_nodes() && property == Property::Nodes && reader != Reader::Libcpuid;
            applies.then_some(says)
        },
    },
    Limit {
        name: "counts threads",
        why: "cpuid 20230120 prints as cores (`c=`) what are threads: on Intel with leaf 1FH the level's \
              threads, not divided by those of a core, and of one module or die alone; on AMD the threads of \
              80000008H",
        says: |machine, reader, property| {
            let of = if machine.host.is_amd_like() {
                Property::Packages
            } else {
                let inner = [Property::Modules, Property::Tiles].into_iter().find(|part| machine.has(*part));
                inner.unwrap_or(Property::Dies)
            };
            let threads = machine.threads_in(of);
            let differs = threads != machine.in_package(Property::Cores);
            let applies = reader == Reader::CpuidTool && property == Property::Cores && differs;
            applies.then_some(Value::Counts(threads))
        },
    },
    Limit {
        name: "counts threads",
        why: "and on Intel without leaf 1FH the threads of the package over those of the own core, which are not all alike",
        says: |machine, reader, property| {
            let applies = reader == Reader::CpuidTool && property == Property::Cores;
            let threads =
                machine.threads_in(Property::Packages).into_iter().zip(machine.threads_in(Property::Cores));
            let counts: Vec<u32> = threads.map(|(all, own)| all / own).collect();
            (applies && counts != machine.in_package(Property::Cores)).then_some(Value::Counts(counts))
        },
    },
    Limit {
        name: "unknown vendor",
        why: "cpuid 20230120 and libcpuid 0.6.2 do not know how Zhaoxin and Centaur count: cpuid prints every leaf, and draws \
              no conclusion of cores (`?`); libcpuid divides by their count, which is 0, and dies",
        says: |machine, reader, property| {
            let applies = matches!(machine.host.vendor, Vendor::Zhaoxin | Vendor::Centaur);
            let says = match reader {
                Reader::Libcpuid => Value::Refused,
                Reader::CpuidTool if property == Property::Cores => Value::Silent,
                _ => return None,
            };
            applies.then_some(says)
        },
    },
    Limit {
        name: "no IDs",
        why: "libcpuid 0.6.2 has IDs from 0BH alone, which it does not read on Hygon, and AMD before Zen has none: \
              it takes all vCPUs for one package, and knows of caches only their sizes",
        says: |machine, reader, property| {
            let applies = reader == Reader::Libcpuid && has_no_ids(machine);
            without_ids(machine, property).filter(|_| applies)
        },
    },
    Limit {
        name: "needs SMT",
        why: "libcpuid 0.6.2 takes a level of 0BH whose shift is 0 for the end: where cores have one thread it \
              finds no IDs, takes all vCPUs for one package, and knows of caches only their sizes",
        says: |machine, reader, property| {
            let applies = reader == Reader::Libcpuid
                && machine.threads_in(Property::Cores).iter().all(|threads| *threads == 1);
            without_ids(machine, property).filter(|_| applies)
        },
    },
    Limit {
        name: "wrong bits",
        why: "cpuid 20230120 takes ApicIdCoreIdSize of 80000008H from ECX[3:0] in place of ECX[15:12]: these \
              are bits of the thread count, which it cuts to that many bits, finds at odds with leaf 1, and \
              prints `?`",
        says: |machine, reader, property| {
            let last = machine.threads_in(Property::Packages)[0] - 1;
            let cut = last & !(u32::MAX << (last & 0xf));
            let applies = machine.host.is_amd_like() && last & 0xf != 0 && cut != last;
            (applies && reader == Reader::CpuidTool && property == Property::Cores).then_some(Value::Silent)
        },
    },
];
