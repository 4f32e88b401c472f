//! The SARIF log beyond what its schema holds.

use serde_json::{Value, json};
use topoc::diag::render::sarif;
use topoc::diag::{Run, registry};

use crate::hand_built::{found, with_run};
use crate::schemas::{accepts, sarif_schema, validator};

fn log() -> Value {
    serde_json::from_str(&with_run(sarif)).unwrap()
}

#[test]
fn every_result_stands_in_a_file_and_names_a_described_rule() {
    let log = log();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 12);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(uri.as_str().is_some_and(|uri| uri.starts_with("specs/")), "{result}");
    }
    for rule in rules {
        if let Some(known) = registry::find(rule["id"].as_str().unwrap()) {
            assert_eq!(rule["help"]["markdown"], known.text());
            assert_eq!(rule["help"]["text"], known.text());
            assert_eq!(rule["shortDescription"]["text"], known.summary);
            assert_eq!(rule["defaultConfiguration"]["level"], known.level.worst().word());
        }
    }
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert_eq!(run["tool"]["driver"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn places_are_those_of_the_labels() {
    with_run(|run| {
        let log: Value = serde_json::from_str(&sarif(run)).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap().iter();
        let mut seen = 0;
        for (result, (checked, diagnostic)) in
            results.filter(|r| r.get("suppressions").is_none()).zip(found(run))
        {
            let region = &result["locations"][0]["physicalLocation"]["region"];
            let Some(label) = diagnostic.labels.first() else {
                assert!(region.is_null());
                continue;
            };
            let place = checked.sources.resolve(&label.at).place.unwrap();
            let (start, end) =
                (place.file.line_column(place.span.start), place.file.line_column(place.span.end));
            assert_eq!(
                *region,
                json!({
                    "startLine": start.line, "startColumn": start.column,
                    "endLine": end.line, "endColumn": end.column
                })
            );
            seen += 1;
        }
        assert_eq!(seen, 8);
    });
}

#[test]
fn the_other_party_is_related() {
    let log = log();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |rule: &str| results.iter().find(|result| result["ruleId"] == rule).unwrap();
    let uri = |location: &Value| location["physicalLocation"]["artifactLocation"]["uri"].clone();
    for (rule, file, line, text) in [
        ("cache::llc_spans_nodes", "specs/db.topoc.yaml", 9, "node 0 ends here"),
        ("host::vcpus_beyond_kvm_limit", "hosts/host.json", 2, "8 allowed"),
        ("features::baseline_mismatch", "fleet.json", 2, "says AMD"),
        ("topology::odd_threads", "specs/db.topoc.yaml", 3, "defined here"),
        ("test::unknown", "specs/other.topoc.yaml", 2, "4 here"),
    ] {
        let related = &of(rule)["relatedLocations"][0];
        assert_eq!(uri(related), file, "{rule}");
        assert_eq!(related["physicalLocation"]["region"]["startLine"], line, "{rule}");
        assert_eq!(related["message"]["text"], text, "{rule}");
    }
    let gone = &of("test::unknown")["relatedLocations"][1];
    assert_eq!(uri(gone), "specs/gone.topoc.yaml");
    assert_eq!(gone["logicalLocations"][0]["fullyQualifiedName"], "topology");
    assert!(gone["physicalLocation"].get("region").is_none());
}

#[test]
fn what_is_allowed_is_suppressed_and_nothing_else() {
    let log = log();
    let results = log["runs"][0]["results"].as_array().unwrap().iter();
    let suppressed: Vec<_> = results.filter_map(|r| Some((&r["ruleId"], r.get("suppressions")?))).collect();
    assert_eq!(
        suppressed,
        [
            (
                &json!("cache::size_uneven"),
                &json!([{ "kind": "inSource", "status": "accepted", "justification": "as on the silicon" }])
            ),
            (&json!("numa::two_forms"), &json!([{ "kind": "external", "status": "accepted" }])),
        ]
    );
}

#[test]
fn what_was_not_done_is_said() {
    let log = log();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let texts: Vec<_> = notifications.iter().map(|n| n["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        [
            "permission denied",
            "passed by: excluded by topoc.yaml",
            "did not run on 3 specs: no host profile was given",
            "did not run on 1 spec: the spec has mistakes of form",
        ]
    );
    assert_eq!(notifications[2]["associatedRule"]["id"], "host::does_not_fit");

    let empty: Value = serde_json::from_str(&sarif(&Run::default())).unwrap();
    assert_eq!(empty["runs"][0]["invocations"][0]["executionSuccessful"], true);
    // Without results the log says that nothing was found, which closes what was open before.
    assert_eq!(empty["runs"][0]["results"], json!([]));
    accepts(&validator(&sarif_schema()), &empty);
}

#[test]
fn a_text_of_others_becomes_no_link() {
    let text = with_run(sarif);
    let results = text.split_once("\"results\"").unwrap().1;
    let results = results.split_once("\"tool\"").unwrap().0;
    assert!(!results.contains("]("), "{results}");
    assert!(results.contains("[click] (https://example.org)"));
}
