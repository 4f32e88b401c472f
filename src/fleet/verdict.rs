//! One spec on one host.

use super::report::{Answer, Cell, Reason};
use crate::compile::{Origin, check_on};
use crate::diag::{Diagnostic, Severity};
use crate::profile::PreparedHost;
use crate::spec::Parsed;

/// The rule that says that the search for a place ended without an answer.
const UNDECIDED: &str = "host::undecided";

/// What the rules say of a spec on the host of group number `group`.
#[must_use]
pub fn judge(spec: &Parsed, origin: Origin<'_>, host: &PreparedHost<'_>, group: usize) -> Cell {
    let report = check_on(spec.spec(), origin, Some(host));
    let own = spec.warnings().iter().filter(|d| d.severity == Severity::Warning).count();
    let cell = of(&report.diagnostics, group);
    let warnings = cell.warnings + own;
    let verdict = match cell.verdict {
        Answer::Fits if warnings > 0 => Answer::FitsWithWarnings,
        verdict => verdict,
    };
    Cell { verdict, warnings, ..cell }
}

/// An error of another rule settles it, whatever the search would have found.
fn of(diagnostics: &[Diagnostic], group: usize) -> Cell {
    let error = diagnostics.iter().find(|d| d.severity == Severity::Error && d.rule != UNDECIDED);
    let undecided = || diagnostics.iter().find(|d| d.rule == UNDECIDED);
    let is_warning = |d: &&Diagnostic| d.severity == Severity::Warning && d.rule != UNDECIDED;
    let warnings = diagnostics.iter().filter(is_warning).count();
    let (verdict, why) = match (error, undecided()) {
        (Some(error), _) => (Answer::DoesNotFit, Some(error)),
        (None, Some(undecided)) => (Answer::Undecided, Some(undecided)),
        (None, None) if warnings > 0 => (Answer::FitsWithWarnings, None),
        (None, None) => (Answer::Fits, None),
    };
    let reason = why.map(|d| Reason { rule: d.rule.to_owned(), message: d.message.clone() });
    Cell { group, verdict, warnings, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_outweighs_a_search_without_an_answer_and_that_outweighs_warnings() {
        let undecided = Diagnostic::new(UNDECIDED, Severity::Error, "1000 steps were not enough");
        let warning = Diagnostic::new("host::too_few_cpus", Severity::Warning, "8 vCPUs, 4 CPUs");
        let error = Diagnostic::new("features::missing", Severity::Error, "no avx2");
        let verdict = |found: &[&Diagnostic]| {
            let found: Vec<_> = found.iter().map(|d| (*d).clone()).collect();
            let cell = of(&found, 1);
            (cell.verdict, cell.warnings, cell.reason.map(|reason| reason.rule))
        };
        assert_eq!(verdict(&[]), (Answer::Fits, 0, None));
        assert_eq!(verdict(&[&warning]), (Answer::FitsWithWarnings, 1, None));
        assert_eq!(verdict(&[&warning, &undecided]), (Answer::Undecided, 1, Some(UNDECIDED.to_owned())));
        let missing = Some("features::missing".to_owned());
        assert_eq!(verdict(&[&undecided, &error, &warning]), (Answer::DoesNotFit, 1, missing));
    }
}
