//! The rules' pages, so that an installed binary has them.

macro_rules! pages {
    ($($path:literal,)*) => {
        /// The page of every rule by its path, `cache/llc_spans_nodes`, in order.
        static PAGES: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../docs/rules/", $path, ".md"))),)*];
    };
}

// `TOPOC_UPDATE=1 cargo test --test rules` rewrites the list.
pages! {
    "cache/all_removed",
    "cache/beyond_field",
    "cache/inner_missing",
    "cache/inner_removed",
    "cache/inner_spans_nodes",
    "cache/l3_fixed_in_linux",
    "cache/l3_not_complex",
    "cache/line_not_clflush",
    "cache/llc_assumed_in_linux",
    "cache/llc_spans_nodes",
    "cache/mode_and_properties",
    "cache/not_nested",
    "cache/not_on_host",
    "cache/property_missing",
    "cache/property_not_told",
    "cache/sharing_beyond_field",
    "cache/sharing_not_told",
    "cache/size_uneven",
    "cache/splits_smt",
    "cache/wider_than_host",
    "cpu/address_bits",
    "cpu/beyond_field",
    "cpu/clock_not_told",
    "cpu/crystal_not_apic_bus",
    "cpu/family_beyond_host",
    "cpu/family_unlike_features",
    "cpu/perfctr_core_dropped",
    "cpu/pv_taken_along",
    "cpu/pv_without_kvm",
    "cpu/realtime_unpinned",
    "cpu/signature_in_part",
    "cpu/tsc_not_host",
    "cpu/vendor_mismatch",
    "guest/kernel_not_linux",
    "guest/windows_groups",
    "guest/windows_sockets",
    "host/irqchip_missing",
    "host/kvm_table_assumed",
    "host/no_cpuid",
    "host/too_few_cpus",
    "host/too_little_memory",
    "host/vcpus_beyond_kvm_limit",
    "host/vendor_not_supported",
    "id/beyond_kvm_limit",
    "id/broadcast",
    "id/no_extended_destination",
    "id/not_x2apic_at_boot",
    "id/x2apic_missing",
    "name/not_a_file_name",
    "numa/amd_layout",
    "numa/amd_node_count",
    "numa/cuts_core",
    "numa/distances_asymmetric",
    "numa/distances_not_slit",
    "numa/no_such_cpu",
    "numa/nodes_miscounted",
    "numa/two_forms",
    "numa/vcpu_in_two_nodes",
    "numa/vcpu_without_node",
    "topology/beyond_field",
    "topology/count_zero",
    "topology/level_not_enumerable",
    "topology/linux_reads_legacy",
    "topology/odd_threads",
    "topology/too_many_vcpus",
}

/// The text of the page at this path.
pub(super) fn text(path: &str) -> Option<&'static str> {
    let at = PAGES.binary_search_by_key(&path, |(path, _)| path).ok()?;
    PAGES.get(at).map(|(_, text)| *text)
}
