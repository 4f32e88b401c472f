//! Cache spans nest, fit the domains, and end.

use super::{View, coordinate};
use crate::decode::bits::{bits, ceil_log2, power};
use crate::decode::cache::{Cache, CacheKind, LEAF_1D, LEAF_4, MAX_CACHES};
use crate::decode::domain::Domain;
use crate::decode::finding::FindingKind;
use crate::decode::vendor::Vendor;

/// The share field's largest value: what it holds when the span has more IDs.
const SHARE_SATURATED: u32 = 4095;

pub(super) fn check(view: &mut View<'_>) {
    let caches = view.cpu.caches.clone();
    for cache in &caches {
        span(view, cache);
        reserved(view, cache);
    }
    nesting(view, &caches);
    repetition(view, &caches);
    terminator(view, &caches);
    if view.ground.vendor.is_amd_like() && caches.iter().any(|c| c.leaf == LEAF_1D) {
        amd_order(view, &caches);
        complex(view, &caches);
    }
}

/// The IDs that share a cache are those of a domain, at least a core, at most a package.
fn span(view: &mut View<'_>, cache: &Cache) {
    let Some(field) = cache.share_field else { return };
    let at = coordinate(cache.leaf, Some(cache.subleaf));
    let (name, ids) = (cache.name, cache.window.ids);
    if !(field + 1).is_power_of_two() {
        view.say(
            FindingKind::CacheSpanUneven,
            format!("{at}:EAX[25:14] is {field}: {} IDs share the {name}, no power of two", field + 1),
        );
    }
    let (core, package) = (view.core_shift, view.package_shift);
    // Efficiency cores leave the thread bit unused: their caches may well span a single ID.
    if ids < view.cpu.threads_per_core {
        view.say(
            FindingKind::CacheSpanNarrows,
            format!(
                "{at}:EAX[25:14] is {field}: {ids} IDs share the {name}, but the core has {} threads",
                view.cpu.threads_per_core
            ),
        );
    }
    if ids > power(package) {
        view.say(
            FindingKind::CacheBeyondPackage,
            format!(
                "{at}:EAX[25:14] is {field}: {ids} IDs share the {name}, but a package has {}",
                power(package)
            ),
        );
    }
    let node = node_shift(view);
    if let Some(node) = node
        && ids > power(node)
        && ids <= power(package)
    {
        view.say(
            FindingKind::CacheBeyondNode,
            format!("{at}:EAX[25:14] is {field}: {ids} IDs share the {name}, but a node has {}", power(node)),
        );
    }
    // Zen before 80000026H enumerates neither complex nor die: any span between core and package may be one.
    // So on Zhaoxin and Centaur, whose silicon shares an L2 or L3 among four cores that no leaf names.
    let is_open = match view.ground.vendor {
        Vendor::Amd | Vendor::Hygon => view.cpu.rows_of(crate::decode::LEAF_26).next().is_none(),
        Vendor::Zhaoxin | Vendor::Centaur => true,
        Vendor::Intel | Vendor::Other(_) => false,
    };
    let is_saturated = field == SHARE_SATURATED;
    let fits = view.cpu.shifts.iter().any(|s| power(s.shift) == ids) || node.is_some_and(|n| power(n) == ids);
    if !fits && !is_open && !is_saturated && ids > power(core) && ids < power(package) {
        view.say(
            FindingKind::CacheSpanNoDomain,
            format!("{at}:EAX[25:14] is {field}: {ids} IDs share the {name}, which is no domain's"),
        );
    }
}

/// Bits below AMD's node field, which lies at the top of the package's (FreeBSD mp_x86.c relies on it).
pub(super) fn node_shift(view: &View<'_>) -> Option<u32> {
    let nodes = view.cpu.node?.per_processor;
    nodes.is_power_of_two().then(|| view.package_shift.saturating_sub(ceil_log2(nodes)))
}

fn reserved(view: &mut View<'_>, cache: &Cache) {
    if !matches!(cache.leaf, LEAF_4 | LEAF_1D) {
        return;
    }
    let [eax, _, _, edx] = view.get(cache.leaf, cache.subleaf);
    let at = coordinate(cache.leaf, Some(cache.subleaf));
    if let CacheKind::Reserved(kind) = cache.name.kind {
        view.say(FindingKind::CacheTypeUnknown, format!("{at}:EAX[4:0] is {kind}, a reserved cache type"));
    }
    if cache.name.level == 0 {
        view.say(FindingKind::CacheTypeUnknown, format!("{at}:EAX[7:5] is 0: cache levels begin at 1"));
    }
    let high = if cache.leaf == LEAF_1D { bits(eax, 31, 26) | bits(edx, 2, 2) } else { 0 };
    if bits(eax, 13, 10) | high | bits(edx, 31, 3) != 0 {
        view.say(FindingKind::ReservedBits, format!("{at} has reserved bits set in EAX or EDX"));
    }
}

/// A level is shared at least as widely as the one before it.
fn nesting(view: &mut View<'_>, caches: &[Cache]) {
    for outer in caches {
        let inner = caches
            .iter()
            .filter(|c| c.name.level < outer.name.level && c.window.ids > outer.window.ids)
            .max_by_key(|c| c.name.level);
        if let Some(inner) = inner {
            view.say(
                FindingKind::CacheSpanNarrows,
                format!(
                    "{} IDs share the {}, but {} the {}",
                    outer.window.ids, outer.name, inner.window.ids, inner.name
                ),
            );
        }
    }
}

/// Each level has one data or unified cache, and no two subleaves are alike.
fn repetition(view: &mut View<'_>, caches: &[Cache]) {
    for (at, cache) in caches.iter().enumerate() {
        let before = caches.get(..at).unwrap_or_default();
        let same =
            |other: &&Cache| view.get(other.leaf, other.subleaf) == view.get(cache.leaf, cache.subleaf);
        if cache.share_field.is_some() && before.iter().any(|other| same(&other)) {
            let at = coordinate(cache.leaf, Some(cache.subleaf));
            view.say(FindingKind::CacheRepeated, format!("{at} repeats an earlier subleaf"));
            return;
        }
        let holds_data = |c: &Cache| c.name.kind != CacheKind::Instruction;
        if holds_data(cache) && before.iter().any(|c| holds_data(c) && c.name.level == cache.name.level) {
            let at = coordinate(cache.leaf, Some(cache.subleaf));
            view.say(
                FindingKind::CacheLevelTwice,
                format!("{at} is a second data cache of level {}", cache.name.level),
            );
        }
    }
}

/// A subleaf of type 0 after the last one.
fn terminator(view: &mut View<'_>, caches: &[Cache]) {
    let Some(last) = caches.last().filter(|c| c.share_field.is_some()) else { return };
    let next = last.subleaf + 1;
    let is_there = view.ground.answers.has(last.leaf, next);
    if next == MAX_CACHES {
        let at = coordinate(last.leaf, None);
        view.say(FindingKind::NoTerminator, format!("{at} has no last subleaf"));
    } else if view.ground.answers.is_blob() && !is_there {
        let at = coordinate(last.leaf, Some(next));
        view.say(FindingKind::NoTerminator, format!("{at} is not in the table: no subleaf ends the leaf"));
    } else if is_there && view.get(last.leaf, next) != [0; 4] {
        let at = coordinate(last.leaf, Some(next));
        view.say(FindingKind::NoTerminator, format!("{at} has type 0, but other bits are set"));
    }
}

/// Linux takes subleaf 3 for the L3 (arch/x86/kernel/cpu/cacheinfo.c).
fn amd_order(view: &mut View<'_>, caches: &[Cache]) {
    let shown: Vec<String> = caches.iter().map(|c| c.name.to_string()).collect();
    let usual = ["L1D", "L1I", "L2U", "L3U"];
    if shown.iter().zip(usual).any(|(name, expected)| name != expected) || shown.len() > usual.len() {
        view.say(
            FindingKind::CacheOrder,
            format!("CPUID.(EAX=8000001DH) lists {}, not {}", shown.join(", "), usual.join(", ")),
        );
    }
}

/// A complex is the cores that share an L3 (APM Vol. 3, Fn8000_0026 level type 2).
fn complex(view: &mut View<'_>, caches: &[Cache]) {
    let row = view.cpu.shifts.iter().find(|s| s.domain == Domain::Complex);
    let l3 = caches.iter().find(|c| c.name.level == 3);
    if let (Some(row), Some(l3)) = (row, l3)
        && power(row.shift) != l3.window.ids
    {
        let at = coordinate(l3.leaf, Some(l3.subleaf));
        let message =
            format!("{at}: {} IDs share the L3, but a complex has {}", l3.window.ids, power(row.shift));
        view.say(FindingKind::L3NotComplex, message);
    }
}
