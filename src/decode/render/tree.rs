//! The machine as an indented tree, one unit a line.

use std::fmt::Write;

use super::layout::{Layout, Unit, layout};
use crate::decode::cpu::CoreType;
use crate::decode::domain::Domain;
use crate::decode::host::{Host, NumaNode};
use crate::decode::machine::Machine;

/// A tree like lstopo's text: a line per socket, die, complex or module, and core, each with the caches that its
/// vCPUs share, and at the cores the vCPU indices and x2APIC IDs of the threads.
///
/// Numbers count within the enclosing line. Domains with the same vCPUs share a line. Cores that differ in
/// nothing but their place share one where vCPU indices and IDs step evenly: `0-11` lists the threads core by core,
/// `0-30:2` in steps of two, and `0-5 + 48-53` the first threads of the cores, then the second.
pub fn tree(machine: &Machine) -> String {
    let mut out = summary(machine);
    let Layout { units, astray } = layout(machine);
    lines(machine, &units, 0, &mut out);
    for (node, cpus) in &machine.nodes {
        let _ = writeln!(out, "AMD node {node}  {}", machine.names.listed(cpus));
    }
    for (name, cpus) in astray {
        let _ = writeln!(out, "{name} that does not nest  {}", machine.names.listed(&cpus));
    }
    out
}

/// The tree of a host's CPUs under the kernel's numbers, then a line per node: its CPUs, its memory and how far each
/// node lies from it.
pub fn host(host: &Host) -> String {
    let nodes = host.numa.iter().map(|node| format!("{}\n", self::node(node, host.numa.len())));
    tree(&host.machine) + &nodes.collect::<String>()
}

/// `NUMA node 1  CPUs 56-111,168-223  512 GiB  distances 21 10`
fn node(node: &NumaNode, of: usize) -> String {
    let mut parts = vec![format!("NUMA node {}", node.node)];
    parts.push(match node.cpus.len() {
        0 => "no CPUs".to_owned(),
        1 => format!("CPU {}", node.cpus),
        _ => format!("CPUs {}", node.cpus),
    });
    parts.extend(node.memory.map(|bytes| if bytes == 0 { "no memory".to_owned() } else { about(bytes) }));
    if of > 1 && !node.distances.is_empty() {
        let distances: Vec<String> = node.distances.iter().map(u32::to_string).collect();
        parts.push(format!("distances {}", distances.join(" ")));
    }
    parts.join("  ")
}

/// `Intel family 6H model 8FH stepping 8: 2 sockets, 6 dies, 36 cores, 72 threads`
fn summary(machine: &Machine) -> String {
    let maker = match (&machine.vendor, machine.signature) {
        (Some(vendor), Some(s)) => {
            format!("{vendor} family {:X}H model {:X}H stepping {}", s.family, s.model, s.stepping)
        }
        _ => return "no vCPUs\n".to_owned(),
    };
    let count = |count: usize, one: &str| match (count, one) {
        (1, _) => format!("1 {one}"),
        (_, "complex") => format!("{count} complexes"),
        _ => format!("{count} {one}s"),
    };
    let mut counts: Vec<String> =
        machine.domains.iter().rev().map(|(domain, sets)| count(sets.len(), domain.name())).collect();
    counts.push(count(machine.places.len(), "thread"));
    format!("{maker}: {}\n", counts.join(", "))
}

fn lines(machine: &Machine, units: &[Unit<'_>], depth: usize, out: &mut String) {
    let mut rest = units;
    while let Some(first) = rest.first() {
        let run = run(machine, rest);
        let (now, later) = rest.split_at(run.min(rest.len()));
        rest = later;
        let mut parts = vec![label(first, run)];
        parts.extend(core_type(machine, first));
        parts.extend(first.caches.iter().map(|(name, cache)| {
            let name = name.to_string();
            format!("{} {}", name.trim_end_matches('U'), size(cache.size))
        }));
        parts.retain(|part| !part.is_empty());
        let alone = first.alone();
        if first.inside.is_empty() {
            if run > 1 && first.vcpus.len() > 1 {
                parts.push(format!("{} threads each", first.vcpus.len()));
            }
            let indices: Vec<Vec<usize>> = now.iter().map(|unit| numbers(machine, &unit.vcpus)).collect();
            let ids: Vec<Vec<usize>> = now.iter().map(|unit| ids(machine, unit)).collect();
            let (word, plural) =
                (machine.names.word(), if run > 1 || first.vcpus.len() > 1 { "s" } else { "" });
            parts.push(format!("{word}{plural} {}", listed(&indices, |n| n.to_string())));
            parts.push(format!("x2APIC {}", listed(&ids, |n| format!("{n:#x}"))));
        }
        let _ = writeln!(out, "{:depth$}{}", "", parts.join("  "), depth = 2 * depth);
        lines(machine, &first.inside, depth + 1, out);
        if !first.inside.is_empty() && !alone.is_empty() {
            let ids: Vec<usize> = ids_of(machine, &alone);
            let (word, plural) = (machine.names.word(), if alone.len() == 1 { "" } else { "s" });
            let alone = numbers(machine, &alone);
            let (vcpus, ids) = (listed(&[alone], |n| n.to_string()), listed(&[ids], |n| format!("{n:#x}")));
            let _ = writeln!(out, "{:depth$}{word}{plural} {vcpus}  x2APIC {ids}", "", depth = 2 * depth + 2);
        }
    }
}

/// `socket 0, die 0`, `cores 0-5`; empty for a unit of caches alone.
fn label(unit: &Unit<'_>, run: usize) -> String {
    let names = unit.domains.iter().map(|(domain, number)| match run {
        1 => format!("{} {number}", domain.name()),
        _ => format!("{}s {number}-{}", domain.name(), number + run - 1),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// How many units from the first on are one line: cores alike in all but place, evenly placed.
fn run(machine: &Machine, units: &[Unit<'_>]) -> usize {
    let Some(first) = units.first() else { return 0 };
    let is_lone_core =
        |unit: &Unit<'_>| unit.inside.is_empty() && matches!(unit.domains.as_slice(), [(Domain::Core, _)]);
    let alike = |unit: &Unit<'_>| {
        is_lone_core(unit)
            && unit.vcpus.len() == first.vcpus.len()
            && core_type(machine, unit) == core_type(machine, first)
            && unit
                .caches
                .iter()
                .map(|(name, c)| (*name, c.size, c.ways, c.line, c.sets))
                .eq(first.caches.iter().map(|(name, c)| (*name, c.size, c.ways, c.line, c.sets)))
    };
    if !is_lone_core(first) {
        return 1;
    }
    let step = |a: &Unit<'_>, b: &Unit<'_>| -> Option<Vec<usize>> {
        let (numbers_a, numbers_b) = (numbers(machine, &a.vcpus), numbers(machine, &b.vcpus));
        let indices = numbers_a.iter().zip(&numbers_b).map(|(a, b)| b.checked_sub(*a));
        let ids_a = ids(machine, a);
        let ids_b = ids(machine, b);
        let ids = ids_a.iter().zip(&ids_b).map(|(a, b)| b.checked_sub(*a));
        indices.chain(ids).collect()
    };
    let mut run = 1;
    let mut known = None;
    for pair in units.windows(2) {
        let [a, b] = pair else { break };
        let Some(step) = step(a, b).filter(|_| alike(b)) else { break };
        if *known.get_or_insert_with(|| step.clone()) != step {
            break;
        }
        run += 1;
    }
    // Two units always step evenly: fold them only where the threads run on from one to the other.
    let flat = |of: &dyn Fn(&Unit<'_>) -> Vec<usize>| units.iter().take(2).flat_map(of).collect::<Vec<_>>();
    let runs_on = |numbers: Vec<usize>| even(&numbers).is_some();
    let pair =
        runs_on(flat(&|unit| numbers(machine, &unit.vcpus))) && runs_on(flat(&|unit| ids(machine, unit)));
    if run == 2 && !pair { 1 } else { run }
}

/// The numbers that CPUs are called by.
fn numbers(machine: &Machine, vcpus: &[usize]) -> Vec<usize> {
    vcpus.iter().map(|vcpu| machine.names.number(*vcpu)).collect()
}

fn ids(machine: &Machine, unit: &Unit<'_>) -> Vec<usize> {
    ids_of(machine, &unit.vcpus)
}

fn ids_of(machine: &Machine, vcpus: &[usize]) -> Vec<usize> {
    let id = |&vcpu: &usize| usize::try_from(machine.places.get(vcpu)?.x2apic_id).ok();
    vcpus.iter().filter_map(id).collect()
}

/// The core type, where all of the unit's vCPUs have the same.
fn core_type(machine: &Machine, unit: &Unit<'_>) -> Option<String> {
    if !unit.domains.iter().any(|(domain, _)| *domain == Domain::Core) {
        return None;
    }
    let first = machine.places.get(*unit.vcpus.first()?)?.core_type?;
    Some(match first {
        CoreType::Performance => "performance".to_owned(),
        CoreType::Efficiency => "efficiency".to_owned(),
        CoreType::LowPower => "low power".to_owned(),
        CoreType::Other(code) => format!("core type {code:#x}"),
    })
}

/// Numbers of several cores, each with its threads.
fn listed(cores: &[Vec<usize>], show: impl Fn(usize) -> String) -> String {
    let flat: Vec<usize> = cores.iter().flatten().copied().collect();
    match (even(&flat), cores) {
        (Some(0 | 1), _) | (Some(_), [_, _, ..]) => progression(&flat, &show),
        (_, [threads]) => threads.iter().map(|&n| show(n)).collect::<Vec<_>>().join(","),
        _ => {
            let threads = cores.first().map_or(0, Vec::len);
            let of = |thread| cores.iter().filter_map(|core| core.get(thread).copied()).collect::<Vec<_>>();
            (0..threads).map(|thread| progression(&of(thread), &show)).collect::<Vec<_>>().join(" + ")
        }
    }
}

/// The step of an even sequence; 0 for a single number.
fn even(numbers: &[usize]) -> Option<usize> {
    let mut steps = numbers.windows(2).map(|pair| match pair {
        [a, b] => b.checked_sub(*a).filter(|step| *step > 0),
        _ => None,
    });
    match steps.next() {
        None => Some(0),
        Some(first) => first.filter(|_| steps.all(|step| step == first)),
    }
}

/// `0`, `0-11`, `0-22:2`, or all numbers where they step unevenly.
fn progression(numbers: &[usize], show: impl Fn(usize) -> String) -> String {
    match (even(numbers), numbers) {
        (Some(1), [first, .., last]) => format!("{}-{}", show(*first), show(*last)),
        (Some(step), [first, .., last]) => format!("{}-{}:{step}", show(*first), show(*last)),
        _ => numbers.iter().map(|&n| show(n)).collect::<Vec<_>>().join(","),
    }
}

/// Bytes in the largest binary unit that divides them.
fn size(bytes: u64) -> String {
    match bytes {
        0 => "0 bytes".to_owned(),
        _ if bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

/// Bytes in the largest binary unit that divides them, or whole MiB: what a kernel calls a node's memory is no round
/// number.
fn about(bytes: u64) -> String {
    match bytes >> 20 {
        0 => size(bytes),
        mib => size(mib << 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_largest_unit_that_divides_them() {
        let shown = [0, 1, 1023, 1 << 10, 1536 << 10, 3 << 20, (1 << 20) + 1, 1 << 30, 3 << 29].map(size);
        let expected = [
            "0 bytes",
            "1 bytes",
            "1023 bytes",
            "1 KiB",
            "1536 KiB",
            "3 MiB",
            "1048577 bytes",
            "1 GiB",
            "1536 MiB",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn memory_is_whole_mib_from_one_on() {
        let shown = [0, 1023, (1 << 20) - 1, 1 << 20, (3 << 30) - 5000, 3 << 30].map(about);
        assert_eq!(shown, ["0 bytes", "1023 bytes", "1048575 bytes", "1 MiB", "3071 MiB", "3 GiB"]);
    }

    /// A node's distances tell something where there is another one.
    #[test]
    fn a_node_is_a_line_of_what_is_known() {
        let of = |cpus: &[usize], memory, distances: &[u32]| NumaNode {
            node: 3,
            cpus: cpus.iter().copied().collect(),
            memory,
            distances: distances.to_vec(),
        };
        assert_eq!(node(&of(&[5], None, &[10]), 1), "NUMA node 3  CPU 5");
        assert_eq!(node(&of(&[5, 6], Some(1 << 30), &[]), 2), "NUMA node 3  CPUs 5-6  1 GiB");
        assert_eq!(node(&of(&[], Some(0), &[10, 21]), 2), "NUMA node 3  no CPUs  no memory  distances 10 21");
    }

    #[test]
    fn progressions_rise_evenly() {
        let shown = |numbers: &[usize]| progression(numbers, |n| n.to_string());
        assert_eq!([shown(&[]), shown(&[4]), shown(&[4, 5])], ["", "4", "4-5"]);
        assert_eq!([shown(&[0, 1, 2]), shown(&[0, 4, 8])], ["0-2", "0-8:4"]);
        assert_eq!([shown(&[0, 1, 3]), shown(&[2, 1, 0]), shown(&[1, 1, 1])], ["0,1,3", "2,1,0", "1,1,1"]);
    }
}
