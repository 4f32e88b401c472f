//! Names that were rules once.

/// A name that was a rule once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The name.
    pub name: &'static str,
    /// The first version without it.
    pub since: &'static str,
    /// Why it went.
    pub why: &'static str,
    /// The rule that judges the same now.
    pub now: Option<&'static str>,
}

const fn renamed(name: &'static str, now: &'static str) -> Removed {
    let why = "families are named after what they judge";
    Removed { name, since: "0.1.0", why, now: Some(now) }
}

/// All of them, by name. A rule that is removed or renamed is added here, so that policies and comments that name it
/// say what to write instead.
pub static REMOVED: &[Removed] = &[
    renamed("cpu::address_bits", "leaf::address_bits"),
    renamed("cpu::baseline_beyond_host", "features::baseline_beyond_host"),
    renamed("cpu::baseline_mismatch", "features::baseline_mismatch"),
    renamed("cpu::baseline_unread", "features::baseline_unread"),
    renamed("cpu::beyond_field", "leaf::beyond_field"),
    renamed("cpu::clock_not_told", "leaf::clock_not_told"),
    renamed("cpu::crystal_not_apic_bus", "leaf::crystal_not_apic_bus"),
    renamed("cpu::family_beyond_host", "vendor::family_beyond_host"),
    renamed("cpu::family_unlike_features", "vendor::family_unlike_features"),
    renamed("cpu::feature_alias", "features::alias"),
    renamed("cpu::feature_decided", "features::decided"),
    renamed("cpu::feature_missing", "features::missing"),
    renamed("cpu::la57_width", "leaf::la57_width"),
    renamed("cpu::model_beyond_host", "features::model_beyond_host"),
    renamed("cpu::not_migratable", "features::not_migratable"),
    renamed("cpu::perfctr_core_dropped", "features::perfctr_core_dropped"),
    renamed("cpu::pmu_excluded", "features::pmu_excluded"),
    renamed("cpu::pmu_missing", "features::pmu_missing"),
    renamed("cpu::pmu_on_hybrid", "features::pmu_on_hybrid"),
    renamed("cpu::prerequisite_missing", "features::prerequisite_missing"),
    renamed("cpu::pv_taken_along", "features::pv_taken_along"),
    renamed("cpu::pv_without_kvm", "features::pv_without_kvm"),
    renamed("cpu::realtime_unpinned", "features::realtime_unpinned"),
    renamed("cpu::required_and_disabled", "features::required_and_disabled"),
    renamed("cpu::signature_in_part", "vendor::signature_in_part"),
    renamed("cpu::takes_along", "features::takes_along"),
    renamed("cpu::tsc_not_host", "leaf::tsc_not_host"),
    renamed("cpu::unknown_feature", "features::unknown"),
    renamed("cpu::vendor_mismatch", "vendor::mismatch"),
    renamed("cpu::xsave_incomplete", "features::xsave_incomplete"),
    renamed("host::vendor_not_supported", "vendor::not_supported"),
    renamed("id::beyond_kvm_limit", "apic::beyond_kvm_limit"),
    renamed("id::broadcast", "apic::broadcast"),
    renamed("id::no_extended_destination", "apic::no_extended_destination"),
    renamed("id::not_x2apic_at_boot", "apic::not_x2apic_at_boot"),
    renamed("id::x2apic_missing", "apic::x2apic_missing"),
    renamed("name::not_a_file_name", "spec::not_a_file_name"),
];

/// The name that was a rule once.
#[must_use]
pub fn removed(name: &str) -> Option<&'static Removed> {
    REMOVED.iter().find(|removed| removed.name == name)
}
