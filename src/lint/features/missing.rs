//! `features::missing`

use super::features;
use crate::cpuid::feature::{Feature, roots};
use crate::diag::{Diagnostic, Severity};
use crate::features::{decided, not_migratable, pmu};
use crate::lint::mend::{path_of, remove, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(selection), Some(cpu)) = (facts.features, &facts.spec.cpu) else { return };
    // Rules of their own speak of these.
    let spoken_of = &pmu() | &not_migratable();
    for (at, required) in features("require", cpu.require.as_ref()) {
        if decided(required).is_some() || selection.given.contains(required) {
            continue;
        }
        let all = || roots(required).into_iter().chain([required]);
        // A root that is missing before what needs it.
        let lacking = all().find(|f| !selection.offered.contains(f));
        let name = required.name;
        let fix = suggested(path_of(&at).map(remove));
        let diagnostic =
            |message| Diagnostic::new("features::missing", Severity::Error, message).fix(fix.clone());
        let help = format!("take `{name}` out of `require`");
        if let Some(lacking) = lacking {
            let diagnostic = diagnostic(missing(required, lacking, "the host does not offer")).label(
                at,
                if lacking == required {
                    "not offered".to_owned()
                } else {
                    format!("needs `{}`", lacking.name)
                },
            );
            let diagnostic =
                facts.label_register(diagnostic, lacking).help(format!("{help}, or name another host"));
            out.push(match facts.why_not(lacking) {
                Some(why) => diagnostic.note(format!("`{}`: {why}", lacking.name)),
                None => diagnostic,
            });
            continue;
        }
        let common = facts.baseline.and_then(Result::ok).map(crate::features::Baseline::features);
        let excluded = common.as_ref().and_then(|common| all().find(|f| !common.contains(f)));
        if let Some(lacking) = excluded.filter(|_| !spoken_of.contains(required)) {
            out.push(
                diagnostic(missing(required, lacking, "not all hosts of the baseline offer"))
                    .label(at, "not on all hosts")
                    .label(value("cpu.baseline"), format!("without `{}`", lacking.name))
                    .help(help),
            );
        }
    }
}

fn missing(required: &Feature, lacking: &Feature, who: &str) -> String {
    if required == lacking {
        format!("{who} `{}`, which is required", required.name)
    } else {
        format!("`{}` is required and needs `{}`, which {who}", required.name, lacking.name)
    }
}
