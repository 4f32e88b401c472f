//! Large x2APIC IDs.

use super::{Fact, Rule, Scope};
use crate::diag::Level::Always;
use crate::diag::Severity::{Error, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "apic::beyond_kvm_limit",
        summary: "an x2APIC ID that KVM does not create",
        level: Always(Error),
        scope: Scope::Host,
        needs: &[Fact::Numbered, Fact::MaxVcpuId],
        requires: &["host::vcpus_beyond_kvm_limit"],
        since: "0.1.0",
        earned_by: "IDs have gaps: they can reach KVM's limit before the number of vCPUs does",
    },
    Rule {
        name: "apic::x2apic_missing",
        summary: "IDs above 254 without x2APIC",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Numbered],
        requires: &["topology::beyond_field", "host::vcpus_beyond_kvm_limit"],
        since: "0.1.0",
        earned_by: "setting EXTD in IA32_APIC_BASE fails with EINVAL without CPUID.01H:ECX[21]",
    },
    Rule {
        name: "apic::not_x2apic_at_boot",
        summary: "IDs above 254 and a guest that starts in xAPIC mode",
        level: Always(Warning),
        scope: Scope::Spec,
        needs: &[Fact::Numbered],
        requires: &["apic::x2apic_missing"],
        since: "0.1.0",
        earned_by: "cloud-hypervisor 84613d427: Linux drops MADT entries, \"x2apic entry ignored\"",
    },
    Rule {
        name: "apic::no_extended_destination",
        summary: "IDs above 255 that device interrupts do not reach",
        level: Always(Warning),
        scope: Scope::Spec,
        needs: &[Fact::Numbered],
        requires: &["apic::x2apic_missing"],
        since: "0.1.0",
        earned_by: "LXD #13186, Propolis #956: more than 255 vCPUs need more of a VMM than the number",
    },
    Rule {
        name: "apic::broadcast",
        summary: "ID 255 where KVM takes it for all",
        level: Always(Error),
        scope: Scope::Host,
        needs: &[Fact::Numbered, Fact::X2apicApi],
        requires: &["apic::x2apic_missing"],
        since: "0.1.0",
        earned_by: "Linux `Documentation/virt/kvm/api.rst`, KVM_CAP_X2APIC_API: interrupts to 255 go to every vCPU",
    },
    Rule {
        name: "apic::feature_dropped",
        summary: "a required feature of a local APIC that the guest does not get",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &["features::unknown"],
        since: "0.1.0",
        earned_by: "`require: [x2apic]` with the local APIC in the VMM was compiled without it, and nothing was said",
    },
];
