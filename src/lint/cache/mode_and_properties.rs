//! `cache::mode_and_properties`

use super::written;
use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, set, suggested};
use crate::lint::{Facts, value};
use crate::spec::CacheMode;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    for (path, cache) in written(facts) {
        let key = path.key;
        let Some(mode) = cache.mode else { continue };
        let properties: Vec<_> = cache.properties().collect();
        let Some(first) = properties.first() else { continue };
        let (word, says) = match mode {
            CacheMode::None => ("none", "there is none"),
            CacheMode::Host => ("host", "the host's, whole"),
        };
        out.push(
            Diagnostic::new(
                "cache::mode_and_properties",
                Severity::Error,
                format!("`{path}` has `mode: {word}` and `{first}`, a mode stands alone"),
            )
            .label(value(&format!("caches.{path}.mode")), says)
            .label(value(&format!("caches.{path}.{first}")), "describes a cache")
            .fix(suggested([match mode {
                CacheMode::None => set(format!("caches.{path}"), "{ mode: none }"),
                CacheMode::Host => remove(format!("caches.{path}.mode")),
            }]))
            .help(match mode {
                CacheMode::None => format!("write `{key}: {{ mode: none }}`, or leave `mode` out"),
                CacheMode::Host => {
                    format!("leave `mode` out: what `{key}` does not say is the host's")
                }
            }),
        );
    }
}
