//! Other programs' captures as profiles: one importer a file.
//!
//! An importer is `pub(super) fn read(files: &[File<'_>]) -> Raw`, pure and total: any bytes give what could be read and what
//! could not. Beside it stands `looks_like`, by which a capture's form is found. `format` lists them; `listing` keeps
//! what they read within bounds; `forms`, `echoes` and `assemble` make one profile of it.

mod aida64;
mod assemble;
mod cpuid_r;
mod dev_cpuid;
mod echoes;
mod error;
mod firecracker;
mod format;
mod forms;
mod hwloc;
mod jcurl;
mod kcpuid;
mod kvm_cpuid2;
mod libcpuid;
mod libvirt_capabilities;
mod libvirt_cpu;
mod listing;
mod merge;
mod propolis;
mod raw;
mod reading;
mod text;
mod xen;
mod xml;

pub use error::{ImportError, Unknown};
pub use format::Format;
pub use raw::{File, Misread};

use super::HostProfile;
use super::sound::{self, Fault, FaultKind};
use assemble::{Assembled, assemble, cpus_named};
use listing::Listing;
use raw::{MOST_MISTAKES, Raw};

/// The most bytes of all captures of one profile together. AIDA64's of 400 CPUs, with their MSRs, has some 10 MiB.
pub const MAX_INPUT_BYTES: usize = 32 << 20;

/// The most files of one directory: one for each CPU that a profile can have, and some beside them.
pub const MAX_FILES: usize = 65_536 + 64;

/// One capture: a file, or a directory's files.
#[derive(Clone, Debug)]
pub struct Capture<'a> {
    /// What messages call it: the path that was given.
    pub name: &'a str,
    /// Whether its files are those of a directory, so that messages name them below it.
    pub is_directory: bool,
    /// Its files.
    pub files: Vec<File<'a>>,
    /// Its form; `None`: to be found.
    pub format: Option<Format>,
}

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The host.
    pub profile: HostProfile,
    /// The form of each capture.
    pub formats: Vec<Format>,
    /// What is worth knowing of them. The profile's note has it too.
    pub notes: Vec<String>,
    /// What was left out, with `keep_going`: lines of the profile's `unread` say so.
    pub left_out: Vec<Misread>,
    /// How many more mistakes there were than `left_out` lists.
    pub more_left_out: usize,
    /// What is odd about the capture and no reason to leave anything out: quirks of real machines, and gaps.
    pub warnings: Vec<Fault>,
}

/// Makes a profile of captures of one machine, and judges whether it can be one's. With `keep_going` what is wrong is left
/// out.
///
/// # Errors
/// As [`read`]; and without `keep_going`, what keeps the tables from being a machine's ([`sound`]), each with its CPUs.
pub fn import(captures: &[Capture<'_>], keep_going: bool) -> Result<Imported, ImportError> {
    let mut imported = read(captures, keep_going)?;
    let name = captures.first().map_or("", |capture| capture.name);
    let faults = sound::faults(&imported.profile);
    if faults.iter().any(Fault::is_error) {
        let (mistakes, more) = unsound(&faults, name);
        if !keep_going {
            return Err(ImportError::Mistakes(mistakes, more));
        }
        imported.profile = sound::usable(&imported.profile, &faults);
        imported.left_out.extend(mistakes);
        (imported.left_out, imported.more_left_out) =
            bounded(imported.left_out, imported.more_left_out + more);
        let (still, more) = unsound(&sound::faults(&imported.profile), name);
        if !still.is_empty() {
            return Err(ImportError::Mistakes(still, more));
        }
    }
    // What could not be read stands in `left_out`.
    let is_news = |fault: &Fault| !fault.is_error() && fault.kind != FaultKind::Unread;
    imported.warnings = faults.into_iter().filter(is_news).collect();
    let more = imported.warnings.len().saturating_sub(MOST_MISTAKES);
    imported.warnings.truncate(MOST_MISTAKES);
    if more > 0 {
        imported.notes.push(format!("{more} more warnings; `topoc profile check` has all"));
    }
    Ok(imported)
}

/// Makes a profile of captures of one machine, whatever its tables say. With `keep_going` what is wrong in the captures is
/// left out.
///
/// # Errors
/// A capture is of no known form, two have the same part of the machine, or, without `keep_going`, something in
/// them is not of their form: all mistakes, each with its file and line. What comes of it would be no profile:
/// that is an error in any case.
pub fn read(captures: &[Capture<'_>], keep_going: bool) -> Result<Imported, ImportError> {
    let formats = formats(captures)?;
    let mut raws = Vec::with_capacity(captures.len());
    for (capture, format) in captures.iter().zip(&formats) {
        let mut raw = format.read(&capture.files);
        for misread in &mut raw.mistakes {
            misread.file = name_of(capture, &misread.file);
        }
        raws.push((capture.name, raw));
    }
    let mut raw = merge::merge(raws)?;
    let mistakes = std::mem::take(&mut raw.mistakes);
    let more = raw.more_mistakes;
    let is_empty = raw.cpus.is_empty() && raw.kvm.is_none();
    let has = (raw.numa.is_some(), raw.kvm.is_some());
    let name = captures.first().map_or("", |capture| capture.name);

    let Assembled { mut profile, notes, mistakes: of_cpus } = assemble(raw, name, origin(&formats, has));
    let has_tables = profile.cpus.is_some() || profile.kvm.is_some();
    let (mut left_out, more) = bounded([mistakes, of_cpus].concat(), more);
    // What ends the import comes first, for there may be more than is told.
    let refused = |because: Vec<Misread>, left_out: Vec<Misread>| {
        let (mistakes, more) = bounded([because, left_out].concat(), more);
        ImportError::Mistakes(mistakes, more)
    };
    if is_empty || !has_tables {
        let nothing = Misread::new(name, None, "no CPUID in it that could be read");
        return Err(refused(vec![nothing], left_out));
    }
    if !keep_going && !left_out.is_empty() {
        return Err(refused(Vec::new(), left_out));
    }
    tell_in_profile(&mut profile, &notes, &left_out, more);
    // What reading the file would refuse is refused here: of a host whose vendor changes, of too many entries.
    if let Err(error) = HostProfile::from_slice(profile.to_json().as_bytes()) {
        let wrong = error.mistakes.iter();
        let wrong = wrong.map(|mistake| Misread::new(name, None, format_args!("as a profile: {mistake}")));
        return Err(refused(wrong.collect(), std::mem::take(&mut left_out)));
    }
    Ok(Imported { profile, formats, notes, left_out, more_left_out: more, warnings: Vec::new() })
}

/// The first mistakes of a list, and how many more there are with those that were only counted.
fn bounded(mut mistakes: Vec<Misread>, more: usize) -> (Vec<Misread>, usize) {
    let beyond = mistakes.len().saturating_sub(MOST_MISTAKES);
    mistakes.truncate(MOST_MISTAKES);
    (mistakes, more + beyond)
}

/// The faults that keep a capture from being relied on, as mistakes of the capture, and how many more there are.
fn unsound(faults: &[Fault], name: &str) -> (Vec<Misread>, usize) {
    let errors = faults.iter().filter(|fault| fault.is_error());
    let mistakes =
        errors.map(|fault| Misread::new(name, None, format_args!("{}; {}", fault.message, fault.help)));
    bounded(mistakes.collect(), 0)
}

/// The form of each capture: the one that was named, else the one that it looks like.
fn formats(captures: &[Capture<'_>]) -> Result<Vec<Format>, ImportError> {
    if captures.is_empty() {
        return Err(ImportError::Nothing);
    }
    let (mut formats, mut unknown) = (Vec::new(), Vec::new());
    for capture in captures {
        let candidates = capture.format.map_or_else(|| Format::of(&capture.files), |format| vec![format]);
        match candidates[..] {
            [format] => formats.push(format),
            _ => unknown.push(Unknown { name: capture.name.to_owned(), candidates }),
        }
    }
    if unknown.is_empty() { Ok(formats) } else { Err(ImportError::Unknown(unknown)) }
}

/// A file of a capture, in messages.
fn name_of(capture: &Capture<'_>, file: &str) -> String {
    match file {
        "" => capture.name.to_owned(),
        file if capture.is_directory => format!("{}/{file}", capture.name.trim_end_matches('/')),
        _ => capture.name.to_owned(),
    }
}

/// The profile's note: what the captures are of, and what they lack.
fn origin(formats: &[Format], (numa, kvm): (bool, bool)) -> String {
    let mut names: Vec<&str> = formats.iter().map(|format| format.what()).collect();
    names.dedup();
    let mut lacks: Vec<&str> = formats.iter().filter_map(|format| format.lacks()).collect();
    lacks.dedup();
    if !numa {
        lacks.push("NUMA nodes");
    }
    if !kvm {
        lacks.push("what KVM supports");
    }
    let lacks = if lacks.is_empty() { String::new() } else { format!("; lacks {}", lacks.join(", ")) };
    format!("imported from {}{lacks}", names.join(" and "))
}

/// Puts into the profile what a reader of it is to know.
fn tell_in_profile(profile: &mut HostProfile, notes: &[String], left_out: &[Misread], more: usize) {
    if let Some(note) = &mut profile.origin.note {
        for more in notes {
            note.push_str("; ");
            note.push_str(more);
        }
    }
    profile.unread = left_out.iter().map(|misread| format!("left out: {misread}")).collect();
    if more > 0 {
        profile.unread.push(format!("left out: {more} more mistakes like these"));
    }
}

/// Hands over what was listed, and says where subleaves of the extended state could not be told apart.
fn unnumbered(listing: Listing, raw: &mut Raw) {
    let (cpus, lost) = listing.into_cpus();
    raw.cpus = cpus;
    if !lost.is_empty() {
        raw.notes.push(format!(
            "{}: subleaves of 0x0000000d without numbers left out, but for 0: zero ones were skipped",
            cpus_named(lost)
        ));
    }
}

#[cfg(test)]
mod tests;
