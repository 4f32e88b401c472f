//! Where a finding stands, for formats that know one place of it, and how they spell its file.

use std::fmt::Write as _;

use crate::diag::{At, Checked, Diagnostic, Label, Sources};
use crate::source::{LineColumn, printable};

/// The one place of a finding.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Its first character and the one behind its last, on one line.
    pub range: Option<(LineColumn, LineColumn)>,
}

impl<'a> Spot<'a> {
    /// The place of the first label; of a finding without one, the file that was checked.
    pub fn of(diagnostic: &'a Diagnostic, checked: &Checked<'a>) -> Self {
        let label = diagnostic.labels.first();
        label
            .and_then(|label| Self::of_label(label, &checked.sources))
            .unwrap_or(Self { file: checked.name, range: None })
    }

    /// The place of a label, if its file is known.
    pub fn of_label(label: &'a Label, sources: &Sources<'a>) -> Option<Self> {
        let range = sources
            .resolve(&label.at)
            .place
            .map(|place| (place.file.line_column(place.span.start), place.file.line_column(place.span.end)));
        Some(Self { file: file_of(label, sources)?, range })
    }

    /// `file:line:column`, or the file alone, spelled as a site does and safe to show.
    pub fn shown(&self) -> String {
        let mut out = printable(&slashed(self.file));
        if let Some((start, _)) = self.range {
            // Writing to a String cannot fail.
            let _ = write!(out, ":{}:{}", start.line, start.column);
        }
        out
    }
}

/// The name of the file that a label points into. That of another spec is known without its text.
pub(super) fn file_of<'a>(label: &'a Label, sources: &Sources<'a>) -> Option<&'a str> {
    sources.resolve(&label.at).file.or(match &label.at {
        At::Other(name, _) => Some(name),
        _ => None,
    })
}

/// A path as repositories and URIs spell it: `/` between its parts, no `.` among them. Both `/` and
/// `\` separate, whatever machine this runs on.
pub(super) fn slashed(name: &str) -> String {
    let parts: Vec<_> = name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if name.starts_with(['/', '\\']) { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// A file's name as a URI: relative for a relative path, else of the scheme `file`. Every byte but
/// letters, digits, `-._~` and the separators is percent-encoded (RFC 3986, 2.1).
pub(super) fn uri(name: &str) -> String {
    let path = slashed(name);
    let (root, rest) = match path.as_bytes() {
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => {
            (format!("file:///{}:", char::from(*drive)), &path[2..])
        }
        [b'/', ..] => ("file://".to_owned(), path.as_str()),
        _ => (String::new(), path.as_str()),
    };
    rest.bytes().fold(root, |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_spelled_with_slashes() {
        for (name, path) in [
            ("db.yaml", "db.yaml"),
            ("./specs//db.yaml", "specs/db.yaml"),
            (r".\specs\db.yaml", "specs/db.yaml"),
            ("../db.yaml", "../db.yaml"),
            ("/srv/./db.yaml", "/srv/db.yaml"),
            ("<stdin>", "<stdin>"),
        ] {
            assert_eq!(slashed(name), path);
        }
    }

    #[test]
    fn uris_hold_no_character_that_means_something_else() {
        for (name, expected) in [
            ("specs/a b.yaml", "specs/a%20b.yaml"),
            ("Größe%20#1?.yaml", "Gr%C3%B6%C3%9Fe%2520%231%3F.yaml"),
            ("a:b.yaml", "a%3Ab.yaml"),
            ("/srv/a b.yaml", "file:///srv/a%20b.yaml"),
            (r"C:\specs\a b.yaml", "file:///C:/specs/a%20b.yaml"),
            ("<stdin>", "%3Cstdin%3E"),
            ("e\n.yaml", "e%0A.yaml"),
        ] {
            assert_eq!(uri(name), expected);
        }
    }
}
