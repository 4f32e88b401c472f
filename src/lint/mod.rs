//! The rules: one file each, its path the rule's name. What is known of a rule besides its code
//! stands in [`registry`].
//!
//! A rule states one conflict with both numbers, labels the guilty value of the YAML first, and its
//! help is an edit that can be pasted.

mod across;
mod apic;
mod cache;
mod facts;
mod features;
mod guest;
mod host;
mod leaf;
mod mend;
mod numa;
mod reader;
mod spec;
mod topology;
mod vendor;
mod words;

use std::collections::HashMap;

pub use across::across;
pub use facts::Facts;

use crate::diag::{Allowed, At, Diagnostic, Severity, registry};
use crate::source::SpecPath;

/// The code of a rule: adds what it finds.
type Check = fn(&Facts<'_>, &mut Vec<Diagnostic>);

/// The code of every rule of [`registry::all`].
const CHECKS: &[(&str, Check)] = &[
    ("spec::not_a_file_name", spec::not_a_file_name::check),
    ("topology::count_zero", topology::count_zero::check),
    ("topology::too_many_vcpus", topology::too_many_vcpus::check),
    ("topology::part_misplaced", topology::part_misplaced::check),
    ("topology::core_type_missing", topology::core_type_missing::check),
    ("topology::core_type_not_told", topology::core_type_not_told::check),
    ("topology::no_order", topology::no_order::check),
    ("topology::wrong_present", topology::wrong_present::check),
    ("topology::id_bits_misfit", topology::id_bits_misfit::check),
    ("topology::uneven_in_linux", topology::uneven_in_linux::check),
    ("topology::dies_in_linux", topology::dies_in_linux::check),
    ("topology::odd_threads", topology::odd_threads::check),
    ("topology::level_not_enumerable", topology::level_not_enumerable::check),
    ("topology::beyond_field", topology::beyond_field::check),
    ("topology::number_truncated", topology::number_truncated::check),
    ("topology::linux_reads_legacy", topology::linux_reads_legacy::check),
    ("numa::two_forms", numa::two_forms::check),
    ("numa::memory_twice", numa::memory_twice::check),
    ("numa::too_many_nodes", numa::too_many_nodes::check),
    ("numa::no_such_cpu", numa::no_such_cpu::check),
    ("numa::named_twice", numa::named_twice::check),
    ("numa::empty_node", numa::empty_node::check),
    ("numa::no_memory", numa::no_memory::check),
    ("numa::vcpu_in_two_nodes", numa::vcpu_in_two_nodes::check),
    ("numa::vcpu_without_node", numa::vcpu_without_node::check),
    ("numa::cuts_core", numa::cuts_core::check),
    ("numa::distances_not_slit", numa::distances_not_slit::check),
    ("numa::distances_asymmetric", numa::distances_asymmetric::check),
    ("numa::near_as_far", numa::near_as_far::check),
    ("numa::amd_node_count", numa::amd_node_count::check),
    ("numa::amd_layout", numa::amd_layout::check),
    ("numa::nodes_miscounted", numa::nodes_miscounted::check),
    ("numa::snc_order", numa::snc_order::check),
    ("cache::mode_and_properties", cache::mode_and_properties::check),
    ("cache::no_such_core_type", cache::no_such_core_type::check),
    ("cache::not_on_host", cache::not_on_host::check),
    ("cache::property_missing", cache::property_missing::check),
    ("cache::property_not_told", cache::property_not_told::check),
    ("cache::beyond_field", cache::beyond_field::check),
    ("cache::size_uneven", cache::size_uneven::check),
    ("cache::wider_than_host", cache::wider_than_host::check),
    ("cache::l3_larger_than_host", cache::l3_larger_than_host::check),
    ("cache::line_not_clflush", cache::line_not_clflush::check),
    ("cache::fewer_in_linux", cache::fewer_in_linux::check),
    ("cache::inner_removed", cache::inner_removed::check),
    ("cache::all_removed", cache::all_removed::check),
    ("cache::llc_assumed_in_linux", cache::llc_assumed_in_linux::check),
    ("cache::inner_missing", cache::inner_missing::check),
    ("cache::views_differ", cache::views_differ::check),
    ("cache::sharing_beyond_field", cache::sharing_beyond_field::check),
    ("cache::splits_smt", cache::splits_smt::check),
    ("cache::not_nested", cache::not_nested::check),
    ("cache::inner_spans_nodes", cache::inner_spans_nodes::check),
    ("cache::llc_spans_nodes", cache::llc_spans_nodes::check),
    ("cache::l3_not_complex", cache::l3_not_complex::check),
    ("cache::l3_fixed_in_linux", cache::l3_fixed_in_linux::check),
    ("cache::sharing_not_told", cache::sharing_not_told::check),
    ("vendor::mismatch", vendor::mismatch::check),
    ("leaf::beyond_field", leaf::beyond_field::check),
    ("vendor::signature_in_part", vendor::signature_in_part::check),
    ("vendor::family_beyond_host", vendor::family_beyond_host::check),
    ("vendor::family_unlike_features", vendor::family_unlike_features::check),
    ("leaf::address_bits", leaf::address_bits::check),
    ("leaf::clock_not_told", leaf::clock_not_told::check),
    ("leaf::crystal_not_apic_bus", leaf::crystal_not_apic_bus::check),
    ("leaf::tsc_not_host", leaf::tsc_not_host::check),
    ("features::pv_without_kvm", features::pv_without_kvm::check),
    ("features::pv_taken_along", features::pv_taken_along::check),
    ("features::realtime_unpinned", features::realtime_unpinned::check),
    ("features::perfctr_core_dropped", features::perfctr_core_dropped::check),
    ("guest::kernel_not_linux", guest::kernel_not_linux::check),
    ("guest::windows_sockets", guest::windows_sockets::check),
    ("guest::windows_groups", guest::windows_groups::check),
    ("guest::freebsd_packages", guest::freebsd_packages::check),
    ("host::irqchip_missing", host::irqchip_missing::check),
    ("features::unknown", features::unknown::check),
    ("features::alias", features::alias::check),
    ("features::decided", features::decided::check),
    ("features::required_and_disabled", features::required_and_disabled::check),
    ("features::not_migratable", features::not_migratable::check),
    ("features::pmu_excluded", features::pmu_excluded::check),
    ("features::pmu_on_hybrid", features::pmu_on_hybrid::check),
    ("features::baseline_unread", features::baseline_unread::check),
    ("features::prerequisite_missing", features::prerequisite_missing::check),
    ("features::xsave_incomplete", features::xsave_incomplete::check),
    ("leaf::la57_width", leaf::la57_width::check),
    ("features::pmu_missing", features::pmu_missing::check),
    ("features::model_beyond_host", features::model_beyond_host::check),
    ("features::missing", features::missing::check),
    ("features::takes_along", features::takes_along::check),
    ("features::baseline_mismatch", features::baseline_mismatch::check),
    ("features::baseline_beyond_host", features::baseline_beyond_host::check),
    ("host::no_cpuid", host::no_cpuid::check),
    ("vendor::not_supported", vendor::not_supported::check),
    ("host::kvm_table_assumed", host::kvm_table_assumed::check),
    ("host::vcpus_beyond_kvm_limit", host::vcpus_beyond_kvm_limit::check),
    ("host::vcpus_beyond_recommended", host::vcpus_beyond_recommended::check),
    ("host::too_few_cpus", host::too_few_cpus::check),
    ("host::too_little_memory", host::too_little_memory::check),
    ("host::no_such_node", host::no_such_node::check),
    ("host::node_too_little_memory", host::node_too_little_memory::check),
    ("host::no_such_cpu", host::no_such_cpu::check),
    ("host::pin_unequal", host::pin_unequal::check),
    ("host::pin_no_such_vcpu", host::pin_no_such_vcpu::check),
    ("host::pin_twice", host::pin_twice::check),
    ("host::pin_outside_cpus", host::pin_outside_cpus::check),
    ("host::pin_splits_core", host::pin_splits_core::check),
    ("host::pin_off_node", host::pin_off_node::check),
    ("host::pin_leaves_sibling", host::pin_leaves_sibling::check),
    ("host::shape_unknown", host::shape_unknown::check),
    ("host::does_not_fit", host::does_not_fit::check),
    ("host::undecided", host::undecided::check),
    ("apic::beyond_kvm_limit", apic::beyond_kvm_limit::check),
    ("apic::x2apic_missing", apic::x2apic_missing::check),
    ("apic::not_x2apic_at_boot", apic::not_x2apic_at_boot::check),
    ("apic::no_extended_destination", apic::no_extended_destination::check),
    ("apic::broadcast", apic::broadcast::check),
    ("apic::feature_dropped", apic::feature_dropped::check),
];

/// What the rules found, and which of them could look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings: by place in the spec, then by rule.
    pub diagnostics: Vec<Diagnostic>,
    /// What was found and counts for nothing, by decision of a policy or a comment.
    pub allowed: Vec<Allowed>,
    /// The rules that ran.
    pub ran: Vec<&'static str>,
    /// The rules that did not run, and why.
    pub not_run: Vec<(&'static str, String)>,
}

impl Report {
    /// The worst finding's severity; `None` without findings.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.diagnostics.iter().map(|diagnostic| diagnostic.severity).max()
    }
}

/// Runs every rule whose facts are there and whose required rules hold.
#[must_use]
pub fn run(facts: &Facts<'_>) -> Report {
    let checks: HashMap<_, _> = CHECKS.iter().copied().collect();
    let mut report = Report::default();
    // Rules that found an error, or did not run because another did.
    let mut broken = Vec::new();
    for rule in registry::all() {
        let Some(check) = checks.get(rule.name) else { continue };
        if let Some(culprit) = rule.requires.iter().find(|required| broken.contains(*required)) {
            report.not_run.push((rule.name, format!("`{culprit}` comes first")));
            broken.push(rule.name);
            continue;
        }
        if let Some(fact) = rule.needs.iter().find(|fact| !facts.has(**fact)) {
            report.not_run.push((rule.name, fact.missing().to_owned()));
            continue;
        }
        let before = report.diagnostics.len();
        check(facts, &mut report.diagnostics);
        // What is so of cores of either type is found twice.
        let found = report.diagnostics.split_off(before);
        for diagnostic in found {
            if !report.diagnostics[before..].contains(&diagnostic) {
                report.diagnostics.push(diagnostic);
            }
        }
        if report.diagnostics[before..].iter().any(|found| found.severity == Severity::Error) {
            broken.push(rule.name);
        }
        report.ran.push(rule.name);
    }
    report.diagnostics.sort_by_cached_key(|diagnostic| {
        let at = diagnostic.labels.first().map(|label| &label.at);
        (facts.position(at), diagnostic.rule, diagnostic.message.clone())
    });
    report
}

/// The value at a path of the spec.
fn value(path: &str) -> At {
    At::Value(SpecPath::from(path))
}

/// The value at a path of the baseline.
fn baseline(path: &str) -> At {
    At::Baseline(SpecPath::from(path))
}

/// The value at a path of the host profile.
fn profile(path: &str) -> At {
    At::Profile(SpecPath::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Numa, Spec, Topology};

    fn spec(cores: u32, threads: u32) -> Spec {
        let topology = Topology { cores: Some(cores), threads: Some(threads), ..Topology::default() };
        Spec { topology: Some(topology), ..Spec::default() }
    }

    fn rules(report: &Report) -> Vec<&'static str> {
        report.diagnostics.iter().map(|diagnostic| diagnostic.rule).collect()
    }

    #[test]
    fn the_table_and_the_code_have_the_same_rules() {
        let table: Vec<_> = registry::all().map(|rule| rule.name).collect();
        let mut code: Vec<_> = CHECKS.iter().map(|(name, _)| *name).collect();
        assert_eq!(code.len(), table.len());
        code.retain(|name| !table.contains(name));
        assert!(code.is_empty(), "{code:?}");
    }

    #[test]
    fn a_broken_count_sets_off_nothing_else_and_the_rest_still_speaks() {
        let mut spec = spec(0, 3);
        spec.numa = Some(Numa::default());
        let report = run(&Facts::of(&spec));
        assert_eq!(rules(&report), ["numa::two_forms", "topology::count_zero"]);
        let why = |name| report.not_run.iter().find(|(rule, _)| *rule == name).map(|(_, why)| why.as_str());
        assert_eq!(why("topology::odd_threads"), Some("`topology::count_zero` comes first"));
        assert_eq!(why("numa::too_many_nodes"), Some("`numa::two_forms` comes first"));
        // What required it is held back as well.
        assert_eq!(why("numa::no_such_cpu"), Some("`numa::too_many_nodes` comes first"));
        assert_eq!(why("numa::vcpu_in_two_nodes"), Some("`numa::no_such_cpu` comes first"));
        assert_eq!(why("host::too_few_cpus"), Some("the topology could not be resolved"));
    }

    #[test]
    fn every_rule_ran_or_says_why_not() {
        let report = run(&Facts::of(&spec(4, 2)));
        assert_eq!(report.ran.len() + report.not_run.len(), registry::all().count());
        let no_host = "no host profile was given".to_owned();
        assert!(report.not_run.contains(&("host::kvm_table_assumed", no_host)));
        assert!(report.ran.contains(&"topology::odd_threads"));
        assert_eq!((report.diagnostics.len(), report.worst()), (0, None));
    }

    #[test]
    fn warnings_hold_no_rule_back() {
        let resolved = crate::topology::Topology::resolve(&spec(4, 3));
        let spec = spec(4, 3);
        let report = run(&Facts { topology: resolved.as_ref(), ..Facts::of(&spec) });
        assert_eq!(rules(&report), ["topology::odd_threads"]);
        assert_eq!(report.worst(), Some(Severity::Warning));
        assert!(report.ran.contains(&"numa::cuts_core"));
    }
}
