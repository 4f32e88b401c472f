//! `topology::count_zero`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{set, suggested};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let block = facts.block();
    let zeros = block.all().into_iter().flat_map(|block| {
        block.written().filter(|(_, count)| *count == 0).map(|(domain, _)| (block.at(domain), domain))
    });
    for (at, domain) in zeros {
        let key = domain.key();
        let what = if block.parts.is_some() { "part" } else { "machine" };
        let message = format!("`{key}` is 0: the {what} has 0 vCPUs, at least 1 is needed");
        out.push(
            Diagnostic::new("topology::count_zero", Severity::Error, message)
                .label(At::Value(at.clone()), format!("no {domain}"))
                .help(format!("write `{key}: 1`, or leave the key out, which means 1"))
                .fix(suggested([set(at.as_str(), 1)])),
        );
    }
}
