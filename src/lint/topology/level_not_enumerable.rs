//! `topology::level_not_enumerable`

use crate::cpuid::{Processor, Signature, Vendor};
use crate::diag::{At, Diagnostic, Edit, Severity};
use crate::lint::Facts;
use crate::lint::mend::{remove, rename, set, suggested};
use crate::topology::{Block, Domain, Sharing};

const NAME: &str = "topology::level_not_enumerable";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(processor) = facts.processor else { return };
    let root = facts.block();
    let has = |domain| facts.topology.is_some_and(|topology| topology.has(domain));
    let written = root.all().into_iter().flat_map(|block| {
        // Several parts of one each are several.
        let several = block.written().filter(|(domain, count)| *count > 1 || has(*domain));
        several.map(move |(domain, count)| (block, domain, count))
    });
    for (block, domain, count) in written {
        let instead: &[Domain] = match (processor.vendor, domain) {
            (Vendor::Intel, Domain::Complex) => &[Domain::Die, Domain::Module],
            (Vendor::Amd, _) if processor.is_before_zen() => match domain {
                Domain::Core | Domain::Package => continue,
                _ => &[],
            },
            (Vendor::Amd | Vendor::Hygon, Domain::Module | Domain::Tile) => &[Domain::Complex],
            (Vendor::Amd | Vendor::Hygon, Domain::DieGroup)
            | (Vendor::Zhaoxin | Vendor::Centaur, Domain::Tile) => &[Domain::Die],
            (Vendor::Amd | Vendor::Hygon, Domain::Die) if facts.enumerates_dies() == Some(false) => {
                out.push(dies_without_a_leaf(facts, block, count));
                continue;
            }
            (Vendor::Zhaoxin | Vendor::Centaur, Domain::DieGroup) => &[],
            (Vendor::Zhaoxin | Vendor::Centaur, Domain::Die) if processor.has_leaf_1f() == Some(false) => &[],
            (Vendor::Zhaoxin | Vendor::Centaur, Domain::Module) if is_no_cache(facts, 2, domain) => &[],
            (Vendor::Zhaoxin | Vendor::Centaur, Domain::Complex) if is_no_cache(facts, 3, domain) => &[],
            _ => continue,
        };
        let key = domain.key();
        let (help, edits) = help(block, domain, count, instead);
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!(
                    "`{key}: {count}` cannot be told to a guest on {}: {}",
                    who(&processor),
                    known(&processor)
                ),
            )
            .label(At::Value(block.at(domain)), format!("nothing of {} says {key}", processor.vendor))
            .help(help)
            .fix(suggested(edits)),
        );
    }
}

/// Whether it is known that no cache of this level is shared by the domain: on Zhaoxin and Centaur, that
/// is all that tells of modules and complexes.
fn is_no_cache(facts: &Facts<'_>, level: u8, domain: Domain) -> bool {
    let shared =
        |of: u8| facts.sharing().into_iter().any(|c| c.level == of && c.sharing == Sharing::Domain(domain));
    facts.host.is_some() && facts.caches.is_some() && !shared(level)
}

fn who(processor: &Processor) -> String {
    if processor.is_before_zen() { name(*processor) } else { processor.vendor.to_string() }
}

fn known(processor: &Processor) -> &'static str {
    match processor.vendor {
        Vendor::Intel => "leaf 1FH knows threads, cores, modules, tiles, dies and die groups",
        Vendor::Amd if processor.is_before_zen() => {
            "80000008H knows cores and sockets, and every thread is a core"
        }
        Vendor::Amd => "leaf 80000026H knows threads, cores, complexes, dies and sockets",
        Vendor::Hygon => "its leaves know threads, cores, complexes and sockets",
        Vendor::Zhaoxin | Vendor::Centaur if processor.has_leaf_1f() == Some(false) => {
            "leaf 0BH knows threads and cores, leaf 4 who shares an L2 or L3, and the host has no leaf 1FH"
        }
        Vendor::Zhaoxin | Vendor::Centaur => {
            "leaf 1FH knows threads, cores and dies, leaf 4 who shares an L2 or L3"
        }
    }
}

/// The nearest level that is free, else the cores.
fn help(block: &Block, domain: Domain, count: u32, instead: &[Domain]) -> (String, Vec<Edit>) {
    let free = instead.iter().find(|nearest| block.count(**nearest) == 1);
    match free {
        Some(nearest) => {
            let help = format!("write `{}: {count}` in place of `{}: {count}`", nearest.key(), domain.key());
            (help, in_place_of(block, domain, *nearest, count))
        }
        None => {
            let inner = if domain == Domain::DieGroup && block.count(Domain::Die) > 1 {
                Domain::Die
            } else {
                Domain::Core
            };
            let cores = u64::from(block.count(inner)) * u64::from(count);
            let help = format!("leave `{}` out and write `{}: {cores}`", domain.key(), inner.key());
            let is_written = block.counts[inner.rank()].is_some();
            let edits = if is_written {
                vec![remove(block.at(domain).as_str()), set(block.at(inner).as_str(), cores)]
            } else {
                vec![rename(block.at(domain).as_str(), inner.key()), set(block.at(domain).as_str(), cores)]
            };
            (help, edits)
        }
    }
}

/// One level's count under another's name; a 1 that stands there already gives way.
fn in_place_of(block: &Block, domain: Domain, nearest: Domain, count: u32) -> Vec<Edit> {
    let here = block.at(domain);
    if block.counts[nearest.rank()].is_some() {
        vec![set(block.at(nearest).as_str(), count), remove(here.as_str())]
    } else {
        vec![rename(here.as_str(), nearest.key())]
    }
}

fn dies_without_a_leaf(facts: &Facts<'_>, block: &Block, count: u32) -> Diagnostic {
    let processor = facts.processor.map_or_else(|| "this processor".to_owned(), name);
    let why = match facts.processor {
        Some(Processor { vendor: Vendor::Hygon, .. }) => "this one has none",
        Some(p) if p.signature.is_some_and(Signature::is_zen_4_or_later) => {
            "the host's own CPUs do not have it"
        }
        _ => "it begins with Zen 4",
    };
    let diagnostic = Diagnostic::new(
        NAME,
        Severity::Warning,
        format!("`dies: {count}` on {processor}: only leaf 80000026H names dies, and {why}"),
    )
    .label(At::Value(block.at(Domain::Die)), "stands in no leaf of this processor")
    .help(format!(
        "write `complexes: {count}` in place of `dies: {count}`, or go on: the IDs tell dies apart"
    ))
    .note("a guest sees these dies through the sharing of the L3 and through nodes alone");
    if block.count(Domain::Complex) > 1 {
        return diagnostic;
    }
    diagnostic.fix(suggested(in_place_of(block, Domain::Die, Domain::Complex, count)))
}

/// A processor in a message: `AMD family 17h model 31h`.
fn name(processor: Processor) -> String {
    processor.signature.map_or_else(
        || format!("this {} processor", processor.vendor),
        |s| format!("{} family {:X}h model {:02X}h", processor.vendor, s.family(), s.model()),
    )
}
