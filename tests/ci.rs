//! What docs/ci.md shows works: the action, the hook, and the examples, by the very lines that they run.

#![cfg(all(unix, feature = "cli"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "support/need.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod need;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::root;
use serde_yaml::Value;
use tempfile::TempDir;

const GOOD: &str = "version: 1\ntopology: { cores: 4 }\n";
const ODD: &str = "version: 1\ntopology: { cores: 4, threads: 3 }\n";
const BAD: &str = "version: 1\ntopology: { cores: 0 }\n";

/// A repository with a clean spec, and a shell that finds `topoc`.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(TempDir::new().unwrap());
        fs::create_dir(bench.path("vms")).unwrap();
        fs::write(bench.path("vms/a.topoc.yaml"), GOOD).unwrap();
        bench.shell(
            "git init -q -b main . && git config user.email a@example.com && git config user.name a",
            &[],
        );
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs lines as a CI runner does: bash, ended by the first that fails. The exit code, and what was printed.
    fn shell(&self, lines: &str, env: &[(&str, &str)]) -> (i32, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_topoc")).parent().unwrap().to_str().unwrap();
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", lines])
            .current_dir(self.0.path())
            .env("PATH", path)
            .envs(env.iter().copied())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), text)
    }
}

fn yaml(file: &str) -> Value {
    serde_yaml::from_str(&fs::read_to_string(root().join(file)).unwrap()).unwrap()
}

/// The action's last step with these inputs; all others as action.yml defaults them.
fn action(bench: &Bench, inputs: &[(&str, &str)]) -> (i32, String) {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let step = steps.last().unwrap();
    let mut env = Vec::new();
    for (variable, expression) in step["env"].as_mapping().unwrap() {
        let name =
            expression.as_str().unwrap().strip_prefix("${{ inputs.").unwrap().strip_suffix(" }}").unwrap();
        let default = action["inputs"][name]["default"].as_str().unwrap();
        let given = inputs.iter().find(|(input, _)| *input == name).map(|(_, value)| *value);
        env.push((variable.as_str().unwrap(), given.unwrap_or(default)));
    }
    assert_eq!(env.len(), action["inputs"].as_mapping().unwrap().len(), "an input is not used");
    let run = step["run"].as_str().unwrap();
    assert!(!run.contains("${{"), "an input would be read as a command");
    bench.shell(run, &env)
}

/// What is allowed does not become an alert.
#[test]
fn the_action_hands_on_what_is_not_allowed() {
    if !has_jq() {
        return;
    }
    let bench = Bench::new();
    bench.write("vms/odd.topoc.yaml", ODD);
    let allowed = ODD.replace("topology:", "# topoc: allow(topology) on purpose\ntopology:");
    bench.write("vms/allowed.topoc.yaml", &allowed);
    let (code, text) = action(&bench, &[("sarif", "topoc.sarif")]);
    assert_eq!(code, 0, "{text}");
    let sarif: serde_json::Value = serde_json::from_str(&bench.read("topoc.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert!(results[0]["locations"][0].to_string().contains("odd.topoc.yaml"));
}

#[test]
fn the_action_checks_with_all_of_its_inputs() {
    if !has_jq() {
        return;
    }
    let bench = Bench::new();
    let (code, text) = action(&bench, &[]);
    assert_eq!((code, text.contains("checked 1 spec: 0 errors")), (0, true), "{text}");
    bench.write("vms/odd.topoc.yaml", ODD);
    let (code, text) = action(&bench, &[("paths", "vms\n\n")]);
    assert!(code == 0 && text.contains("::warning file=vms/odd.topoc.yaml,line=2,"), "{text}");
    bench.write("strict.yaml", "version: 1\nrules: { topology: deny }\n");
    let host = root().join("examples/hosts/two-socket-intel-xeon-gold-6140.json");
    let all = [
        ("paths", "vms/a.topoc.yaml\nvms/odd.topoc.yaml"),
        ("host", host.to_str().unwrap()),
        ("config", "strict.yaml"),
        ("fail-on", "error"),
        ("sarif", "topoc.sarif"),
        ("junit", "topoc.xml"),
    ];
    let (code, text) = action(&bench, &all);
    assert!(code == 1 && text.contains("::error file=vms/odd.topoc.yaml,line=2,"), "{text}");
    assert!(bench.read("topoc.sarif").contains("topology::odd_threads"));
    assert!(bench.read("topoc.xml").contains("<failure type=\"topology::odd_threads\""));
    assert_eq!(action(&bench, &[("fail-on", "warning")]).0, 1);
    // What is no path is no command either.
    let (code, _) = action(&bench, &[("paths", "$(touch hacked); `touch hacked`\n--help")]);
    assert_eq!((code, bench.path("hacked").exists()), (2, false));
}

/// The lines of the workflow that run topoc or git, in order.
#[test]
fn the_github_workflow_judges_a_change_by_the_policy_of_its_target() {
    let bench = Bench::new();
    bench.write("topoc.yaml", "version: 1\nfail_on: warning\n");
    let git = "git add -A && git commit -qm a && git remote add origin . && git checkout -q -b change";
    assert_eq!(bench.shell(git, &[]).0, 0);
    // The change allows itself what it brings.
    bench.write("topoc.yaml", "version: 1\nrules: { topology: allow }\n");
    bench.write("vms/odd.topoc.yaml", ODD);
    let workflow = yaml("examples/ci/check.github.yaml");
    let temp = TempDir::new().unwrap();
    let env = [("GITHUB_BASE_REF", "main"), ("RUNNER_TEMP", temp.path().to_str().unwrap())];
    let steps = workflow["jobs"]["check"]["steps"].as_sequence().unwrap();
    let lines: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .filter(|run| *run != "./install-topoc")
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(bench.shell(lines[0], &env).0, 0);
    let (code, text) = bench.shell(lines[1], &env);
    assert!(code == 1 && text.contains("::warning file=vms/odd.topoc.yaml,line=2,"), "{text}");
    assert!(bench.read("topoc.sarif").contains("topology::odd_threads"));
    if has_jq() {
        assert_eq!(bench.shell(lines[2], &env), (0, String::new()));
        assert_eq!(bench.read("alerts.sarif").matches("\"ruleId\"").count(), 1);
    }
}

/// Whether jq is here, which runners have.
fn has_jq() -> bool {
    let has = Command::new("jq").arg("--version").output().is_ok();
    if !has {
        need::skip("jq", "jq is not installed");
    }
    has
}

#[test]
fn the_gitlab_job_leaves_both_reports() {
    let bench = Bench::new();
    bench.write("vms/bad.topoc.yaml", BAD);
    let job = yaml("examples/ci/check.gitlab.yaml");
    let script: Vec<&str> =
        job["topoc"]["script"].as_sequence().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!((script.len(), script[0]), (2, "./install-topoc"));
    assert_eq!(bench.shell(script[1], &[]).0, 1);
    let reports = &job["topoc"]["artifacts"]["reports"];
    let quality: serde_json::Value =
        serde_json::from_str(&bench.read(reports["codequality"].as_str().unwrap())).unwrap();
    assert_eq!(quality[0]["location"]["path"], "vms/bad.topoc.yaml");
    assert!(bench.read(reports["junit"].as_str().unwrap()).contains("name=\"vms/a.topoc.yaml\""));
}

/// As pre-commit runs a hook: the entry, then the files that changed and match.
#[test]
fn the_hook_takes_the_files_that_it_is_given() {
    let hook = yaml(".pre-commit-hooks.yaml")[0].clone();
    let example = yaml("examples/ci/pre-commit.yaml")["repos"][0]["hooks"][0].clone();
    for key in ["id", "name", "entry", "files", "require_serial"] {
        assert_eq!(hook[key], example[key], "{key}");
    }
    assert_eq!(hook["files"].as_str(), Some(r"\.topoc\.yaml$"));
    let bench = Bench::new();
    bench.write("vms/bad.topoc.yaml", BAD);
    let entry = hook["entry"].as_str().unwrap();
    assert_eq!(bench.shell(&format!("{entry} vms/a.topoc.yaml"), &[]).0, 0);
    assert_eq!(bench.shell(&format!("{entry} vms/a.topoc.yaml vms/bad.topoc.yaml"), &[]).0, 1);
}

/// The page's own lines for a shell.
#[test]
fn the_shell_lines_of_the_page_run() {
    let page = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let block = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let bench = Bench::new();
    for line in block.lines() {
        let (code, text) = bench.shell(line, &[]);
        assert_eq!(code, 0, "{line}: {text}");
    }
    assert!(bench.path("topoc.xml").exists());
}
