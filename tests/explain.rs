//! `topoc explain`: what a name in a message means.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Stdio};

use topoc::decode::FindingKind;
use topoc::diag::{READING, registry};
use topoc::profile::sound::FaultKind;

/// Exit code, standard output, standard error.
fn explain(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_topoc"))
        .arg("explain")
        .args(args)
        .env_remove("CLICOLOR_FORCE")
        // Pages are in the binary: nothing of the repository lies here.
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn out(args: &[&str]) -> String {
    let (code, out, err) = explain(args);
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
    out
}

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&out(&[args, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn a_page_is_text_that_can_be_read() {
    let page = out(&["cache::llc_spans_nodes"]);
    assert!(page.starts_with("cache::llc_spans_nodes\n\n  An L3 that serves several nodes."), "{page}");
    for words in ["\nWhy it matters to a guest\n", "\n    version: 1\n", "\nSource\n\n  Linux `arch/x86"] {
        assert!(page.contains(words), "{words:?} in\n{page}");
    }
    assert!(!page.contains("```") && !page.contains("\n# ") && !page.contains('\x1b'), "{page}");
    let coloured = out(&["cache::llc_spans_nodes", "--color", "always"]);
    assert!(coloured.starts_with("\x1b[1mcache::llc_spans_nodes\x1b[0m\n"), "{coloured}");
}

#[test]
fn a_rule_is_known_by_every_form_of_its_name() {
    let page = out(&["cache::splits_smt"]);
    for name in ["splits_smt", "cache/splits_smt", "docs/rules/cache/splits_smt.md", "[cache::splits_smt]"] {
        assert_eq!(out(&[name]), page, "{name}");
    }
}

#[test]
fn programs_get_what_is_known_of_a_rule() {
    for rule in registry::all() {
        let value = json(&[rule.name]);
        assert_eq!(value["name"], rule.name);
        assert_eq!(
            value["text"],
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(rule.page())).unwrap()
        );
    }
    let value = json(&["cache::llc_spans_nodes"]);
    assert_eq!(value["level"], "a warning on Intel, an error on all others");
    assert_eq!(value["page"], "docs/rules/cache/llc_spans_nodes.md");
    assert_eq!(value["requires"], serde_json::json!(["numa::cuts_core", "cache::inner_spans_nodes"]));
    assert_eq!(value["stage"], serde_json::json!(["the resolved topology", "the settled caches"]));
}

#[test]
fn a_family_and_the_whole_are_lists() {
    let family = out(&["apic"]);
    assert!(
        family.starts_with("apic\n\n  - `apic::beyond_kvm_limit`: an x2APIC ID that KVM does not create\n"),
        "{family}"
    );
    assert!(!family.contains("cache::"), "{family}");
    let all = out(&[]);
    assert_eq!(all, out(&["--list"]));
    assert_eq!(all, out(&["--all"]));
    let rules = registry::all().map(|rule| (rule.name, rule.summary));
    let findings = FindingKind::ALL.iter().map(|kind| (kind.name(), kind.summary()));
    let mut lines = Vec::new();
    let faults = FaultKind::ALL.iter().map(|kind| (kind.name(), kind.summary()));
    for (name, summary) in rules.chain(READING.iter().copied()).chain(findings).chain(faults) {
        // Long lines fold.
        let start = format!("`{name}`: {}", summary.split(' ').next().unwrap());
        assert!(all.contains(&start), "{start} in\n{all}");
        lines.push(format!("{name}: {summary}\n"));
    }
    let short = out(&["--list", "--format", "concise"]);
    assert_eq!(short.lines().count(), lines.len());
    assert!(lines.iter().all(|line| short.contains(line)), "{short}");
    assert_eq!(json(&["--list"]).as_array().unwrap().len(), lines.len());
    assert_eq!(json(&["apic"]).as_array().unwrap().len(), family.matches("- `apic::").count());
}

/// Whatever name a message shows is explained.
#[test]
fn findings_and_mistakes_of_form_are_known() {
    for kind in FindingKind::ALL {
        // Folding may part any two words.
        let text = out(&[kind.name()]).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("A finding of `topoc decode`"), "{text}");
        assert_eq!(json(&[kind.name()])["summary"], kind.summary());
    }
    for kind in FaultKind::ALL {
        let text = out(&[kind.name()]).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("A fault of `topoc profile check`"), "{text}");
        let value = json(&[kind.name()]);
        assert_eq!((&value["kind"], &value["summary"]), (&"fault".into(), &kind.summary().into()));
    }
    for (name, _) in READING {
        assert!(out(&[name]).contains("A mistake of form"), "{name}");
    }
}

#[test]
fn a_misspelt_name_is_answered_with_the_one_meant() {
    for (name, meant) in [
        ("cache::llc_span_nodes", "topoc explain cache::llc_spans_nodes\n"),
        ("node::llc_spans_nodes", "topoc explain cache::llc_spans_nodes\n"),
        ("cach", "topoc explain cache\n"),
        (
            "beyond_field",
            "topoc explain cache::beyond_field, or topoc explain leaf::beyond_field, or topoc explain topology::beyond_field\n",
        ),
        ("nodeid", "topoc explain node-id\n"),
        ("quite another thing", "topoc explain --list\n"),
    ] {
        let (code, out, err) = explain(&[name]);
        assert_eq!((code, out.as_str()), (2, ""), "{name}");
        assert_eq!(err, format!("error: there is no rule, finding or fault `{name}`\n  help: {meant}"));
    }
    let (code, _, err) = explain(&["\x1b[31m"]);
    assert!(code == 2 && !err.contains('\x1b'), "{err:?}");
}

/// The command that a message names works.
#[test]
fn messages_lead_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = root.join("tests/ui/cache/splits_smt/fail.topoc.yaml");
    let output = Command::new(env!("CARGO_BIN_EXE_topoc")).arg("check").arg(spec).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let see = text.lines().find_map(|line| line.strip_prefix("  see: topoc explain ")).unwrap();
    assert!(out(&[see]).starts_with("cache::splits_smt\n"));
}
