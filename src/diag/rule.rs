//! What is known of a rule besides its code.

use super::Severity;
use crate::cpuid::Vendor;

/// A rule: its name is a path, and the path is everything. `cache::llc_spans_nodes` stands in
/// `src/lint/cache/llc_spans_nodes.rs`, is explained in `docs/rules/cache/llc_spans_nodes.md` and
/// tried in `tests/ui/cache/llc_spans_nodes/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name.
    pub name: &'static str,
    /// What it says, in one line.
    pub summary: &'static str,
    /// How bad a finding is by default.
    pub level: Level,
    /// What it judges.
    pub scope: Scope,
    /// The facts it needs; without one of them it does not run.
    pub needs: &'static [Fact],
    /// Rules that must have found nothing wrong before this one can say anything sensible.
    pub requires: &'static [&'static str],
    /// The version of topoc that first had it.
    pub since: &'static str,
    /// The failure in the real world that earned it its place.
    pub earned_by: &'static str,
}

impl Rule {
    /// Its page, relative to the root of the repository.
    #[must_use]
    pub fn page(&self) -> String {
        format!("docs/rules/{}.md", self.path())
    }

    /// The text of its page, in Markdown; empty for a rule that was added without one, which a test
    /// refuses.
    #[must_use]
    pub fn text(&self) -> &'static str {
        super::pages::text(&self.path()).unwrap_or_default()
    }

    /// The first part of its name: the rules of a family are about one thing.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.name.split("::").next().unwrap_or(self.name)
    }

    /// Its name as a path of files, without a suffix.
    #[must_use]
    pub fn path(&self) -> String {
        self.name.replace("::", "/")
    }
}

/// How bad a rule's findings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Always as bad.
    Always(Severity),
    /// It depends on whose CPU the guest sees.
    ByVendor {
        /// On Intel.
        intel: Severity,
        /// On every other vendor.
        others: Severity,
    },
    /// It depends on the case, which the rule's page describes; this is the worst.
    UpTo(Severity),
}

impl Level {
    /// The worst that a finding can be.
    #[must_use]
    pub fn worst(self) -> Severity {
        match self {
            Self::Always(severity) | Self::UpTo(severity) => severity,
            Self::ByVendor { intel, others } => intel.max(others),
        }
    }

    /// The level in words.
    #[must_use]
    pub fn words(self) -> String {
        let a = |severity: Severity| match severity {
            Severity::Error => "an error",
            Severity::Warning => "a warning",
            Severity::Note => "a note",
        };
        match self {
            Self::Always(severity) => a(severity).to_owned(),
            Self::ByVendor { intel, others } => format!("{} on Intel, {} on all others", a(intel), a(others)),
            Self::UpTo(severity) => format!("{} at worst", a(severity)),
        }
    }

    /// How bad a finding is on this vendor's CPU; the mildest, if the vendor is not known.
    #[must_use]
    pub fn on(self, vendor: Option<Vendor>) -> Severity {
        match (self, vendor) {
            (Self::Always(severity) | Self::UpTo(severity), _) => severity,
            (Self::ByVendor { intel, .. }, Some(Vendor::Intel)) => intel,
            (Self::ByVendor { others, .. }, Some(_)) => others,
            (Self::ByVendor { intel, others }, None) => intel.min(others),
        }
    }
}

/// What a rule judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The spec by itself.
    Spec,
    /// The spec on one host.
    Host,
}

/// What a rule needs to know; without it, the rule does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// The spec as written.
    Spec,
    /// The vendor of the guest's CPU.
    Vendor,
    /// The resolved topology.
    Topology,
    /// An x2APIC ID for every vCPU.
    Numbered,
    /// The settled caches.
    Caches,
    /// A host profile.
    Host,
    /// What the host offers, and what the guest gets of it.
    Features,
    /// The host's online CPUs.
    HostCpus,
    /// The host's NUMA nodes.
    HostNodes,
    /// The memory of every node of the host.
    HostMemory,
    /// KVM_CAP_NR_VCPUS of the host.
    NrVcpus,
    /// KVM_CAP_MAX_VCPUS of the host.
    MaxVcpus,
    /// KVM_CAP_MAX_VCPU_ID of the host.
    MaxVcpuId,
    /// KVM_CAP_X2APIC_API of the host.
    X2apicApi,
}

impl Fact {
    /// What it is, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Spec => "the spec",
            Self::Vendor => "the vendor",
            Self::Topology => "the resolved topology",
            Self::Numbered => "x2APIC IDs",
            Self::Caches => "the settled caches",
            Self::Host => "a host profile",
            Self::Features => "the features that the host offers",
            Self::HostCpus => "the host's online CPUs",
            Self::HostNodes => "the host's nodes",
            Self::HostMemory => "the memory of the host's nodes",
            Self::NrVcpus => "KVM_CAP_NR_VCPUS of the host",
            Self::MaxVcpus => "KVM_CAP_MAX_VCPUS of the host",
            Self::MaxVcpuId => "KVM_CAP_MAX_VCPU_ID of the host",
            Self::X2apicApi => "KVM_CAP_X2APIC_API of the host",
        }
    }

    /// Why a rule that needs this did not run.
    #[must_use]
    pub const fn missing(self) -> &'static str {
        match self {
            Self::Spec => "there is no spec",
            Self::Vendor => "neither `cpu.vendor` nor a host profile names a vendor",
            Self::Topology => "the topology could not be resolved",
            Self::Numbered => "the vCPUs could not be numbered",
            Self::Caches => "the caches could not be settled",
            Self::Host => "no host profile was given",
            Self::Features => "no host profile tells what the host offers",
            Self::HostCpus => "no host profile lists online CPUs",
            Self::HostNodes => "no host profile lists nodes",
            Self::HostMemory => "no host profile gives the memory of its nodes",
            Self::NrVcpus => "no host profile gives KVM_CAP_NR_VCPUS",
            Self::MaxVcpus => "no host profile gives KVM_CAP_MAX_VCPUS",
            Self::MaxVcpuId => "no host profile gives KVM_CAP_MAX_VCPU_ID",
            Self::X2apicApi => "no host profile gives KVM_CAP_X2APIC_API",
        }
    }
}
