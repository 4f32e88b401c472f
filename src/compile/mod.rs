//! The whole pipeline: a spec and a host profile in, verified tables and their manifest out.

mod digest;
mod manifest;
mod origins;
mod place;

use std::fmt;

use crate::cpuid::{CpuidTable, Processor};
use crate::diag::{At, Diagnostic, Severity};
use crate::emit::{self, Manifest, Origins};
use crate::features::{Baseline, Selection};
use crate::lint::{self, Facts, Report};
use crate::lower::{self, Machine};
use crate::place::{Answer, Contradiction};
use crate::profile::{HostProfile, PreparedHost};
use crate::source::{Span, SpanIndex};
use crate::spec::{Failed, Spec};
use crate::topology::{Caches, Numbered, Topology};
use crate::verify::{verify, verify_features};

/// A compiled machine: the only thing that can be written to disk, and only verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    blobs: Vec<Vec<u8>>,
    manifest: Manifest,
    origins: Origins,
    report: Report,
}

impl Compiled {
    /// The table of each vCPU, by index: the bytes of a `struct kvm_cpuid2`.
    #[must_use]
    pub fn blobs(&self) -> &[Vec<u8>] {
        &self.blobs
    }

    /// The manifest. It names each blob's file, vcpu_id and digest.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Why each field of the tables has its value. The names of files are for whoever reads them to add.
    #[must_use]
    pub const fn origins(&self) -> &Origins {
        &self.origins
    }

    /// What the rules had to say: warnings and notes at most.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }
}

/// Why nothing was compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// The rules found errors.
    Refused(Report),
    /// topoc is wrong, not the spec: a table could not be written or did not read back as meant.
    Bug(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(report) => {
                let mut first = true;
                for d in report.diagnostics.iter().filter(|d| d.severity == Severity::Error) {
                    let comma = if std::mem::take(&mut first) { "" } else { "; " };
                    write!(f, "{comma}{}: {}", d.rule, d.message)?;
                }
                Ok(())
            }
            Self::Bug(what) => write!(f, "this is a bug of topoc: {what}"),
        }
    }
}

impl std::error::Error for CompileError {}

/// Where a spec came from: its text's digest goes into the manifest, its spans sort the findings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// The text, byte by byte.
    pub text: Option<&'a [u8]>,
    /// Where its values stand.
    pub spans: Option<&'a SpanIndex>,
    /// What `cpu.baseline` names, or why it cannot be had: whoever reads files hands it in.
    pub baseline: Option<Result<&'a Baseline, &'a str>>,
    /// What was found while reading the text, below error level. It comes before what the rules find.
    pub warnings: &'a [Diagnostic],
    /// What a policy makes of all that is found. Left out: findings stay as they are.
    pub judge: Option<Judge<'a>>,
}

/// What a policy makes of a report. An error that it leaves refuses the machine.
#[derive(Clone, Copy)]
pub struct Judge<'a>(pub &'a dyn Fn(&mut Report));

impl fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judge")
    }
}

/// Runs every rule that can run. Without a host profile those that need one are counted as not run.
#[must_use]
pub fn check(spec: &Spec, host: Option<&HostProfile>) -> Report {
    check_from(spec, Origin::default(), host)
}

/// As [`check`], for a spec that came from a text.
#[must_use]
pub fn check_from(spec: &Spec, origin: Origin<'_>, host: Option<&HostProfile>) -> Report {
    check_on(spec, origin, host.map(PreparedHost::new).as_ref())
}

/// As [`check_from`], for a host that is prepared once for many specs.
#[must_use]
pub fn check_on(spec: &Spec, origin: Origin<'_>, host: Option<&PreparedHost<'_>>) -> Report {
    Analysis::of(spec, origin, host).report(spec, origin, host)
}

/// All that can be said of a spec whose text has mistakes: those, and what the rules find in the
/// rest of it. A finding about what a mistake left unread is not one.
#[must_use]
pub fn check_failed(failed: &Failed, host: Option<&HostProfile>) -> Report {
    check_failed_from(failed, None, host)
}

/// As [`check_failed`], with what `cpu.baseline` names.
#[must_use]
pub fn check_failed_from(
    failed: &Failed,
    baseline: Option<Result<&Baseline, &str>>,
    host: Option<&HostProfile>,
) -> Report {
    check_failed_on(failed, baseline, host.map(PreparedHost::new).as_ref())
}

/// As [`check_failed_from`], for a host that is prepared once for many specs.
#[must_use]
pub fn check_failed_on(
    failed: &Failed,
    baseline: Option<Result<&Baseline, &str>>,
    host: Option<&PreparedHost<'_>>,
) -> Report {
    let spans = failed.spans();
    let origin = Origin { spans: Some(spans), baseline, ..Origin::default() };
    let mut report = failed.partial().map(|spec| check_on(spec, origin, host)).unwrap_or_default();
    let mistakes: Vec<Span> = failed
        .diagnostics()
        .iter()
        .flat_map(|d| &d.labels)
        .filter_map(|label| if let At::Text(span) = label.at { Some(span) } else { None })
        .collect();
    let stands = |at: &At| match at {
        At::Value(path) | At::Key(path) => spans.get(path).is_some_and(|written| {
            mistakes.iter().all(|m| m.end <= written.value.start || written.value.end <= m.start)
        }),
        At::Text(_) | At::Profile(_) | At::ProfileText(_) | At::Baseline(_) | At::Other(..) => true,
    };
    report.diagnostics.retain(|d| d.labels.iter().all(|label| stands(&label.at)));
    report.diagnostics.splice(0..0, failed.diagnostics().iter().cloned());
    report
}

/// Compiles a spec for a host.
///
/// # Errors
/// [`CompileError::Refused`] with every finding if a rule finds an error.
pub fn compile(spec: &Spec, host: &HostProfile) -> Result<Compiled, CompileError> {
    compile_from(spec, Origin::default(), host)
}

/// As [`compile`], for a spec that came from a text.
///
/// # Errors
/// As [`compile`].
pub fn compile_from(spec: &Spec, origin: Origin<'_>, host: &HostProfile) -> Result<Compiled, CompileError> {
    compile_on(spec, origin, &PreparedHost::new(host))
}

/// As [`compile_from`], for a host that is prepared once for many specs.
///
/// # Errors
/// As [`compile`].
pub fn compile_on(
    spec: &Spec,
    origin: Origin<'_>,
    host: &PreparedHost<'_>,
) -> Result<Compiled, CompileError> {
    let analysis = Analysis::of(spec, origin, Some(host));
    let report = analysis.report(spec, origin, Some(host));
    if report.worst() == Some(Severity::Error) {
        return Err(CompileError::Refused(report));
    }
    let Analysis { processor: Some(processor), machine: Some(resolved), selection: Some(selection), .. } =
        &analysis
    else {
        return Err(CompileError::Bug("no rule refused a machine that cannot be resolved".to_owned()));
    };
    let machine = resolved.machine(spec, *processor, host, &selection.table);
    let lowered =
        lower::prepare(&machine, &selection.table).map_err(|error| CompileError::Bug(error.to_string()))?;
    let template = emit::Template::new(lowered.shared(), lowered.own_fields())
        .ok_or_else(|| CompileError::Bug("a vCPU's own field is not in its table".to_owned()))?;
    let blobs: Vec<Vec<u8>> =
        machine.topology.vcpus().map(|vcpu| template.blob(lowered.own_values(vcpu))).collect();
    verify(&machine, &blobs).map_err(|error| CompileError::Bug(error.to_string()))?;
    if let Some(first) = blobs.first() {
        verify_features(&machine, &selection.given, first)
            .map_err(|error| CompileError::Bug(error.to_string()))?;
    }
    let place = match &analysis.place {
        Some(Ok(Answer::Fits(place))) => Some(place),
        Some(Err(contradiction)) => return Err(CompileError::Bug(contradiction.to_string())),
        // What does not fit was refused.
        Some(Ok(Answer::DoesNotFit(_) | Answer::Undecided { .. })) | None => None,
    };
    let assumed = host.base().is_ok_and(|base| base.assumed);
    let manifest = manifest::manifest(spec, origin, host, &machine, &blobs, assumed, place);
    let of = emit::origins::Compiled::from(&manifest);
    let origins = origins::origins(spec, origin, host, &machine, selection, &lowered, of);
    Ok(Compiled { blobs, manifest, origins, report })
}

/// What a host offers to any guest: the table that lowering starts from, before a spec takes anything away.
///
/// # Errors
/// The profile tells no CPUID, or is of a vendor without rules; in words.
pub fn offered(host: &HostProfile) -> Result<CpuidTable, String> {
    let host = PreparedHost::new(host);
    let base = host.base().map_err(ToString::to_string)?;
    let processor = host.processor().ok_or("the profile does not tell the vendor")?;
    lower::offered(&base.table, &processor).map_err(|error| error.to_string())
}

/// All that can be derived before the rules run.
struct Analysis {
    processor: Option<Processor>,
    machine: Option<Resolved>,
    selection: Option<Selection>,
    /// Where the machine runs on the host, if the spec asks.
    place: Option<Result<Answer, Contradiction>>,
}

/// A resolved machine with its IDs and caches.
struct Resolved {
    topology: Topology,
    numbered: Numbered,
    caches: Caches,
}

impl Analysis {
    fn of(spec: &Spec, origin: Origin<'_>, host: Option<&PreparedHost<'_>>) -> Self {
        let wanted = spec.cpu.as_ref().and_then(|cpu| cpu.vendor);
        let processor = match (host.and_then(|host| host.processor()), wanted) {
            (Some(found), wanted) if wanted.is_none_or(|vendor| vendor == found.vendor) => Some(found),
            // Of another vendor than the host's, which a rule refuses, nothing else is known.
            (_, wanted) => wanted.map(Processor::from),
        };
        let processor = processor.map(|found| spec.cpu.as_ref().map_or(found, |cpu| cpu.seen(found)));
        let machine = Topology::resolve(spec).map(|topology| {
            let numbered = Numbered::number(&topology, processor);
            let host_caches = host.map(PreparedHost::caches).unwrap_or_default();
            let caches = Caches::resolve(spec, &topology, &numbered, processor, host_caches);
            Resolved { topology, numbered, caches }
        });
        let base = host.and_then(|host| host.base().ok());
        let selection = processor.zip(base).and_then(|(processor, base)| {
            let offered = lower::offered(&base.table, &processor).ok()?;
            let cpu = spec.cpu.clone().unwrap_or_default();
            Some(Selection::resolve(&cpu, origin.baseline.and_then(Result::ok), &offered))
        });
        let place = machine.as_ref().zip(host).and_then(|(machine, host)| place::search(spec, machine, host));
        Self { processor, machine, selection, place }
    }

    fn report(&self, spec: &Spec, origin: Origin<'_>, host: Option<&PreparedHost<'_>>) -> Report {
        let mut report = lint::run(&Facts {
            spans: origin.spans,
            topology: self.machine.as_ref().map(|m| &m.topology),
            numbered: self.machine.as_ref().map(|m| &m.numbered),
            caches: self.machine.as_ref().map(|m| &m.caches),
            vendor: self.processor.map(|processor| processor.vendor),
            processor: self.processor,
            features: self.selection.as_ref(),
            baseline: origin.baseline,
            host,
            place: self.place.as_ref().and_then(|answer| answer.as_ref().ok()),
            ..Facts::of(spec)
        });
        report.diagnostics.splice(0..0, origin.warnings.iter().cloned());
        if let Some(Judge(judge)) = origin.judge {
            judge(&mut report);
        }
        report
    }
}

impl Resolved {
    fn machine<'a>(
        &'a self,
        spec: &'a Spec,
        processor: Processor,
        host: &PreparedHost<'_>,
        base: &CpuidTable,
    ) -> Machine<'a> {
        Machine {
            topology: &self.topology,
            numbered: &self.numbered,
            caches: &self.caches,
            processor,
            native_models: host.native_models(),
            irqchip: spec.vmm.as_ref().and_then(|vmm| vmm.irqchip).unwrap_or_default(),
            identity: lower::Identity::of(spec, base),
            hypervisor: lower::Hypervisor::of(spec, base),
        }
    }
}
