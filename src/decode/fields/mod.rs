//! The names of register fields, written from the manuals, and the answers of a table under these names.

mod features;
mod system;
mod topology;

use serde::Serialize;

use super::answers::{Answers, Registers};
use super::bits::{bit, bits};
use super::check::coordinate;
use super::vendor::{Vendor, printable, vendor_of};

/// EAX, EBX, ECX or EDX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Register {
    /// EAX
    Eax,
    /// EBX
    Ebx,
    /// ECX
    Ecx,
    /// EDX
    Edx,
}

use Register::{Eax, Ebx, Ecx, Edx};

impl Register {
    /// The register's name in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Eax => "EAX",
            Ebx => "EBX",
            Ecx => "ECX",
            Edx => "EDX",
        }
    }

    const fn of(self, [eax, ebx, ecx, edx]: Registers) -> u32 {
        match self {
            Eax => eax,
            Ebx => ebx,
            Ecx => ecx,
            Edx => edx,
        }
    }
}

/// How a field's value is best read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Decimal,
    Hex,
    Text,
}

/// One named range of bits.
#[derive(Clone, Copy, Debug)]
struct Field {
    register: Register,
    hi: u32,
    lo: u32,
    name: &'static str,
    style: Style,
}

const fn number(register: Register, hi: u32, lo: u32, name: &'static str) -> Field {
    Field { register, hi, lo, name, style: Style::Decimal }
}

const fn hex(register: Register, hi: u32, lo: u32, name: &'static str) -> Field {
    Field { register, hi, lo, name, style: Style::Hex }
}

const fn text(register: Register, name: &'static str) -> Field {
    Field { register, hi: 31, lo: 0, name, style: Style::Text }
}

/// The single-bit names of one register, bit 0 first, empty where there is none.
#[derive(Clone, Copy, Debug)]
struct Flags {
    register: Register,
    names: [&'static str; 32],
}

/// Which subleaves a group describes.
#[derive(Clone, Copy, Debug)]
enum Subleaves {
    All,
    Only(u32),
    From(u32),
}

/// Whose manual a group is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    All,
    /// Intel, and those who follow it
    Intel,
    /// AMD and Hygon
    Amd,
    /// A hypervisor range that says KVMKVMKVM
    Kvm,
}

/// The fields of one leaf.
#[derive(Clone, Copy, Debug)]
struct Group {
    leaf: u32,
    subleaves: Subleaves,
    source: Source,
    fields: &'static [Field],
    flags: &'static [Flags],
}

const fn group(leaf: u32, subleaves: Subleaves, source: Source, fields: &'static [Field]) -> Group {
    Group { leaf, subleaves, source, fields, flags: &[] }
}

impl Group {
    fn describes(&self, leaf: u32, subleaf: u32, vendor: &Vendor, kvm: bool) -> bool {
        let subleaf_fits = match self.subleaves {
            Subleaves::All => true,
            Subleaves::Only(only) => subleaf == only,
            Subleaves::From(from) => subleaf >= from,
        };
        let source_fits = match self.source {
            Source::All => true,
            Source::Intel => !vendor.is_amd_like(),
            Source::Amd => vendor.is_amd_like(),
            Source::Kvm => kvm,
        };
        self.leaf == leaf && subleaf_fits && source_fits
    }
}

fn groups() -> impl Iterator<Item = &'static Group> {
    topology::GROUPS.iter().chain(system::GROUPS).chain(features::GROUPS)
}

/// One field of one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldView {
    /// The register
    pub register: Register,
    /// Highest bit
    pub hi: u32,
    /// Lowest bit
    pub lo: u32,
    /// The bits' value
    pub value: u32,
    /// The value as it is best read: decimal, hexadecimal or quoted text
    pub shown: String,
    /// What the field holds
    pub name: &'static str,
}

/// The single-bit fields of one register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlagsView {
    /// The register
    pub register: Register,
    /// The names of the bits that are set, in the Linux kernel's spelling
    pub set: Vec<&'static str>,
    /// Bits that are set and have no name here
    pub unnamed: Vec<u32>,
}

/// One entry of a table with its fields named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeafView {
    /// Input EAX, as `0x4`
    pub leaf: String,
    /// Input ECX, where the entry answers a single one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subleaf: Option<u32>,
    /// EAX, EBX, ECX, EDX, as `0x0000001f`
    pub registers: [String; 4],
    /// Named ranges of bits, by register and bit
    pub fields: Vec<FieldView>,
    /// Named single bits, by register
    pub flags: Vec<FlagsView>,
    /// `CPUID.(EAX=04H,ECX=3)`
    #[serde(skip)]
    pub coordinate: String,
    /// Whether all registers are 0
    #[serde(skip)]
    pub is_zero: bool,
}

/// Every entry of the table in its order, with the fields that its vendor's manual names.
pub fn describe(answers: &Answers) -> Vec<LeafView> {
    let vendor = vendor_of(answers);
    let kvm = says_kvm(answers);
    let view = |entry: &super::Entry| {
        let subleaf = entry.subleaf.unwrap_or(0);
        let groups: Vec<&Group> =
            groups().filter(|group| group.describes(entry.leaf, subleaf, &vendor, kvm)).collect();
        let mut fields: Vec<Field> = groups.iter().flat_map(|group| group.fields).copied().collect();
        fields.sort_by_key(|field| (field.register, field.lo));
        let mut flags: Vec<Flags> = groups.iter().flat_map(|group| group.flags).copied().collect();
        flags.sort_by_key(|flags| flags.register);
        LeafView {
            leaf: format!("{:#x}", entry.leaf),
            subleaf: entry.subleaf,
            registers: entry.registers.map(|register| format!("{register:#010x}")),
            flags: flags.iter().map(|flags| flags_view(flags, &fields, entry.registers)).collect(),
            fields: fields.iter().map(|field| field_view(field, entry.registers)).collect(),
            coordinate: coordinate(entry.leaf, entry.subleaf).to_string(),
            is_zero: entry.registers == [0; 4],
        }
    };
    answers.entries().iter().map(view).collect()
}

/// A range of bits that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Highest bit
    pub hi: u32,
    /// Lowest bit
    pub lo: u32,
    /// What it holds; single bits in the Linux kernel's spelling
    pub name: &'static str,
}

/// The named range that a bit of an answer lies in, by the manual of the table's vendor. Registers are counted
/// from 0, EAX, to 3, EDX.
pub fn range_of(answers: &Answers, leaf: u32, subleaf: u32, register: usize, at: u32) -> Option<Range> {
    let vendor = vendor_of(answers);
    let kvm = says_kvm(answers);
    let register = *[Eax, Ebx, Ecx, Edx].get(register)?;
    let of = |group: &&Group| group.describes(leaf, subleaf, &vendor, kvm);
    let range = |f: &Field| Range { hi: f.hi, lo: f.lo, name: f.name };
    let here = |f: &&Field| f.register == register && (f.lo..=f.hi).contains(&at);
    let flag = || {
        let flags = groups().filter(of).flat_map(|group| group.flags).filter(|f| f.register == register);
        let name = |flags: &Flags| flags.names.get(usize::try_from(at).ok()?).copied();
        let name = flags.filter_map(name).find(|name| !name.is_empty())?;
        Some(Range { hi: at, lo: at, name })
    };
    groups().filter(of).flat_map(|group| group.fields).find(here).map(range).or_else(flag)
}

/// A range that some manual names, whatever table it is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The register
    pub register: Register,
    /// The bits and their name
    pub range: Range,
    /// Whose manual has it, in words
    pub of: &'static str,
}

/// The named ranges of a leaf by every manual, by register and bit; without a subleaf those of all of them.
pub fn known(leaf: u32, subleaf: Option<u32>) -> Vec<Known> {
    let fits = |group: &&Group| {
        let subleaf_fits = match (group.subleaves, subleaf) {
            (Subleaves::Only(only), Some(subleaf)) => subleaf == only,
            (Subleaves::From(from), Some(subleaf)) => subleaf >= from,
            (Subleaves::All, _) | (_, None) => true,
        };
        group.leaf == leaf && subleaf_fits
    };
    let mut known = Vec::new();
    for group in groups().filter(fits) {
        let of = match group.source {
            Source::All => "all",
            Source::Intel => "Intel, Zhaoxin and Centaur",
            Source::Amd => "AMD and Hygon",
            Source::Kvm => "guests of KVM",
        };
        let field =
            |f: &Field| Known { register: f.register, range: Range { hi: f.hi, lo: f.lo, name: f.name }, of };
        known.extend(group.fields.iter().map(field));
        for flags in group.flags {
            let named = (0..32).zip(flags.names).filter(|(_, name)| !name.is_empty());
            known.extend(named.map(|(at, name)| Known {
                register: flags.register,
                range: Range { hi: at, lo: at, name },
                of,
            }));
        }
    }
    known.sort_by_key(|known| (known.register, known.range.lo));
    known
}

/// Every leaf of which some range has a name, ascending.
pub fn leaves() -> Vec<u32> {
    let mut leaves: Vec<u32> = groups().map(|group| group.leaf).collect();
    leaves.sort_unstable();
    leaves.dedup();
    leaves
}

fn says_kvm(answers: &Answers) -> bool {
    answers.get(0x4000_0000, 0)[1..] == [0x4B4D_564B, 0x564B_4D56, 0x4D]
}

fn field_view(field: &Field, registers: Registers) -> FieldView {
    let &Field { register, hi, lo, name, style } = field;
    let value = bits(register.of(registers), hi, lo);
    let shown = match style {
        Style::Decimal => value.to_string(),
        Style::Hex => format!("{value:#x}"),
        Style::Text => format!("\"{}\"", printable(&value.to_le_bytes())),
    };
    FieldView { register, hi, lo, value, shown, name }
}

fn flags_view(flags: &Flags, fields: &[Field], registers: Registers) -> FlagsView {
    let register = flags.register;
    let value = register.of(registers);
    let in_field = |at: u32| fields.iter().any(|f| f.register == register && (f.lo..=f.hi).contains(&at));
    let mut view = FlagsView { register, set: Vec::new(), unnamed: Vec::new() };
    for (at, name) in (0..32).zip(flags.names) {
        match bit(value, at) {
            true if !name.is_empty() => view.set.push(name),
            true if !in_field(at) => view.unnamed.push(at),
            _ => {}
        }
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_ranges_that_do_not_overlap() {
        for group in groups() {
            let mut seen = [0_u32; 4];
            let mut claim = |register: Register, mask: u32, name: &str| {
                let slot = &mut seen[register as usize];
                assert_eq!(*slot & mask, 0, "leaf {:#x}: {name}", group.leaf);
                *slot |= mask;
            };
            for field in group.fields {
                assert!(field.lo <= field.hi && field.hi <= 31 && !field.name.is_empty());
                claim(field.register, (u32::MAX >> (31 - (field.hi - field.lo))) << field.lo, field.name);
            }
            for flags in group.flags {
                for (at, name) in (0..32).zip(flags.names).filter(|(_, name)| !name.is_empty()) {
                    claim(flags.register, 1 << at, name);
                }
            }
        }
    }

    #[test]
    fn what_is_known_of_a_leaf_is_what_a_table_of_it_is_read_by() {
        let shares = known(0x4, Some(3)).into_iter().find(|k| k.range.hi == 25).unwrap();
        assert_eq!((shares.register, shares.range.lo, shares.of), (Eax, 14, "Intel, Zhaoxin and Centaur"));
        let of_7 = |subleaf| known(0x7, subleaf).into_iter().any(|k| k.range.name == "avx2");
        assert!(of_7(Some(0)) && of_7(None) && !of_7(Some(1)));
        assert!(known(0x3, None).is_empty() && leaves().contains(&0x8000_001e));
        assert!(leaves().iter().all(|leaf| !known(*leaf, None).is_empty()));
    }

    #[test]
    fn flag_names_are_the_kernels() {
        let names: Vec<&str> = groups().flat_map(|g| g.flags).flat_map(|f| f.names).collect();
        let of = |wanted: &str| names.contains(&wanted);
        assert!(
            ["x2apic", "ht", "topoext", "cmp_legacy", "hybrid_cpu", "avx512_vnni", "pni"].into_iter().all(of)
        );
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
        }
    }
}
