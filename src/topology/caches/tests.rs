use super::super::resolve::tests::spec;
use super::*;
use crate::cpuid::Vendor;
use crate::spec::{NodePer, Numa, Size};

fn host(level: u8, kind: CacheKind, belongs_to: Domain) -> HostCache {
    let cache = Cache {
        level,
        kind,
        line: 64,
        partitions: 1,
        ways: 16,
        sets: 1024,
        size: 1 << 20,
        fully_associative: false,
        properties: 4,
        sharing: Sharing::Domain(belongs_to),
        origin: CacheOrigin::Host,
    };
    HostCache { cache, belongs_to, cores: None, core_type: None }
}

fn sharing(spec: &Spec, vendor: Vendor, cache: HostCache) -> Sharing {
    let topology = Topology::resolve(spec).unwrap();
    let numbered = Numbered::number(&topology, Some(vendor));
    Caches::resolve(spec, &topology, &numbered, Some(vendor), &[cache]).lists[0].caches[0].sharing
}

#[test]
fn a_host_cache_keeps_its_domain_or_takes_the_next_that_the_guest_has() {
    let l3 = |domain| host(3, CacheKind::Unified, domain);
    let l2 = |domain| host(2, CacheKind::Unified, domain);
    let cases = [
        ("sockets 2 cores 8", Vendor::Intel, l3(Domain::Die), Domain::Die),
        ("complexes 2 cores 4", Vendor::Amd, l3(Domain::Complex), Domain::Complex),
        ("cores 8", Vendor::Amd, l3(Domain::Complex), Domain::Die),
        ("dies 2 cores 4", Vendor::Intel, l3(Domain::Package), Domain::Die),
        ("cores 8", Vendor::Intel, l2(Domain::Module), Domain::Core),
        ("modules 2 cores 4", Vendor::Intel, l2(Domain::Module), Domain::Module),
        ("cores 8 threads 2", Vendor::Intel, l2(Domain::Core), Domain::Core),
    ];
    for (counts, vendor, cache, expected) in cases {
        assert_eq!(sharing(&spec(counts), vendor, cache), Sharing::Domain(expected), "{counts} {cache:?}");
    }
}

/// Registers of AMD's older processors say a size that need not be whole sets: where a leaf says sets, the guest
/// gets whole ones.
#[test]
fn a_host_cache_has_whole_sets_where_a_leaf_says_sets() {
    let mut l2 = host(2, CacheKind::Unified, Domain::Core);
    let whole = 1023 * 16 * 64;
    (l2.cache.size, l2.cache.sets) = (whole + 512, 1023);
    let settled = |processor: Processor| {
        let topology = Topology::resolve(&spec("cores 4")).unwrap();
        let numbered = Numbered::number(&topology, Some(processor));
        Caches::resolve(&spec("cores 4"), &topology, &numbered, Some(processor), &[l2])
    };
    let zen = settled(Vendor::Amd.into());
    assert_eq!((zen.lists[0].caches[0].size, zen.lists[0].caches[0].origin), (whole, CacheOrigin::Host));
    assert_eq!(zen.host, [l2], "as the host has it");
    let k10 = Processor { signature: Some(crate::cpuid::Signature(0x0010_0f91)), ..Vendor::Amd.into() };
    assert_eq!(settled(k10).lists[0].caches[0].size, l2.cache.size);
}

#[test]
fn a_host_cache_is_cut_at_amds_node() {
    let numa = Some(Numa { per: Some(NodePer::Die), ..Numa::default() });
    let per_die = Spec { numa, ..spec("dies 2 cores 4") };
    let l3 = host(3, CacheKind::Unified, Domain::Package);
    assert_eq!(sharing(&per_die, Vendor::Amd, l3), Sharing::Domain(Domain::Die));
    let nodes = [(0, 3), (4, 7)].map(|(first, last)| spec::Node {
        vcpus: Some(spec::CpuList { ranges: vec![(first, last, 1)] }),
        ..spec::Node::default()
    });
    let numa = Some(Numa { nodes: Some(nodes.to_vec()), ..Numa::default() });
    let halves = Spec { numa, ..spec("cores 8") };
    assert_eq!(sharing(&halves, Vendor::Amd, l3), Sharing::AmdNode);
    assert_eq!(sharing(&halves, Vendor::Intel, l3), Sharing::Domain(Domain::Die));
}

#[test]
fn a_partial_cache_inherits_the_rest_and_faults_are_named() {
    let with = |cache: spec::Cache, host: &[HostCache]| {
        let caches = Some(spec::Caches { l3: Some(cache), ..Default::default() });
        let spec = Spec { caches, ..spec("cores 4") };
        let topology = Topology::resolve(&spec).unwrap();
        let numbered = Numbered::number(&topology, None::<Vendor>);
        Caches::resolve(&spec, &topology, &numbered, None::<Vendor>, host)
    };
    let cache = spec::Cache { size: Some(Size(2 << 20)), ..Default::default() };
    let host = [host(3, CacheKind::Unified, Domain::Die)];
    let merged = with(cache.clone(), &host).lists[0].caches[0];
    assert_eq!((merged.sets, merged.ways, merged.properties), (2048, 16, 4));
    let path = CachePath { block: None, key: "l3" };
    assert_eq!(with(cache.clone(), &[]).faults, [CacheFault::Missing { cache: path, property: "ways" }]);
    let uneven = spec::Cache { size: Some(Size((2 << 20) + 64)), ..cache };
    let [CacheFault::Uneven { size, of, .. }] = with(uneven, &host).faults[..] else { panic!() };
    assert_eq!((size, of.set()), ((2 << 20) + 64, 1024));
    let wide = spec::Cache { ways: Some(1025), ..Default::default() };
    assert!(matches!(with(wide, &host).faults[0], CacheFault::Beyond { property: "ways", value: 1025, .. }));
}
/// Cores take after the host's of their type, and those of a type that it has not after its first CPU's.
#[test]
fn a_type_takes_after_the_hosts_of_its_type() {
    use CoreType::{Efficiency, Performance};
    let l2 = |core_type, size| {
        let mut l2 = host(2, CacheKind::Unified, Domain::Core);
        (l2.core_type, l2.cache.size) = (core_type, size);
        l2
    };
    let size = |hosts: &[HostCache], core_type| {
        let caches = Caches { host: hosts.to_vec(), ..Caches::default() };
        caches.of_host(core_type, 2, CacheKind::Unified).map(|host| host.cache.size)
    };
    let hybrid = [l2(Some(Performance), 2 << 20), l2(Some(Efficiency), 4 << 20)];
    assert_eq!(size(&hybrid, Some(Performance)), Some(2 << 20));
    assert_eq!(size(&hybrid, Some(Efficiency)), Some(4 << 20));
    assert_eq!(size(&hybrid, None), Some(2 << 20));
    assert_eq!(size(&hybrid[1..], Some(Performance)), Some(4 << 20));
    let plain = [l2(None, 1 << 20)];
    assert_eq!((size(&plain, None), size(&plain, Some(Efficiency))), (Some(1 << 20), Some(1 << 20)));
    assert_eq!(size(&[], None), None);
}

/// A size is at least one set, where a leaf says sets and where none does.
#[test]
fn a_cache_is_one_set_at_least() {
    let k10 = Processor { signature: Some(crate::cpuid::Signature(0x0010_0f91)), ..Vendor::Amd.into() };
    let resolved = |size: u64, processor: Processor| {
        let text = format!(
            "version: 1\ntopology: {{cores: 2}}\ncaches: {{l2: {{size: {size}B, ways: 16, line: 64}}}}\n"
        );
        let parsed = spec::parse(text.as_bytes()).unwrap();
        let topology = Topology::resolve(parsed.spec()).unwrap();
        let numbered = Numbered::number(&topology, Some(processor));
        let caches = Caches::resolve(parsed.spec(), &topology, &numbered, Some(processor), &[]);
        (caches.lists[0].caches.first().map(|cache| cache.sets), caches.faults.len())
    };
    for processor in [Vendor::Intel.into(), k10] {
        assert_eq!(resolved(1024, processor), (Some(1), 0));
        assert_eq!(resolved(512, processor), (None, 1));
    }
    assert_eq!(resolved(1536, Vendor::Intel.into()), (None, 1), "one and a half");
    assert_eq!(resolved(1536, k10), (Some(1), 0), "no leaf says sets");
}
/// ECX of leaf 4 says the sets minus 1, in 32 bits.
#[test]
fn a_cache_has_four_billion_sets_at_most() {
    let resolved = |size: &str| {
        let text = format!("version: 1\ntopology: {{cores: 1}}\ncaches: {{l2: {{size: {size}, ways: 1}}}}\n");
        let parsed = spec::parse(text.as_bytes()).unwrap();
        let topology = Topology::resolve(parsed.spec()).unwrap();
        let numbered = Numbered::number(&topology, None::<Vendor>);
        Caches::resolve(parsed.spec(), &topology, &numbered, None::<Vendor>, &[])
    };
    assert_eq!(resolved("256GiB").lists[0].caches[0].sets, 1 << 32);
    let [CacheFault::Beyond { property, value, max, .. }] = resolved("512GiB").faults[..] else { panic!() };
    assert_eq!((property, value, max), ("size", 512 << 30, 256 << 30));
}

/// One set is all lines together; more of them are not, whatever the host's cache was.
#[test]
fn full_associativity_is_the_hosts_and_of_one_set() {
    let full = |of_host: bool, size: u64| {
        let mut host = host(3, CacheKind::Unified, Domain::Die);
        host.cache.fully_associative = of_host;
        let l3 = spec::Cache { size: Some(Size(size)), ..Default::default() };
        let spec =
            Spec { caches: Some(spec::Caches { l3: Some(l3), ..Default::default() }), ..spec("cores 4") };
        let topology = Topology::resolve(&spec).unwrap();
        let numbered = Numbered::number(&topology, None::<Vendor>);
        let caches = Caches::resolve(&spec, &topology, &numbered, None::<Vendor>, &[host]);
        caches.lists[0].caches[0].fully_associative
    };
    assert_eq!([full(true, 1024), full(true, 2048)], [true, false]);
    assert_eq!([full(false, 1024), full(false, 2048)], [false, false]);
}

/// L1 and L2 are the core's; the L3 is the complex's on AMD, the die's elsewhere.
#[test]
fn a_written_cache_lies_where_caches_usually_do() {
    let sharing = |vendor: Vendor| {
        let text = "version: 1\ntopology: {dies: 2, complexes: 2, cores: 2}\n\
                    caches: {l1d: {size: 32KiB, ways: 8}, l2: {size: 1MiB, ways: 16}, l3: {size: 32MiB, ways: 16}}\n";
        let parsed = spec::parse(text.as_bytes()).unwrap();
        let topology = Topology::resolve(parsed.spec()).unwrap();
        let numbered = Numbered::number(&topology, Some(vendor));
        let caches = Caches::resolve(parsed.spec(), &topology, &numbered, Some(vendor), &[]);
        caches.lists[0].caches.iter().map(|cache| cache.sharing).collect::<Vec<_>>()
    };
    let [core, complex, die] = [Domain::Core, Domain::Complex, Domain::Die].map(Sharing::Domain);
    assert_eq!(sharing(Vendor::Amd), [core, core, complex]);
    assert_eq!(sharing(Vendor::Intel), [core, core, die]);
    assert_eq!(sharing(Vendor::Zhaoxin), [core, core, die]);
}
