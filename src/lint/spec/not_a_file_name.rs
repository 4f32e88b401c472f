//! `spec::not_a_file_name`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};
use crate::source::quoted;
use crate::spec::is_file_name;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(name) = facts.spec.name.as_deref().filter(|name| !is_file_name(name)) else { return };
    let mut fit: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    fit = fit.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).chars().take(64).collect();
    if fit.is_empty() {
        "machine".clone_into(&mut fit);
    }
    out.push(
        Diagnostic::new(
            "spec::not_a_file_name",
            Severity::Error,
            format!(
                "the name {} is not 1 to 64 letters, digits, `.`, `_` and `-`, the first a letter or digit",
                quoted(name)
            ),
        )
        .label(value("name"), "directories are called by it")
        .help(format!("write `name: {fit}`"))
        .fix(suggested([set("name", as_text(&fit))])),
    );
}

/// A name as YAML text: `123` alone would be a number.
fn as_text(name: &str) -> String {
    let letters = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"];
    let plain = letters && !reserved.contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}
