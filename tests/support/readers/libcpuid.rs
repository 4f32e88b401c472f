//! libcpuid, by its program `cpuid_tool`: it reads the raw form of its own, and prints what it makes of
//! it; told to be verbose, it prints each CPU's IDs too.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use super::{Partition, Property, Reading, Value, group, or_none};
use topoc::emit::export::libcpuid;

use crate::support::tables::numbered;
use crate::support::words::Entry;

const PROGRAM: &str = "cpuid_tool";

/// The signal of a division by zero, of which version 0.6.2 dies where it knows no counts.
const SIGFPE: &str = "(SIGFPE)";

/// What is asked for, a line each, for every kind of CPU that it tells apart: those of a package are one.
const QUERIES: [&str; 11] = [
    "--affi-mask",
    "--cores",
    "--logical",
    "--l1d-cache",
    "--l1i-cache",
    "--l2-cache",
    "--l3-cache",
    "--l1d-instances",
    "--l1i-instances",
    "--l2-instances",
    "--l3-instances",
];

const CACHES: [Property; 4] = [Property::L1d, Property::L1i, Property::L2, Property::L3];

/// The installed version, such as `0.6.2`; `None` where there is none.
pub fn version() -> Option<String> {
    let output = Command::new(PROGRAM).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().last()?.trim_start_matches('v').to_owned())
}

/// topoc's own export, without the array that version 0.6.2 does not understand.
fn raw_text(tables: &[Vec<Entry>]) -> String {
    let text = libcpuid(&numbered(tables));
    text.lines()
        .filter(|line| !line.starts_with("amd_fn80000026h"))
        .fold(String::new(), |text, line| text + line + "\n")
}

/// The vCPUs of a mask in hexadecimal.
fn mask(text: &str) -> Vec<u32> {
    let digits = text.strip_prefix("0x").unwrap().chars().rev().map(|c| c.to_digit(16).unwrap());
    (0..)
        .zip(digits)
        .flat_map(|(at, digit)| (0..4).filter(move |bit| digit >> bit & 1 == 1).map(move |bit| at * 4 + bit))
        .collect()
}

/// The IDs of one CPU, by what they are of.
type Ids = BTreeMap<String, i64>;

/// One line `Logical CPU    0: APIC ID    0, package ID    0, …, L3$ ID    0`.
fn ids(line: &str) -> Ids {
    let (_, rest) = line.split_once(": ").unwrap();
    let part = |part: &str| {
        let (name, number) = part.rsplit_once(' ').unwrap();
        (name.trim_end().to_owned(), number.parse().unwrap())
    };
    rest.split(", ").map(part).collect()
}

/// What libcpuid makes of the tables.
pub fn read(tables: &[Vec<Entry>]) -> Reading {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.txt");
    fs::write(&file, raw_text(tables)).unwrap();
    let output = Command::new(PROGRAM)
        .args(["-v", "-v", "-v", "--outfile=-"])
        .arg(format!("--load={}", file.display()))
        .args(QUERIES)
        .output()
        .unwrap();
    let status = output.status;
    let [said, asides] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    if status.to_string().contains(SIGFPE) {
        return Property::ALL.into_iter().map(|property| (property, vec![Value::Refused])).collect();
    }
    assert!(status.success() && !asides.contains("not understood"), "cpuid_tool: {asides}");
    let mut reading = Reading::new();
    let mut say = |property, value| reading.entry(property).or_default().push(value);
    let mut packages = Partition::new();
    let mut counts = [(); 2].map(|()| vec![0; tables.len()]);
    let mut sizes = CACHES.map(|_| vec![None; tables.len()]);
    let mut instances = CACHES.map(|_| vec![None; tables.len()]);
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("---")).collect();
    for answers in lines.chunks(QUERIES.len()) {
        let mask = mask(answers[0]);
        let numbers: Vec<i64> = answers[1..].iter().map(|answer| answer.parse().unwrap()).collect();
        let [cores, logical] = [numbers[0], numbers[1]].map(|count| u32::try_from(count).unwrap());
        for cpu in mask.iter().map(|cpu| *cpu as usize) {
            counts[0][cpu] = cores;
            counts[1][cpu] = if logical % cores == 0 { logical / cores } else { 0 };
            for cache in 0..CACHES.len() {
                sizes[cache][cpu] = u64::try_from(numbers[2 + cache]).ok().map(|size| size * 1024);
                instances[cache][cpu] = u32::try_from(numbers[6 + cache]).ok();
            }
        }
        packages.push(mask);
    }
    let [cores, threads] = counts;
    say(Property::Cores, Value::Counts(cores));
    // It has the threads of a package; where cores are unlike, that says nothing of a core's.
    if !threads.contains(&0) {
        say(Property::Threads, Value::Counts(threads));
    }
    for ((cache, sizes), instances) in CACHES.into_iter().zip(sizes).zip(instances) {
        let is_silent = sizes.iter().all(Option::is_none);
        say(cache, if is_silent { Value::Silent } else { Value::Sizes(or_none(sizes)) });
        let is_silent = instances.iter().all(Option::is_none);
        say(cache, if is_silent { Value::Silent } else { Value::Instances(or_none(instances)) });
    }
    packages.sort();
    say(Property::Packages, Value::Sets(packages));
    let cpus: Vec<Ids> = asides.lines().filter(|line| line.starts_with("Logical CPU ")).map(ids).collect();
    if cpus.is_empty() {
        return reading;
    }
    assert_eq!(cpus.len(), tables.len(), "CPUs");
    for (property, keys) in [
        (Property::Threads, &["APIC ID"][..]),
        (Property::Packages, &["package ID"]),
        // A core's ID is of its package.
        (Property::Cores, &["package ID", "core ID"]),
        (Property::L1i, &["L1I$ ID"]),
        (Property::L1d, &["L1D$ ID"]),
        (Property::L2, &["L2$ ID"]),
        (Property::L3, &["L3$ ID"]),
    ] {
        let key = |cpu: &Ids| keys.iter().map(|key| cpu[*key]).collect::<Vec<_>>();
        say(property, Value::Sets(group(cpus.iter().map(key))));
    }
    say(Property::Ids, Value::Ids(cpus.iter().map(|cpu| u32::try_from(cpu["APIC ID"]).unwrap()).collect()));
    reading
}
