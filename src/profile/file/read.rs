//! From the form to the model: every check that serde cannot make, all mistakes in one run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::form::{self, Entries, Form};
use super::{Mistake, ProfileError, VERSION};
use crate::cpuid::{CpuidTable, Key, Registers, Vendor};
use crate::profile::{
    Capabilities, CpusPart, HostProfile, KvmPart, NumaNode, NumaPart, Origin, OriginKind, cpus,
};
use crate::source::{SpecPath, quoted};
use crate::spec::CpuList;

/// The most entries of one table. KVM's are 256 at most, a CPU's own some 200; without an end a
/// hostile file would have its sorting take hours.
const MOST_ENTRIES: usize = 2048;

/// The most nodes: Linux is built for 1024 at most (`CONFIG_NODES_SHIFT`).
const MOST_NODES: usize = 1024;

/// The most entries of all CPUs together, what they have in common counted for each: 8192 CPUs, as many
/// as Linux is built for, of 256 entries. A short file could stand for gigabytes otherwise.
const MOST_OF_ALL: u64 = 8192 * 256;

/// The most mistakes that are told of one file.
const MOST_MISTAKES: usize = 100;

/// Checks the form and makes the model of it.
pub(super) fn profile(form: Form) -> Result<HostProfile, ProfileError> {
    let mut reader = Reader::default();
    let root = SpecPath::root();
    if form.topoc_host_profile != VERSION {
        reader.wrong(&root.key("topoc_host_profile"), super::other_version(&form.topoc_host_profile));
    }
    let profile = HostProfile {
        origin: reader.origin(form.origin, &root.key("origin")),
        kernel: form.kernel,
        kvm: form.kvm.map(|kvm| reader.kvm(kvm, &root.key("kvm"))),
        cpus: form.cpus.map(|part| reader.cpus(part, &root.key("cpus"))),
        numa: form.numa.map(|numa| reader.numa(numa, &root.key("numa"))),
        unread: form.unread,
    };
    reader.vendors(&profile);
    if reader.dropped > 0 {
        let message = format_args!("{} more mistakes like these", reader.dropped);
        reader.mistakes.push(Mistake::at(SpecPath::root(), message));
    }
    if reader.mistakes.is_empty() { Ok(profile) } else { Err(ProfileError { mistakes: reader.mistakes }) }
}

/// The leaf of address widths. KVM_SET_CPUID2 refuses a table whose virtual width no processor has.
const ADDRESS_SIZES: u32 = 0x8000_0008;

#[derive(Default)]
struct Reader {
    mistakes: Vec<Mistake>,
    /// How many more there are than are kept.
    dropped: usize,
}

impl Reader {
    fn wrong(&mut self, path: &SpecPath, message: impl Display) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(Mistake::at(path.clone(), message));
        } else {
            self.dropped += 1;
        }
    }

    fn origin(&mut self, origin: form::Origin, path: &SpecPath) -> Origin {
        if let Some(date) = origin.date.as_ref().filter(|date| !is_date(date)) {
            self.wrong(&path.key("date"), format_args!("{} is no date: write YYYY-MM-DD", quoted(date)));
        }
        let kind = match origin.kind {
            form::Kind::Captured => OriginKind::Captured,
            form::Kind::Imported => OriginKind::Imported,
            form::Kind::Assembled => OriginKind::Assembled,
        };
        Origin { kind, note: origin.note, date: origin.date, host_name: origin.host_name }
    }

    fn kvm(&mut self, kvm: form::Kvm, path: &SpecPath) -> KvmPart {
        let form::Capabilities {
            nr_vcpus,
            max_vcpus,
            max_vcpu_id,
            x2apic_api,
            irqchip,
            split_irqchip,
            tsc_deadline_timer,
            x86_disable_exits,
            enforce_pv_feature_cpuid,
        } = kvm.capabilities;
        KvmPart {
            module: kvm.module,
            api_version: kvm.api_version,
            capabilities: Capabilities {
                nr_vcpus,
                max_vcpus,
                max_vcpu_id,
                x2apic_api,
                irqchip,
                split_irqchip,
                tsc_deadline_timer,
                x86_disable_exits,
                enforce_pv_feature_cpuid,
            },
            supported_cpuid: kvm.supported_cpuid.map(|table| self.table(table, &path.key("supported_cpuid"))),
            emulated_cpuid: kvm.emulated_cpuid.map(|table| self.table(table, &path.key("emulated_cpuid"))),
        }
    }

    fn cpus(&mut self, part: form::Cpus, path: &SpecPath) -> CpusPart {
        let online = self.list(&part.online, &path.key("online"));
        if online.as_ref().is_some_and(|online| online.ranges.is_empty()) {
            self.wrong(&path.key("online"), "no CPU: a host has at least one");
        }
        let cpuid = self.table(part.cpuid, &path.key("cpuid"));
        if let Some(online) = &online
            && let entries = u64::try_from(cpuid.len()).unwrap_or(u64::MAX)
            && entries.saturating_mul(online.len()) > MOST_OF_ALL
        {
            self.wrong(
                path,
                format_args!("{entries} entries for each of {} CPUs: no host has as many", online.len()),
            );
        }
        let differences =
            self.differences(part.differences, online.as_ref(), &cpuid, &path.key("differences"));
        CpusPart { online: online.unwrap_or_default(), cpuid, differences }
    }

    /// What differs per CPU. `online` is `None` where its own mistake is already told.
    fn differences(
        &mut self,
        differences: form::Members<Entries>,
        online: Option<&CpuList>,
        first: &CpuidTable,
        path: &SpecPath,
    ) -> BTreeMap<u32, BTreeMap<Key, Registers>> {
        let known: Option<BTreeSet<u32>> = online.map(|online| online.iter().collect());
        let mut read = BTreeMap::new();
        for (name, entries) in differences.0 {
            let path = path.key(&name);
            let Some(cpu) = name.parse().ok().filter(|cpu: &u32| cpu.to_string() == name) else {
                self.wrong(&path, "expected the number of a CPU");
                continue;
            };
            if let Some(known) = &known {
                if !known.contains(&cpu) {
                    self.wrong(&path, format_args!("CPU {cpu} is not among the online CPUs"));
                } else if known.first() == Some(&cpu) {
                    self.wrong(
                        &path,
                        format_args!("CPU {cpu} is the first online CPU: `cpuid` is its own table"),
                    );
                }
            }
            let table = self.table(entries, &path);
            for (key, _) in table.iter() {
                let other_form =
                    |(other, _): (Key, &Registers)| other.subleaf.is_some() != key.subleaf.is_some();
                if first.leaf(key.leaf).any(other_form) {
                    let with = if key.subleaf.is_some() { "without" } else { "with" };
                    self.wrong(
                        &path.key(&key.to_string()),
                        format_args!("`cpus.cpuid` has this leaf {with} subleaves"),
                    );
                }
            }
            if read.insert(cpu, table.iter().map(|(key, words)| (key, *words)).collect()).is_some() {
                self.wrong(&path, "stands twice");
            }
        }
        read
    }

    fn numa(&mut self, numa: form::Numa, path: &SpecPath) -> NumaPart {
        let mut nodes: Vec<NumaNode> = Vec::new();
        let mut owners: BTreeMap<u32, u32> = BTreeMap::new();
        if numa.nodes.len() > MOST_NODES {
            self.wrong(
                &path.key("nodes"),
                format_args!("{} nodes: no kernel has more than {MOST_NODES}", numa.nodes.len()),
            );
            return NumaPart::default();
        }
        for (at, node) in numa.nodes.into_iter().enumerate() {
            let path = path.key("nodes").index(at);
            if nodes.iter().any(|other| other.id == node.id) {
                self.wrong(&path.key("id"), format_args!("node {} stands twice", node.id));
            }
            let list = self.list(&node.cpus, &path.key("cpus")).unwrap_or_default();
            let twice = list.iter().find_map(|cpu| Some((cpu, owners.insert(cpu, node.id)?)));
            if let Some((cpu, other)) = twice {
                self.wrong(&path.key("cpus"), format_args!("CPU {cpu} is already in node {other}"));
            }
            nodes.push(NumaNode { id: node.id, cpus: list, memory: node.memory });
        }
        let path = path.key("distances");
        let distances = numa.distances;
        if !distances.is_empty() {
            if distances.len() != nodes.len() {
                self.wrong(&path, format_args!("{} rows for {} nodes", distances.len(), nodes.len()));
            }
            for (at, row) in distances.iter().enumerate() {
                if row.len() != nodes.len() {
                    self.wrong(
                        &path.index(at),
                        format_args!("{} columns for {} nodes", row.len(), nodes.len()),
                    );
                }
                // ACPI SLIT: 10 is local, 255 unreachable, less than 10 reserved.
                if let Some(odd) = row.iter().find(|distance| !(10..=255).contains(*distance)) {
                    self.wrong(&path.index(at), format_args!("distance {odd} lies outside 10 to 255"));
                }
            }
        }
        NumaPart { nodes, distances }
    }

    fn list(&mut self, text: &str, path: &SpecPath) -> Option<CpuList> {
        cpus::parse(text).map_err(|message| self.wrong(path, message)).ok()
    }

    fn table(&mut self, entries: Entries, path: &SpecPath) -> CpuidTable {
        let mut table = CpuidTable::new();
        if entries.0.len() > MOST_ENTRIES {
            self.wrong(
                path,
                format_args!("{} entries: no table has more than {MOST_ENTRIES}", entries.0.len()),
            );
            return table;
        }
        for (name, words) in entries.0 {
            let path = path.key(&name);
            let key = name.parse::<Key>().map_err(|error| self.wrong(&path, error));
            let words = words.parse::<Registers>().map_err(|error| {
                self.wrong(&path, format_args!("{}: {error}", quoted(&words)));
            });
            if let (Ok(Key { leaf: ADDRESS_SIZES, .. }), Ok(words)) = (&key, &words)
                && let bits = words.eax >> 8 & 0xff
                && !matches!(bits, 0 | 48 | 57)
            {
                self.wrong(&path, format_args!("{bits} bits of virtual addresses: processors have 48 or 57"));
                continue;
            }
            if let (Ok(key), Ok(words)) = (key, words)
                && let Err(error) = table.insert(key, words)
            {
                self.wrong(&path, error);
            }
        }
        table
    }

    /// Leaf 0 of each table names the same vendor, leaf 1 the same signature: both are of one host. A
    /// vendor that nobody knows is no mistake of the file: rules refuse to compile for it.
    fn vendors(&mut self, profile: &HostProfile) {
        let tables = [
            ("cpus.cpuid", profile.cpus.as_ref().map(|part| &part.cpuid)),
            ("kvm.supported_cpuid", profile.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref())),
        ];
        let mut first: Option<(&str, [u32; 3])> = None;
        for (path, table) in tables {
            let Some(table) = table.filter(|table| !table.is_empty()) else { continue };
            let path = SpecPath::from(path);
            let Some(leaf0) = table.get(Key::leaf(0)) else {
                // Unless its own mistake has kept it out of the table.
                if self.mistakes.iter().any(|mistake| mistake.path.as_str().starts_with(path.as_str())) {
                    continue;
                }
                self.wrong(&path, format_args!("without {}, the leaf that names the vendor", Key::leaf(0)));
                continue;
            };
            if leaf0.eax == 0 {
                self.wrong(&path.key(&Key::leaf(0).to_string()), "EAX is 0: every processor has leaf 1");
            }
            let vendor = [leaf0.ebx, leaf0.ecx, leaf0.edx];
            match first {
                Some((other, known)) if vendor != known => {
                    self.wrong(
                        &path,
                        format_args!("is of {}, and `{other}` of {}", maker(vendor), maker(known)),
                    );
                }
                _ => first = Some(("cpus.cpuid", vendor)),
            }
        }
        let [(own_path, Some(own)), (kvm_path, Some(kvm))] = tables else { return };
        if own.is_empty() || kvm.is_empty() {
            return;
        }
        let leaf1 = |table: &CpuidTable| table.get(Key::leaf(1)).map(|leaf1| leaf1.eax);
        let at = |path: &str| SpecPath::from(path).key(&Key::leaf(1).to_string());
        match (leaf1(own), leaf1(kvm)) {
            (Some(own), Some(kvm)) if own != kvm => self.wrong(
                &at(kvm_path),
                format_args!("the signature is {kvm:08x}, and {own:08x} in `{own_path}`"),
            ),
            (None, Some(_)) => self.wrong(&at(own_path), format_args!("is missing, and `{kvm_path}` has it")),
            (Some(_), None) => self.wrong(&at(kvm_path), format_args!("is missing, and `{own_path}` has it")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}

/// The vendor of these words of leaf 0, in a message: its name, else its string.
fn maker([ebx, ecx, edx]: [u32; 3]) -> String {
    Vendor::from_words(ebx, ecx, edx).map_or_else(|unknown| unknown.to_string(), |vendor| vendor.to_string())
}

/// `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| {
        text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u32>().ok()
    };
    text.len() == 10
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-")
        && number(0..4).is_some()
        && number(5..7).is_some_and(|month| (1..=12).contains(&month))
        && number(8..10).is_some_and(|day| (1..=31).contains(&day))
}
