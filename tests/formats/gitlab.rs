//! GitLab's report: what it insists on.

use serde_json::Value;
use topoc::diag::render::gitlab;

use crate::hand_built::{found, with_run};

#[test]
fn every_issue_has_what_gitlab_insists_on() {
    with_run(|run| {
        let issues: Vec<Value> = serde_json::from_str(&gitlab(run)).unwrap();
        let found = found(run);
        assert_eq!(issues.len(), found.len());
        for (issue, (_, diagnostic)) in issues.iter().zip(found) {
            assert_eq!(issue["check_name"], diagnostic.rule);
            assert!(["info", "major", "critical"].contains(&issue["severity"].as_str().unwrap()));
            assert!(issue["description"].as_str().is_some_and(|text| !text.is_empty()));
            assert_eq!(issue["fingerprint"].as_str().unwrap().len(), 64);
            let path = issue["location"]["path"].as_str().unwrap();
            assert!(!path.starts_with("./") && !path.contains('\\') || path.contains("\\u{"), "{path}");
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
        assert_eq!(issues[0]["location"]["path"], "specs/db.topoc.yaml");
        assert_eq!(issues[0]["location"]["lines"]["begin"], 14);
        assert!(issues[0]["description"].as_str().unwrap().contains("\nhelp: write `shared_by: die`"));
    });
}
