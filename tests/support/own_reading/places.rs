//! Where each vCPU lies, and which ID its place has.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::level::{CoreType, Level};
use super::{known, number};

/// Where a vCPU lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its index within its parent at each level, socket first.
    pub index: [u32; 8],
    /// What its core is.
    pub core_type: Option<CoreType>,
}

impl Place {
    /// The indices down to a level: alike for those that lie in the same one.
    pub fn path(&self, level: Level) -> &[u32] {
        &self.index[..=level.depth()]
    }
}

/// Some like units of a machine.
#[derive(Clone)]
struct Unit<'v> {
    counts: BTreeMap<Level, u32>,
    core_type: Option<CoreType>,
    parts: &'v [Value],
}

impl<'v> Unit<'v> {
    fn new(written: &'v Value, around: Option<CoreType>) -> Self {
        let count = |level: Level| Some((level, number(written.get(level.key())?)));
        let core_type = written.get("core_type").map(|word| CoreType::of(word.as_str().unwrap()));
        Self {
            counts: Level::ALL.into_iter().filter_map(count).collect(),
            core_type: core_type.or(around),
            parts: written.get("parts").map_or(&[], |parts| parts.as_sequence().unwrap()),
        }
    }

    /// Itself, or the parts that it is made of where it counts nothing from this depth on.
    fn opened(&self, depth: usize) -> Vec<Self> {
        let counts = Level::ALL[depth..].iter().any(|level| self.counts.contains_key(level));
        if counts || self.parts.is_empty() {
            return vec![self.clone()];
        }
        let inner = self.parts.iter().map(|part| {
            known(part, &[&Level::ALL.map(Level::key)[..], &["parts", "core_type"]].concat());
            Self::new(part, self.core_type)
        });
        inner.flat_map(|part| part.opened(depth)).collect()
    }

    /// The units of a level that it has. Cores that lie in no module are each one.
    fn split(&self, level: Level) -> Vec<Self> {
        let count = |level| self.counts.get(&level).copied();
        if level == Level::Module && count(level).is_none() {
            let mut core = self.clone();
            core.counts.insert(Level::Core, 1);
            return vec![core; count(Level::Core).unwrap_or(1) as usize];
        }
        vec![self.clone(); count(level).unwrap_or(1) as usize]
    }
}

/// The places of a topology, depth first.
fn depth_first(topology: &Value) -> Vec<Place> {
    let mut fill = Fill { has_modules: counts_modules(topology), places: Vec::new() };
    fill.parent(&[Unit::new(topology, None)], 0, [0; 8]);
    fill.places
}

/// Whether any part of the machine counts modules: then there are modules throughout.
fn counts_modules(part: &Value) -> bool {
    let parts = part.get("parts").and_then(Value::as_sequence);
    part.get(Level::Module.key()).is_some() || parts.into_iter().flatten().any(counts_modules)
}

struct Fill {
    has_modules: bool,
    places: Vec<Place>,
}

impl Fill {
    /// Fills one parent with the units of the level at `depth` that its parts have.
    fn parent(&mut self, parts: &[Unit<'_>], depth: usize, mut index: [u32; 8]) {
        let Some(level) = Level::ALL.get(depth) else {
            self.places.push(Place { index, core_type: parts[0].core_type });
            return;
        };
        let parts: Vec<Unit<'_>> = parts.iter().flat_map(|part| part.opened(depth)).collect();
        // What no part counts is one thing that holds them all. A core is never that: each part has its own.
        let is_counted = match level {
            Level::Core | Level::Thread => true,
            Level::Module => self.has_modules,
            _ => parts.iter().any(|part| part.counts.contains_key(level)),
        };
        if !is_counted {
            return self.parent(&parts, depth + 1, index);
        }
        for unit in parts.iter().flat_map(|part| part.split(*level)) {
            self.parent(&[unit], depth + 1, index);
            index[depth] += 1;
        }
    }
}

/// The places by vCPU.
pub fn of(topology: &Value) -> Vec<Place> {
    let own = ["parts", "core_type", "order", "places", "present", "id_bits"];
    known(topology, &[&Level::ALL.map(Level::key)[..], &own].concat());
    let mut places = depth_first(topology);
    if let Some(listed) = topology.get("places") {
        let paths: Vec<String> = places.iter().map(|place| written(&places, place)).collect();
        let at = |path: &Value| paths.iter().position(|known| *known == path.as_str().unwrap()).unwrap();
        return listed.as_sequence().unwrap().iter().map(|path| places[at(path)]).collect();
    }
    match topology.get("order").map_or("threads_first", |order| order.as_str().unwrap()) {
        "threads_first" => {}
        "cores_first" => places.sort_by_key(|place| place.index[Level::Thread.depth()]),
        other => panic!("no order {other:?}"),
    }
    places
}

/// A place as `places` has it: socket, core and thread, and what lies between where some parent has several.
fn written(places: &[Place], place: &Place) -> String {
    let is_said = |level: &Level| {
        let is_always = matches!(level, Level::Socket | Level::Core | Level::Thread);
        is_always || places.iter().any(|place| place.index[level.depth()] > 0)
    };
    let said = Level::ALL.into_iter().filter(is_said).map(|level| place.index[level.depth()].to_string());
    said.collect::<Vec<_>>().join("/")
}

/// Bits that number so many.
pub const fn bits(count: u32) -> u32 {
    count.next_power_of_two().trailing_zeros()
}

/// Bits of the ID by depth: those of the largest index, or as many as the spec has it.
pub fn widths(topology: &Value, places: &[Place]) -> [u32; 8] {
    let widened = topology.get("id_bits");
    Level::ALL.map(|level| {
        let most = places.iter().map(|place| place.index[level.depth()]).max().unwrap();
        let key = match level {
            Level::Thread => "thread",
            Level::Core => "core",
            Level::Module => "module",
            Level::Tile => "tile",
            Level::Complex => "complex",
            Level::Die => "die",
            Level::DieGroup => "die_group",
            Level::Socket => return bits(most + 1),
        };
        let asked = widened.and_then(|widened| widened.get(key));
        asked.map_or(bits(most + 1), number)
    })
}
