//! What a finding is recognised by in the next run, although lines above it have come or gone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::spot::{Spot, slashed};
use crate::diag::sources::path_of;
use crate::diag::{Checked, Diagnostic};
use crate::source::SpecPath;

/// The fingerprints of one report, no two of them alike.
#[derive(Default)]
pub(super) struct Fingerprints(BTreeMap<String, usize>);

impl Fingerprints {
    /// The SHA-256, as 64 hexadecimal digits, of the rule, the file, the path of the value (or the
    /// text that is underlined, where there is no path), the message, and how many findings like
    /// it went before. Lines and columns are left out.
    pub fn next(&mut self, diagnostic: &Diagnostic, checked: &Checked<'_>) -> String {
        let label = diagnostic.labels.first();
        let path = label.and_then(|label| path_of(&label.at)).map(SpecPath::as_str);
        let place = label.and_then(|label| checked.sources.resolve(&label.at).place);
        let text = place.and_then(|place| place.file.text().get(place.span.start..place.span.end));
        let file = slashed(Spot::of(diagnostic, checked).file);
        let parts = [diagnostic.rule, &file, path.or(text).unwrap_or_default(), &diagnostic.message];
        // The lengths keep parts apart that would else read alike.
        let key = parts.iter().fold(String::new(), |mut key, part| {
            // Writing to a String cannot fail.
            let _ = write!(key, "{}:{part}", part.len());
            key
        });
        let like = self.0.entry(key.clone()).or_default();
        *like += 1;
        let digest = Sha256::digest(format!("{key}{like}").as_bytes());
        digest.iter().fold(String::with_capacity(64), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }
}
