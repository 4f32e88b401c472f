//! CPUID dumps of AIDA64, as InstLatx64 and libcpuid collect them.
//!
//! Free text, in which `CPUID 00000004: 1C004121-02C0003F-0000003F-00000000 [SL 00] [L1D: 48 KB]` is an entry. A
//! CPU begins at a header, of which there are five forms, or without them at each leaf 0. Sections of other
//! titles, such as a CPU's MSRs, lie between. Captures of libcpuid (`*.test`) have what its tests expect behind.

mod header;
mod line;

use std::collections::BTreeSet;

use header::{Header, header};
use line::{Line, line};

use super::assemble::cpus_named;
use super::listing::{Listing, Refused};
use super::raw::{File, Raw};
use super::text::lines;
use super::unnumbered;
use crate::source::quoted;

/// What a line is to look like.
const FORM: &str = "expected `CPUID 00000004: 1C004121-02C0003F-0000003F-00000000 [SL 00]`";

/// Whether a line of the file is an entry.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    matches!(files, [file] if lines(file).any(|(_, text)| matches!(line(&text), Line::Entry { .. })))
}

/// Reads the report.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let mut raw = Raw::default();
    let mut report = Report::default();
    for file in files {
        for (number, text) in lines(file) {
            report.take(&text, |message| raw.wrong(file.name, Some(number), message));
        }
    }
    if !report.repeated.is_empty() {
        let what = cpus_named(report.repeated);
        raw.notes.push(format!("{what}: CPUID stands there more than once; the first counts"));
    }
    if report.stray > 0 {
        raw.notes.push(format!("{} CPUID lines outside of any CPU's section left out", report.stray));
    }
    unnumbered(report.listing, &mut raw);
    raw
}

/// Where the next lines go.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// Nowhere yet: a CPU begins at leaf 0.
    #[default]
    Outside,
    /// To the CPU that a header named.
    Named(u32),
    /// To the CPU that began at leaf 0.
    Counted(u32),
    /// Nowhere: to a CPU that has its CPUID already, or whose header is wrong.
    Ignored,
}

#[derive(Default)]
struct Report {
    listing: Listing,
    place: Place,
    /// Whether any header named a CPU: then nothing begins at leaf 0.
    named: bool,
    repeated: BTreeSet<u32>,
    stray: usize,
}

impl Report {
    fn take(&mut self, text: &str, mut wrong: impl FnMut(&dyn std::fmt::Display)) {
        match header(text) {
            Some(Header::Cpu(number)) => return self.begin(number, wrong),
            Some(Header::Next) => return self.begin(self.listing.next_cpu(), wrong),
            Some(Header::NoCpu) => {
                self.place = Place::Ignored;
                return wrong(&format_args!("{} names no CPU", quoted(text.trim())));
            }
            Some(Header::Other) => {
                // Where nothing names CPUs, a title says nothing of them.
                if self.named {
                    self.place = Place::Outside;
                }
                return;
            }
            None => {}
        }
        match line(text) {
            Line::Other => {}
            Line::Broken => wrong(&format_args!("{FORM}, found {}", quoted(text.trim()))),
            Line::Entry { leaf, subleaf, words } => {
                let Some(cpu) = self.cpu_of(leaf, subleaf, &mut wrong) else { return };
                let added = match subleaf {
                    Some(subleaf) => self.listing.put(cpu, leaf, subleaf, words),
                    None => self.listing.put_next(cpu, leaf, words),
                };
                match added {
                    Ok(()) | Err(Refused::Repeated) => {}
                    Err(refused) => wrong(&refused),
                }
            }
        }
    }

    /// A header: the next lines are this CPU's, unless it has some.
    fn begin(&mut self, cpu: u32, mut wrong: impl FnMut(&dyn std::fmt::Display)) {
        self.named = true;
        self.place = match self.listing.begin(cpu) {
            Ok(_) => Place::Named(cpu),
            Err(refused) => {
                wrong(&refused);
                Place::Ignored
            }
        };
    }

    /// The CPU that an entry is of. Leaf 0 begins one where no header does.
    fn cpu_of(
        &mut self,
        leaf: u32,
        subleaf: Option<u32>,
        wrong: &mut impl FnMut(&dyn std::fmt::Display),
    ) -> Option<u32> {
        let begins = leaf == 0 && subleaf.unwrap_or(0) == 0;
        match self.place {
            Place::Named(cpu) if begins && self.listing.has_leaf(cpu, 0) => {
                self.repeated.insert(cpu);
                self.place = Place::Ignored;
            }
            Place::Outside | Place::Counted(_) if begins && !self.named => {
                let next = self.listing.next_cpu();
                self.place = match self.listing.begin(next) {
                    Ok(_) => Place::Counted(next),
                    Err(refused) => {
                        wrong(&refused);
                        Place::Ignored
                    }
                };
            }
            Place::Outside => self.stray += 1,
            Place::Named(_) | Place::Counted(_) | Place::Ignored => {}
        }
        match self.place {
            Place::Named(cpu) | Place::Counted(cpu) => Some(cpu),
            Place::Outside | Place::Ignored => None,
        }
    }
}

#[cfg(test)]
mod tests;
