//! Where each vCPU lies: an own, small reading of `topology`.

use serde_yaml::Value;

use super::meant::{Level, known, number};

/// A vCPU's index within its parent at each level, socket first.
pub type Place = [u32; 6];

/// The places of a topology, depth first.
pub fn of(topology: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    fill(&[topology], 0, [0; 6], &mut places);
    places
}

/// Fills one parent with the units of the level at `depth` that its parts are made of.
fn fill(parts: &[&Value], depth: usize, mut place: Place, places: &mut Vec<Place>) {
    let Some(level) = Level::ALL.get(depth) else {
        places.push(place);
        return;
    };
    let parts: Vec<&Value> = parts.iter().flat_map(|part| opened(part, depth)).collect();
    // What no part counts is one thing that holds them all. A core is never that: each part has its own.
    let is_counted = *level >= Level::Core || parts.iter().any(|part| part.get(level.key()).is_some());
    if !is_counted {
        fill(&parts, depth + 1, place, places);
        return;
    }
    for part in parts {
        for unit in units(part, *level) {
            fill(&[&unit], depth + 1, place, places);
            place[depth] += 1;
        }
    }
}

/// A part, or the parts that it is made of where it counts nothing from this depth on.
fn opened(part: &Value, depth: usize) -> Vec<&Value> {
    known(part, &[Level::ALL.map(Level::key).as_slice(), &["parts", "core_type"]].concat());
    let counts = Level::ALL[depth..].iter().any(|level| part.get(level.key()).is_some());
    match part.get("parts").and_then(Value::as_sequence) {
        Some(inner) if !counts => inner.iter().flat_map(|inner| opened(inner, depth)).collect(),
        _ => vec![part],
    }
}

/// The units of a level that a part has. Cores that lie in no module are each their own beside parts that have
/// modules.
fn units(part: &Value, level: Level) -> Vec<Value> {
    if let Some(count) = part.get(level.key()) {
        return vec![part.clone(); usize::try_from(number(count)).unwrap()];
    }
    match part.get(Level::Core.key()) {
        Some(cores) if level == Level::Module => {
            let mut core = part.clone();
            core[Level::Core.key()] = 1.into();
            vec![core; usize::try_from(number(cores)).unwrap()]
        }
        _ => vec![part.clone()],
    }
}
