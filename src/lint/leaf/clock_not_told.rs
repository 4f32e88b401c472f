//! `leaf::clock_not_told`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};

const NAME: &str = "leaf::clock_not_told";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(clock) = facts.clock() else { return };
    let keys = [
        ("tsc", clock.tsc, None),
        ("crystal", clock.crystal, Some(("tsc", clock.tsc, "leaf 15H"))),
        ("base", clock.base, None),
        ("max", clock.max, Some(("base", clock.base, "leaf 16H"))),
        ("bus", clock.bus, Some(("base", clock.base, "leaf 16H"))),
    ];
    if let Some(vendor) = facts.vendor.filter(|vendor| vendor.is_amd_like()) {
        if let Some((key, ..)) = keys.iter().find(|(_, written, _)| written.is_some()) {
            out.push(
                Diagnostic::new(
                    NAME,
                    Severity::Error,
                    format!("`{key}` of `clock` on {vendor}: leaves 15H and 16H are Intel's"),
                )
                .label(value(&format!("cpu.clock.{key}")), format!("no leaf of {vendor} tells it"))
                .help("leave `clock` out: guests take the rate from KVM's clock")
                .fix(suggested([remove("cpu.clock")])),
            );
        }
        return;
    }
    for (key, written, needs) in keys {
        let (Some(_), Some((other, None, leaf))) = (written, needs) else { continue };
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("`{key}` without `{other}`: {leaf} tells neither alone"),
            )
            .label(value(&format!("cpu.clock.{key}")), format!("no `{other}` beside it"))
            .help(format!("write `{other}` as well, or leave `{key}` out"))
            .fix(suggested([remove(format!("cpu.clock.{key}"))])),
        );
    }
}
