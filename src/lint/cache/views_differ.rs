//! `cache::views_differ`

use std::collections::HashMap;

use super::{path_of, property_at};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::size;
use crate::topology::{Cache, CoreType, Numbered, Sharing, Topology, VcpuIndex};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered), Some(caches)) = (facts.topology, facts.numbered, facts.caches)
    else {
        return;
    };
    let [one, other] = caches.lists.as_slice() else { return };
    for (a, b) in
        one.caches.iter().filter_map(|a| Some((a, other.caches.iter().find(|b| b.key() == a.key())?)))
    {
        let (Some(key), Some((property, here, there))) = (a.key(), difference(a, b)) else { continue };
        let Some((first, stranger)) = sharers_of_both(topology, numbered, a, b) else { continue };
        let (path, other_path) = (path_of(facts, one.core_type, key), path_of(facts, other.core_type, key));
        let [word, other_word] = [one.core_type, other.core_type].map(word);
        let name = key.replacen('l', "L", 1);
        out.push(
            Diagnostic::new(
                "cache::views_differ",
                Severity::Error,
                format!(
                    "vCPU {first} and vCPU {stranger} share an {name}: `{property}` is {here} on {word} cores, {there} on \
                     {other_word} cores"
                ),
            )
            .label(property_at(facts, path, property), here)
            .label(property_at(facts, other_path, property), there)
            .help(format!(
                "write `{key}` under `caches` for all cores, or a `shared_by` whose parts have cores of one type"
            )),
        );
    }
}

/// The first property in which two descriptions differ, with both values.
fn difference(a: &Cache, b: &Cache) -> Option<(&'static str, String, String)> {
    let flag = |cache: &Cache, bit| cache.has(bit).to_string();
    let of = |cache: &Cache| {
        let sharing = if let Sharing::Domain(domain) = cache.sharing { domain.word() } else { "node" };
        [
            ("size", size(cache.size())),
            ("ways", cache.ways.to_string()),
            ("line", cache.line.to_string()),
            ("partitions", cache.partitions.to_string()),
            ("inclusive", flag(cache, Cache::INCLUSIVE)),
            ("wbinvd_reaches_sharers", (!cache.has(Cache::WBINVD_EXCLUDES_SHARERS)).to_string()),
            ("complex_indexing", flag(cache, Cache::COMPLEX_INDEXING)),
            ("shared_by", sharing.to_owned()),
        ]
    };
    let pair = of(a).into_iter().zip(of(b)).find(|(a, b)| a != b);
    pair.map(|((property, here), (_, there))| (property, here, there))
}

/// The first vCPUs of two types that share one instance, as either describes it.
fn sharers_of_both(
    topology: &Topology,
    numbered: &Numbered,
    a: &Cache,
    b: &Cache,
) -> Option<(VcpuIndex, VcpuIndex)> {
    let shift = a.sharing.shift(numbered).max(b.sharing.shift(numbered));
    let mut first_of = HashMap::new();
    topology.vcpus().find_map(|vcpu| {
        let instance = u64::from(numbered.id(vcpu).0) / shift.span();
        let first = *first_of.entry(instance).or_insert(vcpu);
        (topology.core_type(first) != topology.core_type(vcpu)).then_some((first, vcpu))
    })
}

const fn word(core_type: Option<CoreType>) -> &'static str {
    match core_type {
        Some(CoreType::Performance) => "performance",
        Some(CoreType::Efficiency) => "efficiency",
        None => "other",
    }
}
