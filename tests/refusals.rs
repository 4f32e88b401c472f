//! Whatever cannot be compiled, a rule refuses: compiling never ends in a bug of topoc's own.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, which the exemption for tests does not reach

mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod any_document;
    pub mod host_variants;
    pub mod language;
    pub mod values;
}

use std::sync::LazyLock;

use proptest::prelude::*;
use support::any_document::documents;
use support::host_variants::{BASELINES, HOSTS};
use support::language::Language;
use topoc::CompileError;
use topoc::compile::{Origin, check_from, compile_from};
use topoc::cpuid::Key;
use topoc::features::Baseline;
use topoc::profile::HostProfile;
use topoc::spec::{
    Cache, CacheLevel, Caches, ComplexPath, CoreType, Cpu, CpuList, DiePath, Distances, DistancesBySocket,
    Hypervisor, IdBits, Irqchip, Node, NodePer, Numa, Order, Part, Size, Spec, Topology, Vmm,
};

/// A count: mostly small, sometimes at the edge of a field.
fn count() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![
        20 => Just(None),
        10 => (1_u32..=5).prop_map(Some),
        1 => proptest::sample::select(vec![0, 8, 64, 129, 255, 256, 257, 1024, u32::MAX]).prop_map(Some),
    ]
}

fn core_type() -> impl Strategy<Value = Option<CoreType>> {
    proptest::sample::select(vec![None, None, Some(CoreType::Performance), Some(CoreType::Efficiency)])
}

/// A part, and sometimes parts of it, most of them where they can be.
fn part() -> impl Strategy<Value = Part> {
    let counted = |core_type| {
        (proptest::array::uniform8(count()), core_type).prop_map(
            |([sockets, die_groups, dies, complexes, tiles, modules, cores, threads], core_type)| Part {
                sockets,
                die_groups,
                dies,
                complexes,
                tiles,
                modules,
                cores,
                threads,
                core_type,
                parts: None,
            },
        )
    };
    counted(core_type()).prop_recursive(2, 6, 3, move |part| {
        (counted(core_type()), proptest::collection::vec(part, 0..3)).prop_map(|(around, parts)| {
            // Cores and threads are the parts' own, so that most of them lie inside.
            Part { cores: None, threads: None, parts: Some(parts), ..around }
        })
    })
}

fn id_bits() -> impl Strategy<Value = Option<IdBits>> {
    let bits = || proptest::option::weighted(0.3, prop_oneof![9 => 0..6_u32, 1 => Just(u32::MAX)]);
    let bits = (bits(), bits(), bits(), bits(), bits(), bits(), bits()).prop_map(
        |(thread, core, module, tile, complex, die, die_group)| IdBits {
            thread,
            core,
            module,
            tile,
            complex,
            die,
            die_group,
        },
    );
    proptest::option::weighted(0.15, bits)
}

fn topology() -> impl Strategy<Value = Topology> {
    let order = proptest::sample::select(vec![None, Some(Order::ThreadsFirst), Some(Order::CoresFirst)]);
    let present = proptest::option::weighted(0.2, (0..2_u32, 0..6_u32));
    (part(), order, id_bits(), present).prop_map(|(part, order, id_bits, present)| Topology {
        order,
        places: None,
        present: present.map(|(first, more)| CpuList { ranges: vec![(first, first + more, 1)] }),
        id_bits,
        sockets: part.sockets,
        die_groups: part.die_groups,
        dies: part.dies,
        complexes: part.complexes,
        tiles: part.tiles,
        modules: part.modules,
        cores: part.cores,
        threads: part.threads,
        core_type: part.core_type,
        parts: part.parts,
    })
}

fn level() -> impl Strategy<Value = CacheLevel> {
    proptest::sample::select(vec![
        CacheLevel::Thread,
        CacheLevel::Core,
        CacheLevel::Module,
        CacheLevel::Tile,
        CacheLevel::Complex,
        CacheLevel::Die,
        CacheLevel::DieGroup,
        CacheLevel::Socket,
    ])
}

fn cache() -> impl Strategy<Value = Option<Cache>> {
    let size = proptest::sample::select(vec![0, 1, 48 << 10, 1 << 20, 30 << 20, 1 << 40, u64::MAX]);
    let ways = proptest::sample::select(vec![0, 1, 12, 16, 20, 1024, 1025, u32::MAX]);
    let line = proptest::sample::select(vec![0, 1, 64, 96, 4096, 4097, u32::MAX]);
    let cache = (
        proptest::option::of(size),
        proptest::option::of(ways),
        proptest::option::weighted(0.2, line),
        proptest::option::of(level()),
    )
        .prop_map(|(size, ways, line, shared_by)| Cache {
            size: size.map(Size),
            ways,
            line,
            shared_by,
            ..Cache::default()
        });
    proptest::option::weighted(0.2, cache)
}

fn node() -> impl Strategy<Value = Node> {
    let range =
        (0_u32..12, 0_u32..12, 1_u32..4).prop_map(|(first, more, stride)| (first, first + more, stride));
    let die = || (0_u32..3, 0_u32..3).prop_map(|(socket, die)| DiePath { socket, die });
    let complex = (die(), 0_u32..3).prop_map(|(die, complex)| ComplexPath { die, complex });
    (
        proptest::option::of(proptest::collection::vec(0_u32..3, 0..3)),
        proptest::option::of(proptest::collection::vec(die(), 0..3)),
        proptest::option::weighted(0.3, proptest::collection::vec(complex, 0..3)),
        proptest::option::of(proptest::collection::vec(range, 0..3).prop_map(|ranges| CpuList { ranges })),
        proptest::option::of(proptest::sample::select(vec![0, 1 << 30, u64::MAX])),
    )
        .prop_map(|(sockets, dies, complexes, vcpus, memory)| Node {
            sockets,
            dies,
            complexes,
            host_node: None,
            vcpus,
            memory: memory.map(Size),
        })
}

fn numa() -> impl Strategy<Value = Option<Numa>> {
    let nodes = proptest::collection::vec(node(), 0..4);
    let per = proptest::sample::select(vec![NodePer::Socket, NodePer::Die, NodePer::Complex]);
    let distance = proptest::sample::select(vec![0, 10, 11, 20, 255, 256]);
    let rows = proptest::collection::vec(proptest::collection::vec(distance.clone(), 0..4), 0..4);
    let short = (proptest::option::of(distance.clone()), proptest::option::of(distance));
    let distances = prop_oneof![
        rows.prop_map(Distances::Matrix),
        short
            .prop_map(|(same_socket, remote)| Distances::BySocket(DistancesBySocket { same_socket, remote })),
    ];
    let numa = (
        proptest::option::weighted(0.4, nodes),
        proptest::option::weighted(0.6, per),
        proptest::option::weighted(0.1, distances),
    )
        .prop_map(|(nodes, per, distances)| Numa { nodes, per, memory: None, distances });
    proptest::option::weighted(0.5, numa)
}

fn spec() -> impl Strategy<Value = Spec> {
    let irqchip = proptest::sample::select(vec![Irqchip::Kernel, Irqchip::Split, Irqchip::User]);
    (
        topology(),
        (cache(), cache(), cache(), cache()),
        numa(),
        proptest::option::of(irqchip),
        any::<Option<bool>>(),
    )
        .prop_map(|(topology, (l1d, l1i, l2, l3), numa, irqchip, msi_ext_dest_id)| Spec {
            version: Some(1),
            topology: Some(topology),
            caches: Some(Caches { l1d, l1i, l2, l3, ..Caches::default() }),
            numa,
            cpu: Some(Cpu {
                hypervisor: Some(Hypervisor { msi_ext_dest_id, ..Hypervisor::default() }),
                ..Cpu::default()
            }),
            vmm: Some(Vmm { irqchip, ..Vmm::default() }),
            ..Spec::default()
        })
}

/// Machines beyond this size only take time: the largest fields have shapes of their own below.
fn is_small(spec: &Spec) -> bool {
    let product = topoc::topology::Block::of(spec).vcpus();
    product <= 300 || product > topoc::topology::MAX_VCPUS.into()
}

fn never_a_bug(spec: &Spec, host: &HostProfile) {
    never_a_bug_from(spec, Origin::default(), host);
}

fn never_a_bug_from(spec: &Spec, origin: Origin<'_>, host: &HostProfile) {
    if let Err(CompileError::Bug(bug)) = compile_from(spec, origin, host) {
        panic!("{bug}\n{}", serde_yaml::to_string(spec).unwrap());
    }
}

static LANGUAGE: LazyLock<Language> = LazyLock::new(Language::of_the_spec);

/// Specs that use any key of the language.
fn any_spec() -> impl Strategy<Value = Spec> {
    documents(&LANGUAGE, &["version", "topology", "topology.cores"])
        .prop_filter_map("not read", |document| {
            let parsed = topoc::spec::parse(document.to_string().as_bytes()).ok()?;
            Some(parsed.into_parts().0)
        })
        .prop_filter("large", is_small)
}

/// Baselines of the shipped hosts, some with a feature or a component of the XSAVE area less.
fn baseline() -> impl Strategy<Value = Baseline> {
    let index = || prop::option::weighted(0.3, any::<prop::sample::Index>());
    (0..BASELINES.len(), index(), index(), index()).prop_map(|(at, feature, component, leaf)| {
        let mut baseline = BASELINES[at].clone();
        if let Some(feature) = feature.filter(|_| !baseline.features.is_empty()) {
            baseline.features.remove(feature.index(baseline.features.len()));
        }
        if let Some(component) = component.filter(|_| !baseline.xsave.is_empty()) {
            baseline.xsave.remove(component.index(baseline.xsave.len()));
        }
        if let Some(leaf) = leaf {
            baseline.max_basic_leaf = u32::try_from(leaf.index(0x25)).unwrap();
        }
        Baseline::from_slice(baseline.to_json().as_bytes()).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_refuses_whatever_cannot_be_compiled(spec in spec(), host in 0..HOSTS.len()) {
        if is_small(&spec) {
            never_a_bug(&spec, &HOSTS[host]);
        }
    }

    #[test]
    fn a_rule_refuses_whatever_of_the_whole_language_cannot_be_compiled(
        spec in any_spec(),
        baseline in baseline(),
        host in 0..HOSTS.len(),
    ) {
        let named = spec.cpu.as_ref().is_some_and(|cpu| cpu.baseline.is_some());
        let origin = Origin { baseline: named.then_some(Ok(&baseline)), ..Origin::default() };
        never_a_bug_from(&spec, origin, &HOSTS[host]);
        drop(check_from(&spec, origin, None));
    }
}

/// A word of a profile, changed: which table, which entry, which register, and how.
#[derive(Clone, Debug)]
struct Change {
    kvm: bool,
    entry: prop::sample::Index,
    register: usize,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Flip(u32),
    Set(u32),
    Remove,
}

fn change() -> impl Strategy<Value = Change> {
    let how = prop_oneof![
        4 => (0..32_u32).prop_map(|bit| How::Flip(1 << bit)),
        2 => any::<u32>().prop_map(How::Set),
        1 => Just(How::Set(0)),
        1 => Just(How::Set(u32::MAX)),
        1 => Just(How::Remove),
    ];
    (any::<bool>(), any::<prop::sample::Index>(), 0..4_usize, how)
        .prop_map(|(kvm, entry, register, how)| Change { kvm, entry, register, how })
}

/// The host with its tables changed; `None` where such a profile is not read.
fn garbled(host: &HostProfile, changes: &[Change]) -> Option<HostProfile> {
    let mut host = host.clone();
    for change in changes {
        let own = host.cpus.as_mut().map(|part| &mut part.cpuid);
        let kvm = host.kvm.as_mut().and_then(|kvm| kvm.supported_cpuid.as_mut());
        let Some(table) = (if change.kvm { kvm.or(own) } else { own }) else { continue };
        if table.is_empty() {
            continue;
        }
        let (key, words) = table.iter().nth(change.entry.index(table.len())).unwrap();
        let mut words = words.words();
        match change.how {
            How::Flip(bit) => words[change.register] ^= bit,
            How::Set(word) => words[change.register] = word,
            How::Remove if Key::is_indexed(key.leaf) => words = [0; 4],
            How::Remove => {
                table.remove_leaf(key.leaf);
                continue;
            }
        }
        table.set(key, words.into()).unwrap();
    }
    HostProfile::from_slice(host.to_json().as_bytes()).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A profile is a file that anyone may have written: garbage in its words is compiled or refused.
    #[test]
    fn garbage_in_a_profile_is_never_a_bug(
        spec in spec(),
        host in 0..HOSTS.len(),
        changes in prop::collection::vec(change(), 1..8),
    ) {
        if let Some(host) = garbled(&HOSTS[host], &changes) {
            let plain = Spec {
                topology: Some(Topology { sockets: Some(2), cores: Some(2), ..Topology::default() }),
                ..Spec::default()
            };
            never_a_bug(&plain, &host);
            if is_small(&spec) {
                never_a_bug(&spec, &host);
            }
        }
    }
}

#[test]
fn a_profile_that_says_nothing_of_its_cpu_is_refused() {
    let spec = Spec { topology: Some(Topology { cores: Some(4), ..Topology::default() }), ..Spec::default() };
    never_a_bug(&spec, &HostProfile::default());
    let vendor = Some(topoc::cpuid::Vendor::Amd);
    let spec = Spec { cpu: Some(Cpu { vendor, ..Cpu::default() }), ..spec };
    never_a_bug(&spec, &HostProfile::default());
}

/// ThreadsPerCore of leaf 8000001EH has 8 bits.
#[test]
fn a_core_of_more_threads_than_amds_field_is_refused() {
    let amd = HOSTS.iter().find(|host| host.vendor() == Some(Ok(topoc::cpuid::Vendor::Amd))).unwrap();
    let refused = |threads| {
        let topology = Some(Topology { threads: Some(threads), ..Topology::default() });
        let report = topoc::check(&Spec { topology, ..Spec::default() }, Some(amd));
        report.diagnostics.iter().any(|found| found.rule == "topology::beyond_field")
    };
    assert!(refused(257) && !refused(256));
}
