//! `features::required_and_disabled`

use super::features;
use crate::cpuid::feature::roots;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{path_of, remove, suggested};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(cpu) = &facts.spec.cpu else { return };
    let disabled = features("disable", cpu.disable.as_ref());
    for (at, required) in features("require", cpu.require.as_ref()) {
        let roots = roots(required);
        let Some((other, root)) = disabled.iter().find(|(_, f)| *f == required || roots.contains(f)) else {
            continue;
        };
        let (name, root_name) = (required.name, root.name);
        let message = if *root == required {
            format!("`{name}` is required and disabled")
        } else {
            format!("`{name}` is required, and `{root_name}`, which it needs, is disabled")
        };
        out.push(
            Diagnostic::new("features::required_and_disabled", Severity::Error, message)
                .fix(suggested(path_of(&at).map(remove)))
                .label(at, "required here")
                .label(other.clone(), "disabled here")
                .help(format!("take `{name}` out of `require`, or `{root_name}` out of `disable`")),
        );
    }
}
