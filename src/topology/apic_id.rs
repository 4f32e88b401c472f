//! x2APIC IDs: one field per domain, each wide enough for the largest count.
//!
//! Source: SDM Vol. 3A, "Hierarchical mapping of shared resources"; the node bits at the top of
//! AMD's package field: Linux `arch/x86/kernel/cpu/topology_amd.c`.

use std::fmt;

use super::amd_nodes::{self, AmdNodes};
use super::{Domain, Topology, VcpuIndex};
use crate::cpuid::{Processor, quirk};

/// A 32-bit x2APIC ID. It is also the `vcpu_id` for KVM_CREATE_VCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct X2ApicId(pub u32);

impl fmt::Display for X2ApicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many bits of the ID a domain owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Width(pub u32);

impl Width {
    /// The bits that tell `count` things apart: the smallest k with 2^k ≥ count.
    #[must_use]
    pub const fn of(count: u32) -> Self {
        Self(u32::BITS - count.saturating_sub(1).leading_zeros())
    }
}

/// How many low bits of the ID to drop to tell the instances of a domain apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shift(pub u32);

impl Shift {
    /// The size of the ID space below: 2 to the power of the shift.
    #[must_use]
    pub const fn span(self) -> u64 {
        1 << self.0
    }
}

/// The fields of an ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// By rank of the domain.
    shifts: [Shift; 8],
    package_width: Width,
}

impl Layout {
    fn of(widths: [Width; 8]) -> Self {
        let mut shifts = [Shift(0); 8];
        for domain in Domain::ALL.into_iter().skip(1) {
            let inner = domain.rank() - 1;
            shifts[domain.rank()] = Shift(shifts[inner].0 + widths[inner].0);
        }
        Self { shifts, package_width: widths[Domain::Package.rank()] }
    }

    /// The low bits to drop to tell the instances of `domain` apart: 0 for threads.
    #[must_use]
    pub const fn shift(&self, domain: Domain) -> Shift {
        self.shifts[domain.rank()]
    }

    /// The bits that `domain` owns.
    #[must_use]
    pub fn width(&self, domain: Domain) -> Width {
        domain.outward().map_or(self.package_width, |outer| Width(self.shift(outer).0 - self.shift(domain).0))
    }
}

/// Why a field is not as wide as the spec has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WidthFault {
    /// It could not number what it must.
    Narrow {
        /// The field's domain.
        domain: Domain,
        /// The bits that the spec gives it.
        asked: u32,
        /// The bits that it needs.
        needed: u32,
    },
    /// The machine has one of them, so no leaf says where a field of it would end.
    Alone {
        /// The field's domain.
        domain: Domain,
        /// The bits that the spec gives it.
        asked: u32,
    },
    /// The fields together leave no room in an ID, or in the registers that say a package's.
    Wide {
        /// The bits of all fields below the package's.
        below_package: u64,
        /// The bits of the package's own.
        package: u32,
    },
    /// AMD's nodes are the top of a package's part, and this field lies there.
    Node {
        /// The field's domain.
        domain: Domain,
        /// The bits that the spec gives it.
        asked: u32,
        /// The bits that it needs.
        needed: u32,
    },
}

/// A machine whose vCPUs have their IDs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    layout: Layout,
    ids: Vec<X2ApicId>,
    amd_nodes: AmdNodes,
    width_faults: Vec<WidthFault>,
}

impl Numbered {
    /// Gives every vCPU its ID. On AMD with several nodes in a socket, the node takes its bits at
    /// the top of the package's field, so the numbers depend on the vendor.
    ///
    /// Every machine fits into 32 bits: [`MAX_VCPUS`](super::MAX_VCPUS) take 20, rounding each of
    /// the eight counts up to a power of two less than one bit each, a node's share of a field
    /// three more.
    #[must_use]
    pub fn number(topology: &Topology, processor: Option<impl Into<Processor>>) -> Self {
        let processor = processor.map(Into::into);
        let l3 = l3_shift(topology, processor);
        let plan = if processor.is_some_and(|p| p.has_topology_extensions()) {
            amd_nodes::plan(topology, l3)
        } else {
            amd_nodes::Plan::one_per_package()
        };
        let mut widths = [Width(0); 8];
        let mut below = 0;
        for domain in Domain::ALL {
            let mut width = match &plan.split {
                Some(split) if split.domain == domain => split.width().0,
                _ => Width::of(topology.count(domain)).0,
            };
            if domain == Domain::Core && (plan.split.is_some() || has_several_l3s(topology)) {
                width = width.max(l3.0.saturating_sub(below));
            }
            widths[domain.rank()] = Width(width);
            below += width;
        }
        let width_faults = widen(topology, &plan, &mut widths);
        let layout = Layout::of(widths);
        let shifts = layout.shifts;
        let ids = topology
            .vcpus()
            .map(|vcpu| {
                let place = topology.place(vcpu);
                let id = Domain::ALL.into_iter().fold(0, |id, domain| {
                    let index = match &plan.split {
                        Some(split) if split.domain == domain => split.field(vcpu),
                        _ => place.index(domain),
                    };
                    id | index << shifts[domain.rank()].0
                });
                X2ApicId(id)
            })
            .collect();
        let amd_nodes = plan.finish(&layout);
        Self { layout, ids, amd_nodes, width_faults }
    }

    /// The fields of the IDs.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The ID of a vCPU.
    #[must_use]
    pub fn id(&self, vcpu: VcpuIndex) -> X2ApicId {
        self.ids[usize::from(vcpu)]
    }

    /// All IDs, by vCPU index.
    #[must_use]
    pub fn ids(&self) -> &[X2ApicId] {
        &self.ids
    }

    /// Why fields are not as wide as the spec has them.
    #[must_use]
    pub fn width_faults(&self) -> &[WidthFault] {
        &self.width_faults
    }

    /// The largest ID.
    #[must_use]
    pub fn max_id(&self) -> X2ApicId {
        self.ids.iter().max().copied().unwrap_or(X2ApicId(0))
    }

    /// What CPUID says of nodes on AMD.
    #[must_use]
    pub const fn amd_nodes(&self) -> &AmdNodes {
        &self.amd_nodes
    }

    /// The bits of an ID below its package field.
    #[must_use]
    pub fn within_package(&self, id: X2ApicId) -> u32 {
        let mask = self.layout.shift(Domain::Package).span() - 1;
        // Lossless: an ID has 32 bits.
        u32::try_from(u64::from(id.0) & mask).unwrap_or(u32::MAX)
    }
}

/// The bits below the ID of an L3 where Linux takes them for granted, else 0. The core's field is then
/// made as wide as that, as the silicon has it for complexes of fewer cores: an L3 would otherwise
/// seem to be shared with the next complex, die or socket.
fn l3_shift(topology: &Topology, processor: Option<Processor>) -> Shift {
    let fixed = processor.is_some_and(|p| quirk::L3_OF_8_IDS.applies(&p));
    let within = [Domain::Module, Domain::Tile].into_iter().any(|d| topology.has(d));
    Shift(if fixed && !within { 3 } else { 0 })
}

/// Widens the fields as the spec has them: all of them, or none where one cannot be.
fn widen(topology: &Topology, plan: &amd_nodes::Plan, widths: &mut [Width; 8]) -> Vec<WidthFault> {
    /// The shift to the package has 5 bits, an ID 32.
    const MOST_BELOW_PACKAGE: u64 = 31;
    let mut faults = Vec::new();
    let mut wide = *widths;
    for domain in Domain::ALL {
        let Some(asked) = topology.id_bits(domain) else { continue };
        let needed = widths[domain.rank()].0;
        if asked < needed {
            faults.push(WidthFault::Narrow { domain, asked, needed });
        } else if asked > needed && domain > Domain::Core && !topology.has(domain) {
            faults.push(WidthFault::Alone { domain, asked });
        } else if asked > needed && plan.split.as_ref().is_some_and(|split| domain >= split.domain) {
            faults.push(WidthFault::Node { domain, asked, needed });
        } else {
            wide[domain.rank()] = Width(asked);
        }
    }
    let package = widths[Domain::Package.rank()].0;
    let inner = wide.iter().take(Domain::Package.rank());
    let below_package = inner.map(|width| u64::from(width.0)).sum::<u64>();
    if below_package > MOST_BELOW_PACKAGE || below_package + u64::from(package) > u64::from(u32::BITS) {
        faults.push(WidthFault::Wide { below_package, package });
    }
    if faults.is_empty() {
        *widths = wide;
    }
    faults
}

/// Whether there is more than one complex, so that one must be told from the next.
fn has_several_l3s(topology: &Topology) -> bool {
    [Domain::Complex, Domain::Die, Domain::DieGroup, Domain::Package]
        .into_iter()
        .any(|domain| topology.count(domain) > 1)
}

#[cfg(test)]
mod tests {
    use super::super::resolve::tests::spec;
    use super::*;
    use crate::cpuid::{Signature, Vendor};

    fn ids(text: &str) -> (Vec<u32>, Layout) {
        let n = Numbered::number(&Topology::resolve(&spec(text)).unwrap(), Some(Vendor::Intel));
        (n.ids().iter().map(|id| id.0).collect(), *n.layout())
    }

    /// Hand-worked: widths 1, 3, 0, 2 bits; die 2, core 5, thread 1 of socket 0 is 32 + 10 + 1.
    #[test]
    fn counts_that_are_no_power_of_two_leave_gaps() {
        let (ids, layout) = ids("sockets 2 dies 3 cores 6 threads 2");
        assert_eq!(ids[11], 11);
        assert_eq!(ids[12], 16);
        assert_eq!(ids[35], 43);
        assert_eq!(ids[36], 64);
        assert_eq!(ids[71], 107);
        assert_eq!(layout.shift(Domain::Core), Shift(1));
        assert_eq!(layout.shift(Domain::Die), Shift(4));
        assert_eq!(layout.shift(Domain::Package), Shift(6));
        assert_eq!(layout.width(Domain::Package), Width(1));
        assert_eq!(layout.width(Domain::Die), Width(2));
    }

    #[test]
    fn ids_grow_past_eight_bits() {
        let (ids, _) = ids("sockets 4 cores 40 threads 2");
        assert_eq!((ids[80], ids[160], ids[254], ids[319]), (0x80, 256, 0x18e, 463));
    }

    /// Linux takes ID >> 3 for the L3 on Hygon and on AMD's first Zen: one begins every 8 IDs.
    #[test]
    fn an_l3_begins_every_8_ids_where_linux_says_so() {
        let of = |text: &str, processor: Processor| {
            let n = Numbered::number(&Topology::resolve(&spec(text)).unwrap(), Some(processor));
            n.ids().iter().map(|id| id.0).collect::<Vec<_>>()
        };
        let hygon = Processor::from(Vendor::Hygon);
        assert_eq!(of("complexes 2 cores 2", hygon), [0, 1, 8, 9]);
        assert_eq!(of("sockets 2 cores 1 threads 2", hygon), [0, 1, 8, 9]);
        assert_eq!(of("complexes 2 cores 3 threads 2", hygon)[6], 8);
        assert_eq!(of("complexes 2 cores 8 threads 2", hygon)[16], 16, "never narrower");
        assert_eq!(of("cores 3", hygon), [0, 1, 2], "a single L3 needs no number");
        let alone = Numbered::number(&Topology::resolve(&spec("cores 3")).unwrap(), Some(hygon));
        assert_eq!(alone.layout().shift(Domain::Package), Shift(2), "nor room for one");
        let naples = Processor { signature: Some(Signature(0x0080_0f12)), ..Vendor::Amd.into() };
        let rome = Processor { signature: Some(Signature(0x0083_0f10)), ..naples };
        assert_eq!(of("complexes 2 cores 2", naples), [0, 1, 8, 9]);
        assert_eq!(of("complexes 2 cores 2", rome), [0, 1, 2, 3]);
    }

    /// A field of the bits that it needs is no fault, whatever stands around it.
    #[test]
    fn fields_are_as_wide_as_the_spec_has_them() {
        let widened = |topology: &str, numa: &str| {
            let text = format!("version: 1\ntopology: {topology}\n{numa}");
            let parsed = crate::spec::parse(text.as_bytes()).unwrap();
            let n = Numbered::number(&Topology::resolve(parsed.spec()).unwrap(), Some(Vendor::Amd));
            (n.width_faults().to_vec(), n.layout().shift(Domain::Package).0)
        };
        let faults = |topology: &str, numa: &str| widened(topology, numa).0;
        assert_eq!(widened("{cores: 2, id_bits: {core: 3, die: 0}}", ""), (vec![], 3));
        assert_eq!(widened("{threads: 2, id_bits: {core: 3}}", ""), (vec![], 4), "every leaf has cores");
        assert_eq!(widened("{sockets: 8, cores: 2, id_bits: {core: 16}}", ""), (vec![], 16));
        let alone = WidthFault::Alone { domain: Domain::Die, asked: 1 };
        assert_eq!(faults("{cores: 2, id_bits: {die: 1}}", ""), [alone]);
        let per_die = "numa: {per: die}\n";
        assert_eq!(widened("{dies: 2, cores: 2, id_bits: {core: 3, die: 1}}", per_die), (vec![], 4));
        let node = WidthFault::Node { domain: Domain::Die, asked: 2, needed: 1 };
        assert_eq!(faults("{dies: 2, cores: 2, id_bits: {die: 2}}", per_die), [node]);
        // 5 bits of EAX say the package's shift, so 31 bits below it; an ID has 32.
        assert_eq!(widened("{cores: 2, id_bits: {core: 31}}", ""), (vec![], 31));
        assert_eq!(widened("{sockets: 2, cores: 2, id_bits: {core: 31}}", ""), (vec![], 31));
        let wide = |below_package, package| [WidthFault::Wide { below_package, package }];
        assert_eq!(widened("{cores: 2, id_bits: {core: 32}}", ""), (wide(32, 0).to_vec(), 1));
        assert_eq!(faults("{sockets: 3, cores: 2, id_bits: {core: 31}}", ""), wide(31, 2));
        assert_eq!(faults("{cores: 2, id_bits: {core: 31, thread: 2}}", ""), wide(33, 0));
    }

    #[test]
    fn an_id_is_written_in_decimal() {
        assert_eq!(X2ApicId(463).to_string(), "463");
        assert_eq!(format!("{:>5}", X2ApicId(7)), "    7");
    }

    #[test]
    fn widths_are_rounded_up_logarithms() {
        for (count, width) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (u32::MAX, 32)] {
            assert_eq!(Width::of(count), Width(width), "{count}");
        }
    }
}
