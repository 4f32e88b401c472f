//! The reasons that lowering recorded, in words, with what each rests on.
//!
//! Lowering knows why a field has its value and nothing of words and places. Here the spec, the host and the
//! choice of features are at hand, and a reason becomes a sentence with its numbers, the paths of the spec that
//! it rests on, and the lines on which they stand.

mod basis;
mod caches;
mod fields;
mod passed;

use std::collections::{BTreeMap, HashMap};

use basis::Basis;
use serde_json::Value;

use super::Origin;
use crate::cpuid::quirk;
use crate::emit::Origins;
use crate::emit::origins::{self, Ground, ORIGINS_VERSION, SourceLine};
use crate::features::Selection;
use crate::lower::{Lowered, Machine};
use crate::profile::PreparedHost;
use crate::source::{SourceFile, SpecPath};
use crate::spec::Spec;
use crate::topology::Domain;

/// The most characters of a line of source that are kept.
const LONGEST_LINE: usize = 120;

/// All that reasons are told from.
struct Teller<'a> {
    spec: &'a Spec,
    /// The spec as JSON: which paths are written.
    written: Value,
    machine: &'a Machine<'a>,
    selection: &'a Selection,
    host: &'a PreparedHost<'a>,
    /// Whether the host's table is assumed.
    assumed: bool,
}

/// A reason in words, and what it rests on.
type Told = (String, Basis);

impl Teller<'_> {
    /// The value that the spec has at a path.
    fn value(&self, path: &str) -> Option<&Value> {
        basis::lookup(&self.written, path)
    }

    const fn is_amd_like(&self) -> bool {
        self.machine.processor.vendor.is_amd_like()
    }

    fn has_fixed_l3(&self) -> bool {
        quirk::L3_OF_8_IDS.applies(&self.machine.processor)
    }

    /// The bits of an ID below those of a domain, in words: `4 bits: 3 of core, 1 of thread`.
    fn bits_below(&self, domain: Domain) -> String {
        let layout = self.machine.numbered.layout();
        let bits = layout.shift(domain).0;
        let owners: Vec<String> = Domain::ALL
            .into_iter()
            .rev()
            .filter(|inner| *inner < domain && layout.width(*inner).0 > 0)
            .map(|inner| format!("{} of {}", layout.width(inner).0, spoken(inner)))
            .collect();
        match owners.as_slice() {
            [] => "no bits".to_owned(),
            owners => format!("{}: {}", count(bits, "bit"), owners.join(", ")),
        }
    }
}

/// A domain in prose.
fn spoken(domain: Domain) -> String {
    domain.word().replace('_', " ")
}

/// A number and its noun.
fn count(n: impl Into<u64>, noun: &str) -> String {
    let n = n.into();
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Why every field of the tables has its value. File names are for whoever reads files to add.
pub(super) fn origins(
    spec: &Spec,
    origin: Origin<'_>,
    host: &PreparedHost<'_>,
    machine: &Machine<'_>,
    selection: &Selection,
    lowered: &Lowered<'_>,
    of: origins::Compiled,
) -> Origins {
    let assumed = host.base().is_ok_and(|base| base.assumed);
    // Plain data with string keys: serialising cannot fail.
    let written = serde_json::to_value(spec).unwrap_or_default();
    let teller = Teller { spec, written, machine, selection, host, assumed };
    let mut told: Vec<origins::Origin> = Vec::new();
    let mut known = HashMap::new();
    let mut tell = |field: String, (because, Basis(rests_on)): Told| {
        let at = *known.entry((because, rests_on)).or_insert_with_key(|(because, rests_on)| {
            let (because, rests_on) = (because.clone(), rests_on.clone());
            told.push(origins::Origin { fields: Vec::new(), because, rests_on });
            told.len() - 1
        });
        told[at].fields.push(field);
    };
    for (field, subleaf, why) in lowered.reasons() {
        let reason = teller.why(*why, field.leaf);
        tell(field.at(*subleaf).to_string(), reason);
    }
    for (coordinate, reason) in teller.passed(lowered) {
        tell(coordinate, reason);
    }
    let places = places(&told, origin);
    Origins { topoc_origins: ORIGINS_VERSION, of, spec: None, profile: None, places, origins: told }
}

/// Where the paths that origins name stand in the spec's text.
fn places(told: &[origins::Origin], origin: Origin<'_>) -> BTreeMap<String, SourceLine> {
    let (Some(text), Some(spans)) = (origin.text, origin.spans) else { return BTreeMap::new() };
    let file = SourceFile::new("", String::from_utf8_lossy(text));
    let mut places = BTreeMap::new();
    for ground in told.iter().flat_map(|origin| &origin.rests_on) {
        let Ground::Spec(path) = ground else { continue };
        if places.contains_key(path) {
            continue;
        }
        let Some(found) = spans.nearest(&SpecPath::from(path.as_str())) else { continue };
        let at = file.line_column(found.value.start);
        let start = file.line_starts().get(at.line.saturating_sub(1)).copied().unwrap_or(0);
        let line = file.text().get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
        let mut shown: String = line.chars().take(LONGEST_LINE).collect();
        if shown.len() < line.len() {
            shown.push('…');
        }
        let [line, column] = [at.line, at.column].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        places.insert(path.clone(), SourceLine { line, column, text: shown });
    }
    places
}
