//! `leaf::crystal_not_apic_bus`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};
use crate::spec::Clock;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(clock) = facts.clock() else { return };
    let apic_bus = facts.spec.vmm.as_ref().and_then(|vmm| vmm.apic_bus);
    let counted = Clock::default().crystal(apic_bus);
    let Some(crystal) = clock.crystal.filter(|crystal| *crystal != counted) else { return };
    let mut diagnostic = Diagnostic::new(
        "leaf::crystal_not_apic_bus",
        Severity::Warning,
        format!("the crystal is {crystal}, the local APIC's timer counts at {counted}"),
    )
    .label(value("cpu.clock.crystal"), format!("{crystal} here"));
    if apic_bus.is_some() {
        diagnostic = diagnostic.label(value("vmm.apic_bus"), format!("{counted} here"));
    }
    out.push(
        diagnostic
            .help(format!(
                "write `vmm: {{ apic_bus: {crystal} }}` if the VMM sets KVM_CAP_X86_APIC_BUS_CYCLES_NS so, or leave \
                 `crystal` out"
            ))
            .fix(suggested([remove("cpu.clock.crystal")]))
            .note("a Linux guest on Intel takes the crystal for the timer's rate and does not measure it"),
    );
}
