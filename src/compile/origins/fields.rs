//! Reasons of the fields that follow from topology, identity, clock and hypervisor.

use super::{Basis, Teller, Told, count, spoken};
use crate::lower::Why;
use crate::spec::Irqchip;
use crate::topology::Domain;

impl Teller<'_> {
    /// A reason in words. `leaf` is that of the field.
    pub(super) fn why(&self, why: Why, leaf: u32) -> Told {
        let (because, mut basis) = self.tell(why, leaf);
        if is_of_levels(leaf) {
            basis = basis.processor(self);
        }
        if leaf == 0x1f {
            // Whether the leaf is there, and which levels it lists.
            basis = basis.counts(self, |domain| domain > Domain::Core).written(self, "cpu.baseline");
        }
        (because, basis)
    }

    fn tell(&self, why: Why, leaf: u32) -> Told {
        let basis = Basis::default();
        match why {
            Why::Always(reason) => (reason.to_owned(), basis.always(reason)),
            Why::HighestBasicLeaf => self.highest_basic(basis),
            Why::HighestExtendedLeaf => self.highest_extended(basis),
            Why::HighestCentaurLeaf => (
                "KVM would answer for the range from elsewhere if the table had nothing of it".to_owned(),
                basis.host(self.leaf_of_host("C0000001H")),
            ),
            Why::Vendor => {
                let vendor = self.machine.processor.vendor.id();
                let name = String::from_utf8_lossy(&vendor).into_owned();
                let intel = leaf != 0 && !self.is_amd_like();
                let because = if intel {
                    "the vendor's processors repeat their name in leaf 0 alone".to_owned()
                } else {
                    format!("the vendor is the host's, \"{name}\"")
                };
                (because, basis.or_host(self, "cpu.vendor", self.leaf_of_cpu("00H")).host(self.leaf_of_cpu("00H")))
            }
            Why::Signature => self.signature(basis, leaf),
            Why::Brand => (
                match self.machine.identity.brand {
                    "" => "the spec has no brand, and the host's would tell of the CPU that was captured".to_owned(),
                    _ => "the spec has the brand, four characters to a register, zeros behind the last".to_owned(),
                },
                basis.or_default(self, "cpu.identity.brand", "nothing", "a guest gets no brand unless the spec has one"),
            ),
            Why::PhysicalBits | Why::GuestPhysicalBits | Why::LinearBits => self.address_bits(why, basis),
            Why::LogicalProcessors => self.logical_processors(basis),
            Why::SeveralThreads => {
                let (several, basis) = if self.is_amd_like() {
                    let most = self.machine.topology.most(Domain::Package);
                    (format!("the largest socket has {}", count(most, "vCPU")), basis.counts(self, below_package))
                } else {
                    let bits = self.bits_below(Domain::Package);
                    (format!("IDs within a socket have {bits}"), basis.layout(self, Domain::Package))
                };
                (format!("{several}; it is set where there is more than one"), basis)
            }
            Why::LocalApic => (
                match self.machine.irqchip {
                    Irqchip::User => "the local APIC is the VMM's own, for which KVM does not offer it".to_owned(),
                    Irqchip::Kernel | Irqchip::Split => "the local APIC is KVM's, and KVM offers it".to_owned(),
                },
                basis
                    .or_default(self, "vmm.irqchip", "kernel", "the local APIC is KVM's unless the spec says otherwise")
                    .host(self.leaf_of_host("01H"))
                    .features(self)
                    .processor(self),
            ),
            Why::ApicId => {
                let bits = self.bits_below(Domain::Package);
                let cut = if leaf == 1 { ", its lowest 8 bits" } else { "" };
                let because = format!("it is the vCPU's x2APIC ID{cut}: the socket's number above {bits}");
                (because, basis.layout(self, Domain::Package).all_counts(self).order(self))
            }
            Why::TscRatio | Why::Frequency(_) => self.clock(why, basis),
            Why::Cache(which, part) => self.cache(which, part),
            Why::CoreIds => self.core_ids(),
            Why::EndOfCaches => self.end_of_caches(),
            Why::L3s => self.l3s(),
            Why::Shift(domain) => {
                let bits = self.bits_below(domain);
                let within = if domain == Domain::Thread { "thread".to_owned() } else { spoken(domain) };
                (format!("below the bits that tell one {within} from another, an ID has {bits}"), basis.layout(self, domain))
            }
            Why::Population(domain) => self.population(domain, basis),
            Why::LevelRow => (
                "the leaf lists the levels that the machine has, inner to outer, and ends in a row of type 0".to_owned(),
                basis.always("the rows are numbered from 0, and each has the type of its level"),
            ),
            Why::Uneven(domain) => {
                let even = self.machine.topology.is_even(domain);
                let alike = if even { "equally many vCPUs" } else { "unlike numbers of vCPUs" };
                (format!("one {} and another have {alike}", spoken(domain)), basis.counts(self, |d| d < domain))
            }
            Why::Hybrid => {
                let types: Vec<_> = self.machine.topology.core_types().iter().map(|t| t.word()).collect();
                let because = match types.as_slice() {
                    [] => "the spec gives cores no type".to_owned(),
                    [one] => format!("all cores are of one type, {one}"),
                    several => format!("cores are of several types: {}", several.join(", ")),
                };
                let basis = basis.core_types(self);
                let untyped = types.is_empty();
                let path = "topology.core_type";
                (because, if untyped { basis.or_default(self, path, "none", "cores have no type unless parts say so") } else { basis })
            }
            Why::CoreType => (
                "it is the type of the vCPU's core".to_owned(),
                basis.core_types(self).all_counts(self).order(self),
            ),
            Why::NativeModel => (
                "it is the model that the host's cores of that type have, or those of the vendor's first processor with two types"
                    .to_owned(),
                basis.core_types(self).all_counts(self).order(self).host(self.leaf_of_cpu(if leaf == 0x1a { "1AH" } else { "80000026H" })),
            ),
            Why::TopologyExtensions => (
                "leaves 8000001DH and 8000001EH are there on processors from Zen on, and before where the host has them".to_owned(),
                basis.host(self.leaf_of_cpu("80000001H")).processor(self),
            ),
            Why::Nodes => {
                let per_package = self.machine.numbered.amd_nodes().per_package();
                let nodes = if per_package == 1 {
                    "one node stands for each socket".to_owned()
                } else {
                    format!("a socket has {per_package} nodes")
                };
                let missing = self.value("numa").is_none();
                let basis = if missing {
                    basis.or_default(self, "numa", "none", "without `numa`, each socket is one node")
                } else {
                    basis
                };
                (format!("{nodes}, counted through the machine"), basis.layout(self, Domain::Package).all_counts(self).order(self))
            }
            Why::CoreId => {
                let layout = self.machine.numbered.layout();
                let (all, own) = (layout.shift(Domain::Package).0, layout.shift(Domain::Core).0);
                let because = format!("it is the ID within the socket, {all} bits, without its {own} of thread");
                (because, basis.layout(self, Domain::Package).all_counts(self).order(self))
            }
            Why::HypervisorName | Why::KvmFeatures | Why::KvmHints => self.hypervisor(why, basis),
        }
    }

    fn highest_basic(&self, basis: Basis) -> Told {
        let basis = basis
            .host(self.leaf_of_host("00H"))
            .written(self, "cpu.baseline")
            .counts(self, |domain| domain > Domain::Core && domain < Domain::Package)
            .core_types(self)
            .processor(self);
        let basis = ["tsc", "base", "max", "bus"]
            .iter()
            .fold(basis, |basis, key| basis.written(self, &format!("cpu.clock.{key}")));
        let offered = self.selection.table.lookup(0, 0).eax;
        let because = format!(
            "the host's is {offered:02X}H; topoc knows leaves up to 24H, and adds those that the spec's levels, types of core and clocks need"
        );
        (because, basis)
    }

    fn highest_extended(&self, basis: Basis) -> Told {
        let because = if self.is_amd_like() {
            let offered = self.selection.table.lookup(0x8000_0000, 0).eax;
            format!(
                "KVM's is {offered:08X}H; the leaves of topology must be within it, and nothing above what topoc knows"
            )
        } else {
            "the vendor's extended leaves end at 80000008H".to_owned()
        };
        let basis = basis.host(self.leaf_of_host("80000000H"));
        (because, basis.written(self, "cpu.baseline").processor(self))
    }

    fn signature(&self, basis: Basis, leaf: u32) -> Told {
        let signature = self.machine.processor.signature.map(|s| s.to_string()).unwrap_or_default();
        let mut basis = basis;
        for key in ["family", "model", "stepping"] {
            basis = basis.or_host(self, &format!("cpu.identity.{key}"), self.leaf_of_cpu("01H"));
        }
        let because = match leaf {
            0x8000_0001 if !self.is_amd_like() => {
                "only AMD's processors repeat their signature here".to_owned()
            }
            _ => format!("the processor is {signature}"),
        };
        (because, basis)
    }

    fn address_bits(&self, why: Why, basis: Basis) -> Told {
        let identity = &self.machine.identity;
        let path = "cpu.identity.physical_address_bits";
        let told = self.leaf_of_host("80000008H");
        // Without these bits the fields are not written at all.
        let basis = basis.or_host(self, path, told.clone()).written(self, "cpu.baseline");
        match (why, identity.physical_bits) {
            (_, None) => ("neither the spec nor the host says: KVM takes 36 bits then".to_owned(), basis),
            (Why::LinearBits, _) => {
                ("57 bits with LA57, else 48".to_owned(), basis.host(self.leaf_of_host("07H")).features(self))
            }
            (Why::GuestPhysicalBits, Some(bits)) => (
                format!("it is KVM's, but no more than the {bits} bits of a physical address"),
                basis.host(told),
            ),
            (_, Some(bits)) => (format!("a physical address has {bits} bits"), basis),
        }
    }

    fn logical_processors(&self, basis: Basis) -> Told {
        if self.is_amd_like() {
            let most = self.machine.topology.most(Domain::Package);
            let because =
                format!("it counts the threads of the vCPU's socket, 255 at most; the largest has {most}");
            return (because, basis.counts(self, below_package).order(self));
        }
        let shift = self.machine.numbered.layout().shift(Domain::Package);
        let because = match shift.0 {
            0 => "a socket has one ID, and then the field says 0".to_owned(),
            _ => format!(
                "a socket has room for {} IDs, 255 at most: IDs within it have {}",
                shift.span(),
                self.bits_below(Domain::Package)
            ),
        };
        (because, basis.layout(self, Domain::Package))
    }

    fn population(&self, domain: Domain, basis: Basis) -> Told {
        let topology = self.machine.topology;
        let most = topology.most(domain);
        let vcpus = count(most, "vCPU");
        let because = match (domain, topology.is_even(domain)) {
            (Domain::Thread, _) => "one vCPU is one thread".to_owned(),
            (_, true) => format!("the vCPU's {} has {vcpus}", spoken(domain)),
            (_, false) => {
                format!("it is what the vCPU's own {} has; the largest has {vcpus}", spoken(domain))
            }
        };
        (because, basis.counts(self, |inner| inner < domain).order(self))
    }

    fn clock(&self, why: Why, basis: Basis) -> Told {
        if let Why::Frequency(key) = why {
            let path = format!("cpu.clock.{key}");
            let because = format!("the spec tells the {key} frequency in MHz; 0 is not told");
            // The leaf is there if any of the three is told.
            let others = ["base", "max", "bus"].iter().filter(|other| **other != key);
            let basis = basis.or_default(self, &path, "0", "a frequency that is left out is not told");
            return (
                because,
                others.fold(basis, |basis, other| basis.written(self, &format!("cpu.clock.{other}"))),
            );
        }
        let because = match &self.machine.identity.tsc {
            Some(tsc) => format!(
                "the crystal's {} Hz times {} by {} is the TSC's rate, in lowest terms",
                tsc.crystal, tsc.numerator, tsc.denominator
            ),
            None => "no rate is told".to_owned(),
        };
        let basis = basis.written(self, "cpu.clock.tsc").written(self, "cpu.clock.crystal");
        let crystal = self.value("cpu.clock.crystal").is_some();
        (
            because,
            if crystal {
                basis
            } else {
                basis.or_default(
                    self,
                    "vmm.apic_bus",
                    "1GHz",
                    "the crystal is the APIC's bus, and KVM's runs at 1 GHz",
                )
            },
        )
    }

    fn hypervisor(&self, why: Why, basis: Basis) -> Told {
        let basis =
            basis.or_default(self, "cpu.hypervisor.kvm", "true", "a guest sees KVM unless the spec hides it");
        if !self.machine.hypervisor.is_kvm {
            return ("the guest is not to see KVM".to_owned(), basis);
        }
        match why {
            Why::KvmFeatures => (
                "it is what KVM offers and serves alone, without what the spec switches off or the VMM's own local APIC would need"
                    .to_owned(),
                basis
                    .host(self.leaf_of_host("40000001H"))
                    .written(self, "cpu.hypervisor.disable")
                    .or_default(self, "cpu.hypervisor.msi_ext_dest_id", "false", "the VMM has its part in it")
                    .or_default(self, "vmm.irqchip", "kernel", "the local APIC is KVM's unless the spec says otherwise")
                    .features(self),
            ),
            Why::KvmHints => (
                "hints are those that the spec gives".to_owned(),
                basis.or_default(self, "cpu.hypervisor.hints", "none", "KVM itself gives none"),
            ),
            _ => ("the guest sees KVM".to_owned(), basis),
        }
    }

    /// A leaf of the table that the guest's starts from.
    pub(super) fn leaf_of_host(&self, leaf: &str) -> String {
        if self.assumed {
            format!("leaf {leaf} of the host's CPU, as far as KVM is known to pass it")
        } else {
            format!("leaf {leaf} of what KVM on the host supports")
        }
    }

    /// A leaf of the host's own CPU.
    #[expect(clippy::unused_self, reason = "it is said of this host")]
    pub(super) fn leaf_of_cpu(&self, leaf: &str) -> String {
        format!("leaf {leaf} of the host's CPU")
    }
}

fn below_package(domain: Domain) -> bool {
    domain < Domain::Package
}

/// Whether a leaf is there or not by the processor.
const fn is_of_levels(leaf: u32) -> bool {
    matches!(leaf, 0xb | 0x8000_0005 | 0x8000_0006 | 0x8000_001d | 0x8000_001e | 0x8000_0026)
}
