//! Every rule has its code, its page, and fixtures in which it speaks or keeps silent.
//!
//! `TOPOC_UPDATE=1 cargo test --test rules` rewrites the expected outputs, the list of pages in
//! `src/diag/pages.rs`, and the pages `docs/rules/README.md`, `docs/findings.md` and `docs/quirks.md`.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{files, host_file, root, run};
use topoc::cpuid::quirk;
use topoc::decode::FindingKind;
use topoc::diag::registry;
use topoc::diag::{READING, Rule, Safety, known_fix};
use topoc::profile::sound::FaultKind;

fn folder(rule: &Rule) -> std::path::PathBuf {
    root().join("tests/ui").join(rule.path())
}

/// The first part of a path with two folders, as a rule's name.
fn name_of(path: &str) -> String {
    let path = path.trim_end_matches(".md").trim_end_matches(".rs");
    path.split('/').take(2).collect::<Vec<_>>().join("::")
}

#[test]
fn code_pages_and_fixtures_are_those_of_the_table() {
    let rules: BTreeSet<String> = registry::all().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(rules.len(), registry::all().count(), "a name stands twice");
    let code: BTreeSet<_> = files(&root().join("src/lint"), ".rs")
        .iter()
        .filter(|file| file.contains('/') && !file.ends_with("mod.rs"))
        .map(|file| name_of(file))
        .collect();
    assert_eq!(code, rules, "src/lint");
    let pages: BTreeSet<_> = files(&root().join("docs/rules"), ".md")
        .iter()
        .filter(|file| file.contains('/'))
        .map(|file| name_of(file))
        .collect();
    assert_eq!(pages, rules, "docs/rules");
    for suffix in ["/fail.topoc.yaml", "/fail.txt", "/pass.topoc.yaml"] {
        let mut fixtures: BTreeSet<_> =
            files(&root().join("tests/ui"), suffix).iter().map(|file| name_of(file)).collect();
        // Those of mistakes of form are tests/form.rs's.
        fixtures.retain(|name| READING.iter().all(|(mistake, _)| mistake != name));
        assert_eq!(fixtures, rules, "tests/ui: {suffix}");
    }
}

#[test]
fn required_rules_run_before_those_that_require_them() {
    for (i, rule) in registry::all().enumerate() {
        for required in rule.requires {
            let at = registry::all().position(|rule| rule.name == *required);
            assert!(at.is_some_and(|at| at < i), "{} requires {required}", rule.name);
        }
        assert!(!rule.needs.is_empty(), "{}", rule.name);
        assert!(registry::find(rule.name).is_some_and(|found| found == rule));
    }
}

/// The file of a rule says its name, and no other file does: what it finds is its own. That a fixture sets it off is
/// [`failing_fixtures_fail_and_look_as_expected`]'s to hold.
#[test]
fn each_rule_is_spoken_by_its_own_file() {
    let lint = root().join("src/lint");
    let mut speakers: std::collections::BTreeMap<&str, BTreeSet<String>> = std::collections::BTreeMap::new();
    for file in files(&lint, ".rs").into_iter().filter(|file| !file.ends_with("mod.rs")) {
        let text = fs::read_to_string(lint.join(&file)).unwrap();
        for rule in registry::all().filter(|rule| text.contains(&format!("\"{}\"", rule.name))) {
            speakers.entry(rule.name).or_default().insert(name_of(&file));
        }
    }
    for rule in registry::all() {
        let own = BTreeSet::from([rule.name.to_owned()]);
        assert_eq!(speakers.get(rule.name), Some(&own), "{}", rule.name);
    }
}

/// Each rule has a near miss that is silent, and a page for its family's place in the index.
#[test]
fn each_rule_has_a_near_miss() {
    for rule in registry::all() {
        let stems = files(&folder(rule), ".topoc.yaml");
        let passes = stems.iter().filter(|file| file.starts_with("pass")).count();
        assert!(passes > 0 && stems.len() > passes, "{}: {stems:?}", rule.name);
        assert!(FAMILIES.contains(&rule.family()), "{} is of no family", rule.name);
    }
}

/// The families, in the order of the index.
const FAMILIES: [&str; 10] =
    ["apic", "cache", "features", "guest", "host", "leaf", "numa", "spec", "topology", "vendor"];

/// Every `fail*.topoc.yaml` sets off its rule and no other, and looks as its `.txt` says.
#[test]
fn failing_fixtures_fail_and_look_as_expected() {
    let update = std::env::var_os("TOPOC_UPDATE").is_some();
    let mut wrong = Vec::new();
    for rule in registry::all() {
        let folder = folder(rule);
        for file in files(&folder, ".topoc.yaml").iter().filter(|file| file.starts_with("fail")) {
            let stem = file.trim_end_matches(".topoc.yaml");
            let text = fs::read_to_string(folder.join(file)).unwrap();
            let outcome = run(file, &text, host_file(&folder, stem).as_deref());
            let expected = folder.join(format!("{stem}.txt"));
            if update {
                fs::write(&expected, &outcome.rendered).unwrap();
            }
            if outcome.rules() != [rule.name] {
                wrong.push(format!("{}/{file}: {:?}\n{}", rule.path(), outcome.rules(), outcome.rendered));
            }
            if let Some(found) = outcome.diagnostics.iter().find(|found| found.severity > rule.level.worst())
            {
                wrong.push(format!(
                    "{}/{file}: {:?} is worse than the table's level",
                    rule.path(),
                    found.severity
                ));
            }
            if fs::read_to_string(&expected).unwrap_or_default() != outcome.rendered {
                wrong.push(format!("{}/{stem}.txt differs from\n{}", rule.path(), outcome.rendered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every `pass*.topoc.yaml`, a step inside the limit, sets off nothing, and the rule did run.
#[test]
fn near_misses_are_silent() {
    for rule in registry::all() {
        let folder = folder(rule);
        for file in files(&folder, ".topoc.yaml").iter().filter(|file| file.starts_with("pass")) {
            let stem = file.trim_end_matches(".topoc.yaml");
            let text = fs::read_to_string(folder.join(file)).unwrap();
            let outcome = run(file, &text, host_file(&folder, stem).as_deref());
            assert!(outcome.diagnostics.is_empty(), "{}/{file}\n{}", rule.path(), outcome.rendered);
            let not_run = outcome.not_run.iter().find(|(name, _)| *name == rule.name);
            assert_eq!(not_run, None, "{}/{file}", rule.path());
        }
    }
}

/// What a page may rest on: a manual, a file of a kernel, a bug report.
const SOURCES: &[&str] = &["SDM Vol.", "APM Vol.", "Linux `", "ACPI", "POSIX", " #", "support document"];

/// A page begins with the rule's name and summary, and its two examples do what it says.
#[test]
fn pages_tell_the_truth() {
    for rule in registry::all() {
        let page = fs::read_to_string(root().join(rule.page())).unwrap();
        let lines: Vec<_> = page.lines().collect();
        assert_eq!(lines[0], format!("# {}", rule.name));
        let summary = lines[2].to_lowercase();
        assert!(summary.starts_with(&rule.summary.to_lowercase()), "{}: {summary}", rule.name);
        assert!(lines[2].ends_with(&format!("Since {}.", rule.since)), "{}", rule.name);
        let headings: Vec<_> = lines.iter().filter(|line| line.starts_with("## ")).copied().collect();
        let expected = [
            "## What",
            "## Why it matters to a guest",
            "## What a guest says",
            "## Fails",
            "## Passes",
            "## Source",
        ];
        assert_eq!(headings, expected, "{}", rule.name);
        for section in page.split("\n## ").skip(1) {
            let (heading, text) = section.split_once("\n\n").unwrap();
            assert!(text.trim().len() > 20, "{}: {heading} says nothing", rule.name);
        }
        let source = page.split("## Source\n").nth(1).unwrap();
        assert!(SOURCES.iter().any(|word| source.contains(word)), "{}: {source}", rule.name);
        let examples: Vec<_> =
            page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        let [fails, passes] = examples.as_slice() else {
            panic!("{}: {} examples", rule.name, examples.len())
        };
        let fails = run("fails", fails, host_file(&folder(rule), "fail").as_deref());
        assert_eq!(fails.rules(), [rule.name], "{}\n{}", rule.page(), fails.rendered);
        let passes = run("passes", passes, host_file(&folder(rule), "pass").as_deref());
        assert!(passes.diagnostics.is_empty(), "{}\n{}", rule.page(), passes.rendered);
    }
}

/// Every file of a fixture belongs to a spec of its folder.
#[test]
fn no_fixture_is_left_over() {
    for file in files(&root().join("tests/ui"), "") {
        let (folder, name) = file.rsplit_once('/').unwrap();
        let folder = root().join("tests/ui").join(folder);
        let stem = name.split('.').next().unwrap();
        let is_spec = |stem: &str| folder.join(format!("{stem}.topoc.yaml")).exists();
        let belongs = match name.strip_prefix(stem).unwrap() {
            ".topoc.yaml" => stem.starts_with("fail") || stem.starts_with("pass"),
            ".txt" => stem.starts_with("fail") && is_spec(stem),
            ".host.json" | ".baseline.json" => is_spec(stem),
            ".json" => name == "host.json",
            _ => false,
        };
        assert!(belongs, "tests/ui/{file}");
    }
}

/// Holds a file to what it is made of, or rewrites it.
fn hold(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var_os("TOPOC_UPDATE").is_some() {
        fs::write(&file, expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(found, expected, "{path} is out of date: TOPOC_UPDATE=1 cargo test --test rules");
}

fn sorted() -> Vec<&'static Rule> {
    let mut rules: Vec<_> = registry::all().collect();
    rules.sort_unstable_by_key(|rule| rule.name);
    rules
}

/// The binary has every page as it stands in `docs/rules`.
#[test]
fn pages_are_part_of_the_binary() {
    let path = "src/diag/pages.rs";
    let text = fs::read_to_string(root().join(path)).unwrap();
    let (head, rest) = text.split_once("pages! {\n").unwrap();
    let tail = rest.split_once("\n}\n").unwrap().1;
    let list: String = sorted().iter().map(|rule| format!("    \"{}\",\n", rule.path())).collect();
    hold(path, &format!("{head}pages! {{\n{list}}}\n{tail}"));
    for rule in registry::all() {
        assert_eq!(rule.text(), fs::read_to_string(root().join(rule.page())).unwrap(), "{}", rule.name);
    }
}

/// Whether `topoc check --fix` can mend it, in a word.
fn fix(name: &str) -> &'static str {
    match known_fix(name) {
        Some(Safety::Safe) => "safe",
        Some(Safety::Unsafe) => "suggested",
        None => "–",
    }
}

#[test]
fn the_index_lists_every_rule() {
    let mut index = "# Rules\n\nEach rule's page says what it finds, why that matters to a guest, and shows a spec that fails \
         and one that\npasses. `topoc explain NAME` prints it. \
         [conditions.md](conditions.md) lists what is known to go wrong with what\nanswers it, and [not-rules.md](not-rules.md) \
         what no rule needs to speak of, and why. [fixes.md](../fixes.md) says what\n`fix` means.\n"
        .to_owned();
    let mut family = "";
    for rule in sorted() {
        if rule.family() != family {
            family = rule.family();
            index.push_str(&format!(
                "\n## {family}\n\n| rule | what it finds | level | fix | earned by |\n| --- | --- | --- | --- | --- |\n"
            ));
        }
        let (name, path) = (rule.name, rule.path());
        let lowered = if registry::is_overrulable(name) { "; a policy may lower it" } else { "" };
        let (summary, level, earned_by) = (rule.summary, rule.level.words() + lowered, rule.earned_by);
        index.push_str(&format!(
            "| [`{name}`]({path}.md) | {summary} | {level} | {} | {earned_by} |\n",
            fix(name)
        ));
    }
    index.push_str(
        "\n## Mistakes of form\n\nThese come before the rules: what they are about could not be read. Each message says what would \
         be valid.\n\n| name | what is wrong | fix |\n| --- | --- | --- |\n",
    );
    READING
        .iter()
        .for_each(|(name, summary)| index.push_str(&format!("| `{name}` | {summary} | {} |\n", fix(name))));
    hold("docs/rules/README.md", &index);
}

#[test]
fn the_page_of_findings_lists_every_kind() {
    let mut page = "# Findings\n\nWhat `topoc decode` finds in tables that contradict themselves, each other or the vendor's manual. \
         A finding stops\nnothing: silicon has its own. The tables that topoc writes have none. Which failures of other \
         programs each has caught\nstands in [failures.md](failures.md).\n\n| name | what it is |\n| --- | --- |\n"
        .to_owned();
    for kind in FindingKind::ALL {
        page.push_str(&format!("| `{kind}` | {} |\n", kind.summary()));
    }
    hold("docs/findings.md", &page);
}

#[test]
fn the_page_of_faults_lists_every_kind() {
    let mut page = "# Faults of host profiles\n\nWhat `topoc profile check` finds. An error says that the profile cannot be relied on as it \
         stands, a warning that the\nmachine has a quirk or the capture a gap. `topoc explain NAME` has each in the terminal; in the \
         library they are\n`profile::sound::faults`, and `profile::sound::usable` leaves what the last column says.\n\n\
         | name | what it is | level | what stays usable |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for kind in FaultKind::ALL {
        page.push_str(&format!("| `{kind}` | {} | {} | {} |\n", kind.summary(), kind.level(), kind.kept()));
    }
    hold("docs/profile-faults.md", &page);
}

#[test]
fn the_page_of_quirks_lists_each() {
    let mut page = "# Quirks\n\nWhat processors, guests and KVM are known to need beside what the manuals say. Each is data with a \
         name and a source\n(`src/cpuid/quirk.rs`); no other part of the code asks which guest or processor it has before it for \
         such a reason.\n\n| name | on | what topoc does | what happens otherwise | source | rule |\n\
         | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for quirk in quirk::ALL {
        let rule = quirk.rule.map_or_else(
            || "none: it always holds".to_owned(),
            |name| {
                let rule = registry::find(name).unwrap_or_else(|| panic!("{}: no rule {name}", quirk.name));
                format!("[`{name}`](rules/{}.md)", rule.path())
            },
        );
        let quirk::Quirk { name, on, what, why, source, .. } = quirk;
        page.push_str(&format!("| `{name}` | {on} | {what} | {why} | {source} | {rule} |\n"));
    }
    hold("docs/quirks.md", &page);
}

/// The names that the readers of texts use are those of the table, in order.
#[test]
fn mistakes_of_form_are_listed() {
    let mut used = BTreeSet::new();
    for folder in ["src/yaml", "src/spec", "src/policy", "src/cli", "src/lint"] {
        for file in files(&root().join(folder), ".rs") {
            let text = fs::read_to_string(root().join(folder).join(&file)).unwrap();
            for name in
                text.split('"').filter(|text| text.starts_with("yaml::") || text.starts_with("spec::"))
            {
                used.insert(name.to_owned());
            }
        }
    }
    // Functions that serde calls by name.
    for function in ["value", "count", "list", "table"] {
        used.remove(&format!("yaml::{function}"));
    }
    used.retain(|name| !name.ends_with("::test"));
    used.retain(|name| registry::find(name).is_none());
    let listed: Vec<_> = READING.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, used.into_iter().collect::<Vec<_>>());
}
