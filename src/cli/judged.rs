//! One spec, read, checked, compiled where there is a host, and judged by its policy.

use super::inputs::SpecInput;
use crate::compile::{self, CompileError, Compiled, Judge};
use crate::diag::{Diagnostic, Document, Sources};
use crate::lint::Report;
use crate::policy::{self, Allows, Levels};
use crate::profile::PreparedHost;
use crate::spec::Spec;

/// By what a spec's findings are judged.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Levels: those of the command line, then those of the file.
    pub levels: [&'a Levels; 2],
    /// Whether comments may allow findings.
    pub comments: bool,
}

/// What came of a spec.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was found, at the levels of the policy.
    pub report: Report,
    /// The tables, where there is a host and no error.
    pub compiled: Option<Compiled>,
    /// What is topoc's own mistake.
    pub bug: Option<String>,
}

/// Judges what was found after the rest: between this spec and another.
pub fn add(found: Diagnostic, input: &SpecInput, by: &By<'_>, report: &mut Report) {
    // What is wrong with the comments themselves was told.
    let list = if by.comments { input.allows.list.clone() } else { Vec::new() };
    let allows = Allows { list, diagnostics: Vec::new() };
    let sources = Sources {
        spec: Some(Document { file: &input.file, spans: Some(input.spans()) }),
        ..Sources::default()
    };
    let by = policy::Judge { levels: by.levels, allows: &allows, sources, ran: &[], is_whole: false };
    let judged = policy::judge(vec![found], &by);
    report.diagnostics.extend(judged.diagnostics);
    report.allowed.extend(judged.allowed);
}

/// Checks a spec, or what it became `instead`. With a host and no error, the tables are compiled and verified too.
pub fn run(
    input: &SpecInput,
    instead: Option<&Spec>,
    host: Option<&PreparedHost<'_>>,
    by: &By<'_>,
) -> Outcome {
    let none = Allows::default();
    let allows = if by.comments { &input.allows } else { &none };
    let sources = Sources {
        spec: Some(Document { file: &input.file, spans: Some(input.spans()) }),
        ..Sources::default()
    };
    let judge = |report: &mut Report| {
        let by = policy::Judge {
            levels: by.levels,
            allows,
            sources,
            ran: &report.ran,
            is_whole: input.parsed.is_ok(),
        };
        let judged = policy::judge(std::mem::take(&mut report.diagnostics), &by);
        report.diagnostics = judged.diagnostics;
        report.allowed = judged.allowed;
    };
    let parsed = match &input.parsed {
        Ok(parsed) => parsed,
        Err(failed) => {
            let mut report = compile::check_failed_on(failed, input.baseline(), host);
            judge(&mut report);
            return Outcome { report, ..Outcome::default() };
        }
    };
    let origin = compile::Origin { judge: Some(Judge(&judge)), ..input.origin() };
    let spec = instead.unwrap_or(parsed.spec());
    let Some(host) = host else {
        return Outcome { report: compile::check_on(spec, origin, None), ..Outcome::default() };
    };
    match compile::compile_on(spec, origin, host) {
        Ok(compiled) => {
            Outcome { report: compiled.report().clone(), compiled: Some(compiled), ..Outcome::default() }
        }
        Err(CompileError::Refused(report)) => Outcome { report, ..Outcome::default() },
        Err(CompileError::Bug(what)) => Outcome { bug: Some(what), ..Outcome::default() },
    }
}
