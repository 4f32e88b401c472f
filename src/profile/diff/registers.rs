//! CPUID by field: what each changed bit is called, and on which CPUs it changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Changes, Section};
use crate::cpuid::{CpuidTable, Key, Register, Registers, Vendor, feature};
use crate::decode::{Answers, fields};
use crate::profile::{CpusPart, HostProfile};
use crate::spec::CpuList;

/// KVM's table.
pub(super) fn of_kvm(old: &HostProfile, new: &HostProfile, found: &mut Changes) {
    let (Some(old), Some(new)) = (&old.kvm, &new.kvm) else { return };
    let there = |table: &Option<CpuidTable>| table.as_ref().map(|_| "there".to_owned());
    for (section, old, new) in [
        (Section::KvmSupported, &old.supported_cpuid, &new.supported_cpuid),
        (Section::KvmEmulated, &old.emulated_cpuid, &new.emulated_cpuid),
    ] {
        match (old, new) {
            (Some(old), Some(new)) => {
                let mut fields = Fields::new([old, new], section);
                fields.compare(None, old, new);
                fields.tell(0, found);
            }
            _ => found.compare(section, "table", there(old), there(new)),
        }
    }
}

/// Each CPU that both profiles have.
pub(super) fn of_cpus(old: &HostProfile, new: &HostProfile, found: &mut Changes) {
    let list = |part: &Option<CpusPart>| part.as_ref().map(|part| part.online.clone());
    let (before, after) = (list(&old.cpus), list(&new.cpus));
    let members = |list: &Option<CpuList>| -> BTreeSet<u32> { list.iter().flat_map(CpuList::iter).collect() };
    if members(&before) != members(&after) {
        let text = |list: Option<CpuList>| list.map(|list| list.to_string());
        found.compare(Section::Cpus, "online", text(before), text(after));
    }
    let (Some(old_part), Some(new_part)) = (&old.cpus, &new.cpus) else { return };
    let before: BTreeMap<u32, CpuidTable> = old.cpu_tables().collect();
    let mut fields = Fields::new([&old_part.cpuid, &new_part.cpuid], Section::Cpus);
    let mut common = 0;
    for (cpu, table) in new.cpu_tables() {
        if let Some(was) = before.get(&cpu) {
            common += 1;
            fields.compare(Some(cpu), was, &table);
        }
    }
    fields.tell(common, found);
}

/// A field of a register; a register's unnamed bits together are one, from bit 31 to 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    key: Key,
    register: Register,
    lo: u32,
    hi: u32,
}

/// One change of a field, as numbers.
type Step = (Place, Option<&'static str>, u32, u32);

/// The changed fields of one kind of table, by what they were and are.
struct Fields {
    section: Section,
    /// The leaves that say whose manual names the fields.
    context: Vec<(u32, Option<u32>, [u32; 4])>,
    /// The fields that lie in a register, by their bits.
    names: BTreeMap<(Key, Register), Vec<fields::Range>>,
    found: BTreeMap<Step, Vec<u32>>,
    /// Changes beyond those that are kept.
    more: usize,
}

impl Fields {
    /// Names are those of one manual, whichever of the two profiles comes first: a known vendor's.
    fn new(tables: [&CpuidTable; 2], section: Section) -> Self {
        let context = [0, 0x4000_0000].map(|leaf| {
            let is_known = |[_, ebx, ecx, edx]: [u32; 4]| Vendor::from_words(ebx, ecx, edx).is_ok();
            let [old, new] = tables.map(|table| table.lookup(leaf, 0).words());
            (leaf, None, if (is_known(old), old) > (is_known(new), new) { old } else { new })
        });
        Self { section, context: context.to_vec(), names: BTreeMap::new(), found: BTreeMap::new(), more: 0 }
    }

    /// The one entry, among those that name the fields.
    fn answers(&self, key: Key, words: Registers) -> Answers {
        let entry = (key.leaf, key.subleaf, words.words());
        // The first of equal keys counts.
        Answers::from_entries(std::iter::once(entry).chain(self.context.iter().copied()))
    }

    fn compare(&mut self, cpu: Option<u32>, old: &CpuidTable, new: &CpuidTable) {
        if old == new {
            return;
        }
        let keys: BTreeSet<Key> = old.iter().chain(new.iter()).map(|(key, _)| key).collect();
        for key in keys {
            let words = |table: &CpuidTable| table.get(key).copied().unwrap_or_default();
            let (was, is) = (words(old), words(new));
            for register in Register::ALL {
                if was.get(register) != is.get(register) {
                    self.register(cpu, key, register, was.get(register), is.get(register));
                }
            }
        }
    }

    fn register(&mut self, cpu: Option<u32>, key: Key, register: Register, was: u32, is: u32) {
        if !self.names.contains_key(&(key, register)) {
            let ranges = self.ranges(key, register);
            self.names.insert((key, register), ranges);
        }
        let changed = was ^ is;
        let mut named = 0;
        let mut steps: Vec<Step> = Vec::new();
        for range in self.names.get(&(key, register)).into_iter().flatten() {
            let mask = (u32::MAX >> (31 - (range.hi - range.lo))) << range.lo;
            named |= mask;
            if changed & mask != 0 {
                let place = Place { key, register, lo: range.lo, hi: range.hi };
                steps.push((place, Some(range.name), (was & mask) >> range.lo, (is & mask) >> range.lo));
            }
        }
        if changed & !named != 0 {
            steps.push((Place { key, register, lo: 0, hi: 31 }, None, was, is));
        }
        for step in steps {
            if self.found.len() >= super::MOST_CHANGES && !self.found.contains_key(&step) {
                self.more += 1;
            } else {
                self.found.entry(step).or_default().extend(cpu);
            }
        }
    }

    /// The fields of a register, without overlap.
    fn ranges(&self, key: Key, register: Register) -> Vec<fields::Range> {
        let answers = self.answers(key, Registers::ZERO);
        let at = Register::ALL.iter().position(|other| *other == register).unwrap_or_default();
        let mut ranges: Vec<fields::Range> = Vec::new();
        for bit in 0..32 {
            let known = fields::range_of(&answers, key.leaf, key.subleaf.unwrap_or(0), at, bit);
            let own = || {
                let of = |f: &&feature::Feature| (f.key(), f.register, f.bit) == (key, register, bit);
                feature::all().find(of).map(|f| fields::Range { hi: bit, lo: bit, name: f.name })
            };
            let range = known.or_else(own);
            ranges.extend(range.filter(|range| ranges.last().is_none_or(|last| range.lo > last.hi)));
        }
        ranges
    }

    /// Puts the changes into words. `common`: how many CPUs both profiles have.
    fn tell(self, common: usize, found: &mut Changes) {
        let mut steps: Vec<(&Step, &Vec<u32>)> = self.found.iter().collect();
        steps.sort_by_key(|((place, _, was, is), cpus)| (*place, cpus.first().copied(), *was, *is));
        for ((place, name, was, is), cpus) in steps {
            let side = |value: u32| Some(self.shown(*place, name.is_some(), value));
            let cpus: Option<CpuList> =
                (self.section == Section::Cpus).then(|| cpus.iter().copied().collect());
            found.push(Change {
                section: self.section,
                what: what(*place, *name),
                old: side(*was),
                new: side(*is),
                all_cpus: cpus.as_ref().is_some_and(|cpus| usize::try_from(cpus.len()) == Ok(common)),
                cpus,
                varies: self.varies(*place),
            });
        }
        found.more += self.more;
    }

    /// The value as the field is best read.
    fn shown(&self, place: Place, is_named: bool, value: u32) -> String {
        let mut words = Registers::ZERO;
        *words.get_mut(place.register) = value << place.lo;
        let register = place.register.to_string();
        let views = fields::describe(&self.answers(place.key, words));
        let mut of_entry = views.iter().take(1).flat_map(|view| &view.fields);
        let field =
            of_entry.find(|f| (f.register.name(), f.lo, f.hi) == (register.as_str(), place.lo, place.hi));
        match field {
            Some(field) => field.shown.clone(),
            None if is_named => value.to_string(),
            None => format!("{value:#010x}"),
        }
    }

    /// Why a field differs from capture to capture on one and the same machine.
    fn varies(&self, place: Place) -> Option<&'static str> {
        let Place { key, register, lo, .. } = place;
        let is_kvm = self.section != Section::Cpus;
        let (_, _, [_, ebx, ecx, edx]) = *self.context.last()?;
        let xen = [0x566e_6558, 0x6558_4d4d, 0x4d4d_566e];
        match (key.leaf, key.subleaf, register, lo) {
            (0x1, _, Register::Ecx, 27) => Some("OSXSAVE follows the running kernel's CR4"),
            (0x7, Some(0), Register::Ecx, 4) => Some("OSPKE follows the running kernel's CR4"),
            (0xd, Some(0 | 1), Register::Ebx, _) => {
                Some("the size of what XCR0 and IA32_XSS enable at the time")
            }
            (0x4000_0003, ..) if [ebx, ecx, edx] == xen => Some("Xen's figures of the TSC"),
            (0x1, _, Register::Ebx, 24)
            | (0xb | 0x1f | 0x8000_0026, _, Register::Edx, _)
            | (0x8000_001e, _, Register::Eax | Register::Ebx | Register::Ecx, _)
                if is_kvm =>
            {
                Some("of the CPU on which KVM was asked")
            }
            _ => None,
        }
    }
}

/// `CPUID.(EAX=07H,ECX=0):EDX[10] md_clear`; a whole register without bits.
fn what(place: Place, name: Option<&str>) -> String {
    let Place { key, register, lo, hi } = place;
    let at = match key.subleaf {
        Some(subleaf) => format!("CPUID.(EAX={:02X}H,ECX={subleaf}):{register}", key.leaf),
        None => format!("CPUID.(EAX={:02X}H):{register}", key.leaf),
    };
    match (name, lo == hi, (lo, hi) == (0, 31)) {
        (Some(name), true, _) => format!("{at}[{lo}] {name}"),
        (Some(name), _, true) => format!("{at} {name}"),
        (Some(name), ..) => format!("{at}[{hi}:{lo}] {name}"),
        (None, ..) => at,
    }
}
