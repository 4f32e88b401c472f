//! What all others build on: a name for the output, a host whose vendor and leaves are known, and vCPUs that can be.

use super::{Fact, Rule, Scope};
use crate::diag::Level::Always;
use crate::diag::Severity::Error;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "spec::not_a_file_name",
        summary: "a name that is no plain file name",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &[],
        since: "0.1.0",
        earned_by: "a name such as `../db` leads out of the directory that the tables were to go to",
    },
    Rule {
        name: "vendor::not_supported",
        summary: "a host whose processor this version does not compile for",
        level: Always(Error),
        scope: Scope::Host,
        needs: &[Fact::Host],
        requires: &[],
        since: "0.1.0",
        earned_by: "tables by another vendor's rules: a guest finds one core, and nobody says why",
    },
    Rule {
        name: "vendor::mismatch",
        summary: "a vendor that is not the host's",
        level: Always(Error),
        scope: Scope::Host,
        needs: &[Fact::Host],
        requires: &[],
        since: "0.1.0",
        earned_by: "the leaves of one vendor on the features of another: KVM answers by the vendor in leaf 0",
    },
    Rule {
        name: "host::no_cpuid",
        summary: "a profile without any CPUID",
        level: Always(Error),
        scope: Scope::Host,
        needs: &[Fact::Host],
        requires: &[],
        since: "0.1.0",
        earned_by: "features and caches come from the host: without a table of its CPUID there is nothing to compile from",
    },
    Rule {
        name: "host::vcpus_beyond_kvm_limit",
        summary: "more vCPUs than this host's KVM creates",
        level: Always(Error),
        scope: Scope::Host,
        needs: &[Fact::Topology, Fact::Host],
        requires: &[],
        since: "0.1.0",
        earned_by: "KVM_CREATE_VCPU fails with EINVAL for the first vCPU beyond, when all the others run",
    },
];
