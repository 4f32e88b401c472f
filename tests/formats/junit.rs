//! JUnit's XML, read back by a reader of XML.

use roxmltree::{Document, Node};
use topoc::diag::render::junit;
use topoc::diag::{Diagnostic, Run, Severity};
use topoc::source::SourceFile;

use crate::hand_built::{with_one, with_run};

fn child<'a, 'd>(node: Node<'a, 'd>, name: &str) -> Option<Node<'a, 'd>> {
    node.children().find(|child| child.has_tag_name(name))
}

fn cases<'a, 'd>(document: &'a Document<'d>) -> Vec<Node<'a, 'd>> {
    document.descendants().filter(|node| node.has_tag_name("testcase")).collect()
}

#[test]
fn every_file_is_a_case() {
    let text = with_run(junit);
    let document = Document::parse(&text).unwrap();
    let cases = cases(&document);
    let names: Vec<_> = cases.iter().map(|case| case.attribute("name").unwrap()).collect();
    assert_eq!(names.len(), 7);
    assert_eq!(
        names[..4],
        [
            "specs/db.topoc.yaml",
            "specs/Größe 1,a.topoc.yaml",
            "specs/win.topoc.yaml",
            "specs/clean.topoc.yaml"
        ]
    );

    let failure = child(cases[0], "failure").unwrap();
    assert_eq!(
        failure.attribute("message").unwrap(),
        "2 errors, the first: L3 is shared by 16 vCPUs of node 0 and node 1"
    );
    assert_eq!(failure.attribute("type"), Some("cache::llc_spans_nodes"));
    let body = failure.text().unwrap();
    assert!(
        body.starts_with("specs/db.topoc.yaml:14:16: error[cache::llc_spans_nodes]: L3 is shared"),
        "{body}"
    );
    assert!(body.contains("error[host::vcpus_beyond_kvm_limit]") && !body.contains("warning["), "{body}");
    let out = child(cases[0], "system-out").unwrap().text().unwrap();
    assert!(out.contains("warning[topology::odd_threads]") && out.contains("(as on the silicon)"), "{out}");
    assert!(out.contains("nodes are given twice (no reason is given)"), "{out}");

    assert!(cases[3].children().all(|child| child.is_text()), "a file without findings passes");
    assert_eq!(child(cases[5], "error").unwrap().attribute("message"), Some("permission denied"));
    assert!(child(cases[5], "failure").is_none());
    assert_eq!(child(cases[6], "skipped").unwrap().attribute("message"), Some("excluded by topoc.yaml"));
    let suite = document.root_element().first_element_child().unwrap();
    let said = child(suite, "system-out").unwrap().text().unwrap();
    assert!(
        said.starts_with("host::does_not_fit did not run on 3 specs: no host profile was given\n"),
        "{said}"
    );
}

/// What the head says is what the cases are.
#[test]
fn the_counts_are_those_of_the_cases() {
    let text = with_run(junit);
    let document = Document::parse(&text).unwrap();
    let cases = cases(&document);
    let with = |name: &str| cases.iter().filter(|case| child(**case, name).is_some()).count().to_string();
    let suite = document.root_element().first_element_child().unwrap();
    for node in [document.root_element(), suite] {
        assert_eq!(node.attribute("tests").unwrap(), cases.len().to_string());
        assert_eq!(node.attribute("failures").unwrap(), with("failure"));
        assert_eq!(node.attribute("errors").unwrap(), with("error"));
    }
    assert_eq!(suite.attribute("skipped").unwrap(), with("skipped"));
    assert_eq!((with("failure"), with("error"), with("skipped")), ("4".into(), "1".into(), "1".into()));
}

#[test]
fn a_warning_fails_nothing() {
    let file = SourceFile::new("w.yaml", "");
    let text = with_one(&file, &[Diagnostic::new("a::b", Severity::Warning, "m")], junit);
    assert!(!text.contains("<failure") && text.contains("failures=\"0\""), "{text}");
    assert!(text.contains("<system-out>w.yaml: warning[a::b]: m</system-out>"), "{text}");
    Document::parse(&junit(&Run::default())).unwrap();
}
