//! `cache::beyond_field`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::words::size;
use crate::lint::{Facts, value};
use crate::topology::CacheFault;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    // The same fields in the leaf of either vendor.
    let leaf = if facts.vendor == Some(Vendor::Amd) { "CPUID.8000001DH" } else { "CPUID.04H" };
    for fault in &caches.faults {
        let CacheFault::Beyond { cache, property, value: found, max } = fault else { continue };
        let field = match *property {
            "ways" => "EBX[31:22]",
            "line" => "EBX[11:0]",
            _ => "ECX[31:0]",
        };
        let (found, limit) = match *property {
            "size" => (size(*found), format!("says {} at most with these ways", size(*max))),
            _ => (found.to_string(), format!("holds 1 to {max}")),
        };
        out.push(
            Diagnostic::new(
                "cache::beyond_field",
                Severity::Error,
                format!("`{cache}` has `{property}: {found}`, {leaf}:{field} {limit}"),
            )
            .label(value(&format!("caches.{cache}.{property}")), "does not fit its field")
            .help(format!("write `{property}: {}`, or what it is to be", example(property))),
        );
    }
}

fn example(property: &str) -> &'static str {
    match property {
        "ways" => "16",
        "line" => "64",
        _ => "32MiB",
    }
}
