//! What the readers cannot do: each limit by name, where it applies, and what the reader says there
//! instead. Anything else that differs from what was meant fails the test. What a limit makes a reader
//! say is the limit's even where it happens to be right.

use super::machine::Machine;
use super::{Property, Reader, Value};

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

/// Whether an AMD processor has levels between core and package, but no leaf that names them.
fn has_no_leaf(machine: &Machine) -> bool {
    machine.is_amd && !machine.tables[0].iter().any(|entry| entry.leaf == 0x8000_0026)
}

pub const LIMITS: &[Limit] = &[
    Limit {
        name: "no leaf",
        why: "before Zen 4 no leaf of AMD's names dies or complexes: bits of the ID are all that the guest has \
              of them, and its caches. hwloc says one die, the others say nothing",
        says: |machine, reader, property| {
            let one = || Value::Sets(machine.partition(Property::Packages));
            let says = match (property, reader) {
                _ if !has_no_leaf(machine) || !machine.has(property) => return None,
                (Property::Dies, reader) if reader.is_hwloc() => one(),
                (Property::Dies | Property::Complexes, Reader::CpuidTool | Reader::RawCpuid) => Value::Silent,
                _ => return None,
            };
            Some(says)
        },
    },
    Limit {
        name: "unread leaf",
        why: "hwloc 2.9 does not read leaf 80000026H, which alone names the dies of AMD: it says none, and \
              shows them as L3 caches",
        says: |machine, reader, property| {
            let applies = machine.is_amd && reader == Reader::Hwloc && is_of_dies(machine, property);
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
        why: "hwloc shows neither APIC IDs nor complexes, and no module where a cache has the same CPUs; \
              libcpuid 0.6.2 reads neither 1FH nor 80000026H nor the node of 8000001EH, and knows of nothing \
              between package and core",
        says: |_, reader, property| {
            let silent = match property {
                Property::Complexes | Property::Modules => reader.is_hwloc() || reader == Reader::Libcpuid,
                Property::Ids => reader.is_hwloc(),
                Property::Dies | Property::Nodes => reader == Reader::Libcpuid,
                _ => false,
            };
            silent.then_some(Value::Silent)
        },
    },
    Limit {
        name: "8-bit IDs",
        why: "legacy leaves hold the low eight bits of an ID. On Intel two CPUs look like one, and hwloc refuses \
              the machine; on AMD it takes the package alone from them, and finds one",
        says: |machine, reader, property| {
            let applies = reader == Reader::HwlocLegacy && machine.ids().iter().any(|id| *id > 255);
            let one = Value::Sets(vec![(0..machine.vcpus()).collect()]);
            match (machine.is_amd, property) {
                (false, _) => applies.then_some(Value::Refused),
                (true, Property::Packages | Property::Dies) => applies.then_some(one),
                (true, _) => None,
            }
        },
    },
    Limit {
        name: "ACPI only",
        why: "Intel's CPUID does not tell of nodes, the SRAT does: hwloc takes the machine for one node, the \
              others say nothing",
        says: |machine, reader, property| {
            let one = || Value::Sets(vec![(0..machine.vcpus()).collect()]);
            let says = if reader.is_hwloc() { one() } else { Value::Silent };
            let applies = !machine.is_amd && property == Property::Nodes && reader != Reader::Libcpuid;
            applies.then_some(says)
        },
    },
    Limit {
        name: "counts threads",
        why: "cpuid 20230120 prints as cores (`c=`) what are threads: on Intel with leaf 1FH the level's \
              threads, not divided by those of a core, and of one module or die alone; on AMD the threads of \
              80000008H",
        says: |machine, reader, property| {
            let of = if machine.is_amd {
                Property::Packages
            } else if machine.has(Property::Modules) {
                Property::Modules
            } else {
                Property::Dies
            };
            let differs = machine.threads_of(Property::Cores) > 1
                || machine.threads_of(of) != machine.threads_of(Property::Packages);
            let applies = reader == Reader::CpuidTool && property == Property::Cores && differs;
            applies.then(|| Value::Count(machine.threads_of(of)))
        },
    },
    Limit {
        name: "needs SMT",
        why: "libcpuid 0.6.2 takes a level of 0BH whose shift is 0 for the end: where cores have one thread it \
              finds no IDs, takes all vCPUs for one package, and knows of caches only their sizes",
        says: |machine, reader, property| {
            let applies = reader == Reader::Libcpuid && machine.threads_of(Property::Cores) == 1;
            let all = (0..machine.vcpus()).collect();
            let says = match property {
                Property::Packages => Value::Sets(vec![all]),
                Property::Cores => Value::Count(machine.vcpus()),
                Property::Ids | Property::L1d | Property::L1i | Property::L2 | Property::L3 => Value::Silent,
                _ => return None,
            };
            applies.then_some(says)
        },
    },
    Limit {
        name: "wrong bits",
        why: "cpuid 20230120 takes ApicIdCoreIdSize of 80000008H from ECX[3:0] in place of ECX[15:12]: these \
              are bits of the thread count, which it cuts to that many bits, finds at odds with leaf 1, and \
              prints `?`",
        says: |machine, reader, property| {
            let last = machine.threads_of(Property::Packages) - 1;
            let cut = last & !(u32::MAX << (last & 0xf));
            let applies = machine.is_amd && last & 0xf != 0 && cut != last;
            (applies && reader == Reader::CpuidTool && property == Property::Cores).then_some(Value::Silent)
        },
    },
];
