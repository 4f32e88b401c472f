//! The part of `cache::beyond_field` on 80000005H and 80000006H: what their fields cannot say.

use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::cache::{either, instances_of, path_of, property_at, sizes};
use crate::lint::mend::rewrite;
use crate::lint::words::size;
use crate::topology::{Cache, CachePath, CoreType, Summary};

/// What of a cache the fields cannot say, the first of it.
pub(super) fn check(facts: &Facts<'_>, core_type: Option<CoreType>, cache: &Cache) -> Option<Diagnostic> {
    let processor = facts.processor?;
    let summary = Summary::of(&processor, cache.level, cache.kind)?;
    let key = path_of(facts, core_type, cache.key()?);
    let case = Case { facts, cache, key, summary, is_alone: !processor.tells_sets() };
    let found = case.size().or_else(|| case.line()).or_else(|| case.ways())?;
    Some(if case.is_alone {
        found.note("this processor has no leaf 8000001DH that could tell")
    } else {
        found
    })
}

struct Case<'a> {
    facts: &'a Facts<'a>,
    cache: &'a Cache,
    key: CachePath,
    summary: Summary,
    /// Whether no other leaf tells of caches.
    is_alone: bool,
}

impl Case<'_> {
    /// The host's own figures are rounded and saturated as its silicon does, where another leaf has
    /// them whole.
    fn is_strict(&self) -> bool {
        self.is_alone || self.cache.is_written()
    }

    fn size(&self) -> Option<Diagnostic> {
        let Summary { register, size: bits, unit, most, .. } = self.summary;
        let instances = if self.cache.level == 3 { instances_of(self.facts, self.cache) } else { 1 };
        let all = self.cache.size().saturating_mul(instances);
        let units = (all / unit).min(most);
        let is_wrong = units == 0 || self.is_strict() && units.checked_mul(unit) != Some(all);
        let what = match self.cache.level {
            3 => format!("a socket has {} of L3", size(all)),
            _ => format!("`{}` has {}", self.key, size(all)),
        };
        let reads = match units {
            0 => "a guest would read that there is none".to_owned(),
            units => format!("a guest would read {}", size(units * unit)),
        };
        let around = sizes(self.facts, self.cache).around(self.cache.size()).map(|s| s.map(size));
        let nearest = around.iter().flatten().next().cloned();
        let edits = either("size", around);
        let help = edits.map_or_else(|| "write other `ways`".to_owned(), |edits| format!("write {edits}"));
        is_wrong.then(|| {
            let limit = format!("counts in {} up to {}", size(unit), size(unit * most));
            let message = format!("{what}, CPUID.{register}{bits} {limit}");
            self.diagnostic("size", message, reads, nearest).help(help)
        })
    }

    fn line(&self) -> Option<Diagnostic> {
        let (line, most) = (self.cache.line, Summary::LONGEST_LINE);
        (self.is_strict() && line > most).then(|| {
            let message = format!(
                "`{}` has `line: {line}`, CPUID.{}[7:0] holds 1 to {most}",
                self.key, self.summary.register
            );
            let nearest = Some("64".to_owned());
            self.diagnostic("line", message, "does not fit its field", nearest).help("write `line: 64`")
        })
    }

    fn ways(&self) -> Option<Diagnostic> {
        let (key, ways, Summary { register, ways: bits, .. }) = (self.key, self.cache.ways, self.summary);
        let of_one_set = self.cache.fully_associative || self.cache.sets == 1;
        if self.summary.plain_ways && ways > Summary::MOST_PLAIN_WAYS && (self.is_alone || !of_one_set) {
            let most = Summary::MOST_PLAIN_WAYS;
            let message = format!("`{key}` has `ways: {ways}`, CPUID.{register}{bits} holds 1 to {most}");
            let help = format!("write `ways: {most}` or fewer");
            // With fewer ways the size is often no whole number of sets: it is the user's to say both.
            return Some(self.diagnostic("ways", message, "reads as fully associative", None).help(help));
        }
        // Where another leaf tells, code 9 or 7 sends the reader there.
        if self.summary.plain_ways || !self.is_alone || Summary::CODED_WAYS.contains(&ways) {
            return None;
        }
        let codes = Summary::CODED_WAYS;
        let nearest =
            [codes.into_iter().rfind(|code| *code < ways), codes.into_iter().find(|code| *code > ways)];
        let message = format!("`{key}` has `ways: {ways}`, CPUID.{register}{bits} has no code for it");
        let nearest = nearest.map(|ways| ways.map(|ways| ways.to_string()));
        let first = nearest.iter().flatten().next().cloned();
        let help = format!("write {}", either("ways", nearest)?);
        Some(self.diagnostic("ways", message, "no guest could be told", first).help(help))
    }

    fn diagnostic(
        &self,
        property: &str,
        message: String,
        label: impl Into<String>,
        nearest: Option<String>,
    ) -> Diagnostic {
        let at = property_at(self.facts, self.key, property);
        Diagnostic::new(super::NAME, Severity::Error, message)
            .fix(rewrite(&at, property, nearest))
            .label(at, label)
    }
}
