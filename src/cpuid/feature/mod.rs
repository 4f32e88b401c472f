//! Features: what each bit of CPUID's feature words is called, and what it needs.

mod basic;
mod depends;
mod extended;

use std::fmt;

pub use depends::{dependents, missing, prerequisites, roots};

use super::{CpuidTable, Key, Register};

/// One bit that says whether a processor has something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature {
    /// The leaf.
    pub leaf: u32,
    /// The subleaf, where the leaf takes one.
    pub subleaf: Option<u32>,
    /// The register.
    pub register: Register,
    /// The bit.
    pub bit: u32,
    /// The Linux kernel's name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// Other names, of QEMU and the manuals, in lower case and with `_` for `-` and `.`.
    pub aliases: &'static [&'static str],
}

/// AMD repeats these bits of 01H:EDX in 80000001H:EDX. Source: APM Vol. 3, `Fn8000_0001_EDX`.
const REPEATED: u32 = 0x0183_f3ff;

impl Feature {
    /// The entry that holds the bit.
    #[must_use]
    pub const fn key(&self) -> Key {
        Key { leaf: self.leaf, subleaf: self.subleaf }
    }

    /// The bit in its register.
    #[must_use]
    pub const fn mask(&self) -> u32 {
        1 << self.bit
    }

    /// Whether a table has it.
    #[must_use]
    pub fn is_in(&self, table: &CpuidTable) -> bool {
        table.get(self.key()).is_some_and(|words| words.get(self.register) & self.mask() != 0)
    }
}

/// Written as in `CPUID.(EAX=07H,ECX=0):EBX[5]`.
impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { leaf, register, bit, .. } = self;
        match self.subleaf {
            Some(subleaf) => write!(f, "CPUID.(EAX={leaf:02X}H,ECX={subleaf}):{register}[{bit}]"),
            None => write!(f, "CPUID.(EAX={leaf:02X}H):{register}[{bit}]"),
        }
    }
}

/// Every feature that has a name, by leaf, register and bit.
pub fn all() -> impl Iterator<Item = &'static Feature> {
    basic::FEATURES.iter().chain(extended::FEATURES)
}

/// The feature of this name, in any spelling: the kernel's, QEMU's or the manuals'. Case does not
/// matter, and `-` and `.` are as good as `_`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Feature> {
    let name = normal(name);
    all().find(|feature| feature.name == name).or_else(|| all().find(|f| f.aliases.contains(&name.as_str())))
}

/// A name in the form of the table.
#[must_use]
pub fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '.'], "_")
}

/// The named bits of a register.
#[must_use]
pub fn named(key: Key, register: Register) -> u32 {
    let own = all().filter(|f| (f.key(), f.register) == (key, register)).fold(0, |word, f| word | f.mask());
    if (key, register) == (Key::leaf(0x8000_0001), Register::Edx) { own | REPEATED } else { own }
}

/// The registers whose bits are features, each with those of its bits that are not: a number that stands
/// beside them.
pub fn words() -> Vec<(Key, Register, u32)> {
    let mut words: Vec<_> = all().map(|f| (f.key(), f.register, 0)).collect();
    words.dedup();
    // No bit of these has a name yet.
    words.extend([Register::Ebx, Register::Ecx].map(|register| (Key::subleaf(0x7, 1), register, 0)));
    words.extend([Register::Eax, Register::Ebx, Register::Ecx].map(|r| (Key::subleaf(0x7, 2), r, 0)));
    for (key, register, numbers) in &mut words {
        if (*key, *register) == (Key::subleaf(0x24, 0), Register::Ebx) {
            // The version of AVX10.
            *numbers = 0xff;
        }
    }
    words
}

/// The bits of a register that these features set.
pub fn word<'f>(
    features: impl IntoIterator<Item = &'f &'static Feature>,
    key: Key,
    register: Register,
) -> u32 {
    let repeats = (key, register) == (Key::leaf(0x8000_0001), Register::Edx);
    features.into_iter().fold(0, |word, f| {
        let own = (f.key(), f.register) == (key, register);
        let repeated =
            repeats && (f.key(), f.register) == (Key::leaf(0x1), Register::Edx) && f.mask() & REPEATED != 0;
        if own || repeated { word | f.mask() } else { word }
    })
}

/// A table of features: leaf and subleaf, register, then bit, name, summary and aliases of each.
macro_rules! features {
    (@leaf ($leaf:literal $(, $subleaf:literal)?)) => { $leaf };
    (@subleaf ($leaf:literal)) => { None };
    (@subleaf ($leaf:literal, $subleaf:literal)) => { Some($subleaf) };
    ($($key:tt $register:ident {
        $($bit:literal $name:literal $summary:literal $([$($alias:literal),*])?;)*
    })*) => {
        /// The features of this table.
        pub(super) const FEATURES: &[super::Feature] = &[$($(super::Feature {
            leaf: features!(@leaf $key),
            subleaf: features!(@subleaf $key),
            register: crate::cpuid::Register::$register,
            bit: $bit,
            name: $name,
            summary: $summary,
            aliases: &[$($($alias),*)?],
        },)*)*];
    };
}
use features;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_aliases_and_bits_are_unique() {
        let mut names = BTreeSet::new();
        let mut bits = BTreeSet::new();
        for feature in all() {
            for name in feature.aliases.iter().chain([&feature.name]) {
                assert!(names.insert(*name), "{name} stands twice");
                assert_eq!(normal(name), *name);
                assert_eq!(find(name), Some(feature));
            }
            assert!(bits.insert((feature.key(), feature.register, feature.bit)), "{feature}");
            assert_eq!(Key::is_indexed(feature.leaf), feature.subleaf.is_some(), "{feature}");
        }
        assert!(names.len() > 350 && bits.len() > 230, "{} {}", names.len(), bits.len());
    }

    #[test]
    fn any_spelling_is_found() {
        for (text, name) in [
            ("SSE4.1", "sse4_1"),
            ("avx512-vnni", "avx512_vnni"),
            ("avx512vnni", "avx512_vnni"),
            ("tsc-deadline", "tsc_deadline_timer"),
            ("SSE3", "pni"),
            ("invtsc", "constant_tsc"),
            ("CMPXCHG16B", "cx16"),
            ("kvmclock", "kvm_clocksource"),
        ] {
            assert_eq!(find(text).map(|f| f.name), Some(name), "{text}");
        }
        assert_eq!(find("avx3"), None);
        assert_eq!(find("avx2").unwrap().to_string(), "CPUID.(EAX=07H,ECX=0):EBX[5]");
    }

    /// APM Vol. 3, `Fn8000_0001_EDX`: bits 9:0, 17:12, 23 and 24 are as in leaf 1.
    #[test]
    fn amd_repeats_bits_of_leaf_1() {
        let edx = (Key::leaf(0x8000_0001), Register::Edx);
        let mmx = find("mmx").unwrap();
        assert_eq!(word([&mmx], edx.0, edx.1), 1 << 23);
        assert_eq!(word([&find("sse").unwrap()], edx.0, edx.1), 0);
        assert_eq!(REPEATED, (0..=9).chain(12..=17).chain([23, 24]).fold(0, |word, bit| word | 1_u32 << bit));
        assert_eq!(named(edx.0, edx.1) & REPEATED, REPEATED);
        assert_eq!(word([&mmx, &mmx], edx.0, edx.1), 1 << 23, "said twice is said once");
    }

    /// SDM, leaf 0DH.1: XSAVEOPT, XSAVEC, XGETBV with ECX of 1, XSAVES, XFD.
    #[test]
    fn the_named_bits_of_a_register_are_its_features() {
        assert_eq!(named(Key::subleaf(0xd, 1), Register::Eax), 0x1f);
        assert_eq!(named(Key::subleaf(0xd, 1), Register::Ebx), 0);
        assert_eq!(named(Key::leaf(0xd), Register::Eax), 0);
    }
}
