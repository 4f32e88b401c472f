//! Nested units to counts, and to parts where they are unlike.

use super::frame::Frame;
use crate::spec::{CoreType, Part, Topology};
use crate::topology::Domain;

/// One unit, as far as it counts: units with the same contents are alike.
#[derive(Clone, PartialEq, Eq)]
struct Unit {
    domain: Domain,
    /// The one type of all its cores; `None` where they have several or none.
    core_type: Option<CoreType>,
    inside: Vec<Unit>,
}

/// What is so of all modules of the machine.
#[derive(Clone, Copy)]
struct Modules {
    /// Whether they are counted at all.
    counted: bool,
    /// Whether there is one of several cores.
    shared: bool,
}

fn is_shared(units: &[Unit]) -> bool {
    units
        .iter()
        .any(|unit| (unit.domain == Domain::Module && unit.inside.len() > 1) || is_shared(&unit.inside))
}

/// The counts of the frame's levels, as short as they can be.
pub(super) fn topology(frame: &Frame, core_types: &[Option<CoreType>]) -> Topology {
    let levels = frame.counted();
    let machine = units(&levels, core_types, 0..core_types.len());
    let modules =
        Modules { counted: levels.iter().any(|(d, _)| *d == Domain::Module), shared: is_shared(&machine) };
    let mut parts = runs(&machine, None);
    if let [whole] = parts.as_mut_slice() {
        shorten(whole, None, modules);
        let Part { sockets, die_groups, dies, complexes, tiles, modules, cores, threads, core_type, parts } =
            std::mem::take(whole);
        // A machine of one thread has a count all the same.
        let counts = [sockets, die_groups, dies, complexes, tiles, modules, threads];
        let cores = cores.or((counts.iter().all(Option::is_none) && parts.is_none()).then_some(1));
        return Topology {
            sockets,
            die_groups,
            dies,
            complexes,
            tiles,
            modules,
            cores,
            threads,
            core_type,
            parts,
            ..Topology::default()
        };
    }
    for part in &mut parts {
        shorten(part, Some(Domain::Package), modules);
    }
    Topology { parts: Some(parts), ..Topology::default() }
}

/// The units of the outermost of some levels among these CPUs, with what is inside of them.
fn units(
    levels: &[(Domain, &[usize])],
    core_types: &[Option<CoreType>],
    cpus: std::ops::Range<usize>,
) -> Vec<Unit> {
    let Some(((domain, labels), inner)) = levels.split_first() else {
        return cpus
            .map(|cpu| Unit {
                domain: Domain::Thread,
                core_type: core_types.get(cpu).copied().flatten(),
                inside: Vec::new(),
            })
            .collect();
    };
    let mut first = cpus.start;
    let mut all = Vec::new();
    for chunk in labels.get(cpus).unwrap_or_default().chunk_by(|a, b| a == b) {
        let inside = units(inner, core_types, first..first + chunk.len());
        first += chunk.len();
        let mut types = inside.iter().map(|unit| unit.core_type);
        let one = types.next().flatten();
        let core_type = one.filter(|one| types.all(|other| other == Some(*one)));
        all.push(Unit { domain: *domain, core_type, inside });
    }
    all
}

/// Neighbours that are alike, as one part each. `around` is the type that they inherit.
fn runs(units: &[Unit], around: Option<CoreType>) -> Vec<Part> {
    let mut parts = Vec::new();
    for run in units.chunk_by(|a, b| a == b) {
        let Some(unit) = run.first() else { continue };
        let mut part = Part::default();
        let own = unit.core_type.filter(|own| around != Some(*own) && unit.domain >= Domain::Core);
        part.core_type = own;
        *count_of(&mut part, unit.domain) = u32::try_from(run.len()).ok();
        if !unit.inside.is_empty() {
            let mut inner = runs(&unit.inside, own.or(around));
            match inner.as_mut_slice() {
                [one] => merge(&mut part, one),
                _ => part.parts = Some(inner),
            }
        }
        parts.push(part);
    }
    parts
}

/// Takes up the counts of the only part inside.
fn merge(part: &mut Part, inner: &mut Part) {
    for domain in Domain::ALL {
        if let Some(count) = count_of(inner, domain).take() {
            *count_of(part, domain) = Some(count);
        }
    }
    part.core_type = part.core_type.or(inner.core_type);
    part.parts = inner.parts.take();
}

/// Leaves out what counts 1, but for the level in which parts lie side by side, and modules: where any part counts them,
/// a core of one that does not is a module of its own, so that modules of one core are written as cores.
fn shorten(part: &mut Part, side: Option<Domain>, modules: Modules) {
    let one_core = matches!(part.cores, None | Some(1));
    if modules.shared && part.modules.is_some() && one_core && part.parts.is_none() {
        part.cores = part.modules.take();
    }
    for domain in Domain::ALL {
        let stays = side == Some(domain) || (modules.counted && domain == Domain::Module);
        let count = count_of(part, domain);
        if *count == Some(1) && !stays {
            *count = None;
        }
    }
    for inner in part.parts.iter_mut().flatten() {
        let side = Domain::ALL.into_iter().rev().find(|domain| count_of(inner, *domain).is_some());
        shorten(inner, side, modules);
    }
}

fn count_of(part: &mut Part, domain: Domain) -> &mut Option<u32> {
    match domain {
        Domain::Thread => &mut part.threads,
        Domain::Core => &mut part.cores,
        Domain::Module => &mut part.modules,
        Domain::Tile => &mut part.tiles,
        Domain::Complex => &mut part.complexes,
        Domain::Die => &mut part.dies,
        Domain::DieGroup => &mut part.die_groups,
        Domain::Package => &mut part.sockets,
    }
}
