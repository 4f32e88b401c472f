//! What Linux made of the machine, from what the guest's init printed.

use std::collections::BTreeMap;

use super::view::{self, Node, Part, Sets, View};

/// The version of a kernel, such as 6.12.
pub type Version = (u32, u32);

/// What a guest printed.
pub struct Seen<'a> {
    files: BTreeMap<&'a str, String>,
    /// CPU, leaf and subleaf; EAX to EDX.
    pub cpuid: BTreeMap<(u32, u32, u32), [u32; 4]>,
}

impl<'a> Seen<'a> {
    pub fn new(output: &'a str) -> Self {
        let mut seen = Self { files: BTreeMap::new(), cpuid: BTreeMap::new() };
        for line in output.lines() {
            match line.split_once(' ') {
                Some(("file", rest)) => {
                    let (path, text) = rest.split_once('\t').unwrap();
                    seen.files.insert(path, unescape(text));
                }
                Some(("cpuid", words)) => {
                    let words: Vec<u32> =
                        words.split(' ').map(|word| u32::from_str_radix(word, 16).unwrap()).collect();
                    seen.cpuid.insert((words[0], words[1], words[2]), words[3..].try_into().unwrap());
                }
                _ => assert_eq!(line, "end", "what the guest printed"),
            }
        }
        seen
    }

    fn file(&self, path: &str) -> &str {
        self.files.get(path).unwrap_or_else(|| panic!("the guest has no {path}"))
    }

    /// `Linux version 6.12.107+deb13-cloud-amd64 (…`.
    pub fn kernel(&self) -> Version {
        let text = self.file("/proc/version");
        let numbers: Vec<u32> =
            text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
        (numbers[0], numbers[1])
    }

    /// The lines of the kernel's log, each with its severity: 0 to 7, 4 is a warning.
    pub fn log(&self) -> impl Iterator<Item = (u32, &str)> {
        self.file("log").lines().map(|line| {
            let (level, text) =
                line.strip_prefix('<').and_then(|rest| rest.split_once('>')).unwrap_or(("6", line));
            // The facility is in the higher bits.
            (level.parse::<u32>().unwrap() & 7, text.split_once("] ").map_or(text, |(_, text)| text))
        })
    }

    /// The machine.
    pub fn view(&self) -> View {
        let online = view::cpus(self.file("/sys/devices/system/cpu/online"));
        let mut view = View { nodes: self.nodes(), ids: self.ids(), ..View::default() };
        let mut sets: BTreeMap<Part, Sets> = BTreeMap::new();
        for cpu in online {
            sets.entry(Part::Threads).or_default().insert([cpu].into());
            for (part, file) in TOPOLOGY {
                let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/{file}_cpus_list");
                sets.entry(part).or_default().insert(view::cpus(self.file(&path)));
            }
            for index in 0.. {
                let folder = format!("/sys/devices/system/cpu/cpu{cpu}/cache/index{index}");
                if !self.files.contains_key(format!("{folder}/level").as_str()) {
                    break;
                }
                let text = |name: &str| self.file(&format!("{folder}/{name}")).trim().to_owned();
                let part = cache(&text("level"), &text("type"));
                sets.entry(part).or_default().insert(view::cpus(&text("shared_cpu_list")));
                view.sizes.entry(part).or_default().insert(size(&text("size")));
            }
        }
        view.sets = sets;
        view
    }

    fn nodes(&self) -> BTreeMap<u32, Node> {
        let node = |number: u32| {
            let folder = format!("/sys/devices/system/node/node{number}");
            let cpus = view::cpus(self.files.get(format!("{folder}/cpulist").as_str())?);
            let distances = self.file(&format!("{folder}/distance"));
            let distances = distances.split_whitespace().map(|word| word.parse().unwrap()).collect();
            Some((number, Node { cpus, distances }))
        };
        (0..64).filter_map(node).collect()
    }

    /// `initial apicid` of /proc/cpuinfo, by CPU.
    fn ids(&self) -> Vec<u32> {
        let info = self.file("/proc/cpuinfo");
        let ids = info.lines().filter_map(|line| line.strip_prefix("initial apicid"));
        ids.map(|rest| rest.trim_start_matches([' ', '\t', ':']).parse().unwrap()).collect()
    }
}

const TOPOLOGY: [(Part, &str); 4] =
    [(Part::Packages, "package"), (Part::Dies, "die"), (Part::Clusters, "cluster"), (Part::Cores, "core")];

fn cache(level: &str, kind: &str) -> Part {
    match (level, kind) {
        ("1", "Data") => Part::L1d,
        ("1", "Instruction") => Part::L1i,
        ("2", "Unified") => Part::L2,
        ("3", "Unified") => Part::L3,
        other => panic!("a cache that no example has: {other:?}"),
    }
}

/// `32K`, in bytes.
fn size(text: &str) -> u64 {
    let kibibytes = text.strip_suffix('K').unwrap_or_else(|| panic!("{text:?}"));
    kibibytes.parse::<u64>().unwrap() << 10
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => plain.push(if rest.next() == Some('n') { '\n' } else { '\\' }),
            c => plain.push(c),
        }
    }
    plain
}
