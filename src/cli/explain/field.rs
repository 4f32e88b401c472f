//! What is known of a place in CPUID's answers, without any table.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cpuid::feature::{self, Feature};
use crate::cpuid::meaning::{self, Encoding};
use crate::cpuid::{Coordinate, Register};
use crate::decode::fields;
use crate::diag::registry;

/// A named range of bits.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it lies. The subleaf is the one that was asked for, or the only one that has it.
    pub at: Coordinate,
    /// Its short name.
    pub name: String,
    /// What it is for.
    pub what: String,
    /// How it is read, where it is no bare number.
    pub encoding: Option<Encoding>,
    /// The pass that writes it; `None` for what passes from the host's table.
    pub owner: Option<&'static str>,
    /// Which processors have it.
    pub on: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// Whether vCPUs of one machine may differ in it.
    pub may_differ: bool,
    /// The feature that it is.
    pub feature: Option<&'static Feature>,
}

impl Part {
    /// Its bits in its register.
    pub fn mask(&self) -> u32 {
        self.at.mask()
    }

    /// Its value in its register's word.
    pub fn get(&self, word: u32) -> u32 {
        let low = self.at.bits.map_or(0, |(_, low)| low);
        (word & self.mask()) >> low
    }

    /// The largest value that it holds.
    pub fn max(&self) -> u32 {
        self.get(u32::MAX)
    }

    /// What a value of it says, in words.
    pub fn words(&self, value: u32) -> Option<String> {
        self.encoding.map(|encoding| encoding.words(value))
    }

    pub fn json(&self) -> Value {
        let (high, low) = self.at.bits.unwrap_or((31, 0));
        json!({
            "coordinate": self.at.to_string(),
            "name": self.name,
            "means": self.what,
            "bits": { "high": high, "low": low },
            "largest": self.max(),
            "encoding": self.encoding.map(Encoding::rule),
            "written_by": self.owner,
            "on": self.on,
            "source": self.source,
            "may_differ": self.may_differ,
            "feature": self.feature.map(|feature| json!({
                "name": feature.name,
                "aliases": feature.aliases,
                "needs": feature::prerequisites(feature).map(|f| f.name).collect::<Vec<_>>(),
            })),
            "rules": rules(&self.at),
        })
    }
}

/// The named parts of a place, by register and bit.
pub fn parts(at: &Coordinate) -> Vec<Part> {
    let mut parts = Vec::new();
    for register in Register::ALL.into_iter().filter(|r| at.register.is_none_or(|wanted| wanted == *r)) {
        parts.extend(of_register(at, register));
    }
    parts
}

fn of_register(at: &Coordinate, register: Register) -> Vec<Part> {
    let (on, source) = meaning::leaf(at.leaf);
    let wanted = at.mask();
    let place =
        |subleaf, bits| Coordinate { leaf: at.leaf, subleaf, register: Some(register), bits: Some(bits) };
    let mut parts: Vec<Part> = Vec::new();
    for field in meaning::fields(at.leaf, Some(register)) {
        // HYBRID stands in the first of leaf 7's subleaves alone.
        let only = (field.leaf == 0x7).then_some(0);
        if only.is_some() && at.subleaf.is_some() && at.subleaf != only {
            continue;
        }
        let (encoding, what) = meaning::of(field);
        let bits = (field.high, field.low);
        let flag = feature::all().find(|f| {
            (f.leaf, f.register, f.bit) == (field.leaf, register, field.low) && field.high == field.low
        });
        parts.push(Part {
            at: place(at.subleaf.or(only), bits),
            name: field.name.to_owned(),
            what: what.to_owned(),
            encoding: Some(encoding),
            owner: Some(meaning::owner(field.owner)),
            on,
            source,
            may_differ: meaning::may_differ(field),
            feature: flag,
        });
    }
    let taken = |parts: &[Part], mask: u32, subleaf: Option<u32>| {
        parts.iter().any(|part| part.mask() & mask != 0 && (part.at.subleaf == subleaf || subleaf.is_none()))
    };
    for feature in feature::all().filter(|f| (f.leaf, f.register) == (at.leaf, register)) {
        let fits = at.subleaf.is_none_or(|subleaf| feature.subleaf.is_none_or(|own| own == subleaf));
        if !fits || taken(&parts, feature.mask(), feature.subleaf) {
            continue;
        }
        parts.push(Part {
            at: place(feature.subleaf, (feature.bit, feature.bit)),
            name: feature.name.to_owned(),
            what: feature.summary.to_owned(),
            encoding: Some(Encoding::Flag),
            owner: None,
            on,
            source,
            may_differ: false,
            feature: Some(feature),
        });
    }
    for known in fields::known(at.leaf, at.subleaf) {
        if known.register.name() != register.to_string() {
            continue;
        }
        let bits = (known.range.hi, known.range.lo);
        let part = Part {
            at: place(at.subleaf, bits),
            name: known.range.name.to_owned(),
            what: known.range.name.to_owned(),
            encoding: (bits.0 == bits.1).then_some(Encoding::Flag),
            owner: None,
            on: if known.of == "all" { on } else { known.of },
            source,
            may_differ: false,
            feature: None,
        };
        // Ours and the features come first, and what one vendor has in two manuals comes once.
        if !taken(&parts, part.mask(), None) {
            parts.push(part);
        }
    }
    parts.retain(|part| part.mask() & wanted != 0);
    parts.sort_by_key(|part| (part.at.bits.map(|(_, low)| low), part.at.subleaf));
    parts
}

/// The bits that were asked for and have no name.
pub fn nameless(at: &Coordinate, parts: &[Part]) -> Vec<Coordinate> {
    let mut found = Vec::new();
    for register in Register::ALL.into_iter().filter(|r| at.register.is_none_or(|wanted| wanted == *r)) {
        let named = parts.iter().filter(|part| part.at.register == Some(register));
        let free = at.mask() & !named.fold(0, |mask, part| mask | part.mask());
        let mut bit = 0;
        while bit < u32::BITS {
            if free >> bit & 1 == 0 {
                bit += 1;
                continue;
            }
            let length = (free >> bit).trailing_ones();
            let bits = Some((bit + length - 1, bit));
            found.push(Coordinate { leaf: at.leaf, subleaf: at.subleaf, register: Some(register), bits });
            bit += length;
        }
    }
    found
}

/// Every leaf of which something is known, ascending.
fn leaves() -> BTreeSet<u32> {
    let ours = crate::cpuid::field::ALL.iter().map(|field| field.leaf);
    ours.chain(feature::all().map(|feature| feature.leaf)).chain(fields::leaves()).collect()
}

/// Whether anything is known of a leaf, and if not, the known leaves on either side.
pub fn nearest_leaves(leaf: u32) -> Option<Vec<u32>> {
    let leaves = leaves();
    if leaves.contains(&leaf) {
        return None;
    }
    let below = leaves.range(..leaf).next_back();
    Some(below.into_iter().chain(leaves.range(leaf..).next()).copied().collect())
}

/// The rules whose pages name a place that overlaps this one, or its leaf.
pub fn rules(at: &Coordinate) -> Vec<&'static str> {
    registry::all()
        .filter(|rule| {
            mentioned(rule.text()).any(|named| overlap(&named, at)) || names_leaf(rule.text(), at.leaf)
        })
        .map(|rule| rule.name)
        .collect()
}

/// Whether a text names a leaf, as in `leaf 04H` or `leaves 8000001DH and 8000001EH`; a coordinate names more.
fn names_leaf(text: &str, leaf: u32) -> bool {
    let leaf = format!("{leaf:02X}H");
    text.split_whitespace().any(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()) == leaf)
}

/// The coordinates of registers in a text.
fn mentioned(text: &str) -> impl Iterator<Item = Coordinate> + '_ {
    let starts = text.match_indices("CPUID.").map(|(at, _)| at);
    starts.filter_map(|at| {
        let rest = &text[at..];
        let end = rest.find(['`', ' ', '\n', '"', ';']).unwrap_or(rest.len());
        let coordinate: Coordinate = rest[..end].trim_end_matches(['.', ',', ':', ')']).parse().ok()?;
        coordinate.register.map(|_| coordinate)
    })
}

fn overlap(a: &Coordinate, b: &Coordinate) -> bool {
    let subleaves = a.subleaf.zip(b.subleaf).is_none_or(|(a, b)| a == b);
    (a.leaf, a.register) == (b.leaf, b.register) && subleaves && a.mask() & b.mask() != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parts(&text.parse().unwrap()).into_iter().map(|part| part.name).collect()
    }

    #[test]
    fn a_place_has_its_parts() {
        assert_eq!(names("CPUID.04H:EAX[25:14]"), ["addressable IDs sharing this cache, minus 1"]);
        assert_eq!(names("CPUID.0BH:EDX"), ["x2APIC ID"]);
        assert_eq!(names("CPUID.07H.0:EBX[5]"), ["avx2"]);
        assert_eq!(names("CPUID.07H.1:EBX[5]"), [""; 0]);
        assert_eq!(names("CPUID.0AH:EAX[7:0]"), ["version of architectural performance monitoring"]);
        assert_eq!(names("Fn8000_001E_EBX").len(), 2);
        assert_eq!(names("CPUID.01H:ECX[21]"), ["x2APIC"]);
    }

    /// No bit has two names, and none is both named and not.
    #[test]
    fn parts_and_what_is_nameless_are_all_bits_once() {
        for leaf in leaves() {
            for subleaf in (0..3).map(Some).chain([None]) {
                let at = Coordinate { leaf, subleaf, register: None, bits: None };
                let parts = parts(&at);
                for register in Register::ALL {
                    let mut seen = 0_u32;
                    let own = parts.iter().filter(|part| part.at.register == Some(register));
                    for part in own.filter(|part| subleaf.is_some() || part.at.subleaf.is_none()) {
                        assert_eq!(seen & part.mask(), 0, "{}", part.at);
                        seen |= part.mask();
                    }
                    let free = nameless(&at, &parts);
                    let free = free.iter().filter(|at| at.register == Some(register));
                    let free = free.fold(0, |mask, at| mask | at.mask());
                    assert_eq!(seen & free, 0, "{leaf:x} {register}");
                    if subleaf.is_some() {
                        assert_eq!(seen | free, u32::MAX, "{leaf:x} {register}");
                    }
                }
            }
        }
    }

    #[test]
    fn rules_are_those_whose_pages_name_the_place() {
        let of = |text: &str| rules(&text.parse().unwrap());
        assert!(of("CPUID.01H:EBX[15:8]").iter().all(|rule| registry::find(rule).is_some()));
        assert!(names_leaf("see leaf 04H, and", 0x4) && names_leaf("(8000001DH)", 0x8000_001d));
        assert!(!names_leaf("CPUID.04H:EAX", 0x4) && !names_leaf("leaf 4", 0x4) && !names_leaf("104H", 0x4));
        let named: Vec<_> = mentioned("x `CPUID.01H:EBX[15:8]`. CPUID. CPUID.04H, y").collect();
        assert_eq!(named, ["CPUID.01H:EBX[15:8]".parse().unwrap()]);
        assert!(overlap(&named[0], &"CPUID.01H:EBX[9]".parse().unwrap()));
        assert!(!overlap(&named[0], &"CPUID.01H:EBX[16]".parse().unwrap()));
    }

    #[test]
    fn nearest_leaves_are_on_either_side() {
        assert_eq!(nearest_leaves(0x4), None);
        assert_eq!(nearest_leaves(0x3), Some(vec![0x2, 0x4]));
        assert!(nearest_leaves(u32::MAX).is_some_and(|near| near.len() == 1));
    }
}
