//! Properties over random machines: what decodes is what was meant, IDs pack and partition.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod examples;
#[path = "support/golden_host.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod golden_host;

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use golden_host::host_of;
use proptest::prelude::*;
use topoc::decode::{self, Answers};
use topoc::diag::Severity;
use topoc::spec::{
    Cache, CacheLevel, CacheMode, Caches, CoreCaches, CoreType, CpuList, Hypervisor, IdBits, NodePer, Numa,
    Order, Part, PlacePath, Size, Spec, Topology, Vmm,
};
use topoc::topology::{Domain, Numbered, VcpuIndex};
use topoc::{Compiled, HostProfile};

static INTEL: LazyLock<HostProfile> = LazyLock::new(|| host_of("G3"));
static ZEN_4: LazyLock<HostProfile> = LazyLock::new(|| host_of("G13"));
static ZEN_2: LazyLock<HostProfile> = LazyLock::new(|| host_of("G14"));
static HYGON: LazyLock<HostProfile> = LazyLock::new(|| examples::host("two-socket-hygon-c86-7185"));

static KAISHENG: LazyLock<HostProfile> = LazyLock::new(|| examples::host("two-socket-zhaoxin-kh-40000"));
static ZX_D: LazyLock<HostProfile> = LazyLock::new(|| examples::host("one-socket-centaur-zx-d-4600"));
static AMD_15H: LazyLock<HostProfile> = LazyLock::new(|| examples::host("two-socket-amd-opteron-6274"));
static AMD_10H: LazyLock<HostProfile> = LazyLock::new(|| examples::host("two-socket-amd-opteron-6164he"));

/// The largest machine that is tried.
const MAX_THREADS: u32 = 2048;

fn spec(topology: Topology, per: Option<NodePer>) -> Spec {
    let hypervisor = Some(Hypervisor { msi_ext_dest_id: Some(true), ..Hypervisor::default() });
    Spec {
        version: Some(1),
        topology: Some(topology),
        numa: per.map(|per| Numa { per: Some(per), ..Numa::default() }),
        cpu: Some(topoc::spec::Cpu { hypervisor, ..Default::default() }),
        vmm: Some(Vmm { x2apic_at_boot: Some(true), ..Vmm::default() }),
        ..Spec::default()
    }
}

/// Counts for the given levels whose product stays within the largest machine.
fn counts(levels: usize) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![4 => 1..=4_u32, 2 => 1..=16_u32, 1 => 1..=64_u32], levels).prop_map(
        |mut counts| {
            while counts.iter().product::<u32>() > MAX_THREADS {
                let largest = counts.iter_mut().max().unwrap();
                *largest = largest.div_ceil(2);
            }
            counts
        },
    )
}

fn threads() -> impl Strategy<Value = u32> {
    prop_oneof![Just(1), Just(2), Just(4)]
}

fn per() -> impl Strategy<Value = Option<NodePer>> {
    prop_oneof![2 => Just(None), 1 => Just(Some(NodePer::Socket)), 1 => Just(Some(NodePer::Die))]
}

fn intel() -> impl Strategy<Value = Spec> {
    (counts(6), threads(), per()).prop_map(|(c, threads, per)| {
        let mut c = c;
        while c.iter().product::<u32>() * threads > MAX_THREADS {
            let largest = c.iter_mut().max().unwrap();
            *largest = largest.div_ceil(2);
        }
        let [sockets, die_groups, dies, tiles, modules, cores] = c[..] else { unreachable!() };
        let topology = Topology {
            sockets: Some(sockets),
            die_groups: Some(die_groups),
            dies: Some(dies),
            tiles: Some(tiles),
            modules: Some(modules),
            cores: Some(cores),
            threads: Some(threads),
            complexes: None,
            ..Topology::default()
        };
        spec(topology, per)
    })
}

fn amd() -> impl Strategy<Value = Spec> {
    (counts(4), 1..=2_u32, per()).prop_map(|(c, threads, per)| {
        let mut c = c;
        while c.iter().product::<u32>() * threads > MAX_THREADS {
            let largest = c.iter_mut().max().unwrap();
            *largest = largest.div_ceil(2);
        }
        let [sockets, dies, complexes, cores] = c[..] else { unreachable!() };
        let topology = Topology {
            sockets: Some(sockets),
            dies: Some(dies),
            complexes: Some(complexes),
            cores: Some(cores),
            threads: Some(threads),
            ..Topology::default()
        };
        spec(topology, per)
    })
}

/// One to three parts with unlike counts, all typed or none. `outer` counts what lies around their cores.
fn uneven(outer: fn(&mut Part, u32, u32)) -> impl Strategy<Value = Vec<Part>> {
    let part = (1..=3_u32, 1..=3_u32, 1..=5_u32, prop::sample::select(vec![1_u32, 2]), any::<bool>());
    (prop::collection::vec(part, 1..=3), any::<bool>()).prop_map(move |(parts, typed)| {
        let part = |(a, b, cores, threads, fast)| {
            let core_type = if fast { CoreType::Performance } else { CoreType::Efficiency };
            let (cores, threads) = (Some(cores), Some(threads));
            let mut part = Part { cores, threads, core_type: typed.then_some(core_type), ..Part::default() };
            outer(&mut part, a, b);
            part
        };
        parts.into_iter().map(part).collect()
    })
}

/// Unlike sockets, dies, modules or cores of Intel's. A level is counted in some parts and not in others.
fn uneven_intel() -> impl Strategy<Value = Spec> {
    let kinds: Vec<fn(&mut Part, u32, u32)> = vec![
        |part, a, b| (part.sockets, part.dies) = (Some(a), (b > 1).then_some(b)),
        |part, a, b| (part.dies, part.modules) = (Some(a), (b > 1).then_some(b)),
        |part, a, _| part.modules = (a > 1).then_some(a),
        |_, _, _| {},
    ];
    (prop::sample::select(kinds).prop_flat_map(uneven), 1..=2_u32).prop_map(|(parts, sockets)| {
        let counted = parts.iter().any(|part| part.sockets.is_some());
        let sockets = (!counted).then_some(sockets);
        spec(Topology { sockets, parts: Some(parts), ..Topology::default() }, None)
    })
}

/// Those of one socket, for an L3 that all share.
fn hybrid_intel() -> impl Strategy<Value = Spec> {
    uneven_intel().prop_map(|spec| {
        with(&spec, |topology| {
            topology.sockets = None;
            topology.parts.iter_mut().flatten().for_each(|part| part.sockets = None);
        })
    })
}

/// Unlike sockets, dies or complexes of AMD's.
fn uneven_amd() -> impl Strategy<Value = Spec> {
    let kinds: Vec<fn(&mut Part, u32, u32)> = vec![
        |part, a, b| (part.sockets, part.complexes) = (Some(a), (b > 1).then_some(b)),
        |part, a, b| (part.dies, part.complexes) = (Some(a), (b > 1).then_some(b)),
        |part, a, _| part.complexes = Some(a),
    ];
    prop::sample::select(kinds)
        .prop_flat_map(uneven)
        .prop_map(|parts| spec(Topology { parts: Some(parts), ..Topology::default() }, None))
}

fn resolved(spec: &Spec) -> topoc::topology::Topology {
    topoc::topology::Topology::resolve(spec).unwrap()
}

/// The spec with something changed under `topology`.
fn with(spec: &Spec, change: impl Fn(&mut Topology)) -> Spec {
    let mut spec = spec.clone();
    spec.topology.iter_mut().for_each(change);
    spec
}

/// Each ID's table.
fn by_id(spec: &Spec) -> Result<BTreeMap<u32, Vec<u8>>, TestCaseError> {
    let compiled = topoc::compile(spec, &INTEL).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let ids = compiled.manifest().vcpus.iter().map(|vcpu| vcpu.vcpu_id);
    Ok(ids.zip(compiled.blobs().iter().cloned()).collect())
}

/// What Zhaoxin's leaves tell, with its L3s of complexes; without dies and with modules in place of
/// complexes, what a ZX-D's tell.
fn centaur() -> impl Strategy<Value = (Spec, Spec)> {
    (counts(4), 1..=2_u32, per()).prop_map(|(c, threads, per)| {
        let [sockets, dies, groups, cores] = c[..] else { unreachable!() };
        let topology = Topology {
            sockets: Some(sockets),
            dies: Some(dies),
            complexes: Some(groups),
            cores: Some(cores),
            threads: Some(threads),
            ..Topology::default()
        };
        let modules = Topology { dies: None, complexes: None, modules: Some(groups), ..topology.clone() };
        (spec(topology, per), spec(modules, per))
    })
}

/// Cores and sockets, in so many nodes of a socket as 8000001EH can count.
fn before_zen() -> impl Strategy<Value = (Spec, Spec)> {
    (1..=4_u32, 1..=12_u32, 0..=2_u32).prop_map(|(sockets, cores, nodes)| {
        let topology =
            Topology { sockets: Some(sockets), cores: Some(cores << nodes), ..Topology::default() };
        let plain = spec(topology, Some(NodePer::Socket));
        let node = |n: u32| topoc::spec::Node {
            vcpus: Some(CpuList { ranges: vec![(n * cores, (n + 1) * cores - 1, 1)] }),
            ..Default::default()
        };
        let nodes = (0..sockets << nodes).map(node).collect();
        let split = Spec { numa: Some(Numa { nodes: Some(nodes), ..Numa::default() }), ..plain.clone() };
        (plain, split)
    })
}

/// A cache that registers can say, in steps of so many KiB up to a size in KiB.
fn cache(unit: u64, most: u64, ways: Vec<u32>) -> impl Strategy<Value = Cache> {
    let flags = [any::<bool>(), any::<bool>(), any::<bool>()];
    (prop::sample::select(ways), 1..=2_u32, 1..=64_u64, flags).prop_map(
        move |(ways, partitions, steps, flags)| {
            let set = u64::from(ways) * 64 * u64::from(partitions);
            let step = (1..).map(|n| n * set).find(|size| size % (unit << 10) == 0).unwrap();
            Cache {
                size: Some(Size(step * steps.min((most << 10) / step).max(1))),
                ways: Some(ways),
                line: Some(64),
                partitions: Some(partitions),
                inclusive: Some(flags[0]),
                wbinvd_reaches_sharers: Some(flags[1]),
                complex_indexing: Some(flags[2]),
                ..Cache::default()
            }
        },
    )
}

/// Caches of which all are written, or all but the outer ones that there are not.
fn caches() -> impl Strategy<Value = Caches> {
    let l1 = || cache(1, 255, vec![1, 2, 4, 6, 8, 12, 15, 16]);
    let l2 = cache(1, 65535, vec![1, 3, 4, 5, 8, 10, 16, 20, 32]);
    let l3 = cache(512, 1 << 19, vec![4, 6, 11, 12, 16, 20, 48, 128, 1024]);
    (l1(), l1(), l2, l3, 0..4).prop_map(|(l1d, l1i, l2, l3, removed)| {
        let none = Cache { mode: Some(CacheMode::None), ..Cache::default() };
        let keep = |cache, is_removed| Some(if is_removed { none.clone() } else { cache });
        let (l2, l3) = (keep(l2, removed > 2), keep(l3, removed > 1));
        Caches { l1d: Some(l1d), l1i: Some(l1i), l2, l3, ..Caches::default() }
    })
}

/// Each vCPU reads the caches that the spec writes, of the leaf that lists them, in its order.
fn reads_caches(compiled: &Compiled, spec: &Spec, listing: u32) -> Result<(), TestCaseError> {
    let topology = resolved(spec);
    let of_all = spec.caches.clone().unwrap();
    let ids: Vec<u32> = compiled.manifest().vcpus.iter().map(|vcpu| vcpu.vcpu_id).collect();
    // Of large machines some.
    let vcpus = topology.vcpus().zip(compiled.blobs()).zip(&ids);
    for ((vcpu, blob), id) in vcpus.step_by(1 + ids.len() / 32) {
        let of_type = |key: &&str| of_all.written(topology.core_type(vcpu), key);
        let written = ["l1d", "l1i", "l2", "l3"].iter().filter_map(of_type);
        let written: Vec<Cache> = written.filter(|cache| cache.mode.is_none()).collect();
        let answers = Answers::from_blob(blob).unwrap();
        for (subleaf, cache) in (0..).zip(&written) {
            let [eax, ebx, ecx, edx] = answers.get(listing, subleaf);
            let [ways, partitions] = [(ebx >> 22) + 1, (ebx >> 12 & 0x3ff) + 1];
            let size = u64::from(ways * partitions * ((ebx & 0xfff) + 1)) * (u64::from(ecx) + 1);
            prop_assert_eq!((Some(Size(size)), Some(ways)), (cache.size, cache.ways));
            prop_assert_eq!(Some(partitions), cache.partitions);
            prop_assert_eq!(Some(edx & 1 == 0), cache.wbinvd_reaches_sharers);
            prop_assert_eq!(Some(edx & 2 != 0), cache.inclusive);
            if listing == 4 {
                prop_assert_eq!(Some(edx & 4 != 0), cache.complex_indexing);
            }
            // Linux on AMD takes the sharers of an L1 or L2 from the ID modulo their number: cacheinfo.c,
            // __cache_amd_cpumap_setup. Others shift. Both give the same set, or a guest sees one of them.
            let sharers = (eax >> 14 & 0xfff) + 1;
            let first = id - id % sharers;
            let shift = sharers.next_power_of_two().trailing_zeros();
            let is_shared =
                |other: &u32| (first..first + sharers).contains(other) == (other >> shift == id >> shift);
            prop_assert!(ids.iter().all(is_shared), "{} IDs share a cache of ID {}", sharers, id);
        }
        prop_assert_eq!(answers.get(listing, u32::try_from(written.len()).unwrap()), [0; 4]);
    }
    Ok(())
}

/// Compiles, and holds what the compiler's own verification does not see: a second reading from the
/// blobs, by hand.
fn holds(spec: &Spec, host: &HostProfile) -> Result<Compiled, TestCaseError> {
    let compiled = topoc::compile(spec, host).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let topology = topoc::topology::Topology::resolve(spec).unwrap();
    let numbered = Numbered::number(&topology, host.processor());
    let ids: HashSet<u32> = compiled.manifest().vcpus.iter().map(|v| v.vcpu_id).collect();
    prop_assert_eq!(ids.len(), compiled.blobs().len(), "IDs are unique");
    prop_assert_eq!(numbered.id(VcpuIndex(0)).0, 0, "the first vCPU boots");
    for domain in Domain::ALL {
        let shift = numbered.layout().shift(domain).0;
        for pair in topology.vcpus().zip(topology.vcpus().skip(1)) {
            let same = topology.place(pair.0).same(topology.place(pair.1), domain);
            let prefix = numbered.id(pair.0).0 >> shift == numbered.id(pair.1).0 >> shift;
            prop_assert_eq!(same, prefix, "same {} if and only if same prefix", domain);
        }
    }
    let answers: Vec<Answers> = compiled.blobs().iter().map(|b| Answers::from_blob(b).unwrap()).collect();
    let machine = decode::machine(&answers);
    prop_assert!(machine.findings.is_empty());
    let caches: Vec<_> = machine.caches.values().collect();
    for lists in &caches {
        let mut seen = HashSet::new();
        for vcpu in lists.iter().flat_map(|cache| cache.cpus.as_slice()) {
            prop_assert!(seen.insert(*vcpu), "sharing sets partition");
        }
    }
    // Instance by vCPU; usize::MAX where a vCPU has none.
    let instance_of = |list: &Vec<decode::SharedCache>| {
        let mut of = vec![usize::MAX; machine.places.len()];
        for (i, cache) in list.iter().enumerate() {
            cache.cpus.as_slice().iter().for_each(|vcpu| of[*vcpu] = i);
        }
        of
    };
    let of = |level| machine.caches.iter().filter(move |(name, _)| name.level == level).map(|(_, list)| list);
    for level in 1..3 {
        for (inner, outer) in of(level).flat_map(|i| of(level + 1).map(move |o| (i, instance_of(o)))) {
            let nests = |cache: &decode::SharedCache| {
                let sharers = cache.cpus.as_slice();
                sharers.iter().all(|vcpu| outer[*vcpu] == outer[sharers[0]])
            };
            prop_assert!(inner.iter().all(nests), "L{} nests", level);
        }
    }
    Ok(compiled)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn intel_machines_read_back_as_meant(spec in intel()) {
        holds(&spec, &INTEL)?;
    }

    #[test]
    fn amd_machines_read_back_as_meant(spec in amd()) {
        let nodes_fit = topoc::check(&spec, Some(&ZEN_4));
        if nodes_fit.diagnostics.iter().any(|d| d.rule == "topology::beyond_field") {
            return Ok(());
        }
        holds(&spec, &ZEN_4)?;
        holds(&spec, &ZEN_2)?;
        holds(&spec, &HYGON)?;
    }

    #[test]
    fn centaurs_machines_read_back_as_meant((clusters, groups) in centaur()) {
        // An L3 across nodes is refused: a node of a die is none.
        holds(&clusters, &KAISHENG)?;
        holds(&groups, &ZX_D)?;
    }

    #[test]
    fn machines_before_zen_read_back_as_meant((plain, split) in before_zen()) {
        holds(&plain, &AMD_10H)?;
        holds(&plain, &AMD_15H)?;
        let compiled = holds(&split, &AMD_15H)?;
        let read: Vec<Answers> = compiled.blobs().iter().map(|b| Answers::from_blob(b).unwrap()).collect();
        prop_assert_eq!(decode::machine(&read).nodes.len(), compiled.manifest().nodes.len());
    }

    #[test]
    fn written_caches_read_back(spec in intel(), caches in caches()) {
        let mut spec = Spec { caches: Some(caches), numa: None, ..spec };
        let level = Some(CacheLevel::Socket);
        spec.caches.iter_mut().flat_map(|c| &mut c.l3).filter(|l3| l3.mode.is_none()).for_each(|l3| l3.shared_by = level);
        reads_caches(&holds(&spec, &INTEL)?, &spec, 4)?;
    }

    #[test]
    fn written_caches_read_back_on_amd(spec in amd(), caches in caches()) {
        let mut spec = Spec { caches: Some(caches), numa: None, ..spec };
        let told = |cache: &mut Option<Cache>| cache.iter_mut().for_each(|cache| cache.complex_indexing = None);
        if let Some(caches) = &mut spec.caches {
            [&mut caches.l1d, &mut caches.l1i, &mut caches.l2, &mut caches.l3].into_iter().for_each(told);
        }
        // So many L3s can be more than 80000006H counts.
        let fits = topoc::check(&spec, Some(&ZEN_4));
        if fits.diagnostics.iter().any(|d| d.rule.ends_with("::beyond_field")) {
            return Ok(());
        }
        for host in [&ZEN_4, &ZEN_2, &HYGON] {
            reads_caches(&holds(&spec, host)?, &spec, 0x8000_001d)?;
        }
    }

    /// Efficiency cores with caches of their own: each vCPU reads those of its type.
    #[test]
    fn caches_of_each_type_read_back(intel in hybrid_intel(), amd in uneven_amd(), all in caches(), own in caches()) {
        let l2 = own.l2.filter(|l2| l2.mode.is_none() && all.l2.as_ref().is_some_and(|l2| l2.mode.is_none()));
        let efficiency = CoreCaches { l1d: own.l1d, l1i: own.l1i, l2, ..CoreCaches::default() };
        let mut caches = Caches { efficiency: Some(efficiency), ..all };
        caches.l3.iter_mut().filter(|l3| l3.mode.is_none()).for_each(|l3| l3.shared_by = Some(CacheLevel::Socket));
        let with = |spec: Spec, caches: &Caches| {
            // A rule refuses caches of a type that no core has.
            let has = resolved(&spec).core_types().contains(&CoreType::Efficiency);
            let efficiency = caches.efficiency.clone().filter(|_| has);
            Spec { caches: Some(Caches { efficiency, ..caches.clone() }), ..spec }
        };
        let intel = with(intel, &caches);
        reads_caches(&holds(&intel, &INTEL)?, &intel, 4)?;
        // 8000001DH has no such bit, and an L3 is the complex's.
        let told = |cache: &mut Cache| cache.complex_indexing = None;
        caches.l3.iter_mut().for_each(|l3| l3.shared_by = None);
        [&mut caches.l1d, &mut caches.l1i, &mut caches.l2, &mut caches.l3].into_iter().flatten().for_each(told);
        let of_type = caches.efficiency.iter_mut().flat_map(|own| [&mut own.l1d, &mut own.l1i, &mut own.l2]);
        of_type.flatten().for_each(told);
        let amd = with(amd, &caches);
        let refused = topoc::check(&amd, Some(&ZEN_4));
        prop_assume!(refused.diagnostics.iter().all(|d| d.severity != Severity::Error));
        reads_caches(&holds(&amd, &ZEN_4)?, &amd, 0x8000_001d)?;
    }

    /// The L3 that Linux takes a vCPU to have, ID shifted by the logarithm of the sharers, is that of its
    /// complex alone, however unlike complexes are. Source: `cacheinfo_amd_init_llc_id`.
    #[test]
    fn unlike_complexes_do_not_collide(spec in uneven_amd()) {
        let topology = resolved(&spec);
        let alone = topology.instances(Domain::Package).any(|package| package.len() == 1);
        prop_assume!(!alone || topology.most(Domain::Package) == 1);
        let compiled = holds(&spec, &ZEN_4)?;
        let llc = |vcpu: &VcpuIndex| {
            let answers = Answers::from_blob(&compiled.blobs()[usize::from(*vcpu)]).unwrap();
            let sharers = (answers.get(0x8000_001d, 3)[0] >> 14 & 0xfff) + 1;
            compiled.manifest().vcpus[usize::from(*vcpu)].vcpu_id >> sharers.next_power_of_two().trailing_zeros()
        };
        let mut seen = HashSet::new();
        for complex in topology.instances(Domain::Complex) {
            let ids: HashSet<u32> = complex.iter().map(llc).collect();
            prop_assert_eq!(ids.len(), 1, "one L3 in a complex");
            prop_assert!(ids.into_iter().all(|id| seen.insert(id)), "two complexes share an L3");
        }
    }

    #[test]
    fn uneven_intel_reads_back(spec in uneven_intel()) {
        holds(&spec, &INTEL)?;
    }

    /// A rule refuses a socket of one thread beside larger ones.
    #[test]
    fn uneven_amd_reads_back(spec in uneven_amd()) {
        let topology = resolved(&spec);
        let alone = topology.instances(Domain::Package).any(|package| package.len() == 1);
        prop_assume!(!alone || topology.most(Domain::Package) == 1);
        holds(&spec, &ZEN_4)?;
    }

    /// Another order gives the same tables to other indices: those of an ID stay with the ID.
    #[test]
    fn order_changes_the_index_alone(
        spec in uneven_intel(),
        keys in prop::collection::vec(any::<usize>(), 256),
    ) {
        let plain = by_id(&spec)?;
        prop_assert_eq!(&by_id(&with(&spec, |t| t.order = Some(Order::CoresFirst)))?, &plain);
        let topology = resolved(&spec);
        let mut places: Vec<PlacePath> = topology.places().iter().map(|place| topology.path(place)).collect();
        let rest = &mut places[1..];
        for (i, key) in (0..rest.len()).zip(&keys) {
            rest.swap(i, key % rest.len());
        }
        let shuffled = with(&spec, |t| t.places = Some(places.clone()));
        prop_assert_eq!(&by_id(&shuffled)?, &plain);
        let topology = resolved(&shuffled);
        let named: Vec<PlacePath> = topology.places().iter().map(|place| topology.path(place)).collect();
        prop_assert_eq!(named, places);
    }

    /// Which vCPUs are there at boot is the manifest's to say: no byte of any table changes.
    #[test]
    fn present_changes_no_byte(spec in uneven_intel()) {
        let first = with(&spec, |t| t.present = Some(CpuList { ranges: vec![(0, 0, 1)] }));
        let (all, first) = (topoc::compile(&spec, &INTEL).unwrap(), topoc::compile(&first, &INTEL).unwrap());
        prop_assert_eq!(all.blobs(), first.blobs());
        let present = |compiled: &Compiled| compiled.manifest().vcpus.iter().filter(|v| v.present).count();
        prop_assert_eq!((present(&all), present(&first)), (all.blobs().len(), 1));
    }

    /// Wider fields move IDs apart, and the machine reads back as before.
    #[test]
    fn wider_fields_read_back(spec in uneven_intel(), core in 0..4_u32, die in 0..3_u32) {
        let layout = |spec| *Numbered::number(&resolved(spec), INTEL.processor()).layout();
        let needed = layout(&spec);
        let die = if resolved(&spec).has(Domain::Die) { die } else { 0 };
        let bits = |domain, more| Some(needed.width(domain).0 + more);
        let (core_bits, die_bits) = (bits(Domain::Core, core), bits(Domain::Die, die));
        let id_bits = IdBits { core: core_bits, die: die_bits, ..IdBits::default() };
        let spec = with(&spec, |t| t.id_bits = Some(id_bits.clone()));
        holds(&spec, &INTEL)?;
        let wide = layout(&spec);
        prop_assert_eq!(wide.width(Domain::Core).0, needed.width(Domain::Core).0 + core);
        prop_assert_eq!(wide.shift(Domain::Package).0, needed.shift(Domain::Package).0 + core + die);
    }

    /// A table depends on the spec and the profile alone, and the digests tell the two apart.
    #[test]
    fn the_same_bytes_every_time(spec in intel()) {
        let first = topoc::compile(&spec, &INTEL).unwrap();
        let second = topoc::compile(&spec.clone(), &INTEL.clone()).unwrap();
        prop_assert_eq!(first.blobs(), second.blobs());
        prop_assert_eq!(first.manifest().to_json(), second.manifest().to_json());
    }
}
