//! The guest's system.

use super::{Fact, Rule, Scope};
use crate::diag::Level::Always;
use crate::diag::Severity::{Error, Note, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "guest::kernel_not_linux",
        summary: "a version of Linux for another system",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &[],
        since: "0.1.0",
        earned_by: "a shape copied from a Linux VM with its `kernel`: rules would judge a Windows guest by it",
    },
    Rule {
        name: "guest::windows_sockets",
        summary: "more sockets than Windows uses",
        level: Always(Warning),
        scope: Scope::Spec,
        needs: &[Fact::Topology],
        requires: &[],
        since: "0.1.0",
        earned_by: "VMs with one socket per vCPU: Windows 11 runs on 2 of 8 and does not say why",
    },
    Rule {
        name: "guest::windows_groups",
        summary: "more vCPUs in a node than a processor group of Windows takes",
        level: Always(Note),
        scope: Scope::Spec,
        needs: &[Fact::Topology],
        requires: &[],
        since: "0.1.0",
        earned_by: "programs built for one group of 64 use half of a Windows VM with 128 vCPUs",
    },
    Rule {
        name: "guest::freebsd_packages",
        summary: "levels between core and socket that FreeBSD takes for packages",
        level: Always(Warning),
        scope: Scope::Spec,
        needs: &[Fact::Topology, Fact::Vendor],
        requires: &["topology::count_zero"],
        since: "0.1.0",
        earned_by: "FreeBSD `mp_x86.c`, `topo_probe_intel_0xb`: of leaf 1FH it reads threads and cores, and what is around cores is a package",
    },
];
