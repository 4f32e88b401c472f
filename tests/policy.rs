//! `topoc check` over many files, judged by a policy: topoc.yaml, options, and comments in specs.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::{Path, PathBuf};

use process::{Run, topoc};
use tempfile::TempDir;

/// Two warnings: threads that no processor has, and nodes without memory beside one with.
const ODD: &str = "version: 1\ntopology: { cores: 4, threads: 3 }\n";
/// An error that says what a guest would make of it.
const CUT: &str = "version: 1\ntopology: { cores: 4, threads: 2 }\nnuma:\n  nodes:\n    - { vcpus: 0-2 }\n    - { vcpus: 3-7 }\n";
const GOOD: &str = "version: 1\ntopology: { cores: 4 }\n";

/// A folder of files.
struct Bench(TempDir);

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self(TempDir::new().unwrap());
        // The folder is a repository of its own: nothing above it counts.
        fs::create_dir(bench.0.path().join(".git")).unwrap();
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// One line for each finding, after `args`.
    fn check(&self, args: &str) -> Run {
        let args: Vec<&str> =
            ["check", "--format", "concise"].into_iter().chain(args.split_whitespace()).collect();
        topoc(self.0.path(), &args, "")
    }

    /// The exit code and the names of what was found, in order.
    fn found(&self, args: &str) -> (i32, Vec<String>) {
        let run = self.check(args);
        (run.code.unwrap(), names(&run.err))
    }
}

/// `severity[rule]` of each line.
fn names(text: &str) -> Vec<String> {
    let severities = ["error[", "warning[", "note["];
    let name = |line: &str| {
        let start = severities.iter().filter_map(|severity| line.find(severity)).min()?;
        Some(line[start..=start + line[start..].find(']')?].to_owned())
    };
    text.lines().filter_map(name).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn host() -> String {
    fs::read_to_string(root().join("examples/hosts/two-socket-intel-xeon-gold-6140.json")).unwrap()
}

#[test]
fn the_nearest_policy_above_a_spec_judges_it() {
    let bench = Bench::new(&[
        ("topoc.yaml", "version: 1\nrules: { topology: deny }\n"),
        ("a.topoc.yaml", ODD),
        ("below/b.topoc.yaml", ODD),
        ("own/topoc.yaml", "version: 1\nrules: { topology::odd_threads: allow }\n"),
        ("own/deep/c.topoc.yaml", ODD),
        ("repository/.git/HEAD", ""),
        ("repository/d.topoc.yaml", ODD),
    ]);
    assert_eq!(bench.found("a.topoc.yaml").1, ["error[topology::odd_threads]"]);
    assert_eq!(bench.found("below/b.topoc.yaml").1, ["error[topology::odd_threads]"]);
    assert_eq!(bench.found("own/deep/c.topoc.yaml"), (0, vec![]));
    // A repository inside of another has its own rules or none.
    assert_eq!(
        bench.found("repository/d.topoc.yaml"),
        (0, vec!["warning[topology::odd_threads]".to_owned()])
    );
    assert_eq!(bench.found("a.topoc.yaml --no-config").1, ["warning[topology::odd_threads]"]);
    assert_eq!(bench.found("a.topoc.yaml --config own/topoc.yaml"), (0, vec![]));
    let all = bench.check("");
    assert!(
        all.err.contains("checked 4 specs: 2 errors, 1 warning, 1 allowed; no profile given: "),
        "{}",
        all.err
    );
}

#[test]
fn a_rule_goes_before_its_family_and_the_command_line_before_the_file() {
    let bench = Bench::new(&[
        ("topoc.yaml", "version: 1\nrules: { topology: allow, topology::odd_threads: deny }\n"),
        ("a.topoc.yaml", ODD),
    ]);
    let level = |args: &str| bench.found(&format!("a.topoc.yaml {args}")).1;
    assert_eq!(level(""), ["error[topology::odd_threads]"]);
    assert_eq!(level("--warn topology"), ["warning[topology::odd_threads]"]);
    assert_eq!(level("--allow topology,numa"), Vec::<String>::new());
    assert_eq!(level("--deny topology::odd_threads --allow topology"), ["error[topology::odd_threads]"]);
}

#[test]
fn the_level_from_which_a_run_fails_is_the_users() {
    let bench = Bench::new(&[
        ("a.topoc.yaml", ODD),
        ("strict/topoc.yaml", "version: 1\nfail_on: warning\n"),
        ("strict/a.topoc.yaml", ODD),
    ]);
    for (args, code) in [
        ("a.topoc.yaml", 0),
        ("a.topoc.yaml --fail-on warning", 1),
        ("a.topoc.yaml --fail-on note", 1),
        ("a.topoc.yaml --fail-on never --deny topology", 0),
        ("strict", 1),
        ("strict --fail-on error", 0),
        ("a.topoc.yaml strict", 1),
    ] {
        assert_eq!(bench.found(args).0, code, "{args}");
    }
}

#[test]
fn an_error_of_impossibility_is_beyond_any_policy() {
    let impossible = "version: 1\ntopology: { cores: 0 } # topoc: allow(topology::count_zero) please\n";
    let bench =
        Bench::new(&[("a.topoc.yaml", impossible), ("b.topoc.yaml", "version: 1\ntopology: { cores: 0 }\n")]);
    assert_eq!(
        bench.found("a.topoc.yaml"),
        (1, vec!["error[topology::count_zero]".to_owned(), "warning[spec::allow_refused]".to_owned()])
    );
    let run = topoc(bench.0.path(), &["check", "b.topoc.yaml", "--allow", "topology"], "");
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.err.contains("no policy lowers this error: no guest can have such a machine"), "{}", run.err);
    assert_eq!(bench.found("b.topoc.yaml --warn topology::count_zero").1, ["error[topology::count_zero]"]);
    // A mistake of form is one, too.
    bench.write("c.topoc.yaml", "version: 1\ntopology: { coers: 1 } # topoc: allow(spec::unknown_key) x\n");
    assert_eq!(bench.found("c.topoc.yaml --allow spec").1, ["error[spec::unknown_key]"]);
}

#[test]
fn an_error_that_is_the_guests_trouble_alone_may_be_lowered() {
    let bench = Bench::new(&[("a.topoc.yaml", CUT), ("h.json", &host())]);
    assert_eq!(bench.found("a.topoc.yaml").1, ["error[numa::cuts_core]"]);
    assert_eq!(
        bench.found("a.topoc.yaml --warn numa::cuts_core"),
        (0, vec!["warning[numa::cuts_core]".to_owned()])
    );
    assert_eq!(bench.found("a.topoc.yaml --allow numa"), (0, vec![]));
    let compile = "compile a.topoc.yaml --host h.json -o out --allow numa::cuts_core";
    let run = topoc(bench.0.path(), &compile.split(' ').collect::<Vec<_>>(), "");
    assert!(run.code == Some(0) && bench.path("out/manifest.json").exists(), "{}", run.err);
}

#[test]
fn comments_allow_on_their_line_or_the_one_below() {
    let of = |comment_above: &str, comment_beside: &str| {
        let bench = Bench::new(&[]);
        bench.write(
            "a.topoc.yaml",
            &format!("version: 1\n{comment_above}\ntopology: {{ cores: 4, threads: 3 }}{comment_beside}\n"),
        );
        bench.found("a.topoc.yaml").1
    };
    let odd = || vec!["warning[topology::odd_threads]".to_owned()];
    let allow = "# topoc: allow(topology::odd_threads) a bench of ours";
    assert_eq!(of("", ""), odd());
    assert_eq!(of(allow, ""), Vec::<String>::new());
    assert_eq!(of("", &format!(" {allow}")), Vec::<String>::new());
    assert_eq!(of(&format!("{allow}\n\n# more words\n"), ""), Vec::<String>::new());
    assert_eq!(
        of("# topoc: allow(numa::cuts_core, topology) x", ""),
        ["warning[spec::allow_without_effect]"]
    );
    let without = "# topoc: allow(topology::odd_threads)";
    assert_eq!(of(without, ""), ["warning[spec::allow_without_reason]"]);
    let unknown = "# topoc: allow(topology::odd_thread) x";
    assert_eq!(of(unknown, "")[..], ["error[spec::unknown_rule]".to_owned(), odd()[0].clone()]);
    assert_eq!(
        of("# topoc: disallow(x)", "")[..],
        ["warning[spec::bad_comment]".to_owned(), odd()[0].clone()]
    );
    // Below the line, and on a line where nothing is found.
    assert_eq!(
        of("", &format!("\n{allow}")),
        ["warning[topology::odd_threads]", "warning[spec::allow_without_effect]"]
    );
}

#[test]
fn who_runs_others_specs_decides_whether_their_comments_count() {
    let spec = "version: 1\n# topoc: allow(topology) trust me\ntopology: { cores: 4, threads: 3 }\n";
    let bench = Bench::new(&[("a.topoc.yaml", spec), ("ci/topoc.yaml", "version: 1\ncomments: false\n")]);
    assert_eq!(bench.found("a.topoc.yaml").1, Vec::<String>::new());
    assert_eq!(bench.found("a.topoc.yaml --no-comments").1, ["warning[topology::odd_threads]"]);
    assert_eq!(bench.found("a.topoc.yaml --config ci/topoc.yaml").1, ["warning[topology::odd_threads]"]);
}

#[test]
fn two_specs_of_a_folder_with_one_name_point_at_each_other() {
    let named = |more: &str| format!("version: 1\nname: db{more}\ntopology: {{ cores: 4 }}\n");
    let bench = Bench::new(&[
        ("a/1.topoc.yaml", &named("")),
        ("a/2.topoc.yaml", &named("")),
        ("b/1.topoc.yaml", &named("")),
    ]);
    let run = topoc(bench.0.path(), &["check"], "");
    assert_eq!(names(&run.err), ["warning[spec::name_twice]"]);
    for words in ["╭─[a/2.topoc.yaml:2:7]", "╰── the same name", "╭─[a/1.topoc.yaml:2:7]", "╰── taken here"]
    {
        assert!(run.err.contains(words), "{words} in\n{}", run.err);
    }
    assert_eq!(bench.found("--deny spec::name_twice"), (1, vec!["error[spec::name_twice]".to_owned()]));
    bench.write("a/2.topoc.yaml", &named(" # topoc: allow(spec::name_twice) never compiled together"));
    assert_eq!(bench.found(""), (0, vec![]));
    assert_eq!(
        bench.found("a/2.topoc.yaml"),
        (0, vec![]),
        "alone it has no twin, and the comment stays right"
    );
}

#[test]
fn what_was_not_looked_at_makes_no_allow_useless() {
    let spec = "version: 1\n# topoc: allow(host::too_few_cpus) small on purpose\ntopology: { cores: 4 }\n";
    let bench = Bench::new(&[("a.topoc.yaml", spec), ("host.json", &host())]);
    assert_eq!(bench.found("a.topoc.yaml").1, Vec::<String>::new(), "no host, no word");
    let found = bench.found("a.topoc.yaml --host host.json").1;
    assert_eq!(found, ["warning[spec::allow_without_effect]", "warning[host::kvm_table_assumed]"]);
    // Nor what a mistake of form may have hidden.
    bench.write(
        "b.topoc.yaml",
        "version: 1\n# topoc: allow(topology::odd_threads) x\ntopology: { coers: 4 }\n",
    );
    assert_eq!(bench.found("b.topoc.yaml").1, ["error[spec::unknown_key]"]);
}

#[test]
fn names_that_are_none_are_errors_with_the_nearest() {
    let bench = Bench::new(&[
        ("topoc.yaml", "version: 1\nrules:\n  cache::lcc_spans_nodes: deny\n  id::broadcast: allow\n"),
        ("a.topoc.yaml", GOOD),
    ]);
    let run = topoc(bench.0.path(), &["check"], "");
    assert_eq!(run.code, Some(1), "{}", run.err);
    for words in [
        "╭─[topoc.yaml:3:3]",
        "help: write `cache::llc_spans_nodes`",
        "the rule `id::broadcast` is gone since 0.1.0: families are named after what they judge",
        "help: write `apic::broadcast`",
    ] {
        assert!(run.err.contains(words), "{words} in\n{}", run.err);
    }
    let run = bench.check("--no-config --deny numma --allow x --warn numa --deny numa");
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(
        run.err.contains("--deny: there is no rule or family `numma`\n  help: write `numa`"),
        "{}",
        run.err
    );
    assert!(run.err.contains("--warn numa: another option gives `numa` another level"), "{}", run.err);
    // The one that is named ends the run; nothing is judged by half a policy.
    assert_eq!(bench.check("--config topoc.yaml").code, Some(2));
    assert_eq!(bench.check("--config none.yaml").code, Some(2));
}

#[test]
fn folders_globs_and_patterns_say_which_files_are_specs() {
    let bench = Bench::new(&[
        ("b.topoc.yaml", GOOD),
        ("a.topoc.yaml", GOOD),
        ("notes.yaml", "no spec"),
        (".hidden/x.topoc.yaml", "no spec"),
        (".gitignore", "build/\n"),
        ("build/x.topoc.yaml", "no spec"),
        ("vms/topoc.yaml", "version: 1\ninclude: ['*.vm.yaml']\nexclude: [old, 'draft-*']\n"),
        ("vms/c.vm.yaml", GOOD),
        ("vms/draft-d.vm.yaml", "no spec"),
        ("vms/old/e.vm.yaml", "no spec"),
        ("vms/f.topoc.yaml", "no spec"),
    ]);
    let summary = |args: &str| {
        let run = bench.check(args);
        let line = run.err.lines().last().unwrap().to_owned();
        (run.code.unwrap(), line.split("; no profile").next().unwrap().to_owned())
    };
    let all = "checked 3 specs: 0 errors, 0 warnings; 2 skipped (2 excluded by vms/topoc.yaml)";
    assert_eq!(summary(""), (0, all.to_owned()));
    assert_eq!(summary(". vms a.topoc.yaml"), (0, all.to_owned()), "each once");
    assert_eq!(summary("*.topoc.yaml").1, "checked 2 specs: 0 errors, 0 warnings");
    assert_eq!(summary("vms/*.vm.yaml").0, 0);
    assert_eq!(summary("**/[ac].*.yaml").1, "checked 2 specs: 0 errors, 0 warnings");
    // What is named is checked, whatever the patterns say.
    assert_eq!(bench.check("vms/draft-d.vm.yaml").code, Some(1));
    assert_eq!(bench.check("build/x.topoc.yaml").code, Some(1));
    assert_eq!(bench.check("nothing-*.yaml").code, Some(2));
    fs::create_dir(bench.path("empty")).unwrap();
    assert_eq!(bench.check("empty").code, Some(2));
}

#[test]
fn a_policy_from_elsewhere_is_about_what_is_checked_here() {
    let elsewhere = TempDir::new().unwrap();
    let file = elsewhere.path().join("topoc.yaml");
    fs::write(&file, "version: 1\nhost: hosts/h.json\nexclude: [old/**]\n").unwrap();
    let bench =
        Bench::new(&[("a.topoc.yaml", GOOD), ("old/b.topoc.yaml", "no spec"), ("hosts/h.json", &host())]);
    let run = bench.check(&format!("--config {}", file.display()));
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("checked 1 spec: ") && !run.err.contains("no profile given"), "{}", run.err);
    fs::write(&file, format!("version: 1\nhost: {}\n", bench.path("hosts/h.json").display())).unwrap();
    let run = bench.check(&format!("a.topoc.yaml --config {}", file.display()));
    assert!(run.code == Some(0) && !run.err.contains("no profile given"), "{}", run.err);
}

#[test]
fn order_does_not_depend_on_who_is_first() {
    let bench = Bench::new(&[]);
    let names: Vec<String> = (0..64).map(|n| format!("{:02}.topoc.yaml", (n * 37) % 64)).collect();
    names.iter().for_each(|name| bench.write(name, ODD));
    let first = bench.check("").err;
    let found: Vec<&str> = first.lines().filter_map(|line| line.split(':').next()).take(64).collect();
    assert!(found.len() == 64 && found.is_sorted(), "{found:?}");
    for _ in 0..5 {
        assert_eq!(bench.check("").err, first);
    }
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let bench = Bench::new(&[("a.topoc.yaml", CUT), ("c.topoc.yaml", ODD)]);
    fs::create_dir(bench.path("d.topoc.yaml")).unwrap();
    let (code, found) = bench.found("a.topoc.yaml b.topoc.yaml c.topoc.yaml");
    assert_eq!(code, 2);
    assert_eq!(
        found,
        ["error[spec::not_readable]", "error[numa::cuts_core]", "warning[topology::odd_threads]"]
    );
    fs::write(bench.path("big.topoc.yaml"), vec![b'#'; (4 << 20) + 1]).unwrap();
    fs::write(bench.path("bin.topoc.yaml"), b"\xff\xfe\0").unwrap();
    let (code, found) = bench.found("big.topoc.yaml bin.topoc.yaml c.topoc.yaml");
    assert_eq!((code, found.len()), (1, 3), "{found:?}");
}

#[test]
fn a_default_profile_is_used_and_a_given_one_goes_before_it() {
    let spec = "version: 1\ntopology: { sockets: 64, cores: 4 }\n";
    let bench = Bench::new(&[
        ("topoc.yaml", "version: 1\nhost: hosts/h.json\n"),
        ("hosts/h.json", &host()),
        ("vms/a.topoc.yaml", spec),
    ]);
    let run = bench.check("vms");
    assert!(names(&run.err).contains(&"warning[host::too_few_cpus]".to_owned()), "{}", run.err);
    assert!(!run.err.contains("no profile given"), "{}", run.err);
    assert!(bench.check("vms --no-config").err.contains("no profile given"));
    assert_eq!(bench.check("vms --host none.json").code, Some(2));
}

#[cfg(unix)]
#[test]
fn a_hostile_change_reads_nothing_outside_of_its_repository() {
    use std::os::unix::fs::symlink;

    let secret = TempDir::new().unwrap();
    let secret_file = secret.path().join("secret.json");
    fs::write(&secret_file, "TOP-SECRET: [").unwrap();
    let outside = secret_file.to_str().unwrap();
    let no_leak = |run: &Run| {
        assert!(!run.err.contains("TOP-SECRET") && !run.out.contains("TOP-SECRET"), "{}", run.err);
    };
    let bench = Bench::new(&[("a.topoc.yaml", GOOD)]);
    symlink(&secret_file, bench.path("link.topoc.yaml")).unwrap();
    symlink(&secret_file, bench.path("link.json")).unwrap();
    symlink(secret.path(), bench.path("linked")).unwrap();

    // A link among the specs of a folder.
    let run = bench.check("");
    no_leak(&run);
    assert!(run.err.contains("1 skipped (1 a link)"), "{}", run.err);
    // A profile outside, by path, by link, by a linked folder.
    for named in ["../../../../../../../../etc/hostname", outside, "link.json", "linked/secret.json"] {
        bench.write("topoc.yaml", &format!("version: 1\nhost: {named}\n"));
        let run = bench.check("a.topoc.yaml");
        no_leak(&run);
        assert_eq!(run.code, Some(1), "{named}: {}", run.err);
        assert!(run.err.contains("the host profile cannot be used"), "{named}: {}", run.err);
    }
    // A file inside that is no profile: what it holds is not quoted.
    bench.write("token.txt", "TOP-SECRET: [");
    bench.write("topoc.yaml", "version: 1\nhost: token.txt\n");
    let run = bench.check("a.topoc.yaml");
    no_leak(&run);
    assert!(
        run.code == Some(1) && run.err.contains("token.txt, which topoc.yaml names, is no host profile"),
        "{}",
        run.err
    );
    // The policy itself is a link.
    fs::remove_file(bench.path("topoc.yaml")).unwrap();
    symlink(&secret_file, bench.path("topoc.yaml")).unwrap();
    let run = bench.check("a.topoc.yaml");
    no_leak(&run);
    assert_eq!(run.code, Some(0), "{}", run.err);
    // Who names a policy means that one, whatever the change brings.
    bench.write("trusted/topoc.yaml", "version: 1\nrules: { topology: deny }\n");
    assert_eq!(bench.check("a.topoc.yaml --config trusted/topoc.yaml").code, Some(0));
}

#[test]
fn compile_and_place_are_judged_by_the_same_policy() {
    let bench = Bench::new(&[("a.topoc.yaml", ODD), ("h.json", &host())]);
    let compile = |args: &str| {
        let args: Vec<&str> = "compile a.topoc.yaml --host h.json -o out --force"
            .split(' ')
            .chain(args.split_whitespace())
            .collect();
        topoc(bench.0.path(), &args, "")
    };
    assert_eq!(compile("").code, Some(0));
    let run = compile("--deny topology");
    assert_eq!(run.code, Some(1), "{}", run.err);
    bench.write("topoc.yaml", "version: 1\nrules: { topology: deny }\n");
    assert_eq!(compile("").code, Some(1));
    assert_eq!(compile("--allow topology").code, Some(0));
    bench.write("a.topoc.yaml", &ODD.replace("topology:", "# topoc: allow(topology) on purpose\ntopology:"));
    let run = compile("");
    assert!(run.code == Some(0) && !run.err.contains("odd_threads"), "{}", run.err);
    bench.write("topoc.yaml", "version: 1\nrules: { topologie: deny }\n");
    assert_eq!(compile("").code, Some(1), "by a policy with a mistake nothing is compiled");
    let place = topoc(
        bench.0.path(),
        &["place", "a.topoc.yaml", "--host", "h.json", "--no-config", "--no-comments", "--deny", "topology"],
        "",
    );
    assert_eq!(place.code, Some(1), "{}", place.err);
}

#[test]
fn reports_are_written_beside_the_text_and_never_over_a_spec() {
    let bench = Bench::new(&[("a.topoc.yaml", CUT)]);
    let run = bench.check("a.topoc.yaml --report human=h.txt --report concise=c.txt --report json=j.json");
    assert_eq!(run.code, Some(1), "{}", run.err);
    let read = |name: &str| fs::read_to_string(bench.path(name)).unwrap();
    assert!(read("h.txt").contains("╭─[a.topoc.yaml:6:16]") && !read("h.txt").contains('\u{1b}'));
    assert!(run.err.starts_with(&read("c.txt")), "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&read("j.json")).unwrap();
    assert_eq!(json["findings"][0]["rule"], "numa::cuts_core");
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::FileTypeExt;

        // A device stays one, whoever runs this.
        let run = bench.check("a.topoc.yaml --report json=/dev/full --report json=/dev/stdout");
        assert!(
            run.code == Some(2) && run.err.contains("cannot write /dev/full: No space left"),
            "{}",
            run.err
        );
        assert!(run.out.contains("numa::cuts_core"), "{}", run.out);
        assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
    }
    let run = bench.check("a.topoc.yaml --report json=./a.topoc.yaml");
    assert_eq!((run.code, read("a.topoc.yaml").as_str()), (Some(2), CUT), "{}", run.err);
    bench.write("topoc.yaml", "version: 1\nhost: h.json\n");
    bench.write("h.json", &host());
    for name in ["topoc.yaml", "h.json"] {
        let before = read(name);
        let run = bench.check(&format!("a.topoc.yaml --report json={name}"));
        assert_eq!((run.code, read(name)), (Some(2), before), "{name}: {}", run.err);
    }
    assert_eq!(bench.check("a.topoc.yaml --report json=none/j.json").code, Some(2));
    for wrong in ["json", "sarfi=x", "json="] {
        assert_eq!(bench.check(&format!("a.topoc.yaml --report {wrong}")).code, Some(2), "{wrong}");
    }
}
