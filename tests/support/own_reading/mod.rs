//! What a spec means: an own, small reading of its text, which asks neither topoc's parser nor its compiler.
//!
//! It knows the forms that the shipped examples have, and fails on any other key.

pub mod caches;
pub mod level;
mod nodes;
pub mod places;

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use caches::{Kind, Written};
use level::Level;

pub use places::Place;

/// vCPUs by index.
pub type Cpus = BTreeSet<u32>;

/// A machine as its spec says it.
pub struct Meaning {
    /// Where each vCPU lies.
    pub places: Vec<Place>,
    /// The nodes in order; none without `numa`.
    pub nodes: Vec<Cpus>,
    /// The distance of each node to each.
    pub distances: Vec<Vec<u32>>,
    /// Bits of the ID by depth.
    widths: [u32; 8],
    caches: Option<Value>,
}

impl Meaning {
    /// Reads a spec.
    pub fn new(text: &str) -> Self {
        let mut spec: Value = serde_yaml::from_str(text).unwrap();
        spec.apply_merge().unwrap();
        spec.as_mapping_mut().unwrap().retain(|key, _| !key.as_str().unwrap().starts_with("x-"));
        // These say nothing of a machine's shape: features, names, and what lies below.
        let others = ["memory", "cpu", "host", "vmm", "guest"];
        known(&spec, &[&["version", "name", "topology", "caches", "numa"][..], &others].concat());
        let topology = &spec["topology"];
        let places = places::of(topology);
        let widths = places::widths(topology, &places);
        let (nodes, distances) = spec.get("numa").map(|numa| nodes::of(numa, &places)).unwrap_or_default();
        Self { places, nodes, distances, widths, caches: spec.get("caches").cloned() }
    }

    /// How many vCPUs there are.
    pub fn vcpus(&self) -> u32 {
        u32::try_from(self.places.len()).unwrap()
    }

    /// The vCPUs of each instance of a level, in order of their places.
    pub fn sets(&self, level: Level) -> Vec<Cpus> {
        sets(&self.places, level)
    }

    /// Whether some parent holds several of a level.
    pub fn has(&self, level: Level) -> bool {
        self.places.iter().any(|place| place.index[level.depth()] > 0)
    }

    /// What is written of a cache of a vCPU.
    pub fn written(&self, kind: Kind, vcpu: usize) -> Written {
        caches::of(self.caches.as_ref(), kind, self.places[vcpu].core_type)
    }

    /// x2APIC IDs by vCPU: a field for each level, threads lowest. `core` are the least bits of the core's.
    pub fn ids(&self, core: u32) -> Vec<u32> {
        let mut widths = self.widths;
        let at = Level::Core.depth();
        widths[at] = widths[at].max(core);
        let id =
            |place: &Place| place.index.iter().zip(widths).fold(0, |id, (index, width)| id << width | index);
        self.places.iter().map(id).collect()
    }
}

/// The vCPUs of each instance of a level, in order of their places.
fn sets(places: &[Place], level: Level) -> Vec<Cpus> {
    let mut instances: BTreeMap<&[u32], Cpus> = BTreeMap::new();
    for (vcpu, place) in (0..).zip(places) {
        instances.entry(place.path(level)).or_default().insert(vcpu);
    }
    instances.into_values().collect()
}

/// Fails on a key that this reading does not know.
fn known(map: &Value, keys: &[&str]) {
    for key in map.as_mapping().unwrap().keys() {
        assert!(keys.contains(&key.as_str().unwrap()), "no reading of the key {key:?}");
    }
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}
