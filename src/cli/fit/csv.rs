//! The result as CSV: a row for each spec and kind of host, for spreadsheets and databases.

use crate::fleet::Fit;

/// The columns. A spec that is broken has one row, and a profile that is broken as well.
const HEAD: [&str; 10] =
    ["spec", "group", "hosts", "first_host", "fingerprint", "verdict", "warnings", "rule", "message", "what"];

pub fn text(fit: &Fit) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(HEAD);
    for row in &fit.specs {
        for cell in &row.cells {
            let Some(group) = fit.groups.iter().find(|group| group.group == cell.group) else { continue };
            let (rule, message) = cell.reason.as_ref().map_or(("", ""), |r| (&r.rule, &r.message));
            let first = group.hosts.first().map_or("", String::as_str);
            let (number, count, warnings) =
                (cell.group.to_string(), group.count.to_string(), cell.warnings.to_string());
            let verdict = cell.verdict.word();
            let print = group.fingerprint.as_str();
            let what = group.what.as_str();
            let _ = writer.write_record(
                [&row.spec, &number, &count, first, print, verdict, &warnings, rule, message, what]
                    .map(plain),
            );
        }
        for mistake in row.broken.iter().flat_map(|broken| &broken.mistakes) {
            let _ = writer
                .write_record([&row.spec, "", "", "", "", "spec_broken", "", "", mistake, ""].map(plain));
        }
    }
    for broken in &fit.broken_hosts {
        for mistake in &broken.mistakes {
            let _ = writer.write_record(
                ["", "", "", &broken.path, "", "profile_broken", "", "", mistake, ""].map(plain),
            );
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Nothing that a terminal obeys, and nothing that a spreadsheet would run: the leading `=` of a file's name or of a
/// value that a message quotes.
fn plain(value: &str) -> String {
    let value = crate::source::printable(value);
    if value.starts_with(['=', '+', '-', '@']) && value != "-" { format!("'{value}") } else { value }
}
