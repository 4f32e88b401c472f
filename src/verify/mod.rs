//! Decoded against meant: no table leaves without the decoder's agreement.
//!
//! What is meant comes from the resolved topology, never from the IDs' layout or the tables.

mod cache_words;
mod features;
mod system;
mod words;

pub use features::verify_features;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::cpuid::Vendor;
use crate::decode::{self, Answers};
use crate::lower::Machine;
use crate::topology::{Cache, CacheKind, CoreType, Domain, Sharing, VcpuIndex};

/// Where the decoder disagrees with what was meant. It is topoc's own bug, never the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What the decoder found, and what was meant.
    pub differences: Vec<String>,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the compiled tables do not read back as the machine that was meant")?;
        self.differences.iter().take(8).try_for_each(|difference| write!(f, "\n  {difference}"))?;
        match self.differences.len().checked_sub(8) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for Disagreement {}

/// The domains that the tables of a machine can tell apart, inner to outer.
///
/// Decoding what lowering wrote gives the resolved topology restricted to these. Zen 1 to 3 and Hygon
/// have no leaf for complexes and dies: their complex is whoever shares an L3. So it is with modules
/// and complexes on Zhaoxin and Centaur, where an L2 or L3 has them.
#[must_use]
pub fn expressible(machine: &Machine<'_>) -> Vec<Domain> {
    let told = |domain: &Domain| match (domain, machine.processor.vendor) {
        (Domain::Core | Domain::Package, _) => true,
        (Domain::Complex | Domain::Die, Vendor::Amd | Vendor::Hygon) => {
            machine.processor.has_extended_levels() == Some(true)
        }
        (Domain::Module | Domain::Tile | Domain::Die | Domain::DieGroup, Vendor::Intel)
        | (Domain::Die, Vendor::Zhaoxin | Vendor::Centaur) => machine.topology.has(*domain),
        _ => false,
    };
    Domain::ALL.into_iter().filter(told).collect()
}

/// Reads every blob back and compares it with what was meant.
///
/// # Errors
/// Every difference, in words.
pub fn verify<B: AsRef<[u8]>>(machine: &Machine<'_>, blobs: &[B]) -> Result<(), Disagreement> {
    let mut differences = Vec::new();
    let mut answers = Vec::with_capacity(blobs.len());
    for (index, blob) in blobs.iter().enumerate() {
        match Answers::from_blob(blob.as_ref()) {
            Ok(read) => answers.push(read),
            Err(error) => differences.push(format!("vCPU {index}: {error}")),
        }
    }
    if blobs.len() != machine.topology.places().len() {
        differences.push(format!("{} tables for {} vCPUs", blobs.len(), machine.topology.places().len()));
    }
    if differences.is_empty() {
        let decoded = decode::machine(&answers);
        let mut compare = Compare { machine, decoded: &decoded, differences: &mut differences };
        compare.identity();
        compare.domains();
        compare.core_types();
        compare.caches();
        compare.nodes();
        differences.extend(words::differences(machine, &answers, &decoded));
        differences.extend(answers.first().into_iter().flat_map(|table| system::differences(machine, table)));
    }
    if differences.is_empty() { Ok(()) } else { Err(Disagreement { differences }) }
}

/// Size, ways, line and sets of one instance.
type Geometry = (u64, u32, u32, u64);

/// What tells the instances of a cache apart.
#[derive(PartialEq, Eq, Hash)]
enum CacheInstance {
    /// The indices of the domains that hold it, inner to outer.
    Place(Vec<u32>),
    /// AMD's node.
    Node(u32),
    /// As many IDs as the field can say.
    Window(u32),
}

struct Compare<'a> {
    machine: &'a Machine<'a>,
    decoded: &'a decode::Machine,
    differences: &'a mut Vec<String>,
}

impl Compare<'_> {
    fn expect<T: PartialEq + fmt::Debug>(&mut self, what: impl fmt::Display, read: &T, meant: &T) {
        if read != meant {
            self.differences.push(format!("{what}: read {}, meant {}", brief(read), brief(meant)));
        }
    }

    fn identity(&mut self) {
        let meant: Vec<u32> = self.machine.numbered.ids().iter().map(|id| id.0).collect();
        let read: Vec<u32> = self.decoded.places.iter().map(|place| place.x2apic_id).collect();
        self.expect("x2APIC IDs", &read, &meant);
        let vendor = match self.machine.processor.vendor {
            Vendor::Intel => decode::Vendor::Intel,
            Vendor::Amd => decode::Vendor::Amd,
            Vendor::Hygon => decode::Vendor::Hygon,
            Vendor::Zhaoxin => decode::Vendor::Zhaoxin,
            Vendor::Centaur => decode::Vendor::Centaur,
        };
        self.expect("vendor", &self.decoded.vendor, &Some(vendor));
        let signature = self.machine.processor.signature.map(|s| decode::Signature::from_eax(s.0));
        self.expect("signature", &self.decoded.signature, &signature);
        for finding in &self.decoded.findings {
            self.differences.push(format!("{}: {}", finding.kind.name(), finding.message));
        }
    }

    fn domains(&mut self) {
        let expressible = expressible(self.machine);
        for domain in &expressible {
            let meant: Vec<Vec<usize>> = self.instances(*domain);
            let read = sets(self.decoded.sets(counterpart(*domain)));
            self.expect(format_args!("partition by {domain}"), &read, &meant);
        }
        let silent = Domain::ALL.into_iter().filter(|d| *d > Domain::Thread && !expressible.contains(d));
        for domain in silent.collect::<Vec<_>>() {
            // Without a leaf of its own, a complex is whoever shares an L3: that is the caches' part.
            if domain != Domain::Complex {
                self.expect(
                    format_args!("partition by {domain}"),
                    &sets(self.decoded.sets(counterpart(domain))),
                    &vec![],
                );
            }
        }
    }

    /// Each core's type and model. AMD's leaf tells them only where they differ.
    fn core_types(&mut self) {
        let Machine { topology, processor, native_models, .. } = self.machine;
        let told = match processor.vendor {
            Vendor::Intel => true,
            _ => processor.has_extended_levels() == Some(true) && topology.is_hybrid(),
        };
        let meant: Vec<_> = topology
            .vcpus()
            .map(|vcpu| {
                let core_type = topology.core_type(vcpu).filter(|_| told)?;
                let read = match core_type {
                    CoreType::Performance => decode::CoreType::Performance,
                    CoreType::Efficiency => decode::CoreType::Efficiency,
                };
                Some((read, native_models.of(core_type)))
            })
            .collect();
        let read: Vec<_> =
            self.decoded.cpus.iter().map(|cpu| Some((cpu.core_type?, cpu.native_model?))).collect();
        self.expect("core types", &read, &meant);
        let hybrid = processor.vendor == Vendor::Intel && topology.is_hybrid();
        let read = self.decoded.cpus.iter().all(|cpu| cpu.hybrid == hybrid);
        self.expect("HYBRID as meant", &read, &true);
    }

    fn caches(&mut self) {
        let mut meant: BTreeMap<String, Vec<(Geometry, Vec<usize>)>> = BTreeMap::new();
        for ((name, _), instance) in self.cache_instances() {
            meant.entry(name).or_default().push(instance);
        }
        meant.values_mut().for_each(|instances| instances.sort_by(|a, b| a.1.cmp(&b.1)));
        let read: BTreeMap<String, Vec<(Geometry, Vec<usize>)>> = self
            .decoded
            .caches
            .iter()
            .map(|(name, list)| {
                let instance =
                    |c: &decode::SharedCache| ((c.size, c.ways, c.line, c.sets), c.cpus.as_slice().to_vec());
                (name.to_string(), list.iter().map(instance).collect())
            })
            .collect();
        self.expect("caches", &read.keys().collect::<Vec<_>>(), &meant.keys().collect());
        for (name, meant) in meant {
            if let Some(read) = read.get(&name) {
                self.expect(format_args!("{name}"), read, &meant);
            }
        }
    }

    /// Each instance of each cache: its geometry and who shares it. A cache's key is its name and what
    /// tells its instances apart.
    fn cache_instances(&self) -> HashMap<(String, CacheInstance), (Geometry, Vec<usize>)> {
        /// The sharing field has 12 bits: larger sets read as several of this many IDs.
        const WIDEST: u32 = 12;
        let Machine { topology, numbered, caches, .. } = self.machine;
        let mut instances = HashMap::new();
        for vcpu in topology.vcpus() {
            for cache in caches.of(topology.core_type(vcpu)) {
                let key = if cache.sharing.shift(numbered).0 > WIDEST {
                    CacheInstance::Window(numbered.id(vcpu).0 >> WIDEST)
                } else {
                    match cache.sharing {
                        Sharing::Domain(shared_by) => {
                            let place = topology.place(vcpu);
                            let around = Domain::ALL.into_iter().filter(|domain| *domain >= shared_by);
                            CacheInstance::Place(around.map(|domain| place.index(domain)).collect())
                        }
                        Sharing::AmdNode => CacheInstance::Node(self.amd_node(vcpu)),
                    }
                };
                let geometry = (cache.size(), cache.ways, cache.line, cache.sets);
                let instance = instances.entry((name(cache), key)).or_insert_with(|| (geometry, Vec::new()));
                instance.1.push(usize::from(vcpu));
            }
        }
        instances
    }

    fn nodes(&mut self) {
        if !self.machine.processor.has_topology_extensions() {
            return;
        }
        let mut meant: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for vcpu in self.machine.topology.vcpus() {
            // NodeId has eight bits.
            meant.entry(self.amd_node(vcpu) & 0xff).or_default().push(usize::from(vcpu));
        }
        let read: BTreeMap<u32, Vec<usize>> =
            self.decoded.nodes.iter().map(|(node, set)| (*node, set.as_slice().to_vec())).collect();
        self.expect("AMD nodes", &read, &meant);
    }

    /// The node as CPUID numbers it: by socket, then within the socket.
    fn amd_node(&self, vcpu: VcpuIndex) -> u32 {
        let nodes = self.machine.numbered.amd_nodes();
        self.machine.topology.place(vcpu).index(Domain::Package) * nodes.per_package() + nodes.local(vcpu)
    }

    /// The vCPUs of each instance of a domain, by first vCPU.
    fn instances(&self, domain: Domain) -> Vec<Vec<usize>> {
        let sorted = |instance: &[VcpuIndex]| {
            let mut vcpus: Vec<usize> = instance.iter().map(|vcpu| usize::from(*vcpu)).collect();
            vcpus.sort_unstable();
            vcpus
        };
        let mut instances: Vec<_> = self.machine.topology.instances(domain).map(sorted).collect();
        instances.sort_unstable();
        instances
    }
}

fn sets(sets: &[decode::CpuSet]) -> Vec<Vec<usize>> {
    sets.iter().map(|set| set.as_slice().to_vec()).collect()
}

/// A cache's name in the decoder's words.
fn name(cache: &Cache) -> String {
    let kind = match cache.kind {
        CacheKind::Data => "D",
        CacheKind::Instruction => "I",
        CacheKind::Unified => "U",
    };
    format!("L{}{kind}", cache.level)
}

const fn counterpart(domain: Domain) -> decode::Domain {
    match domain {
        Domain::Thread => decode::Domain::Thread,
        Domain::Core => decode::Domain::Core,
        Domain::Module => decode::Domain::Module,
        Domain::Tile => decode::Domain::Tile,
        Domain::Complex => decode::Domain::Complex,
        Domain::Die => decode::Domain::Die,
        Domain::DieGroup => decode::Domain::DieGroup,
        Domain::Package => decode::Domain::Package,
    }
}

/// A value for a message: large machines have long partitions.
fn brief(value: &impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(200) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
