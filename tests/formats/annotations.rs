//! Annotations, read back as GitHub's runner reads them.

use std::collections::BTreeMap;

use topoc::diag::render::github;
use topoc::diag::{At, Checked, Diagnostic, Run, Severity, Sources};
use topoc::source::{SourceFile, Span, printable};

use crate::hand_built::{found, with_one, with_run};

/// A workflow command.
pub struct Annotation {
    pub command: String,
    pub properties: BTreeMap<String, String>,
    pub message: String,
}

/// A line as the runner takes it apart: the command ends at the first space, the properties at the next `::`;
/// properties are parted by commas, name and value by the first `=`. Only then are escapes undone, `%25`
/// last.
pub fn read(line: &str) -> Annotation {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (command, properties) = head.split_once(' ').unwrap();
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    };
    let properties = properties.split(',').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), property(value))
    });
    Annotation { command: command.to_owned(), properties: properties.collect(), message: data(message) }
}

#[test]
fn what_is_read_back_is_what_was_found() {
    with_run(|run| {
        let annotations: Vec<_> = github(run).lines().map(read).collect();
        let mut found = found(run);
        found.sort_by_key(|(_, one)| std::cmp::Reverse(one.severity));
        assert_eq!(annotations.len(), found.len());
        for (annotation, (checked, diagnostic)) in annotations.iter().zip(found) {
            let command = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            assert_eq!(annotation.command, command);
            assert_eq!(annotation.properties["title"], diagnostic.rule);
            assert_eq!(annotation.message.lines().next().unwrap(), printable(&diagnostic.message));
            let help = diagnostic.help.iter().flat_map(|help| help.lines());
            for line in help.chain(diagnostic.notes.iter().flat_map(|note| note.lines())) {
                assert!(annotation.message.contains(&printable(line)), "{line:?}: {}", annotation.message);
            }
            let place =
                diagnostic.labels.first().map(|label| checked.sources.resolve(&label.at).place.unwrap());
            let at = place.map(|place| place.file.line_column(place.span.start));
            let number =
                |name: &str| annotation.properties.get(name).map(|text| text.parse::<usize>().unwrap());
            assert_eq!(number("line"), at.map(|at| at.line));
            assert_eq!(number("col"), at.map(|at| at.column));
            assert_eq!(number("endLine"), number("line"));
        }
        let files: Vec<_> = annotations.iter().map(|a| a.properties["file"].as_str()).collect();
        assert!(files.contains(&"specs/db.topoc.yaml"), "{files:?}");
        assert!(files.contains(&"specs/win.topoc.yaml"), "{files:?}");
        assert!(files.contains(&"specs/Größe 1,a.topoc.yaml"), "{files:?}");
        assert!(files.contains(&"specs/unread.topoc.yaml"), "{files:?}");
    });
}

/// `counts` findings of each level, the mildest first, in files of 15 findings.
fn annotations_of(counts: &[(Severity, usize)]) -> Vec<Annotation> {
    let found: Vec<_> = counts
        .iter()
        .flat_map(|(severity, count)| {
            (0..*count).map(|n| Diagnostic::new("test::many", *severity, n.to_string()))
        })
        .collect();
    let names: Vec<_> = (0..found.chunks(15).len()).map(|n| format!("{n:02}.yaml")).collect();
    let files: Vec<_> = found
        .chunks(15)
        .zip(&names)
        .map(|(diagnostics, name)| Checked { name, sources: Sources::default(), diagnostics, allowed: &[] })
        .collect();
    github(&Run { files: &files, ..Run::default() }).lines().map(read).collect()
}

fn commands(annotations: &[Annotation]) -> (usize, usize, usize) {
    let count = |command| annotations.iter().filter(|annotation| annotation.command == command).count();
    (count("error"), count("warning"), count("notice"))
}

#[test]
fn no_more_is_written_than_github_keeps() {
    use Severity::{Error, Note, Warning};
    let all = annotations_of(&[(Note, 30), (Warning, 12), (Error, 11)]);
    assert_eq!(commands(&all), (10, 10, 10));
    let rank =
        |a: &Annotation| ["error", "warning", "notice"].iter().position(|command| *command == a.command);
    assert!(all.iter().is_sorted_by_key(rank), "the most severe come first");
    let rest = &all.last().unwrap().message;
    let lines: Vec<_> = rest.lines().collect();
    assert_eq!(
        lines,
        [
            "GitHub shows 10 annotations of each level. Not shown: 1 error, 2 warnings, 21 notes",
            "00.yaml: 6 notes",
            "01.yaml: 15 notes",
            "02.yaml: 2 warnings",
            "03.yaml: 1 error",
        ]
    );
}

#[test]
fn what_fits_needs_no_count() {
    use Severity::{Error, Note, Warning};
    let all = annotations_of(&[(Error, 10), (Warning, 10), (Note, 10)]);
    assert_eq!(commands(&all), (10, 10, 10));
    assert!(all.iter().all(|annotation| annotation.properties["title"] == "test::many"));
    // The count is a notice itself, and takes the place of one.
    let all = annotations_of(&[(Error, 11), (Note, 10)]);
    assert_eq!(commands(&all), (10, 0, 10));
    assert!(all.last().unwrap().message.contains("1 error, 1 note\n"));
    let many = annotations_of(&[(Error, 1000)]);
    assert_eq!(commands(&many), (10, 0, 1));
    assert_eq!(many.last().unwrap().message.lines().last().unwrap(), "and 47 more files");
    assert_eq!(github(&Run::default()), "");
}

#[test]
fn many_labels_are_counted() {
    let file = SourceFile::new("m.yaml", "a\n".repeat(100));
    let mut diagnostic = Diagnostic::new("yaml::test", Severity::Error, "m");
    for line in 0..100 {
        diagnostic = diagnostic.label(At::Text(Span::new(line * 2, line * 2 + 1)), "again");
    }
    let out = with_one(&file, &[diagnostic], github);
    let message = read(out.trim_end()).message;
    assert_eq!(message.lines().count(), 10);
    assert!(message.ends_with("m.yaml:8:1: again\nand 92 more places"), "{message}");
}
