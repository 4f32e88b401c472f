//! `host::does_not_fit`

use crate::diag::{At, Diagnostic, Edit, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::words::{many, size};
use crate::lint::{Facts, profile, value};
use crate::place::{
    Answer, BUDGET, Counted, Demand, GuestUnit, HostShape, HostUnit, Level, Reason, Shape, Shortage, Subject,
    nearest,
};
use crate::spec::Fidelity;
use crate::topology::{Block, Domain};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(Answer::DoesNotFit(reason)) = facts.place else { return };
    let (help, edit) = help(facts, reason);
    let diagnostic = Diagnostic::new("host::does_not_fit", Severity::Error, reason.to_string())
        .fix(suggested(edit))
        .label(guilty(facts, reason), here(reason))
        .label(there(facts, reason), on_host(reason))
        .help(help);
    out.push(match reason.in_the_way {
        Some(obstacle) => diagnostic.note(format!("without {obstacle} it would fit")),
        None => diagnostic,
    });
}

/// Where the spec asks for what does not fit.
fn guilty(facts: &Facts<'_>, reason: &Reason) -> At {
    match (reason.subject, &reason.unit) {
        (Subject::Named, _) => value("host"),
        (Subject::Threads(_), _) => count(facts, Domain::Thread),
        (Subject::CoreType, _) => value("topology.parts"),
        (Subject::Memory | Subject::Level(Level::Node), Some(unit)) => node(facts, unit),
        (Subject::Memory | Subject::Level(Level::Node), None) => value("numa"),
        (Subject::Level(level), _) => match level.domain() {
            Some(_) if reason.counts == Counted::Cores => count(facts, Domain::Core),
            Some(domain) => count(facts, domain),
            None => cache(facts, level),
        },
        (Subject::Cpus, _) => value("topology"),
    }
}

/// A count as the spec writes it first, or the topology without it.
fn count(facts: &Facts<'_>, domain: Domain) -> At {
    let topology = Block::of(facts.spec);
    let written = topology.all().into_iter().find(|block| block.counts[domain.rank()].is_some());
    written.map_or_else(|| value("topology"), |block| At::Value(block.at(domain)))
}

/// A node of the guest.
fn node(facts: &Facts<'_>, unit: &GuestUnit) -> At {
    let node = facts.topology.and_then(|topology| topology.nodes().get(unit.number));
    match node {
        Some(node) if unit.memory > 0 => value(&format!("{}.memory", node.path)),
        Some(node) => value(&node.path.to_string()),
        None => value("numa"),
    }
}

/// A cache, where the spec writes it; else the counts whose cores share it.
fn cache(facts: &Facts<'_>, level: Level) -> At {
    let key = match level {
        Level::L1d => "l1d",
        Level::L1i => "l1i",
        Level::L2 => "l2",
        _ => "l3",
    };
    let caches = facts.spec.caches.as_ref();
    if caches.is_some_and(|caches| caches.by_key(None, key).is_some()) {
        value(&format!("caches.{key}"))
    } else {
        count(facts, Domain::Core)
    }
}

/// What to say of the guest.
fn here(reason: &Reason) -> String {
    match &reason.unit {
        Some(unit) if reason.counts == Counted::Bytes => format!("{}: {}", unit.name, size(unit.memory)),
        Some(unit) if reason.counts == Counted::Units => {
            format!("{}: {} {}", unit.name, reason.wanted, reason.counted())
        }
        Some(unit) => format!("{}: {}, vCPUs {}", unit.name, many(unit.cores, "core", "cores"), unit.vcpus),
        None if reason.counts == Counted::Bytes => size(reason.wanted),
        None => format!("{} {}", reason.wanted, reason.counted()),
    }
}

/// Where the profile says what there is.
fn there(facts: &Facts<'_>, reason: &Reason) -> At {
    match &reason.best {
        Some(HostUnit { level: Level::Node, cpus, .. }) => {
            let first = cpus.iter().next();
            let nodes = facts.host_nodes().unwrap_or_default();
            let at = first.and_then(|cpu| nodes.iter().position(|node| node.cpus.contains(cpu)));
            at.map_or_else(|| profile("numa.nodes"), |at| profile(&format!("numa.nodes[{at}]")))
        }
        _ if matches!(reason.subject, Subject::Memory | Subject::Level(Level::Node)) => profile("numa.nodes"),
        _ => profile("cpus.online"),
    }
}

/// What to say of the host.
fn on_host(reason: &Reason) -> String {
    match &reason.best {
        Some(best) => {
            let memory = best.memory.filter(|_| reason.counts == Counted::Bytes);
            let what = memory.map_or_else(|| many(best.cores, "core", "cores"), size);
            format!("{} with CPUs {}: {what}", best.level, best.cpus)
        }
        None if reason.counts == Counted::Bytes => size(reason.available),
        None => format!("{} {}", reason.available, reason.counted()),
    }
}

/// A shape that has a place, or what else would do.
fn help(facts: &Facts<'_>, reason: &Reason) -> (String, Option<Edit>) {
    if let Some(shape) = nearest_shape(facts) {
        let fewer = facts.topology.is_some_and(|topology| u64::from(topology.vcpu_count()) > shape.vcpus);
        let but = if fewer { format!(", which are {} vCPUs", shape.vcpus) } else { String::new() };
        let edit = set("topology", format!("{{ {shape} }}"));
        return (format!("write `topology: {{ {shape} }}`{but}"), Some(edit));
    }
    let fidelity = |word: &str| Some(set("host.fidelity", word));
    let (help, edit) = match (reason.subject, reason.shortage) {
        (Subject::Named, _) => ("name CPUs and nodes that are there, each once", None),
        (_, Shortage::HeldTogether) => {
            ("write `fidelity: sharing`, which lets them lie together", fidelity("sharing"))
        }
        _ => (
            "write a shape that the host has, or `fidelity: counts` if the guest may be told of what is not",
            fidelity("counts"),
        ),
    };
    (help.to_owned(), edit)
}

fn nearest_shape(facts: &Facts<'_>) -> Option<Shape> {
    let demand = match facts.spec.host.as_ref()?.fidelity? {
        Fidelity::Exact => Demand::Exact,
        Fidelity::Sharing => Demand::Sharing,
        Fidelity::Counts | Fidelity::None => return None,
    };
    let host = HostShape::of(facts.host?, facts.host_machine()?)?;
    nearest(facts.spec, facts.caches?, facts.processor, &host, demand, BUDGET)
}
