//! What a writer leaves that is killed, interrupted or refused at any of its operations on files: the
//! target is old, new or absent, never a mixture, and the next run is not in the way of it.
//!
//! strace counts the main thread's calls of a name and puts a signal or an error into the n-th of them,
//! so that every instant between two operations is tried, and no clock decides.

#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/need.rs"]
mod need;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// What changes the file system, and what touches a file in between.
const CALLS: &str = "mkdir,mkdirat,openat,write,close,rename,renameat,renameat2,unlink,unlinkat,rmdir,fsync,\
                     fdatasync,link,linkat,fchmod,chmod";

fn topoc() -> &'static str {
    env!("CARGO_BIN_EXE_topoc")
}

/// Whether strace may trace here.
fn has_strace() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let works = traced.as_ref().is_ok_and(|output| output.status.success());
    if !works {
        need::skip("strace", "strace is not installed, or may not trace here");
    }
    works
}

/// A directory with two specs of one name, the arguments of a run, and where it writes.
struct Bench {
    dir: TempDir,
    /// What the run writes: a directory or a file.
    target: PathBuf,
    args: Vec<String>,
}

/// What stands at a path: nothing, or files with their bytes.
type Tree = Option<BTreeMap<PathBuf, Vec<u8>>>;

/// One call of the main thread.
struct Call {
    /// Its name.
    name: String,
    /// Which of the calls of this name, from 1.
    nth: usize,
    /// As strace prints it.
    text: String,
}

impl Call {
    fn is_rename(&self) -> bool {
        self.name.starts_with("rename")
    }
}

fn tree(path: &Path) -> Tree {
    fn walk(path: &Path, below: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                let entry = entry.unwrap();
                walk(&entry.path(), &below.join(entry.file_name()), found);
            }
        } else {
            found.insert(below.to_owned(), fs::read(path).unwrap());
        }
    }
    path.symlink_metadata().ok()?;
    let mut found = BTreeMap::new();
    walk(path, Path::new(""), &mut found);
    Some(found)
}

impl Bench {
    /// A compile of two vCPUs into `out`.
    fn compile() -> Self {
        let dir = TempDir::new().unwrap();
        for (name, topology) in [("old", "{ cores: 2 }"), ("new", "{ cores: 1, threads: 2 }")] {
            let text = format!("version: 1\nname: {name}\ntopology: {topology}\n");
            fs::write(dir.path().join(format!("{name}.topoc.yaml")), text).unwrap();
        }
        let host =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts/two-socket-intel-xeon-gold-6140.json");
        let args = ["compile", "new.topoc.yaml", "-o", "out", "--force", "--host"];
        let args = args.into_iter().map(str::to_owned).chain([host.to_str().unwrap().to_owned()]).collect();
        Self { target: dir.path().join("out"), dir, args }
    }

    /// A capture into `host.json`; `None` without /dev/kvm.
    fn capture() -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let args = ["capture", "-o", "host.json", "--force"].map(str::to_owned).into();
        let bench = Self { target: dir.path().join("host.json"), dir, args };
        let can = bench.run().status.code() != Some(3);
        if !can {
            need::skip("kvm", "/dev/kvm cannot be used");
        }
        can.then_some(bench)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    fn run(&self) -> Output {
        self.command(topoc()).args(&self.args).output().unwrap()
    }

    /// The run under strace; gives the calls of its main thread.
    fn traced(&self, inject: Option<&str>) -> (Output, Vec<Call>) {
        let log = self.dir.path().join("strace.log");
        let mut command = self.command("strace");
        command.args(["-f", "-qq", "-o"]).arg(&log).args(["-e", &format!("trace={CALLS}")]);
        if let Some(inject) = inject {
            command.args(["-e", &format!("inject={inject}")]);
        }
        let output = command.arg(topoc()).args(&self.args).output().unwrap();
        let text = fs::read_to_string(&log).unwrap();
        fs::remove_file(&log).unwrap();
        let main = text.split_whitespace().next().unwrap_or_default().to_owned();
        let mut counts: HashMap<String, usize> = HashMap::new();
        let lines = text.lines().filter_map(|line| line.strip_prefix(&main)).map(str::trim);
        // A call that another thread interrupts is printed in two pieces: the second begins with `<`.
        let calls = lines.filter_map(|line| Some((line.split_once('(')?.0, line)));
        let calls = calls.filter(|(name, _)| !name.starts_with('<')).map(|(name, line)| {
            let nth = counts.entry(name.to_owned()).or_default();
            *nth += 1;
            Call { name: name.to_owned(), nth: *nth, text: line.to_owned() }
        });
        (output, calls.collect())
    }

    /// Puts a tree where the run writes.
    fn put(&self, tree: &Tree) {
        self.clear();
        for (name, bytes) in tree.iter().flatten() {
            let path = if name.as_os_str().is_empty() { self.target.clone() } else { self.target.join(name) };
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    fn clear(&self) {
        for path in self.left().into_iter().chain([self.target.clone()]) {
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else if path.symlink_metadata().is_ok() {
                fs::remove_file(path).unwrap();
            }
        }
    }

    /// What a run has left beside its target.
    fn left(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".topoc-")).collect()
    }

    /// What a run makes of the old tree, and its calls from the first that makes something beside the
    /// target to the last.
    fn states(&self, old: &Tree) -> (Tree, Vec<Call>) {
        self.put(old);
        let (output, calls) = self.traced(None);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(self.left(), Vec::<PathBuf>::new());
        let new = tree(&self.target);
        let first = calls.iter().position(|call| call.text.contains(".topoc-")).unwrap();
        (new, calls.into_iter().skip(first).collect())
    }
}

/// The old tree: what the other spec compiles to, or a file that is no profile.
fn old(bench: &Bench) -> Tree {
    if bench.args[0] == "capture" {
        return Some([(PathBuf::new(), b"old".to_vec())].into());
    }
    let args = bench.args.iter().map(|arg| if arg == "new.topoc.yaml" { "old.topoc.yaml" } else { arg });
    assert!(bench.command(topoc()).args(args).output().unwrap().status.success());
    tree(&bench.target)
}

/// Tries every call with every signal, on a target that stands and on one that does not.
fn killed_at_every_call(bench: &Bench) {
    let stands = old(bench);
    for before in [stands, None] {
        let (new, calls) = bench.states(&before);
        assert_ne!(before, new);
        let is_capture = bench.args[0] == "capture";
        let mut seen = [0_usize; 3];
        for call @ Call { name, nth, text } in &calls {
            for signal in ["KILL", "INT", "TERM"] {
                bench.put(&before);
                let (output, _) = bench.traced(Some(&format!("{name}:signal={signal}:when={nth}")));
                let after = tree(&bench.target);
                let at = format!("SIG{signal} at {text}: {:?}", output.status);
                let is_new = if is_capture {
                    after.as_ref().is_some_and(|files| files[Path::new("")].starts_with(b"{"))
                } else {
                    after == new
                };
                let state = [after == before, is_new, after.is_none()].iter().position(|is| *is);
                let state = state.unwrap_or_else(|| panic!("{at}: a mixture: {after:?}"));
                seen[state] += 1;
                // Between the two renames, and only there, a target that stood is absent. Only what
                // cannot be caught ends the writer there.
                if state == 2 {
                    assert!(signal == "KILL" && call.is_rename(), "{at}: absent");
                }
                if signal != "KILL" && !is_capture {
                    assert_eq!(bench.left(), Vec::<PathBuf>::new(), "{at}: left behind");
                }
                // What is left is in nobody's way.
                let next = bench.run();
                assert!(next.status.success(), "{at}, then {}", String::from_utf8_lossy(&next.stderr));
                assert!(is_capture || tree(&bench.target) == new, "{at}, then not new");
            }
        }
        // The calls reach from before the change to after it.
        assert!(seen[0] > 3 && seen[1] > 0, "old {}, new {}, absent {}", seen[0], seen[1], seen[2]);
        println!("{} calls: old {}, new {}, absent {}", calls.len(), seen[0], seen[1], seen[2]);
    }
}

#[test]
fn a_compile_that_is_killed_leaves_old_new_or_nothing() {
    if has_strace() {
        killed_at_every_call(&Bench::compile());
    }
}

#[test]
fn a_capture_that_is_killed_leaves_old_or_new() {
    if let Some(bench) = has_strace().then(Bench::capture).flatten() {
        killed_at_every_call(&bench);
    }
}

/// A full disk, a broken one, one that may not be written: at every call that is refused.
#[test]
fn an_error_at_any_call_leaves_the_old() {
    if has_strace() {
        refused_at_every_call(&Bench::compile());
        if let Some(bench) = Bench::capture() {
            refused_at_every_call(&bench);
        }
    }
}

fn refused_at_every_call(bench: &Bench) {
    let is_capture = bench.args[0] == "capture";
    let stands = old(bench);
    for before in [stands, None] {
        let (new, calls) = bench.states(&before);
        let last = calls.iter().rposition(Call::is_rename).unwrap();
        let mut tried = 0;
        for Call { name, nth, text } in &calls[..=last] {
            // Rust does not look at what close says, and EEXIST is how it finds a directory there.
            if name == "close" || text.contains("EEXIST") {
                continue;
            }
            for error in ["ENOSPC", "EIO", "EACCES"] {
                bench.put(&before);
                let (output, _) = bench.traced(Some(&format!("{name}:error={error}:when={nth}")));
                let words = String::from_utf8_lossy(&output.stderr);
                let at = format!("{error} at {text}: {words}");
                assert_eq!(output.status.code(), Some(2), "{at}");
                assert!(words.contains("error: cannot "), "{at}");
                assert_eq!(tree(&bench.target), before, "{at}");
                assert_eq!(bench.left(), Vec::<PathBuf>::new(), "{at}: left behind");
                tried += 1;
            }
        }
        assert!(tried >= if is_capture { 9 } else { 21 }, "{tried} calls tried");
        // What stood there is kept and named even where it cannot be put back.
        if before.is_some() && !is_capture {
            let Call { name, nth, .. } = &calls[last];
            bench.put(&before);
            let (output, _) = bench.traced(Some(&format!("{name}:error=EIO:when={nth}..{}", nth + 1)));
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{words}");
            let kept = words.split("what stood there is in ").nth(1).unwrap_or_else(|| panic!("{words}"));
            let kept = kept.lines().next().unwrap();
            assert_eq!(tree(&bench.dir.path().join(kept).join("old")), before, "{words}");
        }
        assert_ne!(before, new);
    }
}
