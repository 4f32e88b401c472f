//! Many specs against many hosts.

#[path = "../../tests/support/fleet.rs"]
mod made_up;

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::clock::{compare, least};
use crate::row::Row;

const SPECS: usize = 1000;
const HOSTS: usize = 1000;
const KINDS: usize = 50;

/// A whole `topoc fit` as a process, beside its limit and beside a `topoc check` for each answer.
pub fn rows() -> [Row; 2] {
    let dir = TempDir::new().unwrap();
    made_up::write(dir.path(), SPECS, HOSTS, KINDS);
    let fit = || run(dir.path(), &["fit", "specs", "--hosts", "hosts", "--format", "json"]);
    let whole = least(5, fit);
    let mut checks = Checks::default();
    // In turn, so that both sides see the same machine; the single checks are a sample.
    let (own, single) = compare(3, fit, || checks.next_hundred(dir.path()));
    [
        Row::limit(
            &format!("topoc fit, {SPECS} specs on {HOSTS} hosts of {KINDS} kinds, as a process"),
            "s",
            whole.per(1) / 1e9,
            10.0,
        ),
        Row::of(
            "an answer of it",
            "topoc check, with a host, as a process",
            own.per(SPECS * KINDS),
            single.per(100),
            0.1,
        ),
    ]
}

/// Which single checks are next.
#[derive(Default)]
struct Checks(usize);

impl Checks {
    fn next_hundred(&mut self, dir: &Path) {
        for _ in 0..100 {
            // Both numbers go round, the hosts' faster, so that all kinds come.
            let spec = format!("specs/{:05}.topoc.yaml", self.0 * 37 % SPECS);
            let host = format!("hosts/{:05}.json", self.0 % KINDS);
            run(dir, &["check", &spec, "--host", &host, "--format", "json"]);
            self.0 += 1;
        }
    }
}

/// Findings are a result, too.
fn run(dir: &Path, args: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_topoc"));
    command.args(args).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let code = command.status().unwrap().code();
    assert!(matches!(code, Some(0 | 1)), "{args:?}: {code:?}");
}
