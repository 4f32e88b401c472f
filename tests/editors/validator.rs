//! What check-jsonschema makes of the schemas, and topoc's own parser of the same files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use topoc::diag::Severity;
use topoc::spec;

use crate::common::{files, host_file, root, run};
use crate::examples;
use crate::need;

/// Files of which the schema and topoc say different things, and why. No other may be one.
const DIFFERENT: &[(&str, &str)] = &[
    ("tests/ui/spec/bad_value/fail-unordered.topoc.yaml", "a pattern cannot say that a list of CPUs ascends"),
    (
        "tests/ui/yaml/ambiguous/fail.topoc.yaml",
        "a warning: the validator takes the word for a number, topoc for text",
    ),
    ("tests/ui/yaml/tag/fail.topoc.yaml", "a schema knows nothing of tags"),
];

/// The validator overflows its stack at an alias inside of its own anchor, and says nothing of the other files.
const NOT_ASKED: &str = "tests/ui/yaml/recursive_alias/";

/// The files that check-jsonschema refuses; `None` without it.
fn refused(arguments: &[&str], files: &[PathBuf]) -> Option<BTreeSet<PathBuf>> {
    let asked = Command::new("check-jsonschema").args(["-o", "json"]).args(arguments).args(files).output();
    let output = match asked {
        Ok(output) => output,
        Err(why) => {
            need::skip("check-jsonschema", &format!("check-jsonschema does not start: {why}"));
            return None;
        }
    };
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no answer: {}", String::from_utf8_lossy(&output.stderr)));
    let named = ["errors", "parse_errors"].into_iter().filter_map(|key| said.get(key)?.as_array()).flatten();
    let refused: BTreeSet<_> =
        named.map(|found| PathBuf::from(found["filename"].as_str().unwrap())).collect();
    assert_eq!(said["status"] == "ok", refused.is_empty(), "{said}");
    Some(refused)
}

fn schema(name: &str) -> String {
    root().join("schema").join(name).display().to_string()
}

/// Every spec of the examples and of the fixtures, by its path within the repository.
pub fn specs() -> Vec<String> {
    let of = |folder: &str| {
        let below = files(&root().join(folder), ".topoc.yaml").into_iter();
        below.map(|path| format!("{folder}/{path}")).collect::<Vec<_>>()
    };
    [of("examples"), of("tests/ui")].concat()
}

/// Whether a rule finds an error in a file that the parser takes: a number beyond its range, for one, which a spec
/// built in Rust may have too.
pub fn is_refused_by_a_rule(path: &str) -> bool {
    let file = root().join(path);
    let name = file.file_name().unwrap().to_str().unwrap();
    let host = host_file(file.parent().unwrap(), name.trim_end_matches(".topoc.yaml"));
    let outcome = run(path, &fs::read_to_string(&file).unwrap(), host.as_deref());
    outcome.diagnostics.iter().any(|found| found.severity == Severity::Error)
}

/// What the parser refuses, the schema refuses; and what the schema refuses, the parser or a rule does.
#[test]
fn the_schema_refuses_what_topoc_refuses() {
    let asked: Vec<String> = specs().into_iter().filter(|path| !path.starts_with(NOT_ASKED)).collect();
    assert!(asked.len() < specs().len(), "{NOT_ASKED} is not there");
    let paths: Vec<PathBuf> = asked.iter().map(|path| root().join(path)).collect();
    let Some(refused) = refused(&["--schemafile", &schema("spec.v1.schema.json")], &paths) else { return };
    let differs = |name: &str, path: &Path| match spec::parse(&fs::read(path).unwrap()) {
        Ok(_) => refused.contains(path) && !is_refused_by_a_rule(name),
        Err(_) => !refused.contains(path),
    };
    let asked = asked.iter().zip(&paths);
    let different: BTreeSet<&str> =
        asked.filter(|(name, path)| differs(name, path)).map(|(name, _)| name.as_str()).collect();
    assert!(refused.len() > 10, "{refused:?}");
    assert_eq!(different, DIFFERENT.iter().map(|(path, _)| *path).collect());
}

#[test]
fn profiles_baselines_and_manifests_are_of_their_schemas() {
    let json: Vec<PathBuf> = ["examples", "tests/ui"]
        .into_iter()
        .flat_map(|folder| {
            files(&root().join(folder), ".json").into_iter().map(move |file| root().join(folder).join(file))
        })
        .collect();
    let (baselines, profiles): (Vec<_>, Vec<_>) =
        json.into_iter().partition(|path| path.to_str().unwrap().ends_with(".baseline.json"));
    let Some(wrong) = refused(&["--schemafile", &schema("host-profile.v1.schema.json")], &profiles) else {
        return;
    };
    assert_eq!(wrong, BTreeSet::new());
    let wrong = refused(&["--schemafile", &schema("baseline.v1.schema.json")], &baselines).unwrap();
    assert_eq!(wrong, BTreeSet::new());

    let temp = tempfile::tempdir().unwrap();
    let mut manifests: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let hosts = examples::hosts();
    for example in examples::specs() {
        // The rest of a host's manifests differ in numbers alone.
        let compiled = hosts.iter().find_map(|(_, host)| example.compile(host).ok()).unwrap();
        let manifest = compiled.manifest().to_json();
        let mut write = |kind: &str, text: &str, is_good: bool| {
            let path = temp.path().join(format!("{}-{kind}.json", example.name));
            fs::write(&path, text).unwrap();
            manifests.insert(path, is_good);
        };
        write("good", &manifest, true);
        write("bad", &manifest.replacen("\"vcpus\"", "\"cpus\"", 1), false);
    }
    let all: Vec<PathBuf> = manifests.keys().cloned().collect();
    let wrong = refused(&["--schemafile", &schema("manifest.v1.schema.json")], &all).unwrap();
    let bad: BTreeSet<PathBuf> =
        manifests.into_iter().filter(|(_, is_good)| !is_good).map(|(path, _)| path).collect();
    assert!(bad.len() > 10);
    assert_eq!(wrong, bad);
}

#[test]
fn the_schemas_are_schemas() {
    let schemas: Vec<PathBuf> =
        files(&root().join("schema"), ".json").iter().map(|file| root().join("schema").join(file)).collect();
    assert!(schemas.len() >= 4);
    let Some(wrong) = refused(&["--check-metaschema"], &schemas) else { return };
    assert_eq!(wrong, BTreeSet::new());
}
