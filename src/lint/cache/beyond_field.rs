//! `cache::beyond_field`

mod summary;

use super::sharers;
use crate::diag::{Diagnostic, Severity};
use crate::lint::words::size;
use crate::lint::{Facts, value};
use crate::topology::{Cache, CacheFault, CacheKind, Domain, VcpuIndex};

const NAME: &str = "cache::beyond_field";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    if facts.is_amd_like() {
        out.extend(small_l3(facts));
        out.extend(caches.list.iter().filter_map(l1_ways));
    }
    if facts.processor.is_some_and(|p| p.is_before_zen() && !p.has_topology_extensions()) {
        out.extend(caches.list.iter().filter_map(summary::check));
    }
    // The same fields in the leaf of either vendor.
    let leaf = if facts.is_amd_like() { "CPUID.8000001DH" } else { "CPUID.04H" };
    for fault in &caches.faults {
        let CacheFault::Beyond { cache, property, value: found, max } = fault else { continue };
        let field = match *property {
            "ways" => "EBX[31:22]",
            "line" => "EBX[11:0]",
            _ => "ECX[31:0]",
        };
        let (found, limit) = match *property {
            "size" => (size(*found), format!("says {} at most with these ways", size(*max))),
            _ => (found.to_string(), format!("holds 1 to {max}")),
        };
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("`{cache}` has `{property}: {found}`, {leaf}:{field} {limit}"),
            )
            .label(value(&format!("caches.{cache}.{property}")), "does not fit its field")
            .help(format!("write `{property}: {}`, or what it is to be", example(property))),
        );
    }
}

/// 80000006H counts a socket's L3 in units of 512 KiB, and a guest reads 0 as none.
fn small_l3(facts: &Facts<'_>) -> Option<Diagnostic> {
    let (topology, caches) = (facts.topology?, facts.caches?);
    let l3 = caches.list.iter().find(|cache| cache.level == 3)?;
    let threads = topology.population(VcpuIndex(0), Domain::Package);
    let instances = threads / sharers(topology, topology.places(), l3.sharing).max(1);
    let all = l3.size().saturating_mul(instances.into());
    (all < L3_UNIT).then(|| {
        Diagnostic::new(
            NAME,
            Severity::Error,
            format!(
                "a socket has {} of L3, CPUID.80000006H:EDX[31:18] counts in {}",
                size(all),
                size(L3_UNIT)
            ),
        )
        .label(value("caches.l3.size"), "a guest would read that there is none")
        .help(format!("write `size: {}` or more", size(L3_UNIT)))
    })
}

/// 80000005H has the ways of an L1 as a number, and FFH for a cache without sets.
fn l1_ways(cache: &Cache) -> Option<Diagnostic> {
    let key = cache.key().filter(|_| cache.level == 1 && !cache.fully_associative && cache.sets > 1)?;
    let register = if cache.kind == CacheKind::Data { "ECX" } else { "EDX" };
    (cache.ways > MOST_L1_WAYS).then(|| {
        Diagnostic::new(
            NAME,
            Severity::Error,
            format!(
                "`{key}` has `ways: {}`, CPUID.80000005H:{register}[23:16] holds 1 to {MOST_L1_WAYS}",
                cache.ways
            ),
        )
        .label(value(&format!("caches.{key}.ways")), "does not fit its field")
        .help("write `ways: 8`, or what it is to be")
    })
}

const MOST_L1_WAYS: u32 = 254;
const L3_UNIT: u64 = 512 << 10;

fn example(property: &str) -> &'static str {
    match property {
        "ways" => "16",
        "line" => "64",
        _ => "32MiB",
    }
}
