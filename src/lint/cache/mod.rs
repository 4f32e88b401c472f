//! Rules on caches.

pub(super) mod all_removed;
pub(super) mod beyond_field;
pub(super) mod fewer_in_linux;
pub(super) mod inner_missing;
pub(super) mod inner_removed;
pub(super) mod inner_spans_nodes;
pub(super) mod l3_fixed_in_linux;
pub(super) mod l3_larger_than_host;
pub(super) mod l3_not_complex;
pub(super) mod line_not_clflush;
pub(super) mod llc_assumed_in_linux;
pub(super) mod llc_spans_nodes;
pub(super) mod mode_and_properties;
pub(super) mod no_such_core_type;
pub(super) mod not_nested;
pub(super) mod not_on_host;
pub(super) mod property_missing;
pub(super) mod property_not_told;
pub(super) mod sharing_beyond_field;
pub(super) mod sharing_not_told;
pub(super) mod size_uneven;
pub(super) mod splits_smt;
pub(super) mod views_differ;
pub(super) mod wider_than_host;

use super::facts::SharedCache;
use super::mend::shared_by;
use super::words::{list, size};
use super::{Facts, value};
use crate::diag::{At, Diagnostic, Severity};
use crate::spec::{self, CacheMode};
use crate::topology::{
    Cache, CachePath, Caches, CoreType, Domain, Sharing, Sizes, Topology, VcpuIndex, instances,
};

/// The caches that the spec writes, for all cores and for those of a type.
fn written<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (CachePath, &'a spec::Cache)> + use<'a> {
    let caches = facts.spec.caches.as_ref();
    let blocks = [None, Some(CoreType::Performance), Some(CoreType::Efficiency)];
    let paths = blocks.into_iter().flat_map(|block| Caches::KEYS.map(|key| CachePath { block, key }));
    paths.filter_map(move |path| Some((path, caches?.by_key(path.block, path.key)?)))
}

/// The types of core whose caches are settled; one `None` where cores have no type.
fn core_types(facts: &Facts<'_>) -> Vec<Option<CoreType>> {
    let lists = facts.caches.map(|caches| caches.lists.as_slice()).unwrap_or_default();
    if lists.is_empty() { vec![None] } else { lists.iter().map(|list| list.core_type).collect() }
}

/// Whether the spec removes a cache of cores of a type.
fn is_removed(facts: &Facts<'_>, core_type: Option<CoreType>, key: &str) -> bool {
    let written = facts.spec.caches.as_ref().and_then(|caches| caches.written(core_type, key));
    written.is_some_and(|cache| cache.mode == Some(CacheMode::None))
}

/// Where the spec says something of a cache for cores of a type: in its block, else for all cores.
fn path_of(facts: &Facts<'_>, core_type: Option<CoreType>, key: &'static str) -> CachePath {
    let is_own = |block: &CoreType| {
        facts.spec.caches.as_ref().is_some_and(|caches| caches.by_key(Some(*block), key).is_some())
    };
    CachePath { block: core_type.filter(is_own), key }
}

/// The place of a cache's property: where it is written, else the cache.
fn property_at(facts: &Facts<'_>, path: CachePath, property: &str) -> At {
    let general = CachePath { block: None, ..path };
    let says = |path: &CachePath| {
        let caches = facts.spec.caches.as_ref();
        let cache = caches.and_then(|caches| caches.by_key(path.block, path.key));
        cache.is_some_and(|cache| {
            cache.properties().any(|written| written == property)
                || property == "mode" && cache.mode.is_some()
        })
    };
    match [path, general].into_iter().find(says) {
        Some(path) => value(&format!("caches.{path}.{property}")),
        None => value(&format!("caches.{path}")),
    }
}

/// A property's value as the spec writes it.
fn value_of(property: &str, number: u64) -> String {
    if property == "size" { size(number) } else { number.to_string() }
}

/// Edits of which one will do: `size: 30KiB` or `size: 35KiB`.
fn either(property: &str, values: [Option<String>; 2]) -> Option<String> {
    let edits: Vec<_> = values.into_iter().flatten().map(|value| format!("`{property}: {value}`")).collect();
    (!edits.is_empty()).then(|| edits.join(" or "))
}

/// How many instances of a cache a socket has.
fn instances_of(facts: &Facts<'_>, cache: &Cache) -> u64 {
    match (facts.topology, facts.numbered) {
        (Some(topology), Some(numbered)) => instances(topology, numbered, VcpuIndex(0), cache.sharing),
        _ => 1,
    }
}

/// The sizes that can be said of a cache with these ways.
fn sizes(facts: &Facts<'_>, cache: &Cache) -> Sizes {
    Sizes::of(cache, facts.processor.as_ref(), instances_of(facts, cache))
}

/// A sharing set that reaches from one node into another.
struct Across {
    domain: Domain,
    /// How many vCPUs share it.
    vcpus: usize,
    /// Its nodes, ascending.
    nodes: Vec<u32>,
    /// The first vCPU of the set, and the first that lies in another node.
    pair: (u32, u32),
}

/// The first sharing set of `cache` that holds vCPUs of several nodes.
fn across_nodes(topology: &Topology, cache: &SharedCache) -> Option<Across> {
    let Sharing::Domain(domain) = cache.sharing else { return None };
    for set in topology.instances(domain) {
        let has_it =
            |vcpu: &&VcpuIndex| cache.core_type.is_none() || topology.core_type(**vcpu) == cache.core_type;
        let mut members: Vec<u32> = set.iter().filter(has_it).map(|vcpu| vcpu.0).collect();
        if members.is_empty() {
            continue;
        }
        members.sort_unstable();
        let node = |vcpu: u32| topology.node_of(VcpuIndex(vcpu));
        let home = node(members[0]);
        if let Some(stranger) = members.iter().copied().find(|vcpu| node(*vcpu) != home) {
            let mut nodes: Vec<u32> = members.iter().filter_map(|vcpu| node(*vcpu)).collect();
            nodes.sort_unstable();
            nodes.dedup();
            return Some(Across { domain, vcpus: members.len(), nodes, pair: (members[0], stranger) });
        }
    }
    None
}

/// The finding about a cache across nodes: everything but the notes.
fn across_diagnostic(
    facts: &Facts<'_>,
    topology: &Topology,
    cache: &SharedCache,
    across: &Across,
    rule: &'static str,
    severity: Severity,
) -> Diagnostic {
    let nodes = match across.nodes.as_slice() {
        [a, b] => format!("node {a} and node {b}"),
        nodes => format!("nodes {}", list(nodes)),
    };
    let mut diagnostic = Diagnostic::new(
        rule,
        severity,
        format!("{} is shared by {} vCPUs of {nodes}", cache.name(), across.vcpus),
    );
    if let Some(at) = cache.place() {
        diagnostic = diagnostic.label(at, format!("one {} for a whole {}", cache.name(), across.domain));
    }
    let parts = [(across.pair.0, "begins"), (across.pair.1, "begins inside of it")];
    let mut seen = Vec::new();
    for (vcpu, text) in parts {
        let Some(number) = topology.node_of(VcpuIndex(vcpu)) else { continue };
        let at = At::Value(topology.nodes()[usize::try_from(number).unwrap_or(0)].path.clone());
        if !seen.contains(&at) {
            seen.push(at.clone());
            diagnostic = diagnostic.label(at, format!("node {number} {text} with vCPU {vcpu}"));
        }
    }
    let fits = Domain::ALL
        .into_iter()
        .rev()
        .filter(|domain| *domain < across.domain && *domain >= Domain::Core)
        .find(|domain| {
            let counts =
                *domain == Domain::Core || topology.has(*domain) || contains_several(topology, *domain);
            counts && !topology.domain_spans_nodes(*domain)
        });
    let nodes_at = if facts.spec.numa.as_ref().is_some_and(|numa| numa.per.is_some()) {
        "write `per: socket`".to_owned()
    } else {
        format!("give each {} one node", across.domain)
    };
    let dies = split_into_dies(topology, across).filter(|_| cache.level == 3 && fits == Some(Domain::Core));
    let no_dies = facts.processor.is_some_and(|processor| processor.is_before_zen());
    let advice = match (dies, fits) {
        _ if no_dies => nodes_at,
        (Some((dies, cores)), _) => format!(
            "write `dies: {dies}, cores: {cores}` under `topology` and `shared_by: die` for `{}`, or {nodes_at}",
            cache.path
        ),
        (None, Some(domain)) => {
            format!("write `shared_by: {}` for `{}`, or {nodes_at}", domain.word(), cache.path)
        }
        (None, None) => nodes_at,
    };
    if let Some(domain) = fits.filter(|_| dies.is_none()) {
        diagnostic.fix = shared_by(facts, cache.path, domain.word()).map(Box::new);
    }
    diagnostic.help(advice)
}

/// Dies, and cores of each, that would make one die of each node: where a die has cores alone, and
/// the nodes cut it into equal parts.
fn split_into_dies(topology: &Topology, across: &Across) -> Option<(u32, u32)> {
    let between = [Domain::Module, Domain::Tile, Domain::Complex, Domain::Die, Domain::DieGroup];
    if between.into_iter().any(|domain| topology.has(domain)) {
        return None;
    }
    let nodes = u32::try_from(across.nodes.len()).ok()?;
    let cores = topology.count(Domain::Core);
    let part = usize::try_from(cores.checked_div(nodes)? * topology.count(Domain::Thread)).ok()?;
    let numbers: Vec<_> = topology.vcpus().map(|vcpu| topology.node_of(vcpu)).collect();
    let whole = |part: &[Option<u32>]| part.iter().all(|node| *node == part[0]);
    (cores.is_multiple_of(nodes) && numbers.chunks(part).all(whole)).then_some((nodes, cores / nodes))
}

/// Whether `domain` is the innermost name for a set of cores: something within it is counted.
fn contains_several(topology: &Topology, domain: Domain) -> bool {
    domain.inward().is_some_and(|inner| topology.has(inner))
}

/// How many vCPUs share the cache: those of the largest sharing set, or of vCPU 0's node.
fn sharers(topology: &Topology, sharing: Sharing) -> u32 {
    match sharing {
        Sharing::Domain(domain) => topology.most(domain),
        Sharing::AmdNode => {
            let first = VcpuIndex(0);
            let is_near = |vcpu: &VcpuIndex| {
                topology.place(*vcpu).same(topology.place(first), Domain::Package)
                    && topology.node_of(*vcpu) == topology.node_of(first)
            };
            u32::try_from(topology.vcpus().filter(is_near).count()).unwrap_or(u32::MAX)
        }
    }
}

/// How many cores share an instance of a cache that cores of a type have, at most.
fn cores_sharing(topology: &Topology, core_type: Option<CoreType>, sharing: Sharing) -> u32 {
    let Sharing::Domain(domain) = sharing else {
        return sharers(topology, sharing) / topology.count(Domain::Thread).max(1);
    };
    let is_it = |set: &&[VcpuIndex]| set.iter().any(|vcpu| topology.core_type(*vcpu) == core_type);
    let cores = |set: &[VcpuIndex]| {
        set.chunk_by(|a, b| topology.place(*a).same(topology.place(*b), Domain::Core)).count()
    };
    let most = topology.instances(domain).filter(is_it).map(cores).max();
    u32::try_from(most.unwrap_or(1)).unwrap_or(u32::MAX)
}
