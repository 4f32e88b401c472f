//! `cache::beyond_field`

mod summary;

use super::{property_at, value_of};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::rewrite;
use crate::lint::words::size;
use crate::topology::CacheFault;

const NAME: &str = "cache::beyond_field";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    out.extend(
        caches.each().into_iter().filter_map(|(core_type, cache)| summary::check(facts, core_type, cache)),
    );
    // The same fields in the leaf of either vendor.
    let leaf = if facts.is_amd_like() { "CPUID.8000001DH" } else { "CPUID.04H" };
    for fault in &caches.faults {
        let CacheFault::Beyond { cache, property, value, max } = fault else { continue };
        let field = match *property {
            "ways" => "EBX[31:22]",
            "partitions" => "EBX[21:12]",
            "line" => "EBX[11:0]",
            _ => "ECX[31:0]",
        };
        let limit = match *property {
            "size" => format!("says {} at most with these ways", size(*max)),
            _ => format!("holds 1 to {max}"),
        };
        let nearest = match *property {
            "line" => 64,
            _ => (*value).clamp(1, *max),
        };
        let or = if *property == "size" { ", or more `ways`" } else { "" };
        let at = property_at(facts, *cache, property);
        let nearest = value_of(property, nearest);
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("`{cache}` has `{property}: {}`, {leaf}:{field} {limit}", value_of(property, *value)),
            )
            .fix(rewrite(&at, property, Some(&nearest)))
            .label(at, "does not fit its field")
            .help(format!("write `{property}: {nearest}`{or}")),
        );
    }
}
