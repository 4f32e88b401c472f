//! `topoc check --fix` and `--diff` as a user runs them.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::Path;

use process::topoc;
use tempfile::TempDir;

/// Three mistakes: a misspelt key and a unit that can be fixed unseen, and a feature that cannot.
const WRONG: &str = "\
# A database.
version: 1
topology: { coers: 4 }  # four
cpu:
  require: [avx22]
memory: 64GB
";

const SAFE: &str = "\
# A database.
version: 1
topology: { cores: 4 }  # four
cpu:
  require: [avx22]
memory: 64GiB
";

fn bench(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn read(dir: &TempDir, name: &str) -> String {
    fs::read_to_string(dir.path().join(name)).unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn safe_fixes_are_written_and_the_rest_is_told() {
    let dir = bench(&[("a.yaml", WRONG)]);
    let before = topoc(dir.path(), &["check", "a.yaml"], "");
    assert_eq!(before.code, Some(1), "{}", before.err);
    assert!(before.err.contains("2 fixable with --fix, 1 more with --unsafe-fixes"), "{}", before.err);
    assert_eq!(read(&dir, "a.yaml"), WRONG);

    let run = topoc(dir.path(), &["check", "--fix", "a.yaml"], "");
    assert_eq!(read(&dir, "a.yaml"), SAFE);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.err.contains("features::unknown") && !run.err.contains("unknown_key"), "{}", run.err);
    assert!(run.err.contains("fixed 2 findings in 1 file\n"), "{}", run.err);
    assert!(run.err.contains("; 1 fixable with --fix --unsafe-fixes"), "{}", run.err);
    assert_eq!(names(dir.path()), ["a.yaml"]);

    let again = topoc(dir.path(), &["check", "--fix", "a.yaml"], "");
    assert_eq!(read(&dir, "a.yaml"), SAFE);
    assert!(again.err.contains("fixed nothing"), "{}", again.err);

    let all = topoc(dir.path(), &["check", "--fix", "--unsafe-fixes", "a.yaml"], "");
    assert_eq!(all.code, Some(0), "{}", all.err);
    assert_eq!(read(&dir, "a.yaml"), SAFE.replace("avx22", "avx2"));
}

#[test]
fn a_diff_changes_nothing_and_says_so() {
    let dir = bench(&[("a.yaml", WRONG), ("b.yaml", SAFE)]);
    let run = topoc(dir.path(), &["check", "--diff", "a.yaml", "b.yaml"], "");
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert_eq!(
        run.out,
        "--- a.yaml\n+++ a.yaml\n@@ -1,6 +1,6 @@\n # A database.\n version: 1\n-topology: { coers: 4 }  # four\n\
         +topology: { cores: 4 }  # four\n cpu:\n   require: [avx22]\n-memory: 64GB\n+memory: 64GiB\n"
    );
    assert!(run.err.contains("would fix 2 findings in 1 file\n"), "{}", run.err);
    assert!(!run.err.contains("fixable"), "{}", run.err);
    assert_eq!((read(&dir, "a.yaml").as_str(), read(&dir, "b.yaml").as_str()), (WRONG, SAFE));

    // With --fix beside it, too; and where there is nothing to fix, findings alone decide.
    let both = topoc(dir.path(), &["check", "--fix", "--diff", "a.yaml"], "");
    assert_eq!((both.code, read(&dir, "a.yaml").as_str()), (Some(1), WRONG));
    fs::write(dir.path().join("c.yaml"), SAFE.replace("avx22", "avx2")).unwrap();
    let clean = topoc(dir.path(), &["check", "--diff", "c.yaml"], "");
    assert_eq!((clean.code, clean.out.as_str()), (Some(0), ""));

    let colour = topoc(dir.path(), &["check", "--diff", "--color", "always", "a.yaml"], "");
    assert!(colour.out.contains("\u{1b}[31m-memory: 64GB\u{1b}[0m\n"), "{}", colour.out);
}

/// A warning alone would exit with 0: a change that would be made is what makes it 1.
#[test]
fn a_diff_of_warnings_fails_too() {
    let note = "version: 1\ntopology: { cores: 4 }\ncpu: { require: [sse4_2, pclmul] }\n";
    let dir = bench(&[("a.yaml", &note.replace("sse4_2", "sse4.2"))]);
    assert_eq!(topoc(dir.path(), &["check", "a.yaml"], "").code, Some(0));
    let run = topoc(dir.path(), &["check", "--diff", "a.yaml"], "");
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.out.contains("+cpu: { require: [sse4_2, "), "{}", run.out);
}

/// A fix that brings an error is not written, and said to be left.
#[test]
fn fixes_that_cannot_be_made_are_counted() {
    let spec = "version: 1\ntopology: { cores: 4, coers: 2 }\nname: &x 010\nx-y: *x\n";
    let dir = bench(&[("a.yaml", spec)]);
    let run = topoc(dir.path(), &["check", "--fix", "a.yaml"], "");
    assert_eq!(read(&dir, "a.yaml"), spec, "{}", run.err);
    assert!(run.err.contains("fixed nothing; 2 fixes cannot be made here"), "{}", run.err);
}

#[test]
fn hidden_characters_are_not_hidden_in_a_diff() {
    let dir = bench(&[("a.yaml", "version: 1\r\ntopology: { coers: 4 } # \u{202e}x\r\n")]);
    let run = topoc(dir.path(), &["check", "--diff", "a.yaml"], "");
    assert!(!run.out.contains('\u{202e}'), "{}", run.out);
    let dir = bench(&[("a.yaml", "version: 1\r\ntopology: { coers: 4 } # x\r\n")]);
    let run = topoc(dir.path(), &["check", "--diff", "a.yaml"], "");
    assert!(run.out.contains("+topology: { cores: 4 } # x\r\n"), "{}", run.out);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let dir = bench(&[]);
    let run = topoc(dir.path(), &["check", "--fix", "-"], WRONG);
    assert_eq!((run.code, run.out.as_str()), (Some(1), SAFE), "{}", run.err);
    // What has nothing to fix comes out as it went in, whatever it is.
    for text in [SAFE, "", "a: [", "\u{feff}version: 1\r\ntopology: { cores: 4 }"] {
        assert_eq!(topoc(dir.path(), &["check", "--fix", "-"], text).out, text);
    }
    assert_eq!(names(dir.path()), Vec::<String>::new());
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let dir = bench(&[("a.yaml", WRONG)]);
    for args in [
        &["check", "--unsafe-fixes", "a.yaml"][..],
        &["check", "--diff", "--format", "json", "a.yaml"],
        &["check", "--fix", "--format", "json", "-"],
    ] {
        let run = topoc(dir.path(), args, WRONG);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?} {}", run.err);
    }
    assert_eq!(read(&dir, "a.yaml"), WRONG);
    let json = topoc(dir.path(), &["check", "--fix", "--format", "json", "a.yaml"], "");
    assert!(json.out.contains("features::unknown"), "{}", json.out);
    assert_eq!(read(&dir, "a.yaml"), SAFE);
}

#[test]
fn one_file_that_cannot_be_fixed_does_not_stop_the_others() {
    let latin = b"version: 1\n# \xe4\ntopology: { coers: 4 }\n";
    let dir = bench(&[("a.yaml", WRONG), ("c.yaml", WRONG)]);
    fs::write(dir.path().join("b.yaml"), latin).unwrap();
    let run = topoc(dir.path(), &["check", "--fix", "a.yaml", "missing.yaml", "b.yaml", "c.yaml"], "");
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert_eq!((read(&dir, "a.yaml").as_str(), read(&dir, "c.yaml").as_str()), (SAFE, SAFE));
    assert_eq!(fs::read(dir.path().join("b.yaml")).unwrap(), latin);
    assert!(run.err.contains("fixed 4 findings in 2 files"), "{}", run.err);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_read_only_file_stays_as_it_is() {
        let dir = bench(&[("a.yaml", WRONG)]);
        let path = dir.path().join("a.yaml");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let run = topoc(dir.path(), &["check", "--fix", "a.yaml"], "");
        assert_eq!(run.code, Some(2), "{}", run.err);
        assert!(run.err.contains("cannot write a.yaml: it is read-only"), "{}", run.err);
        // What is told is what stands there.
        assert!(run.err.contains("spec::unknown_key"), "{}", run.err);
        assert_eq!(read(&dir, "a.yaml"), WRONG);
        assert_eq!(names(dir.path()), ["a.yaml"]);
    }

    #[test]
    fn permissions_stay() {
        let dir = bench(&[("a.yaml", WRONG)]);
        let path = dir.path().join("a.yaml");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        topoc(dir.path(), &["check", "--fix", "a.yaml"], "");
        assert_eq!(read(&dir, "a.yaml"), SAFE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_link_stays_one() {
        let dir = bench(&[]);
        fs::create_dir(dir.path().join("specs")).unwrap();
        fs::write(dir.path().join("specs/real.yaml"), WRONG).unwrap();
        symlink("specs/real.yaml", dir.path().join("a.yaml")).unwrap();
        let run = topoc(dir.path(), &["check", "--fix", "a.yaml"], "");
        assert!(run.err.contains("fixed 2 findings in 1 file"), "{}", run.err);
        assert!(dir.path().join("a.yaml").symlink_metadata().unwrap().file_type().is_symlink());
        assert_eq!(read(&dir, "specs/real.yaml"), SAFE);
        assert_eq!(names(&dir.path().join("specs")), ["real.yaml"]);
    }

    /// A pipe is read, and has nothing that could be put in its place.
    #[test]
    fn what_is_no_plain_file_is_not_replaced() {
        let dir = bench(&[]);
        let run = topoc(dir.path(), &["check", "--fix", "/dev/stdin"], WRONG);
        assert_eq!(run.code, Some(2), "{}", run.err);
        assert!(run.err.contains("/dev/stdin"), "{}", run.err);
    }
}
