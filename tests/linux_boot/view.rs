//! A machine as Linux shows it: which CPUs are together, and the nodes. What was meant and what was seen are both
//! said in this form.

use std::collections::{BTreeMap, BTreeSet};

/// CPUs by what they share: sets of their numbers.
pub type Sets = BTreeSet<BTreeSet<u32>>;

/// What Linux shows for each CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Packages,
    Dies,
    /// CPUs that share an L2, the scheduler's clusters.
    Clusters,
    Cores,
    Threads,
    L1d,
    L1i,
    L2,
    L3,
}

impl Part {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Packages => "packages",
            Self::Dies => "dies",
            Self::Clusters => "clusters",
            Self::Cores => "cores",
            Self::Threads => "threads",
            Self::L1d => "L1d",
            Self::L1i => "L1i",
            Self::L2 => "L2",
            Self::L3 => "L3",
        }
    }
}

/// A NUMA node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its CPUs; none for a node of memory alone.
    pub cpus: BTreeSet<u32>,
    /// Its distance to each node, in order of their numbers.
    pub distances: Vec<u32>,
}

/// A machine.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub sets: BTreeMap<Part, Sets>,
    /// The nodes by number.
    pub nodes: BTreeMap<u32, Node>,
    /// The x2APIC ID of each CPU.
    pub ids: Vec<u32>,
    /// Sizes of caches in bytes. Of those that were meant, the ones that the spec says.
    pub sizes: BTreeMap<Part, BTreeSet<u64>>,
}

/// A machine in words: what is said of each part. What was meant, what was seen and what was recorded meet in this.
pub type Facts = BTreeMap<String, String>;

/// The facts of a machine.
pub fn facts(view: &View) -> Facts {
    let mut facts = Facts::new();
    for (part, sets) in &view.sets {
        facts.insert(part.word().to_owned(), lists(sets));
    }
    for (number, node) in &view.nodes {
        facts.insert(format!("node {number}"), format!("{} at {}", list(&node.cpus), words(&node.distances)));
    }
    for (part, sizes) in &view.sizes {
        facts.insert(format!("{SIZE}{}", part.word()), words(sizes));
    }
    facts.insert("IDs".to_owned(), words(&view.ids));
    facts
}

/// How the names of facts on sizes begin. Those that the spec leaves to the host are not compared.
const SIZE: &str = "size of ";

/// Where what was seen is not what was meant: the name of the fact, and how.
pub fn differences(meant: &Facts, seen: &Facts) -> BTreeMap<String, String> {
    let names: BTreeSet<&String> =
        meant.keys().chain(seen.keys().filter(|name| !name.starts_with(SIZE))).collect();
    let said = |facts: &Facts, name| facts.get(name).map_or("nothing", String::as_str).to_owned();
    names
        .into_iter()
        .map(|name| (name, said(meant, name), said(seen, name)))
        .filter(|(_, meant, seen)| meant != seen)
        .map(|(name, meant, seen)| (name.clone(), format!("{name}: Linux has {seen}, meant was {meant}")))
        .collect()
}

fn words<'n, N: ToString + 'n>(numbers: impl IntoIterator<Item = &'n N>) -> String {
    numbers.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn lists(sets: &Sets) -> String {
    sets.iter().map(list).collect::<Vec<_>>().join(" ")
}

/// CPUs as Linux writes them, such as `0-3,8`.
pub fn list(cpus: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for cpu in cpus {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *cpu => *last = *cpu,
            _ => ranges.push((*cpu, *cpu)),
        }
    }
    let word = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.iter().map(word).collect::<Vec<_>>().join(",")
}

/// The CPUs of a list as Linux writes it.
pub fn cpus(list: &str) -> BTreeSet<u32> {
    let number = |text: &str| text.parse::<u32>().unwrap_or_else(|e| panic!("{list:?}: {e}"));
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        number(first)..=number(last)
    };
    list.trim().split(',').filter(|part| !part.is_empty()).flat_map(range).collect()
}
