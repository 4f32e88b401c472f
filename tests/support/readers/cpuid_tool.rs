//! cpuid(1): it reads the text that `cpuid -r` writes, and prints what it makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use super::{Property, Reading, Said, Value, by_vcpu, group, or_none, ranges};

const PROGRAM: &str = "cpuid";

/// The installed version, such as `20230120`; `None` where there is none.
pub fn version() -> Option<String> {
    let output = Command::new(PROGRAM).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().split_whitespace().last()?.to_owned())
}

fn run(arguments: &[&str], text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.txt");
    fs::write(&file, text).unwrap();
    let output = Command::new(PROGRAM).args(arguments).arg("-f").arg(&file).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "cpuid: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `cpuid -r` prints after reading its own text.
pub fn round_trip(text: &str) -> String {
    run(&["-r"], text)
}

/// What one CPU's listing says.
#[derive(Default)]
struct Cpu {
    ids: Vec<u32>,
    shifts: Said<u32>,
    counts: Said<u32>,
    sizes: Said<u64>,
    /// Leaf 1: the low bits of the ID, and the IDs of a package.
    initial: u32,
    package_ids: u32,
    /// Intel's IDs for the cores of a package, by cache.
    core_ids: Vec<u32>,
    node: Option<u32>,
    /// AMD's nodes of a package.
    nodes: Option<u32>,
    /// Bytes of all L3s of an AMD package; without leaf 8000001DH it has one.
    package_l3: Option<u64>,
    /// AMD's core within the package: bits of the package's IDs, and the core's number.
    core: Option<(u32, u32)>,
    /// It has AMD's leaves.
    is_amd_like: bool,
    /// Threads of the core, which it leaves out where there is one.
    threads: Option<u32>,
    /// It does not know how many cores there are, and says so.
    is_at_a_loss: bool,
}

/// The number behind `=`: `0x10 (16)` and `16` alike.
fn number(value: &str) -> u32 {
    let decimal = value.split_once('(').map_or(value, |(_, rest)| rest.trim_end_matches(')'));
    decimal.trim().parse().unwrap_or_else(|error| panic!("{value:?}: {error}"))
}

/// `CORE_width=3 SMT_width=1` and the like.
fn synth(value: &str, key: &str) -> Option<u32> {
    let (_, rest) = value.split_once(&format!("{key}="))?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// One level of a leaf that lists levels, or one cache: its lines by key.
type Item = BTreeMap<String, String>;

/// The items of a leaf's section, and the lines before the first of them.
fn items<'a>(lines: impl Iterator<Item = &'a str>) -> (Item, Vec<Item>) {
    let mut items = vec![Item::new()];
    for line in lines {
        if line.starts_with("---") {
            items.push(Item::new());
        } else if let Some((key, value)) = line.split_once(" = ") {
            items.last_mut().unwrap().insert(key.trim().to_owned(), value.to_owned());
        }
    }
    let head = items.remove(0);
    (head, items)
}

/// Leaves 0xB and 0x1F name the member: a shift is of the next level outward.
fn members(items: &[Item], cpu: &mut Cpu) {
    let valid: Vec<&Item> = items.iter().filter(|item| number(&item["level type"]) != 0).collect();
    for (at, level) in valid.iter().enumerate() {
        let outward = match valid.get(at + 1).map(|next| number(&next["level type"])) {
            None => Property::Packages,
            Some(2) => Property::Cores,
            Some(3) => Property::Modules,
            Some(4) => Property::Tiles,
            Some(5) => Property::Dies,
            Some(6) => Property::DieGroups,
            Some(other) => panic!("level type {other}"),
        };
        cpu.shifts.push((outward, number(&level["bit width of level"])));
        let counted = if outward == Property::Cores { Property::Threads } else { outward };
        cpu.counts.push((counted, number(&level["number of logical processors at level"])));
    }
}

/// Leaf 0x80000026 names the container.
fn containers(items: &[Item], cpu: &mut Cpu) {
    for level in items {
        let (property, counted) = match number(&level["level type"]) {
            0 => continue,
            1 => (Property::Cores, Property::Threads),
            2 => (Property::Complexes, Property::Complexes),
            3 => (Property::Dies, Property::Dies),
            4 => (Property::Packages, Property::Packages),
            other => panic!("level type {other}"),
        };
        cpu.shifts.push((property, number(&level["bit width of level"])));
        cpu.counts.push((counted, number(&level["number of logical processors at level"])));
    }
}

/// Leaves 4 and 0x8000001D, which are worded differently.
fn caches(items: &[Item], cpu: &mut Cpu) {
    for cache in items {
        let get = |keys: [&str; 2]| number(keys.iter().find_map(|key| cache.get(*key)).unwrap());
        let kind = get(["cache type", "type"]);
        if kind == 0 {
            continue;
        }
        let property = match (get(["cache level", "level"]), kind) {
            (1, 1) => Property::L1d,
            (1, 2) => Property::L1i,
            (2, 3) => Property::L2,
            (3, 3) => Property::L3,
            other => panic!("{other:?}"),
        };
        let sharers = get(["maximum IDs for CPUs sharing cache", "extra cores sharing this cache"]) + 1;
        cpu.shifts.push((property, sharers.next_power_of_two().trailing_zeros()));
        let size = ["(size synth)", "(synth size)"].iter().find_map(|key| cache.get(*key)).unwrap();
        let bytes = size.split(' ').next().unwrap().parse().unwrap();
        if let Some(cores) = cache.get("maximum IDs for cores in pkg") {
            cpu.core_ids.push(number(cores) + 1);
        }
        cpu.sizes.push((property, bytes));
    }
}

/// Leaves 0x80000005 and 0x80000006.
fn legacy_size(cache: Property, head: &Item, cpu: &mut Cpu) {
    cpu.sizes.extend(head.get("size (KB)").map(|size| (cache, u64::from(number(size)) * 1024)));
}

/// The lines that the tool itself draws conclusions in.
fn conclusions(line: &str, cpu: &mut Cpu) {
    if let Some(said) = line.strip_prefix("(multi-processing synth) = ") {
        if said == "?" {
            cpu.is_at_a_loss = true;
        } else {
            cpu.counts.push((Property::Cores, synth(said, "c").unwrap_or(1)));
            cpu.threads = synth(said, "t");
        }
    } else if let Some(said) = line.strip_prefix("(APIC widths synth): ") {
        cpu.shifts.push((Property::Cores, synth(said, "SMT_width").unwrap()));
    } else if let Some(vendor) = line.strip_prefix("vendor_id = ") {
        cpu.is_amd_like = ["\"AuthenticAMD\"", "\"HygonGenuine\""].contains(&vendor);
    } else if let Some(said) = line.strip_prefix("extended APIC ID = ") {
        cpu.ids.push(number(said));
    }
}

/// Intel's legacy counts are windows of IDs; those of cores end at 64, which then says nothing.
fn windows(cpu: &mut Cpu) {
    cpu.shifts.push((Property::Packages, cpu.package_ids.next_power_of_two().trailing_zeros()));
    let core = cpu.shifts.iter().find(|(property, _)| *property == Property::Cores).unwrap().1;
    let windows = cpu.core_ids.iter().filter(|ids| **ids < 64);
    let mut shifts: Vec<_> = windows.map(|ids| ids.next_power_of_two().trailing_zeros() + core).collect();
    // Each cache says it, and not all cores have the same caches.
    shifts.dedup();
    cpu.shifts.extend(shifts.into_iter().map(|shift| (Property::Packages, shift)));
}

/// One CPU's listing. Sections are indented by three spaces, what belongs to them by six.
fn one(listing: &str) -> Cpu {
    let mut cpu = Cpu::default();
    let lines: Vec<&str> = listing.lines().collect();
    let is_head = |line: &&str| line.starts_with("   ") && !line.starts_with("    ");
    for section in lines.chunk_by(|_, next| !is_head(next)) {
        let (head, items) = items(section[1..].iter().map(|line| line.trim()));
        let title = section[0].trim();
        let leaf = title.strip_suffix("):").and_then(|title| title.rsplit_once('(')).map(|(_, leaf)| leaf);
        // Processors before Zen have cores where others have threads.
        let get = |keys: [&str; 2]| number(keys.iter().find_map(|key| head.get(*key)).unwrap());
        match leaf {
            Some("4" | "0x8000001d") => caches(&items, &mut cpu),
            Some("0xb" | "0x1f") => members(&items, &mut cpu),
            Some("0x80000026") => containers(&items, &mut cpu),
            Some("0x80000005/ecx") => legacy_size(Property::L1d, &head, &mut cpu),
            Some("0x80000005/edx") => legacy_size(Property::L1i, &head, &mut cpu),
            Some("0x80000006/ecx") => legacy_size(Property::L2, &head, &mut cpu),
            Some("1/ebx") => {
                cpu.initial = number(&head["process local APIC physical ID"]);
                cpu.package_ids = number(&head["maximum IDs for CPUs in pkg"]);
            }
            Some("0x80000006/edx") if cpu.is_amd_like => {
                let size = u64::from(number(&head["size (in 512KB units)"])) * 512 * 1024;
                cpu.package_l3 = Some(size).filter(|size| *size > 0);
            }
            // For other vendors it prints a register that these do not have.
            Some("0x80000008/ecx") if cpu.is_amd_like => {
                let bits = number(&head["ApicIdCoreIdSize"]);
                cpu.core = Some((bits, 0));
                cpu.shifts.push((Property::Packages, bits));
                cpu.counts.push((Property::Packages, get(["number of threads", "number of CPU cores"])));
            }
            Some("0x8000001e/ebx") => {
                cpu.counts.push((Property::Threads, get(["threads per core", "cores per compute unit"])));
                cpu.core = cpu.core.map(|(bits, _)| (bits, get(["core ID", "compute unit ID"])));
            }
            Some("0x8000001e/ecx") => {
                cpu.node = Some(number(&head["node ID"]));
                cpu.nodes = Some(number(&head["nodes per processor"]));
            }
            _ => conclusions(title, &mut cpu),
        }
        for key in ["extended APIC ID", "x2APIC ID of logical processor"] {
            cpu.ids.extend(head.get(key).map(|id| number(id)));
        }
    }
    // Leaf 1 has the low eight bits.
    cpu.ids.push(cpu.ids.first().map_or(0, |id| id & !0xff) | cpu.initial);
    if cpu.is_amd_like {
        cpu.counts.push((Property::Packages, cpu.package_ids));
        let has_l3 = cpu.sizes.iter().any(|(cache, _)| *cache == Property::L3);
        cpu.sizes.extend(cpu.package_l3.filter(|_| !has_l3).map(|size| (Property::L3, size)));
    } else {
        windows(&mut cpu);
    }
    cpu
}

/// What cpuid(1) makes of a raw text of so many CPUs.
pub fn read(text: &str, count: usize) -> Reading {
    let text = format!("\n{}", run(&[], text));
    let cpus: Vec<Cpu> = text.split("\nCPU ").skip(1).map(one).collect();
    assert_eq!(cpus.len(), count, "CPUs");
    let mut reading = Reading::new();
    let mut say = |property, value| reading.entry(property).or_default().push(value);
    for (property, shifts) in by_vcpu(&cpus, |cpu| &cpu.shifts) {
        say(property, Value::Sets(ranges(cpus.iter().map(|cpu| cpu.ids[0]), &shifts)));
    }
    for (property, counts) in by_vcpu(&cpus, |cpu| &cpu.counts) {
        say(property, Value::Counts(or_none(counts)));
    }
    for (property, sizes) in by_vcpu(&cpus, |cpu| &cpu.sizes) {
        say(property, Value::Sizes(or_none(sizes)));
    }
    if cpus.iter().any(|cpu| cpu.threads.is_some()) {
        let threads = cpus.iter().map(|cpu| cpu.threads.unwrap_or(1));
        say(Property::Threads, Value::Counts(threads.collect()));
    }
    if cpus.iter().any(|cpu| cpu.is_at_a_loss) {
        say(Property::Cores, Value::Silent);
    }
    if cpus[0].node.is_some() {
        say(Property::Nodes, Value::Sets(group(cpus.iter().map(|cpu| cpu.node))));
        say(Property::Nodes, Value::Instances(cpus.iter().filter_map(|cpu| cpu.nodes).collect()));
        let core = |cpu: &Cpu| cpu.core.map(|(bits, core)| (cpu.ids[0] >> bits, core));
        say(Property::Cores, Value::Sets(group(cpus.iter().map(core))));
    }
    say(Property::Threads, Value::Sets(group(cpus.iter().map(|cpu| cpu.ids[0]))));
    for at in 0..cpus[0].ids.len() {
        say(Property::Ids, Value::Ids(cpus.iter().map(|cpu| cpu.ids[at]).collect()));
    }
    reading
}
