//! Any text as a policy, and as a spec whose comments allow what is found in it.

use topoc::compile::{Origin, check_failed, check_from};
use topoc::diag::render::{self, Style};
use topoc::diag::{Checked, Diagnostic, Document, Run, Severity, Sources, registry};
use topoc::policy::{self, Judge, Levels, Name, Setting};
use topoc::source::{SourceFile, SpanIndex};
use topoc::spec;
use topoc::topology::Block;

/// The most vCPUs that are checked here: a larger machine takes as long as it is large.
const MOST_VCPUS: u128 = 600;

/// Holds what must be so of any text.
pub fn policy(text: &[u8]) {
    let read = policy::read(text);
    let file = SourceFile::new("topoc.yaml", String::from_utf8_lossy(text));
    written(&file, &read.spans, &read.diagnostics, &[]);

    let allows = policy::allows(text);
    for allow in &allows.list {
        let name = text.get(allow.span.start..allow.span.end).and_then(|name| std::str::from_utf8(name).ok());
        assert_eq!(name.and_then(|name| Name::find(name).ok()), Some(allow.name), "{allow:?}");
    }
    let (spans, found) = match spec::parse(text) {
        Ok(parsed) if Block::of(parsed.spec()).vcpus() > MOST_VCPUS => return,
        Ok(parsed) => {
            let origin = Origin { spans: Some(parsed.spans()), ..Origin::default() };
            (parsed.spans().clone(), check_from(parsed.spec(), origin, None).diagnostics)
        }
        Err(failed) => (failed.spans().clone(), check_failed(&failed, None).diagnostics),
    };
    let mut strict = Levels::default();
    strict.set(Name::Family("topology"), Setting::Allow);
    for levels in [&read.levels, &strict] {
        let sources =
            Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
        let by =
            Judge { levels: [levels, &read.levels], allows: &allows, sources, ran: &[], is_whole: false };
        let judged = policy::judge(found.clone(), &by);
        assert!(judged.diagnostics.len() + judged.allowed.len() >= found.len());
        // What no policy changes is still there, and still an error.
        let is_beyond = |d: &&Diagnostic| d.severity == Severity::Error && !registry::is_overrulable(d.rule);
        let still = |d: &Diagnostic| {
            judged
                .diagnostics
                .iter()
                .any(|kept| kept.severity == Severity::Error && kept.message == d.message)
        };
        assert!(found.iter().filter(is_beyond).all(still), "an error of impossibility was allowed");
        written(&file, &spans, &judged.diagnostics, &judged.allowed);
    }
}

/// Writes the findings in every format: each reads back, and none holds what a terminal obeys.
fn written(
    file: &SourceFile,
    spans: &SpanIndex,
    diagnostics: &[Diagnostic],
    allowed: &[topoc::diag::Allowed],
) {
    let sources = Sources { spec: Some(Document { file, spans: Some(spans) }), ..Sources::default() };
    let files = [Checked { name: file.name(), sources, diagnostics, allowed }];
    let run = Run { files: &files, ..Run::default() };
    let style = Style { colour: false, width: 100 };
    let json = [render::json_run(&run), render::sarif(&run), render::gitlab(&run)];
    for text in &json {
        let read: Result<serde_json::Value, _> = serde_json::from_str(text);
        assert!(read.is_ok(), "{read:?}");
    }
    let lines = render::json_lines(&run);
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let junit = render::junit(&run);
    let github = render::github(&run);
    let texts = [render::narrated(diagnostics, &sources, style), lines, junit, github];
    for text in json.iter().chain(&texts) {
        let bad = |c: char| c != '\n' && topoc::source::is_unprintable(c);
        assert!(!text.contains(bad), "{:?} in the output", text.chars().find(|c| bad(*c)));
    }
}
