//! `cpu::realtime_unpinned`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::spec::KvmHint;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    if !facts.hypervisor().is_some_and(|hypervisor| hypervisor.hints_at(KvmHint::Realtime)) {
        return;
    }
    out.push(
        Diagnostic::new(
            "cpu::realtime_unpinned",
            Severity::Note,
            "the hint `realtime` says that no vCPU ever waits for a CPU, and nothing here gives each one of its own",
        )
        .label(value("cpu.hypervisor.hints"), "a promise to the guest")
        .help("leave `realtime` out, unless each vCPU is pinned to a CPU that nothing else runs on")
        .note("a guest spins on locks whose holder is not running"),
    );
}
