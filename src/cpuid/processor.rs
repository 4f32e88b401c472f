//! Which leaves a processor has, as far as its vendor, its signature and its own CPUID tell.

use super::{Signature, Vendor};

/// AMD's first family of Zen: complexes, threads, and a leaf for each thread's core and node.
const ZEN: u32 = 0x17;

/// A processor as a guest is to see it. What is not known is `None`, and then the vendor's processors
/// of today stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processor {
    /// Who makes it.
    pub vendor: Vendor,
    /// Family, model and stepping.
    pub signature: Option<Signature>,
    /// The highest basic leaf of the host: CPUID.(EAX=00H):EAX.
    pub max_basic: Option<u32>,
    /// The highest extended leaf of the host's own CPUID: CPUID.(EAX=80000000H):EAX. KVM's table
    /// never says it.
    pub max_extended: Option<u32>,
    /// Whether the host has AMD's leaves 8000001DH and 8000001EH:
    /// CPUID.(EAX=80000001H):ECX\[22\], TopologyExtensions.
    pub topology_extensions: Option<bool>,
}

impl Processor {
    /// The same processor under another signature. Leaves that its own family has and the other has not are gone;
    /// those that only the other has do not come.
    #[must_use]
    pub fn seen_as(self, signature: Signature) -> Self {
        if self.signature == Some(signature) || self.vendor != Vendor::Amd {
            return Self { signature: Some(signature), ..self };
        }
        let of_family = Self { max_extended: None, topology_extensions: None, ..self };
        let of_family = Self { signature: Some(signature), ..of_family };
        let last = if of_family.has_extended_levels() == Some(true) { u32::MAX } else { 0x8000_0025 };
        Self {
            max_extended: self.max_extended.map(|max| max.min(last)),
            topology_extensions: self
                .topology_extensions
                .map(|has| has && of_family.has_topology_extensions()),
            ..of_family
        }
    }

    /// Whether it is of AMD before family 17h: a thread is a core, and no leaf lists levels.
    #[must_use]
    pub fn is_before_zen(&self) -> bool {
        self.vendor == Vendor::Amd && self.signature.is_some_and(|signature| signature.family() < ZEN)
    }

    /// Whether it has AMD's leaves 8000001DH and 8000001EH. Before family 17h the host decides or, if
    /// it is not known, the family: 15h and 16h have them (APM Vol. 3, `Fn8000_0001_ECX`, and the BKDGs
    /// of these families).
    #[must_use]
    pub fn has_topology_extensions(&self) -> bool {
        let by_family = || self.signature.is_some_and(|s| matches!(s.family(), 0x15 | 0x16));
        let before_zen = || self.topology_extensions.unwrap_or_else(by_family);
        self.vendor.is_amd_like() && (!self.is_before_zen() || before_zen())
    }

    /// Whether a leaf says how many sets a cache has: leaf 4 or 8000001DH. On AMD's oldest processors
    /// 80000005H and 80000006H alone tell of caches.
    #[must_use]
    pub fn tells_sets(&self) -> bool {
        !self.vendor.is_amd_like() || self.has_topology_extensions()
    }

    /// Whether a guest gets leaf 0BH: everywhere but on AMD before family 17h, which has 80000008H.
    #[must_use]
    pub fn has_leaf_b(&self) -> bool {
        !self.is_before_zen()
    }

    /// Whether it can have leaf 1FH: Intel's always, Zhaoxin's and Centaur's where the host has it,
    /// AMD's never. `None` if the host is not known.
    #[must_use]
    pub fn has_leaf_1f(&self) -> Option<bool> {
        match self.vendor {
            Vendor::Intel => Some(true),
            Vendor::Amd | Vendor::Hygon => Some(false),
            Vendor::Zhaoxin | Vendor::Centaur => self.max_basic.map(|max| max >= 0x1f),
        }
    }

    /// Whether it has leaf 80000026H, which enumerates complexes and dies: where the host's own CPUID
    /// does or, if that is not known, where the family does. `None` if neither is known.
    #[must_use]
    pub fn has_extended_levels(&self) -> Option<bool> {
        if !self.vendor.is_amd_like() {
            return Some(false);
        }
        let by_family = || match (self.vendor, self.signature) {
            (Vendor::Amd, Some(signature)) => Some(signature.is_zen_4_or_later()),
            (Vendor::Amd, None) => None,
            _ => Some(false),
        };
        self.max_extended.map(|max| max >= 0x8000_0026).or_else(by_family)
    }
}

/// A processor of which nothing else is known.
impl From<Vendor> for Processor {
    fn from(vendor: Vendor) -> Self {
        Self { vendor, signature: None, max_basic: None, max_extended: None, topology_extensions: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vendor: Vendor, signature: u32) -> Processor {
        Processor { signature: Some(Signature(signature)), ..vendor.into() }
    }

    #[test]
    fn the_hosts_own_maximum_decides_before_the_family() {
        let genoa = of(Vendor::Amd, 0x00a1_0f11);
        assert_eq!(genoa.has_extended_levels(), Some(true));
        let hidden = Processor { max_extended: Some(0x8000_0021), ..genoa };
        assert_eq!(hidden.has_extended_levels(), Some(false));
        assert_eq!(of(Vendor::Amd, 0x0083_0f10).has_extended_levels(), Some(false));
        assert_eq!(Processor::from(Vendor::Amd).has_extended_levels(), None);
        assert_eq!(of(Vendor::Hygon, 0x0090_0f00).has_extended_levels(), Some(false));
        let newer = Processor { max_extended: Some(0x8000_0026), ..Vendor::Hygon.into() };
        assert_eq!(newer.has_extended_levels(), Some(true));
        assert_eq!(of(Vendor::Intel, 0x0008_06f8).has_extended_levels(), Some(false));
    }

    #[test]
    fn before_zen_the_host_says_which_leaves_there_are() {
        let interlagos = of(Vendor::Amd, 0x0060_0f12);
        let magny_cours = of(Vendor::Amd, 0x0010_0f91);
        let naples = of(Vendor::Amd, 0x0080_0f12);
        let told = |p: Processor| (p.is_before_zen(), p.has_topology_extensions(), p.has_leaf_b());
        assert_eq!(told(interlagos), (true, true, false));
        assert_eq!(told(magny_cours), (true, false, false));
        assert_eq!(told(naples), (false, true, true));
        assert_eq!(told(of(Vendor::Hygon, 0x0090_0f00)), (false, true, true));
        assert_eq!(told(of(Vendor::Zhaoxin, 0x0005_07b3)), (false, false, true));
        let without = |p| Processor { topology_extensions: Some(false), ..p };
        assert_eq!(told(without(interlagos)), (true, false, false), "the firmware switched them off");
        assert_eq!(told(without(naples)), (false, true, true), "a guest of Zen always has them");
    }

    #[test]
    fn another_signature_takes_leaves_away_and_brings_none() {
        let told = |p: Processor| (p.has_extended_levels(), p.has_topology_extensions(), p.has_leaf_b());
        let genoa = Processor {
            max_extended: Some(0x8000_0028),
            topology_extensions: Some(true),
            ..of(Vendor::Amd, 0x00a1_0f11)
        };
        assert_eq!(told(genoa.seen_as(Signature(0x00a1_0f10))), (Some(true), true, true), "another stepping");
        assert_eq!(told(genoa.seen_as(Signature(0x0083_0f10))), (Some(false), true, true), "Rome");
        assert_eq!(told(genoa.seen_as(Signature(0x0060_0f12))), (Some(false), true, false), "Interlagos");
        assert_eq!(told(genoa.seen_as(Signature(0x0010_0f91))), (Some(false), false, false), "Magny-Cours");
        let rome = Processor {
            max_extended: Some(0x8000_0020),
            topology_extensions: Some(true),
            ..of(Vendor::Amd, 0x0083_0f10)
        };
        assert_eq!(told(rome.seen_as(Signature(0x00a1_0f11))), (Some(false), true, true));
        let unknown = Processor::from(Vendor::Amd);
        assert_eq!(told(unknown.seen_as(Signature(0x00a1_0f11))), (Some(true), true, true));
        let backported = Processor { max_extended: Some(0x8000_0028), ..rome };
        assert_eq!(
            backported.seen_as(Signature(0x0083_0f10)),
            backported,
            "what the host has, whatever the family"
        );
        let switched_off = Processor { topology_extensions: Some(false), ..of(Vendor::Amd, 0x0060_0f12) };
        assert!(!switched_off.seen_as(Signature(0x0060_0f20)).has_topology_extensions(), "Piledriver");
        let max_extended = Some(0x8000_0028);
        let zhaoxin = Processor { max_extended, ..of(Vendor::Zhaoxin, 0x0005_07b3) };
        assert_eq!(zhaoxin.seen_as(Signature(0x0005_07b4)).max_extended, max_extended);
        let intel = Processor { max_basic: Some(0x20), ..of(Vendor::Intel, 0x0008_06f8) };
        let skylake = intel.seen_as(Signature(0x0005_0654));
        assert_eq!((skylake.max_basic, skylake.signature), (Some(0x20), Some(Signature(0x0005_0654))));
    }

    #[test]
    fn leaf_1f_is_intels_and_that_of_hosts_that_have_it() {
        let centaur = |max| Processor { max_basic: max, ..Vendor::Centaur.into() }.has_leaf_1f();
        assert_eq!((centaur(Some(0x1f)), centaur(Some(0xd)), centaur(None)), (Some(true), Some(false), None));
        assert_eq!(Processor::from(Vendor::Intel).has_leaf_1f(), Some(true));
        assert_eq!(Processor { max_basic: Some(0x20), ..Vendor::Amd.into() }.has_leaf_1f(), Some(false));
    }
}
