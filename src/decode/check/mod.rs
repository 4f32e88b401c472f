//! Whether a table, and the tables of one machine, agree with themselves.
//!
//! Every check needs the tables alone, not what anyone meant by them, and is silent on a table that follows
//! the manuals.

mod amd;
mod caches;
mod identity;
mod legacy;
mod rows;
mod table;
mod together;

use std::fmt;

use super::cpu::Cpu;
use super::domain::{Domain, Ground};
use super::finding::{Finding, FindingKind};

pub(super) use together::together;

/// What the checks of one table share.
struct View<'a> {
    ground: &'a Ground<'a>,
    cpu: &'a Cpu,
    /// Bits of the thread field
    core_shift: u32,
    /// Bits below the package field
    package_shift: u32,
    found: Vec<Finding>,
}

impl View<'_> {
    fn say(&mut self, kind: FindingKind, message: String) {
        self.found.push(Finding::new(kind, message));
    }

    fn get(&self, leaf: u32, subleaf: u32) -> [u32; 4] {
        self.ground.answers.get(leaf, subleaf)
    }

    /// Whether some extended topology leaf of this vendor is valid, so that the legacy fields have a judge.
    fn is_extended(&self) -> bool {
        self.cpu.rows.iter().any(|row| self.ground.reads(row.leaf))
    }

    /// Threads of the package, where an extended topology leaf counts them.
    fn package_count(&self) -> Option<u32> {
        if self.is_extended() { self.cpu.package_threads } else { None }
    }
}

/// The findings of one table.
pub(super) fn one(ground: &Ground<'_>, cpu: &Cpu) -> Vec<Finding> {
    let mut view = View {
        ground,
        cpu,
        core_shift: cpu.shift(Domain::Core).unwrap_or(0),
        package_shift: cpu.shift(Domain::Package).unwrap_or(0),
        found: Vec::new(),
    };
    identity::check(&mut view);
    rows::check(&mut view);
    legacy::check(&mut view);
    caches::check(&mut view);
    if ground.vendor.is_amd_like() {
        amd::check(&mut view);
    }
    if ground.answers.is_blob() {
        table::check(&mut view);
    }
    view.found
}

/// An input of CPUID as the manuals write it. Most are named for findings that do not come, so the
/// text is made only when it is written.
#[derive(Clone, Copy)]
pub(crate) struct Coordinate {
    leaf: u32,
    subleaf: Option<u32>,
}

/// `CPUID.(EAX=04H,ECX=3)`, or `CPUID.(EAX=01H)` for a leaf without subleaves.
pub(crate) fn coordinate(leaf: u32, subleaf: Option<u32>) -> Coordinate {
    Coordinate { leaf, subleaf }
}

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPUID.(EAX={:02X}H", self.leaf)?;
        match self.subleaf {
            Some(subleaf) => write!(f, ",ECX={subleaf})"),
            None => f.write_str(")"),
        }
    }
}
