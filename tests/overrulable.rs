//! An error that a policy may lower is one without which the tables can be made, and read back as meant.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{files, host_file, root};
use topoc::compile::{CompileError, Judge, Origin, compile_from};
use topoc::diag::{Rule, Severity, registry};
use topoc::lint::Report;
use topoc::profile::HostProfile;

/// The fixture's host, or one of each vendor.
fn hosts(rule: &Rule, stem: &str) -> Vec<PathBuf> {
    let shipped = ["two-socket-intel-xeon-8480plus", "two-socket-amd-epyc-9654"];
    let shipped = shipped.map(|name| root().join(format!("examples/hosts/{name}.json")));
    host_file(&root().join("tests/ui").join(rule.path()), stem).map_or(shipped.to_vec(), |host| vec![host])
}

#[test]
fn without_it_the_tables_are_made() {
    assert!(registry::OVERRULABLE.is_sorted());
    for name in registry::OVERRULABLE {
        let rule = registry::find(name).unwrap_or_else(|| panic!("no rule {name}"));
        assert_eq!(rule.level.worst(), Severity::Error, "{name} needs no such leave");
        let folder = root().join("tests/ui").join(rule.path());
        let (mut errors, mut compiled) = (0, 0);
        for file in files(&folder, ".topoc.yaml").iter().filter(|file| file.starts_with("fail")) {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            let parsed = topoc::spec::parse(text.as_bytes()).unwrap();
            for host in hosts(rule, file.trim_end_matches(".topoc.yaml")) {
                let host = HostProfile::from_slice(&fs::read(host).unwrap()).unwrap();
                let origin = Origin { spans: Some(parsed.spans()), ..Origin::default() };
                let refused = |error| matches!(error, CompileError::Refused(report) if report.diagnostics.iter().any(|d| d.rule == *name));
                errors += u32::from(compile_from(parsed.spec(), origin, &host).is_err_and(refused));
                let judge = |report: &mut Report| report.diagnostics.retain(|found| found.rule != *name);
                let origin = Origin { judge: Some(Judge(&judge)), ..origin };
                match compile_from(parsed.spec(), origin, &host) {
                    Ok(_) => compiled += 1,
                    // The spec is of the other vendor.
                    Err(CompileError::Refused(report)) => {
                        assert!(
                            report.diagnostics.iter().any(|d| d.rule == "vendor::mismatch"),
                            "{name}: {file}: {report:?}"
                        );
                    }
                    Err(CompileError::Bug(bug)) => panic!("{name}: {file}: {bug}"),
                }
            }
        }
        assert!(errors > 0 && compiled > 0, "{name}: {errors} errors, {compiled} compiled");
    }
}
