//! The shards of a run, put together again.

use serde::{Deserialize, Serialize};

use super::report::{Cell, FIT_VERSION, Fit};
use super::shard::Shard;

/// The version of a part's JSON form.
pub const PART_VERSION: u32 = 1;

/// What one shard found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The version of this form: [`PART_VERSION`].
    pub topoc_fit_part: u32,
    /// Which shard it is.
    pub shard: Shard,
    /// The specs and hosts of the whole run, by their digests, with the shard's own answers.
    pub fit: Fit,
}

impl Part {
    /// A shard's result.
    #[must_use]
    pub const fn new(shard: Shard, fit: Fit) -> Self {
        Self { topoc_fit_part: PART_VERSION, shard, fit }
    }

    /// Why it is not what its shard writes.
    fn fault(&self) -> Option<String> {
        if self.topoc_fit_part != PART_VERSION || self.fit.topoc_fit != FIT_VERSION {
            return Some(format!("of form {}, this topoc reads form {PART_VERSION}", self.topoc_fit_part));
        }
        let groups = self.fit.groups.len();
        for (at, row) in self.fit.specs.iter().enumerate() {
            let own = (0..groups).filter(|group| row.broken.is_none() && self.shard.has(at, *group, groups));
            if !own.map(|group| group + 1).eq(row.cells.iter().map(|cell| cell.group)) {
                return Some(format!("`{}` has other answers than shard {} gives", row.spec, self.shard));
            }
        }
        None
    }
}

/// The run whose shards these are, as if it had not been divided. Names are what messages call the parts.
///
/// # Errors
/// Every reason why they are not: another form, other inputs, shards that are missing or there twice.
pub fn merge(parts: Vec<(String, Part)>) -> Result<Fit, Vec<String>> {
    let mut faults: Vec<String> =
        parts.iter().filter_map(|(name, part)| Some(format!("{name}: {}", part.fault()?))).collect();
    let Some((first_name, first)) = parts.first() else { return Err(vec!["no part was given".to_owned()]) };
    let of = first.shard.of();
    let inputs = without_answers(&first.fit);
    for (name, part) in &parts {
        if part.shard.of() != of {
            faults.push(format!("{name} is shard {}, {first_name} is {}", part.shard, first.shard));
        } else if let Some(what) = unlike(&inputs, &without_answers(&part.fit)) {
            faults.push(format!("{name} and {first_name} are of different runs: {what}"));
        }
    }
    if faults.is_empty() {
        faults = miscounted(&parts, of);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut fit = inputs;
    for (_, part) in parts {
        for (row, own) in fit.specs.iter_mut().zip(part.fit.specs) {
            row.cells.extend(own.cells);
        }
    }
    for row in &mut fit.specs {
        row.cells.sort_by_key(|cell: &Cell| cell.group);
    }
    Ok(fit)
}

fn without_answers(fit: &Fit) -> Fit {
    let mut inputs = fit.clone();
    for row in &mut inputs.specs {
        row.cells.clear();
    }
    inputs
}

/// What differs between the inputs of two parts: the first difference.
fn unlike(one: &Fit, other: &Fit) -> Option<String> {
    if one == other {
        return None;
    }
    if one.topoc != other.topoc {
        return Some(format!("topoc {} and topoc {}", other.topoc, one.topoc));
    }
    let spec = one.specs.iter().zip(&other.specs).find(|(a, b)| a != b);
    if let Some((a, b)) = spec {
        return Some(if a.spec == b.spec {
            format!("`{}` is another text", a.spec)
        } else {
            format!("`{}` in place of `{}`", b.spec, a.spec)
        });
    }
    if one.specs.len() != other.specs.len() {
        return Some(format!("{} specs and {}", other.specs.len(), one.specs.len()));
    }
    let group = one.groups.iter().zip(&other.groups).find(|(a, b)| a != b);
    Some(match group {
        Some((a, _)) => format!("the hosts of group {} are others", a.group),
        None => "the hosts are others".to_owned(),
    })
}

/// Shards that are not there, or there twice.
fn miscounted(parts: &[(String, Part)], of: usize) -> Vec<String> {
    let mut by_number: Vec<Vec<&str>> = vec![Vec::new(); of];
    for (name, part) in parts {
        if let Some(names) = by_number.get_mut(part.shard.number() - 1) {
            names.push(name);
        }
    }
    let missing: Vec<String> =
        (1..).zip(&by_number).filter(|(_, n)| n.is_empty()).map(|(k, _)| format!("{k}/{of}")).collect();
    let mut faults = Vec::new();
    if !missing.is_empty() {
        faults.push(format!("without shard {}", missing.join(", ")));
    }
    let twice = (1..).zip(&by_number).filter(|(_, names)| names.len() > 1);
    faults.extend(twice.map(|(k, names)| format!("shard {k}/{of} more than once: {}", names.join(", "))));
    faults
}
