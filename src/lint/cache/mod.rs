//! Rules on caches.

pub(super) mod beyond_field;
pub(super) mod inner_missing;
pub(super) mod inner_spans_nodes;
pub(super) mod l3_fixed_in_linux;
pub(super) mod l3_not_complex;
pub(super) mod llc_spans_nodes;
pub(super) mod not_nested;
pub(super) mod property_missing;
pub(super) mod sharing_not_told;
pub(super) mod size_uneven;
pub(super) mod splits_smt;
pub(super) mod wider_than_host;

use super::Facts;
use super::facts::SharedCache;
use super::words::list;
use crate::diag::{At, Diagnostic, Severity};
use crate::topology::{Domain, Place, Sharing, Topology, VcpuIndex};

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
    let mut first = 0;
    for set in topology.instances(domain) {
        let members: Vec<u32> = (first..).take(set.len()).collect();
        first += u32::try_from(set.len()).unwrap_or(u32::MAX);
        let node = |vcpu: u32| topology.node_of(VcpuIndex(vcpu));
        let home = node(members[0]);
        if let Some(stranger) = members.iter().copied().find(|vcpu| node(*vcpu) != home) {
            let mut nodes: Vec<u32> = members.iter().filter_map(|vcpu| node(*vcpu)).collect();
            nodes.sort_unstable();
            nodes.dedup();
            return Some(Across { domain, vcpus: set.len(), nodes, pair: (members[0], stranger) });
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
    let advice = match (dies, fits) {
        (Some((dies, cores)), _) => format!(
            "write `dies: {dies}, cores: {cores}` under `topology` and `shared_by: die` for `{}`, or {nodes_at}",
            cache.key
        ),
        (None, Some(domain)) => {
            format!("write `shared_by: {}` for `{}`, or {nodes_at}", domain.word(), cache.key)
        }
        (None, None) => nodes_at,
    };
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

/// How many vCPUs share the cache that serves vCPU 0.
fn sharers(topology: &Topology, places: &[Place], sharing: Sharing) -> u32 {
    match sharing {
        Sharing::Domain(domain) => topology.population(VcpuIndex(0), domain),
        Sharing::AmdNode => {
            let home = topology.node_of(VcpuIndex(0));
            let package = |at: &&Place| at.same(&places[0], Domain::Package);
            let count = (0..)
                .zip(places.iter().take_while(package))
                .filter(|(vcpu, _)| topology.node_of(VcpuIndex(*vcpu)) == home);
            u32::try_from(count.count()).unwrap_or(u32::MAX)
        }
    }
}
