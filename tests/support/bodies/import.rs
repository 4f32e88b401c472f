//! Any bytes as captures, in any form: read, made a profile of, and written.
//!
//! The first byte chooses the form, or that it is to be found. The rest is one file, or, where byte 1EH stands in
//! it, several that each begin with a line of their name.

use topoc::HostProfile;
use topoc::emit::export::aida64;
use topoc::profile::import::{Capture, File, Format, ImportError, Imported, Misread, import};

/// Between files.
const SEPARATOR: u8 = 0x1e;

/// Holds what must be so of any bytes.
pub fn import_body(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let formats: Vec<Format> = Format::all().collect();
    let format = formats.get(usize::from(*choice) % (formats.len() + 1)).copied();
    let parts: Vec<(String, &[u8])> = if rest.contains(&SEPARATOR) {
        rest.split(|byte| *byte == SEPARATOR).map(named).collect()
    } else {
        vec![("dump".to_owned(), rest)]
    };
    let files: Vec<File<'_>> = parts.iter().map(|(name, bytes)| File { name, bytes }).collect();
    let is_directory = files.len() > 1;
    let capture = Capture { name: "capture", is_directory, files, format };
    let strict = import(std::slice::from_ref(&capture), false);
    let lenient = import(&[capture], true);
    match (&strict, &lenient) {
        (Ok(strict), Ok(lenient)) => {
            assert_eq!(strict, lenient, "nothing to leave out");
            assert!(strict.left_out.is_empty() && strict.more_left_out == 0);
            made(strict);
        }
        (Err(error), Ok(lenient)) => {
            refused(error);
            assert!(!lenient.left_out.is_empty(), "refused, and nothing left out");
            made(lenient);
        }
        (Err(strict), Err(lenient)) => {
            refused(strict);
            refused(lenient);
        }
        (Ok(_), Err(error)) => panic!("only without mistakes: {error}"),
    }
}

/// A file's name, on its first line, and its bytes.
fn named(part: &[u8]) -> (String, &[u8]) {
    let end = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
    (String::from_utf8_lossy(&part[..end]).into_owned(), part.get(end + 1..).unwrap_or_default())
}

/// A profile comes back from its file, and its tables from another program's form.
fn made(imported: &Imported) {
    let profile = &imported.profile;
    assert_eq!(HostProfile::from_slice(profile.to_json().as_bytes()).as_ref(), Ok(profile));
    imported.notes.iter().for_each(|note| harmless(note));
    imported.left_out.iter().for_each(told);
    let tables: Vec<_> = profile.cpu_tables().collect();
    if tables.is_empty() || tables.len() > 64 || tables.iter().any(|(_, table)| table.len() > 2048) {
        return;
    }
    let text = aida64(&tables);
    let file = File { name: "again", bytes: text.as_bytes() };
    let again =
        Capture { name: "again", is_directory: false, files: vec![file], format: Some(Format::Aida64) };
    let again = import(&[again], false).expect("what was written");
    assert!(again.profile.cpu_tables().eq(tables), "the tables come back");
}

fn refused(error: &ImportError) {
    for line in error.to_string().lines() {
        harmless(line);
        assert!(line.len() < 2000, "a message of {} bytes", line.len());
    }
    if let ImportError::Mistakes(mistakes, more) = error {
        assert!(!mistakes.is_empty(), "refused without a mistake");
        assert!(mistakes.len() <= 100, "{} mistakes and {more}", mistakes.len());
        mistakes.iter().for_each(told);
    }
}

fn told(misread: &Misread) {
    let line = misread.to_string();
    assert!(!line.contains('\n') && line.len() < 2000, "{line:?}");
    harmless(&line);
}

fn harmless(output: &str) {
    let bad = |c: char| topoc::source::is_unprintable(c);
    assert!(!output.contains(bad), "{:?} in the output", output.chars().find(|c| bad(*c)));
}
