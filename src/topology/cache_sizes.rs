//! Which sizes of a cache the registers can say.

use super::{Cache, CacheKind, Numbered, Sharing, Topology, VcpuIndex};
use crate::cpuid::{Processor, Vendor};

/// How 80000005H or 80000006H says a cache, beside the leaf that lists caches or in place of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Leaf and register: `80000006H:ECX`.
    pub register: &'static str,
    /// The bits of the size: `[31:16]`.
    pub size: &'static str,
    /// What the size counts, in bytes.
    pub unit: u64,
    /// The largest count.
    pub most: u64,
    /// The bits of the ways.
    pub ways: &'static str,
    /// Whether the ways are a number, FFH for full associativity, and not a code.
    pub plain_ways: bool,
}

impl Summary {
    /// The ways that a number can say: FFH is full associativity. Source: APM Vol. 3, `Fn8000_0005`.
    pub const MOST_PLAIN_WAYS: u32 = 0xfe;
    /// The longest line: bits 7 to 0 of each register.
    pub const LONGEST_LINE: u32 = 0xff;
    /// The ways that AMD's 80000006H has a code for. Source: APM Vol. 3, `Fn8000_0006_ECX`.
    pub const CODED_WAYS: [u32; 12] = [1, 2, 3, 4, 6, 8, 16, 32, 48, 64, 96, 128];

    /// The summary of a cache on this processor: all four on AMD and Hygon, L1 and L2 on Zhaoxin and
    /// Centaur, the L2 alone on Intel. Source: APM Vol. 3, `Fn8000_0005` and `Fn8000_0006`; SDM Vol. 2A,
    /// CPUID leaf 80000006H.
    #[must_use]
    pub fn of(processor: &Processor, level: u8, kind: CacheKind) -> Option<Self> {
        let l1 = |register| Self {
            register,
            size: "[31:24]",
            unit: KIB,
            most: 0xff,
            ways: "[23:16]",
            plain_ways: true,
        };
        let coded = |register, size, unit, most| Self {
            register,
            size,
            unit,
            most,
            ways: "[15:12]",
            plain_ways: false,
        };
        match (level, kind) {
            (1, _) if processor.vendor == Vendor::Intel => None,
            (1, CacheKind::Data) => Some(l1("80000005H:ECX")),
            (1, CacheKind::Instruction) => Some(l1("80000005H:EDX")),
            (2, _) => Some(coded("80000006H:ECX", "[31:16]", KIB, 0xffff)),
            (3, _) if processor.vendor.is_amd_like() => {
                Some(coded("80000006H:EDX", "[31:18]", 512 * KIB, 0x3fff))
            }
            _ => None,
        }
    }
}

/// The sizes of one instance that the registers can say: multiples of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The step, and the smallest size, in bytes.
    pub step: u64,
    /// The largest size in bytes.
    pub max: u64,
}

impl Sizes {
    /// The sizes of a cache with these ways, lines and partitions. `instances` of it are in a package:
    /// 80000006H counts all L3s together.
    ///
    /// Steps are whole KiB: a size in bytes is encodable where a set is no KiB, and nobody means it.
    #[must_use]
    pub fn of(cache: &Cache, processor: Option<&Processor>, instances: u64) -> Self {
        let set = cache.set();
        let tells_sets = processor.is_none_or(Processor::tells_sets);
        let mut step = if tells_sets { lcm(set, KIB) } else { KIB };
        let mut max = if tells_sets { set.saturating_mul(1 << 32) } else { u64::MAX };
        if let Some(summary) = processor.and_then(|p| Summary::of(p, cache.level, cache.kind)) {
            let instances = if cache.level == 3 { instances.max(1) } else { 1 };
            step = lcm(step, summary.unit / gcd(summary.unit, instances));
            max = max.min(summary.unit * summary.most / instances);
        }
        Self { step, max }
    }

    /// Whether a size can be said.
    #[must_use]
    pub const fn has(self, size: u64) -> bool {
        size > 0 && size <= self.max && size.is_multiple_of(self.step)
    }

    /// The nearest sizes below and above one that cannot be said.
    #[must_use]
    pub fn around(self, size: u64) -> [Option<u64>; 2] {
        let below = size.min(self.max) / self.step * self.step;
        let above = below.checked_add(self.step).filter(|above| *above <= self.max);
        [(below > 0).then_some(below), above]
    }
}

/// How many instances of a cache the package of a vCPU holds.
#[must_use]
pub fn instances(topology: &Topology, numbered: &Numbered, vcpu: VcpuIndex, sharing: Sharing) -> u64 {
    u64::from(match sharing {
        Sharing::AmdNode => numbered.amd_nodes().per_package(),
        Sharing::Domain(domain) => topology.in_package(vcpu, domain),
    })
}

const KIB: u64 = 1 << 10;

const fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn lcm(a: u64, b: u64) -> u64 {
    (a / gcd(a, b)).saturating_mul(b)
}

#[cfg(test)]
mod tests {
    use super::super::Domain;
    use super::*;
    use crate::topology::CacheOrigin;

    fn cache(level: u8, kind: CacheKind, ways: u32) -> Cache {
        Cache {
            level,
            kind,
            line: 64,
            partitions: 1,
            ways,
            sets: 1,
            size: 64 * u64::from(ways),
            fully_associative: false,
            properties: 0,
            sharing: Sharing::Domain(Domain::Core),
            origin: CacheOrigin::Spec,
        }
    }

    fn sizes(vendor: Vendor, level: u8, ways: u32, instances: u64) -> Sizes {
        let kind = if level == 1 { CacheKind::Data } else { CacheKind::Unified };
        Sizes::of(&cache(level, kind, ways), Some(&vendor.into()), instances)
    }

    #[test]
    fn steps_are_whole_sets_and_whole_units() {
        // 12 ways of 64 bytes: 768 bytes a set, 3 KiB the first whole KiB of them.
        assert_eq!(sizes(Vendor::Intel, 1, 12, 1), Sizes { step: 3 << 10, max: 768 << 32 });
        assert_eq!(sizes(Vendor::Amd, 1, 12, 1), Sizes { step: 3 << 10, max: 255 << 10 });
        assert_eq!(sizes(Vendor::Intel, 2, 16, 1), Sizes { step: 1 << 10, max: 65535 << 10 });
        assert_eq!(sizes(Vendor::Zhaoxin, 3, 16, 1), Sizes { step: 1 << 10, max: 1024 << 32 });
        // 512 KiB of all L3s of a package: a quarter each with four, a third is none of 512 KiB.
        assert_eq!(sizes(Vendor::Amd, 3, 16, 4), Sizes { step: 128 << 10, max: 16383 << 17 });
        assert_eq!(sizes(Vendor::Hygon, 3, 16, 3).step, 512 << 10);
    }

    /// APM Vol. 3, `Fn8000_0005`: 80000005H has the L1 of either kind, 80000006H the others. Intel has the L2 alone.
    #[test]
    fn a_summary_is_of_the_caches_that_the_leaf_has() {
        let register = |vendor: Vendor, level, kind| {
            Summary::of(&vendor.into(), level, kind).map(|summary| (summary.register, summary.plain_ways))
        };
        use CacheKind::{Data, Instruction, Unified};
        let [l1d, l1i] = [Some(("80000005H:ECX", true)), Some(("80000005H:EDX", true))];
        let [l2, l3] = [Some(("80000006H:ECX", false)), Some(("80000006H:EDX", false))];
        let each = [(1, Data), (1, Instruction), (2, Unified), (3, Unified)];
        let all = |vendor| each.map(|(level, kind)| register(vendor, level, kind));
        assert_eq!(all(Vendor::Amd), [l1d, l1i, l2, l3]);
        assert_eq!(all(Vendor::Hygon), [l1d, l1i, l2, l3]);
        assert_eq!(all(Vendor::Zhaoxin), [l1d, l1i, l2, None]);
        assert_eq!(all(Vendor::Centaur), [l1d, l1i, l2, None]);
        assert_eq!(all(Vendor::Intel), [None, None, l2, None]);
        assert_eq!(register(Vendor::Amd, 4, Unified), None);
    }

    /// Of a domain in the vCPU's own package, however many there are in another; of AMD's nodes as many as it tells.
    #[test]
    fn instances_are_those_of_the_package() {
        let parts = "[{sockets: 1, dies: 3, cores: 2}, {sockets: 1, cores: 4}]";
        let text = format!("version: 1\ntopology: {{parts: {parts}}}\n");
        let unlike = Topology::resolve(crate::spec::parse(text.as_bytes()).unwrap().spec()).unwrap();
        let numbered = Numbered::number(&unlike, Some(Vendor::Amd));
        let of = |vcpu, domain| instances(&unlike, &numbered, VcpuIndex(vcpu), Sharing::Domain(domain));
        assert_eq!((of(0, Domain::Die), of(6, Domain::Die)), (3, 1));
        assert_eq!((of(0, Domain::Core), of(6, Domain::Core), of(0, Domain::Package)), (6, 4, 1));
        let text = "version: 1\ntopology: {sockets: 2, dies: 4}\nnuma: {per: die}\n";
        let nodes = Topology::resolve(crate::spec::parse(text.as_bytes()).unwrap().spec()).unwrap();
        let numbered = Numbered::number(&nodes, Some(Vendor::Amd));
        assert_eq!(instances(&nodes, &numbered, VcpuIndex(0), Sharing::AmdNode), 4);
    }

    #[test]
    fn the_nearest_sizes_lie_on_either_side() {
        let sizes = Sizes { step: 5 << 10, max: 255 << 10 };
        assert!(sizes.has(5 << 10) && sizes.has(255 << 10) && !sizes.has(0) && !sizes.has(6 << 10));
        assert_eq!(sizes.around(32 << 10), [Some(30 << 10), Some(35 << 10)]);
        assert_eq!(sizes.around(1), [None, Some(5 << 10)]);
        assert_eq!(sizes.around(254 << 10), [Some(250 << 10), Some(255 << 10)]);
        assert_eq!(sizes.around(u64::MAX), [Some(255 << 10), None]);
        assert_eq!(Sizes { step: 3 << 10, max: 1 << 10 }.around(2 << 10), [None, None]);
    }
}
