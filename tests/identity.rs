//! What a CPU and its hypervisor are made to say of themselves, against words put down by hand from the manuals or taken
//! from silicon, and as the crate raw-cpuid reads them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support {
    #![allow(dead_code, reason = "shared with other tests")]
    pub mod examples;
    pub mod words;
}

use raw_cpuid::{CpuId, CpuIdReader, CpuIdResult, Hypervisor};
use support::examples;
use support::words::{Entry, entries};
use topoc::Compiled;
use topoc::spec::parse;

const SAPPHIRE_RAPIDS: &str = "two-socket-intel-xeon-8480plus";
const GENOA: &str = "two-socket-amd-epyc-9654";
const KAISHENG: &str = "two-socket-zhaoxin-kh-40000";

fn compiled(host: &str, keys: &str) -> Compiled {
    let text = format!("version: 1\n{keys}\n");
    let parsed = parse(text.as_bytes()).unwrap_or_else(|failed| panic!("{:?}", failed.diagnostics()));
    topoc::compile(parsed.spec(), &examples::host(host)).unwrap_or_else(|error| panic!("{error}"))
}

/// The first vCPU's entries; all the others say the same of what is read here.
fn table(host: &str, keys: &str) -> Vec<Entry> {
    entries(&compiled(host, keys).blobs()[0])
}

fn words(table: &[Entry], leaf: u32) -> Option<[u32; 4]> {
    table.iter().find(|entry| entry.leaf == leaf).map(|entry| entry.words)
}

#[derive(Clone)]
struct Table<'a>(&'a [Entry]);

impl CpuIdReader for Table<'_> {
    fn cpuid2(&self, leaf: u32, subleaf: u32) -> CpuIdResult {
        let found = self.0.iter().find(|e| e.leaf == leaf && e.subleaf.is_none_or(|s| s == subleaf));
        let [eax, ebx, ecx, edx] = found.map_or([0; 4], |entry| entry.words);
        CpuIdResult { eax, ebx, ecx, edx }
    }
}

/// The words of 15H, 16H and the brand string are those of a Xeon w7-2475X, but for 15H's ratio, which silicon has as
/// 216 to 2 and topoc in lowest terms.
#[test]
fn a_named_xeon_says_what_silicon_says() {
    let example = examples::specs().into_iter().find(|example| example.name == "named-xeon").unwrap();
    let compiled = example.compile(&examples::host(SAPPHIRE_RAPIDS)).unwrap();
    let table = entries(&compiled.blobs()[7]);
    let words = |leaf| words(&table, leaf).unwrap();
    assert_eq!(words(1)[0], 0x0008_06f8);
    assert_eq!(words(0x15), [1, 108, 0x016e_3600, 0]);
    assert_eq!(words(0x16), [0xa28, 0x12c0, 0x64, 0]);
    assert_eq!(words(0x8000_0001)[0], 0);
    assert_eq!(words(0x8000_0002), [0x6574_6e49, 0x2952_286c, 0x6f65_5820, 0x2952_286e]);
    assert_eq!(words(0x8000_0003), [0x2d37_7720, 0x3537_3432, 0x58, 0]);
    assert_eq!(words(0x8000_0004), [0; 4]);
    // 46 bits of 52, 57 of a linear address: LA57 passes on this host.
    assert_eq!(words(0x8000_0008)[0], 0x392e);

    let cpuid = CpuId::with_cpuid_reader(Table(&table));
    let tsc = cpuid.get_tsc_info().unwrap();
    assert_eq!((tsc.tsc_frequency(), tsc.nominal_frequency()), (Some(2_592_000_000), 24_000_000));
    let clocks = cpuid.get_processor_frequency_info().unwrap();
    let clocks =
        (clocks.processor_base_frequency(), clocks.processor_max_frequency(), clocks.bus_frequency());
    assert_eq!(clocks, (2600, 4800, 100));
    let name = cpuid.get_processor_brand_string().unwrap();
    assert_eq!(name.as_str(), "Intel(R) Xeon(R) w7-2475X");
    let sizes = cpuid.get_processor_capacity_feature_info().unwrap();
    assert_eq!((sizes.physical_address_bits(), sizes.linear_address_bits()), (46, 57));
    let features = cpuid.get_feature_info().unwrap();
    assert_eq!((features.family_id(), features.model_id(), features.stepping_id()), (6, 0x8f, 8));
}

/// Leaf 0 reaches as far as the clocks, on a host that ends before them.
#[test]
fn leaf_0_reaches_the_clocks() {
    let host = "one-socket-centaur-zx-d-4600";
    let reach = |keys: &str| words(&table(host, keys), 0).unwrap()[0];
    let topology = "topology: { cores: 4 }";
    assert_eq!(reach(topology), 0xd);
    assert_eq!(reach(&format!("{topology}\ncpu: {{ clock: {{ tsc: 2GHz }} }}")), 0x15);
    assert_eq!(reach(&format!("{topology}\ncpu: {{ clock: {{ base: 2GHz }} }}")), 0x16);
    let plain = table(host, topology);
    assert_eq!((words(&plain, 0x15), words(&plain, 0x16)), (None, None));
}

/// Signatures of real processors, in both places where AMD has them.
#[test]
fn the_family_decides_which_leaves_there_are() {
    for (family, model, stepping, eax, zen, extended_levels) in [
        (0x19, 0x11, 1, 0x00a1_0f11, true, true),   // Genoa
        (0x17, 0x01, 2, 0x0080_0f12, true, false),  // Naples
        (0x17, 0x31, 0, 0x0083_0f10, true, false),  // Rome
        (0x15, 0x01, 2, 0x0060_0f12, false, false), // Interlagos
        (0x10, 0x09, 1, 0x0010_0f91, false, false), // Magny-Cours
    ] {
        let table = table(
            GENOA,
            &format!(
                "topology: {{ sockets: 2, cores: 4 }}\ncpu: {{ identity: {{ family: {family}, model: {model}, stepping: {stepping} }} }}"
            ),
        );
        assert_eq!(words(&table, 1).unwrap()[0], eax);
        assert_eq!(words(&table, 0x8000_0001).unwrap()[0], eax);
        assert_eq!(words(&table, 0xb).is_some(), zen, "{eax:x}");
        assert_eq!(words(&table, 0x8000_0026).is_some(), extended_levels, "{eax:x}");
        assert_eq!(words(&table, 0x8000_001e).is_some(), family != 0x10, "{eax:x}");
        let cpuid = CpuId::with_cpuid_reader(Table(&table));
        let features = cpuid.get_feature_info().unwrap();
        assert_eq!(
            (features.family_id(), features.model_id(), features.stepping_id()),
            (u8::try_from(family).unwrap(), u8::try_from(model).unwrap(), stepping)
        );
    }
}

#[test]
fn zhaoxin_has_its_signature_in_its_own_range_too() {
    let table = table(KAISHENG, "topology: { cores: 4 }\ncpu: { identity: { stepping: 4 } }");
    assert_eq!(words(&table, 1).unwrap()[0], 0x0005_07b4);
    assert_eq!(words(&table, 0xc000_0001).unwrap()[0], 0x0005_07b4);
    assert_eq!(words(&table, 0x8000_0001).unwrap()[0], 0);
}

/// Bits by their numbers in Linux `Documentation/virt/kvm/x86/cpuid.rst`.
#[test]
fn the_hypervisor_says_what_it_is_told_to() {
    let table_of = |keys: &str| table("live-amd-genoa-2cpu", &format!("topology: {{ cores: 2 }}\n{keys}"));
    let kvm = [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d];
    let plain = table_of("");
    assert_eq!(words(&plain, 0x4000_0000), Some(kvm));
    assert_eq!(words(&plain, 0x4000_0001), Some([0x0100_7efb, 0, 0, 0]));
    // Without STEAL_TIME, 5, neither PV_TLB_FLUSH, 9, nor PV_SCHED_YIELD, 13; with the hint REALTIME, 0.
    let tuned = table_of("cpu: { hypervisor: { disable: [steal_time], hints: [realtime] } }");
    assert_eq!(words(&tuned, 0x4000_0001), Some([0x0100_5cdb, 0, 0, 1]));
    let hidden = table_of("cpu: { hypervisor: { kvm: false } }");
    assert_eq!(words(&hidden, 0x4000_0000), Some([0x4000_0000, 0, 0, 0]));
    assert_eq!(words(&hidden, 0x4000_0001), None);
    assert_eq!(words(&hidden, 1).unwrap()[2] >> 31, 1, "there is a hypervisor all the same");
    let identify = |table: &[Entry]| {
        CpuId::with_cpuid_reader(Table(table)).get_hypervisor_info().map(|info| info.identify())
    };
    assert_eq!(identify(&plain), Some(Hypervisor::KVM));
    assert_eq!(identify(&hidden), Some(Hypervisor::Unknown(0, 0, 0)));
}

/// Nobody's reading of the tables changes them, and neither does saying what the host is.
#[test]
fn who_reads_changes_no_byte() {
    let plain = compiled(GENOA, "topology: { cores: 4, threads: 2 }");
    for keys in [
        "guest: { os: linux, kernel: \"6.12\" }",
        "guest: { os: windows_server }",
        "cpu: { identity: { family: 0x19, model: 0x11, stepping: 1, physical_address_bits: 52 } }",
        "cpu: { hypervisor: { kvm: true, hints: [], disable: [], msi_ext_dest_id: false } }",
        "vmm: { irqchip: split, x2apic_at_boot: true, interrupt_remapping: true, apic_bus: 25MHz }",
    ] {
        let same = compiled(GENOA, &format!("topology: {{ cores: 4, threads: 2 }}\n{keys}"));
        assert_eq!(plain.blobs(), same.blobs(), "{keys}");
        let written = keys.starts_with("guest") || keys.contains("family");
        assert!(!written || plain.manifest().spec_sha256 != same.manifest().spec_sha256, "{keys}");
    }
}
