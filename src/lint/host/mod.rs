//! Rules on what the host offers.

pub(super) mod does_not_fit;
pub(super) mod irqchip_missing;
pub(super) mod kvm_table_assumed;
pub(super) mod no_cpuid;
pub(super) mod no_such_cpu;
pub(super) mod no_such_node;
pub(super) mod node_too_little_memory;
pub(super) mod pin_leaves_sibling;
pub(super) mod pin_no_such_vcpu;
pub(super) mod pin_off_node;
pub(super) mod pin_outside_cpus;
pub(super) mod pin_splits_core;
pub(super) mod pin_twice;
pub(super) mod pin_unequal;
pub(super) mod shape_unknown;
pub(super) mod too_few_cpus;
pub(super) mod too_little_memory;
pub(super) mod undecided;
pub(super) mod vcpus_beyond_kvm_limit;
pub(super) mod vcpus_beyond_recommended;

use super::Facts;
use super::mend::{insert, put, suggested};
use crate::diag::{Fix, Severity};
use crate::spec::Fidelity;

/// How bad it is that the host has less than the guest: an error where the spec asks for counts or for more than
/// that, a warning where it says nothing, and nothing where it asks for nothing.
fn shortage(facts: &Facts<'_>) -> Option<Severity> {
    match facts.spec.host.as_ref().and_then(|host| host.fidelity) {
        Some(Fidelity::Exact | Fidelity::Sharing | Fidelity::Counts) => Some(Severity::Error),
        Some(Fidelity::None) => None,
        None => Some(Severity::Warning),
    }
}

/// How bad it is that a pin makes untrue what the guest is told: an error where the spec asks that it be true.
fn untrue(facts: &Facts<'_>) -> Severity {
    match facts.spec.host.as_ref().and_then(|host| host.fidelity) {
        Some(Fidelity::Exact | Fidelity::Sharing) => Severity::Error,
        Some(Fidelity::Counts | Fidelity::None) | None => Severity::Warning,
    }
}

/// Has the spec ask nothing of the host.
fn no_fidelity(facts: &Facts<'_>) -> Fix {
    suggested([match &facts.spec.host {
        Some(host) => put("host", "fidelity", "none", host.fidelity.is_some()),
        None => insert("", "host", "{ fidelity: none }"),
    }])
}
