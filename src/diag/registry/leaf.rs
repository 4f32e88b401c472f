//! Values of single leaves.

use super::{Fact, Rule, Scope};
use crate::diag::Level::Always;
use crate::diag::Severity::{Error, Note, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "leaf::beyond_field",
        summary: "a number or a text that its field cannot hold",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &[],
        since: "0.1.0",
        earned_by: "a family of 0x19 typed as 319: what is cut to fit is another processor, and the guest loads its workarounds",
    },
    Rule {
        name: "leaf::address_bits",
        summary: "physical addresses that the host or the memory does not fit",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &["vendor::mismatch"],
        since: "0.1.0",
        earned_by: "Linux `arch/x86/kvm/cpuid.c`, `cpuid_query_maxphyaddr`: KVM takes the byte literally, and memory beyond it faults",
    },
    Rule {
        name: "leaf::clock_not_told",
        summary: "a rate that no leaf of this processor tells",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &["leaf::beyond_field"],
        since: "0.1.0",
        earned_by: "Linux `arch/x86/kernel/tsc.c`, `native_calibrate_tsc`: on all but Intel it does not look at leaf 15H",
    },
    Rule {
        name: "leaf::crystal_not_apic_bus",
        summary: "a crystal that is not the rate of the local APIC's timer",
        level: Always(Warning),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &["leaf::beyond_field", "leaf::clock_not_told"],
        since: "0.1.0",
        earned_by: "Linux `arch/x86/kernel/tsc.c`: the crystal of leaf 15H becomes `lapic_timer_period`, and timers fire 40 times too late",
    },
    Rule {
        name: "leaf::tsc_not_host",
        summary: "a time-stamp counter that is to run at another rate than the host's",
        level: Always(Note),
        scope: Scope::Host,
        needs: &[Fact::Host],
        requires: &["leaf::beyond_field", "leaf::clock_not_told"],
        since: "0.1.0",
        earned_by: "a VM moved to a faster host without KVM_SET_TSC_KHZ: a guest that trusts leaf 15H gains minutes a day",
    },
    Rule {
        name: "leaf::la57_width",
        summary: "a width of linear addresses that the paging cannot have",
        level: Always(Warning),
        scope: Scope::Host,
        needs: &[Fact::Features],
        requires: &["features::prerequisite_missing"],
        since: "0.1.0",
        earned_by: "a guest that trusts the width uses addresses that fault, or never uses half of its address space",
    },
];
