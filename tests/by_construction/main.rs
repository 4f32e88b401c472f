//! Conditions that no table of topoc can meet: each holds for random machines of every vendor, on the raw bytes
//! and with bit positions of its own; and each notices its breach, made by hand in the words of a good machine,
//! which the decoder names as `docs/rules/not-rules.md` says.
//!
//! The conditions are numbered as in `docs/rules/conditions.md`; `tests/conditions.rs` holds that page to the
//! functions here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support"]
mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod examples;
    pub mod golden_host;
}

mod amd;
mod blob;
mod caches;
mod features;
mod ids;
mod legacy;
mod machines;

use machines::{MACHINES, Machine, compile};

/// Whether a machine is as the condition wants it, and what is not.
pub type Holds = Result<(), String>;

/// What the decoder makes of a breach in a foreign table.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// It finds at least this.
    Finds(&'static str),
    /// The bytes are no table to it.
    Refused,
    /// Nothing: tables alone do not say it.
    Silent,
}

/// A condition that topoc's tables cannot meet.
pub struct Condition {
    /// Its number in the catalogue.
    pub number: &'static str,
    /// That a machine is free of it.
    pub holds: fn(&Machine) -> Holds,
    /// A host and a spec that can show it.
    pub on: (&'static str, &'static str),
    /// Makes it so.
    pub breach: fn(&mut Machine),
    /// What the decoder says of that.
    pub told: Told,
}

/// `Err` with the message unless it is so.
macro_rules! ensure {
    ($is:expr, $($message:tt)*) => { if !$is { return Err(format!($($message)*)); } };
}
pub(crate) use ensure;

fn conditions() -> impl Iterator<Item = &'static Condition> {
    [
        ids::CONDITIONS,
        legacy::CONDITIONS,
        caches::CONDITIONS,
        amd::CONDITIONS,
        blob::CONDITIONS,
        features::CONDITIONS,
    ]
    .into_iter()
    .flatten()
}

#[test]
fn no_machine_meets_a_condition() {
    let mut wrong = Vec::new();
    for machine in MACHINES.iter() {
        for condition in conditions() {
            if let Err(why) = (condition.holds)(machine) {
                wrong.push(format!("{}: {why}: {}", condition.number, machine.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), MACHINES.len(), wrong.join("\n"));
}

#[test]
fn each_condition_notices_its_breach_and_the_decoder_tells() {
    let mut wrong = Vec::new();
    for Condition { number, holds, on: (host, spec), breach, told } in conditions() {
        let mut machine =
            compile(host, spec).unwrap_or_else(|| panic!("{number}: {spec} on {host} is refused"));
        if let Err(why) = holds(&machine) {
            wrong.push(format!("{number}: {why} before the breach"));
        }
        assert_eq!(machine.findings(), Some(Vec::new()), "{number}");
        breach(&mut machine);
        if holds(&machine).is_ok() {
            wrong.push(format!("{number}: the breach is not noticed"));
        }
        let found = machine.findings();
        let is_told = match (told, &found) {
            (Told::Finds(kind), Some(found)) => found.contains(kind),
            (Told::Refused, None) => true,
            (Told::Silent, Some(found)) => found.is_empty(),
            _ => false,
        };
        if !is_told {
            wrong.push(format!("{number}: {told:?}, and the decoder says {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

type Is = fn(&Machine) -> bool;

/// The machines are of many kinds, so that no condition holds for want of a case.
#[test]
fn machines_are_of_many_kinds() {
    let count = |is: Is| MACHINES.iter().filter(|machine| is(machine)).count();
    let kinds: [(&str, Is); 10] = [
        ("several sockets", |m| m.ids.last().is_some_and(|id| id >> m.package_shift(0) > 0)),
        ("one vCPU", |m| m.len() == 1),
        ("no power of two", |m| !m.len().is_power_of_two()),
        ("threads", |m| m.core_shift(0) > 0),
        ("levels of leaf 1FH", |m| m.rows(0, 0x1f).len() > 3),
        ("levels of leaf 80000026H", |m| m.rows(0, 0x8000_0026).len() == 4),
        ("nodes of a socket on AMD", |m| m.get(0, 0x8000_001e, 0)[2] >> 8 & 7 > 0),
        ("unlike parts", |m| m.is_uneven),
        ("types of core", |m| m.get(0, 7, 0)[3] >> 15 & 1 == 1),
        ("no L3", |m| m.caches(0).iter().all(|cache| cache[0] >> 5 & 7 != 3)),
    ];
    let few: Vec<_> = kinds.into_iter().map(|(what, is)| (what, count(is))).filter(|(_, n)| *n < 3).collect();
    assert!(few.is_empty(), "{few:?} of {}", MACHINES.len());
}
