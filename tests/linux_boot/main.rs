//! A real Linux boots with the tables of the examples and has the machine that the specs say.
//!
//! Every run boots three, one for each kernel, where `TOPOC_LINUX_BOOT` names a folder that `setup.sh` filled.
//! `cargo test --test linux_boot -- --ignored` boots all, and wrong tables too, which must be noticed; with
//! `TOPOC_UPDATE=1` it writes `docs/linux-boot.md` and the records of the wrong tables anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod acpi;
mod faults;
mod guest;
mod initrd;
mod judge;
mod matrix;
mod meant;
mod page;
mod qemu;
mod seen;
mod view;

#[path = "../support"]
mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod examples;
    pub mod need;
    pub mod own_reading;
    pub mod words;
}

use std::collections::BTreeSet;

use faults::{FAULTS, Fault};
use guest::Guest;
use judge::Boot;
use matrix::{MATRIX, Pair, THREE};
use meant::Meant;
use qemu::{SUITES, Setup};
use support::{examples, need};

/// A pair of the matrix: what a VMM gets of it, and what it is meant to be.
fn machine(pair: &Pair) -> (Guest, Meant) {
    let example = examples::specs().into_iter().find(|example| example.name == pair.spec).unwrap();
    let compiled = example.compile(&examples::host(pair.host)).unwrap();
    (Guest::new(&compiled), Meant::new(&example.text, pair.decides()))
}

/// Boots a machine: what came of it, and what is held against it.
fn boot(setup: &Setup, pair: &Pair, suite: &str) -> Result<(Boot, Vec<String>), String> {
    let (guest, meant) = machine(pair);
    let name = format!("{}, kernel of {suite}", pair.name());
    let boot = Boot::new(&guest, &setup.boot(&guest, suite, &name)?);
    let complaints = boot.complaints(&view::facts(&meant.view(boot.kernel)));
    Ok((boot, complaints.into_iter().map(|complaint| format!("{name}: {complaint}")).collect()))
}

fn setup() -> Option<Setup> {
    Setup::find().map_err(|why| need::skip("linux-boot", &why)).ok()
}

/// One boot for each kernel, of three unlike machines; each agrees with its row of the page.
#[test]
fn three_kernels_boot() {
    let Some(setup) = setup() else { return };
    let page = page::written();
    for ((spec, host), suite) in THREE.into_iter().zip(SUITES) {
        let pair = matrix::find(spec, host);
        let (boot, complaints) = boot(&setup, &pair, suite).unwrap_or_else(|failed| panic!("{failed}"));
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        let row = page::row(&pair, boot.kernel, &boot.view);
        let written = page::rows_of(&page, &pair).into_iter().find(|(kernel, _)| *kernel == boot.kernel);
        if let Some((_, written)) = written {
            assert_eq!(row, written, "{}", page::PAGE);
        } else {
            println!("skipped: {} has no rows of Linux {:?}", page::PAGE, boot.kernel);
        }
    }
}

/// All machines on all kernels, or those whose `SPEC on HOST` holds the text of `TOPOC_LINUX_BOOT_ONLY`. The page
/// keeps its rows of the others.
#[test]
#[ignore = "takes half an hour"]
fn all_machines_boot() {
    let Some(setup) = setup() else { return };
    let only = std::env::var("TOPOC_LINUX_BOOT_ONLY").unwrap_or_default();
    let written = page::written();
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for pair in &MATRIX {
        if !pair.name().contains(&only) {
            rows.extend(page::rows_of(&written, pair).into_iter().map(|(_, row)| row.to_owned()));
            continue;
        }
        for suite in SUITES {
            match row(&setup, pair, suite) {
                Ok(row) => rows.push(row),
                Err(complaints) => failed.extend(complaints),
            }
        }
    }
    examples::is_current(page::PAGE, &page::page(&rows), "linux_boot -- --ignored");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Boots a machine: its row of the page, or what is held against it.
fn row(setup: &Setup, pair: &Pair, suite: &str) -> Result<String, Vec<String>> {
    let (boot, complaints) = boot(setup, pair, suite).map_err(|failed| vec![failed])?;
    complaints.iter().for_each(|complaint| println!("{complaint}"));
    if complaints.is_empty() { Ok(page::row(pair, boot.kernel, &boot.view)) } else { Err(complaints) }
}

/// Wrong tables, booted: each is noticed, and by what its record says.
#[test]
#[ignore = "takes some minutes"]
fn wrong_tables_boot_and_are_noticed() {
    let Some(setup) = setup() else { return };
    let mut failed = Vec::new();
    for fault in &FAULTS {
        let (mut guest, _) = machine(&fault.pair());
        (fault.wrong)(&mut guest);
        match setup.boot(&guest, fault.suite, fault.name) {
            Ok(output) => {
                let boot = Boot::new(&guest, &output);
                let record = judge::record(&boot);
                failed.extend(boot.strayed);
                failed.extend(unnoticed(fault, &record));
                examples::is_current(&fault.file(), &record, "linux_boot -- --ignored");
            }
            Err(why) => failed.push(why),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The records of wrong tables: the judge sees in each what is wrong, and nothing else.
#[test]
fn recorded_wrong_tables_are_noticed() {
    for fault in &FAULTS {
        let path = examples::folder().join("..").join(fault.file());
        assert_eq!(unnoticed(fault, &std::fs::read_to_string(path).unwrap()), None);
    }
    let is_alone = |fault: &Fault| fault.is_silent && !fault.noticed.is_empty();
    assert!(FAULTS.iter().any(is_alone), "no fault that the comparison alone finds");
}

/// What the judge should say of a fault's record and does not.
fn unnoticed(fault: &Fault, record: &str) -> Option<String> {
    let (_, meant) = machine(&fault.pair());
    let (kernel, seen, has_warnings) = judge::read_record(record);
    let differences = view::differences(&view::facts(&meant.view(kernel)), &seen);
    let noticed: BTreeSet<&str> = differences.keys().map(String::as_str).collect();
    let should: BTreeSet<&str> = fault.noticed.iter().copied().collect();
    let is_right = noticed == should && has_warnings != fault.is_silent;
    (!is_right).then(|| format!("{}: {noticed:?} differ, warnings: {has_warnings}", fault.name))
}

/// The checked-in page has a row for each pair and kernel, and each says what the spec says.
#[test]
fn the_page_says_what_was_meant() {
    let written = page::written();
    let mut rows = Vec::new();
    for pair in &MATRIX {
        let (_, meant) = machine(pair);
        let of_pair = page::rows_of(&written, pair);
        assert_eq!(of_pair.len(), SUITES.len(), "rows of {}", pair.name());
        assert!(of_pair.is_sorted_by(|(a, _), (b, _)| a < b), "kernels of {}", pair.name());
        rows.extend(of_pair.iter().map(|(kernel, _)| page::row(pair, *kernel, &meant.view(*kernel))));
    }
    assert_eq!(written, page::page(&rows), "{}", page::PAGE);
}

/// The IDs of the manifest are those of the own reading.
#[test]
fn the_manifest_has_the_meant_ids() {
    for pair in &MATRIX {
        let (guest, meant) = machine(pair);
        assert_eq!(guest.ids, meant.ids(), "{}", pair.name());
    }
}
