//! Features chosen for a guest: what is taken away stays away, with all that needs it, and leaf 0DH adds up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;

use std::collections::{BTreeMap, BTreeSet};

use examples::{host, hosts};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use raw_cpuid::{CpuId, CpuIdResult};
use topoc::compile::{Origin, compile_from, offered};
use topoc::cpuid::feature::{all, find};
use topoc::cpuid::{CpuidTable, Key, Register};
use topoc::decode::Answers;
use topoc::decode::fields::{self, describe};
use topoc::features::{Baseline, Offer, Selection, decided, every_guest, level};
use topoc::spec::{Cpu, CpuModel, FeatureName, Topology};
use topoc::{HostProfile, Spec};

fn spec(cpu: Cpu) -> Spec {
    let topology = Topology { cores: Some(2), ..Topology::default() };
    Spec { topology: Some(topology), cpu: Some(cpu), ..Spec::default() }
}

fn names(list: &[&str]) -> Option<Vec<FeatureName>> {
    Some(list.iter().map(|name| FeatureName::from(*name)).collect())
}

/// The first vCPU's table, read back from its blob.
fn compiled(cpu: Cpu, host: &HostProfile, baseline: Option<&Baseline>) -> Answers {
    let origin = Origin { baseline: baseline.map(Ok), ..Origin::default() };
    let compiled = compile_from(&spec(cpu), origin, host).unwrap_or_else(|error| panic!("{error}"));
    Answers::from_blob(&compiled.blobs()[0]).unwrap()
}

fn bit(answers: &Answers, leaf: u32, subleaf: u32, register: usize, bit: u32) -> bool {
    answers.get(leaf, subleaf)[register] >> bit & 1 == 1
}

/// A feature and what it needs, each by leaf, subleaf, register and bit: read from the manuals for this test
/// alone. SDM Vol. 1, 5 and 13 to 18; APM Vol. 3, appendix D.
type Bit = (u32, u32, usize, u32);
const FXSR: Bit = (1, 0, 3, 24);
const SSE: Bit = (1, 0, 3, 25);
const SSE2: Bit = (1, 0, 3, 26);
const XSAVE: Bit = (1, 0, 2, 26);
const AVX: Bit = (1, 0, 2, 28);
const AVX512F: Bit = (7, 0, 1, 16);
const AVX512VL: Bit = (7, 0, 1, 31);
const AVX512BW: Bit = (7, 0, 1, 30);
const NEEDS: &[(Bit, Bit)] = &[
    (FXSR, (1, 0, 3, 0)),
    (SSE, FXSR),
    (SSE2, SSE),
    ((1, 0, 2, 0), SSE2),
    ((1, 0, 2, 1), SSE2),
    ((1, 0, 2, 9), SSE2),
    ((1, 0, 2, 19), SSE2),
    ((1, 0, 2, 20), SSE2),
    ((1, 0, 2, 25), SSE2),
    ((7, 0, 1, 29), SSE2),
    ((7, 0, 2, 8), SSE2),
    ((1, 0, 3, 15), FXSR),
    ((1, 0, 3, 23), FXSR),
    (XSAVE, FXSR),
    (AVX, XSAVE),
    ((0xd, 1, 0, 0), XSAVE),
    ((0xd, 1, 0, 1), XSAVE),
    ((0xd, 1, 0, 2), XSAVE),
    ((0xd, 1, 0, 3), XSAVE),
    ((7, 0, 2, 3), XSAVE),
    ((1, 0, 2, 12), AVX),
    ((1, 0, 2, 29), AVX),
    ((7, 0, 1, 5), AVX),
    ((7, 0, 2, 9), AVX),
    ((7, 0, 2, 10), AVX),
    ((7, 1, 0, 4), AVX),
    (AVX512F, AVX),
    ((7, 0, 1, 17), AVX512F),
    ((7, 0, 1, 21), AVX512F),
    ((7, 0, 1, 28), AVX512F),
    (AVX512BW, AVX512F),
    (AVX512VL, AVX512F),
    ((7, 0, 2, 1), AVX512F),
    ((7, 0, 2, 14), AVX512F),
    ((7, 0, 2, 6), AVX512VL),
    ((7, 0, 2, 11), AVX512VL),
    ((7, 0, 2, 12), AVX512VL),
    ((7, 1, 0, 5), AVX512VL),
    ((7, 0, 3, 23), AVX512BW),
    ((1, 0, 2, 17), (0x8000_0001, 0, 3, 29)),
    ((7, 0, 2, 16), (0x8000_0001, 0, 3, 29)),
    ((0x8000_0001, 0, 3, 29), (1, 0, 3, 6)),
    ((0x8000_0001, 0, 3, 20), (1, 0, 3, 6)),
    ((1, 0, 2, 21), (1, 0, 3, 9)),
    ((7, 0, 3, 31), (7, 0, 3, 26)),
];

/// States of XSAVE and the one feature that each is there for.
const STATES: &[(u32, Bit)] = &[
    (2, AVX),
    (3, (7, 0, 1, 14)),
    (4, (7, 0, 1, 14)),
    (5, AVX512F),
    (6, AVX512F),
    (7, AVX512F),
    (9, (7, 0, 2, 3)),
];

/// What is wrong with a table's features, by this test's own reading.
fn wrong(answers: &Answers) -> Vec<String> {
    let has = |(leaf, subleaf, register, at): Bit| bit(answers, leaf, subleaf, register, at);
    let mut wrong: Vec<String> = NEEDS
        .iter()
        .filter(|(feature, needed)| has(*feature) && !has(*needed))
        .map(|(feature, needed)| format!("{feature:x?} without {needed:x?}"))
        .collect();
    let [user, _, size, _] = answers.get(0xd, 0);
    if !has(XSAVE) {
        if user != 0 {
            wrong.push("leaf 0DH without XSAVE".to_owned());
        }
        return wrong;
    }
    if user & 3 != 3 {
        wrong.push(format!("XCR0 {user:x} without x87 or SSE"));
    }
    let mut end = 576;
    for (component, feature) in STATES {
        let there = user >> component & 1 == 1;
        if there != has(*feature) {
            wrong.push(format!("component {component} is {there}, its feature {}", has(*feature)));
        }
        if there {
            let [bytes, offset, ..] = answers.get(0xd, *component);
            end = end.max(bytes + offset);
        }
    }
    if end != size {
        wrong.push(format!("{size} bytes, and the components end at {end}"));
    }
    wrong
}

/// Each feature of the host that may be disabled, in turn.
#[test]
fn without_any_one_feature_the_table_is_whole() {
    for name in ["two-socket-intel-xeon-8480plus", "two-socket-amd-epyc-9654", "two-socket-zhaoxin-kh-40000"]
    {
        let host = host(name);
        let table = offered(&host).unwrap();
        let mut tried = 0;
        for feature in all().filter(|f| f.is_in(&table) && decided(f).is_none()) {
            let cpu = Cpu { disable: names(&[feature.name]), ..Cpu::default() };
            let answers = compiled(cpu, &host, None);
            assert_eq!(wrong(&answers), Vec::<String>::new(), "{name} without {}", feature.name);
            let register = Register::ALL.iter().position(|r| *r == feature.register).unwrap();
            let left = bit(&answers, feature.leaf, feature.subleaf.unwrap_or(0), register, feature.bit);
            assert!(!left, "{name}: {} is still there", feature.name);
            tried += 1;
        }
        assert!(tried > 50, "{name}: {tried}");
    }
}

/// A spec that says nothing of features has what the host offers, bit by bit.
#[test]
fn nothing_said_is_nothing_taken() {
    for (name, host) in hosts() {
        let table = offered(&host).unwrap();
        let chosen = Selection::resolve(&Cpu::default(), None, &table);
        assert_eq!(chosen.table, table, "{name}");
        assert_eq!(chosen.given, chosen.offered, "{name}");
    }
}

/// Known answers by hand: Sapphire Rapids' words of leaf 0DH in its profile, less the components that go.
#[test]
fn leaf_d_of_a_sapphire_rapids_by_hand() {
    let host = host("two-socket-intel-xeon-8480plus");
    let leaf_d = |disable: &[&str]| {
        let answers = compiled(Cpu { disable: names(disable), ..Cpu::default() }, &host, None);
        let subleaves: Vec<u32> =
            answers.entries().iter().filter(|e| e.leaf == 0xd).filter_map(|e| e.subleaf).collect();
        (answers.get(0xd, 0), subleaves)
    };
    assert_eq!(leaf_d(&["hle"]), ([0x2e7, 0x240, 0xa88, 0], vec![0, 1, 2, 5, 6, 7, 9]));
    assert_eq!(leaf_d(&["avx512f"]), ([0x207, 0x240, 0xa88, 0], vec![0, 1, 2, 9]));
    assert_eq!(leaf_d(&["avx512f", "pku"]), ([0x7, 0x240, 0x340, 0], vec![0, 1, 2]));
    assert_eq!(leaf_d(&["pku"]), ([0xe7, 0x240, 0xa80, 0], vec![0, 1, 2, 5, 6, 7]));
    assert_eq!(leaf_d(&["avx"]), ([0x203, 0x240, 0xa88, 0], vec![0, 1, 9]));
    assert_eq!(leaf_d(&["xsave"]), ([0, 0, 0, 0], vec![]));
}

/// A guest of a level has the level, what every guest gets, and nothing else; raw-cpuid agrees.
#[test]
fn a_level_is_what_it_says() {
    let host = host("two-socket-intel-xeon-8480plus");
    for (model, avx2, avx512, sse42) in [
        (CpuModel::V1, false, false, false),
        (CpuModel::V2, false, false, true),
        (CpuModel::V3, true, false, true),
        (CpuModel::V4, true, true, true),
    ] {
        let answers = compiled(Cpu { model: Some(model), ..Cpu::default() }, &host, None);
        assert_eq!(wrong(&answers), Vec::<String>::new(), "{model:?}");
        let reader = answers.clone();
        let cpuid = CpuId::with_cpuid_reader(move |leaf, subleaf| {
            let [eax, ebx, ecx, edx] = reader.get(leaf, subleaf);
            CpuIdResult { eax, ebx, ecx, edx }
        });
        let one = cpuid.get_feature_info().unwrap();
        let seven = cpuid.get_extended_feature_info().unwrap();
        let extended = cpuid.get_extended_processor_and_feature_identifiers().unwrap();
        // What a 64-bit Linux takes for granted: arch/x86/include/asm/cpufeaturemasks.h, REQUIRED_MASK.
        assert!(one.has_fpu() && one.has_pae() && one.has_cmpxchg8b() && one.has_cmov() && one.has_tsc());
        assert!(one.has_fxsave_fxstor() && one.has_sse() && one.has_sse2() && one.has_msr() && one.has_pse());
        assert!(one.has_apic() && one.has_x2apic() && one.has_hypervisor() && one.has_tsc_deadline());
        assert!(extended.has_64bit_mode() && extended.has_execute_disable() && extended.has_syscall_sysret());
        assert_eq!(
            (seven.has_avx2(), seven.has_avx512f(), one.has_sse42(), one.has_avx()),
            (avx2, avx512, sse42, avx2),
            "{model:?}"
        );
        assert!(!one.has_pdcm() && answers.get(0xa, 0) == [0; 4] && !seven.has_rtm() && !seven.has_la57());
        let mut most = level(model).unwrap();
        most.extend(every_guest());
        for feature in all().filter(|f| decided(f).is_none()) {
            let register = Register::ALL.iter().position(|r| *r == feature.register).unwrap();
            let there = bit(&answers, feature.leaf, feature.subleaf.unwrap_or(0), register, feature.bit);
            assert!(!there || most.contains(feature), "{model:?} has {}", feature.name);
        }
        assert_eq!(answers.get(0x8000_0008, 0)[0] >> 8 & 0xff, 48, "no la57, so 48 bits");
        let last = answers.get(7, 0)[0];
        assert!(last == 0 || answers.get(7, last) != [0; 4], "the last subleaf of leaf 7 says something");
    }
}

/// A level of which the host lacks something can be stretched by `require`, with what that needs.
#[test]
fn require_adds_to_a_level_with_its_roots() {
    let host = host("two-socket-amd-epyc-9654");
    let cpu = Cpu { model: Some(CpuModel::V1), require: names(&["avx2", "aes"]), ..Cpu::default() };
    let answers = compiled(cpu, &host, None);
    assert_eq!(wrong(&answers), Vec::<String>::new());
    let has = |(leaf, subleaf, register, at): Bit| bit(&answers, leaf, subleaf, register, at);
    assert!(has((7, 0, 1, 5)) && has(AVX) && has(XSAVE) && has((1, 0, 2, 25)));
    assert!(!has((1, 0, 2, 12)) && !has(AVX512F), "fma and avx512f were not asked for");
}

/// No counters: leaf 0AH, PDCM and AMD's are gone. `migratable`: no invariant TSC.
#[test]
fn pmu_and_migratable_take_what_they_say() {
    let intel = host("two-socket-intel-xeon-8480plus");
    let mut kvm = intel.clone();
    let mut table = topoc::profile::base_table(&intel).unwrap().table;
    table.insert(Key::leaf(0xa), [0x0830_0802, 0, 0, 0x603].into()).unwrap();
    table.get_mut(Key::leaf(1)).unwrap().ecx |= 1 << 15;
    kvm.kvm = Some(topoc::profile::KvmPart { supported_cpuid: Some(table), ..Default::default() });
    let with = |pmu, model| compiled(Cpu { pmu, model, ..Cpu::default() }, &kvm, None);
    let counters = |answers: &Answers| (answers.get(0xa, 0)[0], bit(answers, 1, 0, 2, 15));
    assert_eq!(counters(&with(None, None)), (0x0830_0802, true));
    assert_eq!(counters(&with(Some(true), None)), (0x0830_0802, true));
    assert_eq!(counters(&with(Some(false), None)), (0, false));
    assert_eq!(counters(&with(None, Some(CpuModel::V3))), (0, false));
    assert_eq!(counters(&with(Some(true), Some(CpuModel::V3))), (0x0830_0802, true));
    let invariant = |migratable| {
        let answers = compiled(Cpu { migratable, ..Cpu::default() }, &intel, None);
        bit(&answers, 0x8000_0007, 0, 3, 8)
    };
    assert_eq!((invariant(None), invariant(Some(false)), invariant(Some(true))), (true, true, false));
}

fn offer(name: &str) -> Offer {
    let host = host(name);
    let vendor = host.processor().unwrap().vendor;
    Offer { name: name.to_owned(), sha256: host.digest(), vendor, table: offered(&host).unwrap() }
}

const FLEET: [&str; 2] = ["two-socket-intel-xeon-gold-6140", "two-socket-intel-xeon-8480plus"];

/// The example's baseline is what `topoc baseline` makes of the example hosts.
#[test]
fn the_baseline_of_the_examples_is_current() {
    let baseline = Baseline::common(&FLEET.map(offer)).unwrap();
    examples::is_current("examples/fleet.baseline.json", &baseline.to_json(), "features");
    assert_eq!(Baseline::from_slice(baseline.to_json().as_bytes()), Ok(baseline));
}

/// A guest of a baseline finds the same features on every host of it, and the same area for its state.
#[test]
fn a_guest_of_a_fleet_looks_the_same_on_every_host() {
    let baseline = Baseline::common(&FLEET.map(offer)).unwrap();
    let [old, new] = FLEET.map(|name| compiled(Cpu::default(), &host(name), Some(&baseline)));
    assert_eq!(wrong(&old), Vec::<String>::new());
    let words = [(1, 0), (7, 0), (7, 1), (7, 2), (0xd, 0), (0xd, 1), (0xd, 2), (0xd, 9), (0x8000_0001, 0)];
    for (leaf, subleaf) in
        words.into_iter().chain([(0x8000_0007, 0), (0x8000_0008, 0), (0, 0), (0x8000_0000, 0)])
    {
        let [mut a, mut b] = [&old, &new].map(|answers| answers.get(leaf, subleaf));
        if leaf == 1 {
            // The host's signature.
            (a[0], b[0]) = (0, 0);
        }
        assert_eq!(a, b, "{leaf:x}.{subleaf}");
    }
    assert!(bit(&old, 7, 0, 1, 16) && !bit(&new, 7, 0, 2, 9), "AVX-512 on both, VAES on one alone");
}

#[test]
fn hosts_that_have_nothing_in_common_are_told() {
    let common = |names: [&str; 2]| Baseline::common(&names.map(offer)).unwrap_err().to_string();
    let mixed = common(["two-socket-intel-xeon-8480plus", "two-socket-amd-epyc-9654"]);
    assert!(mixed.ends_with("no guest migrates between vendors"), "{mixed}");
    let mut moved = FLEET.map(offer);
    moved[1].table.get_mut(Key::subleaf(0xd, 9)).unwrap().ebx = 0x980;
    let moved = Baseline::common(&moved).unwrap_err().to_string();
    assert!(moved.starts_with("XSAVE component 9 has 8 bytes at 2688 on"), "{moved}");
    assert!(Baseline::common(&[]).is_err());
}

#[test]
fn what_is_no_baseline_says_so_and_quotes_nothing_of_it() {
    let why = |text: &str| Baseline::from_slice(text.as_bytes()).unwrap_err().to_string();
    for foreign in ["root:x:0:0:secret", "{\"secret\": 1}", "", "[1]", "{\"topoc_baseline\"", "{\"secret"] {
        let why = why(foreign);
        assert!(why.starts_with("not a baseline of topoc") && !why.contains("secret"), "{why}");
    }
    assert!(why("{\"topoc_baseline\": 2}").starts_with("a baseline of another version"));
    assert!(why("{\"topoc_baseline\": 1}").starts_with("missing field"));
    let good = Baseline::common(&FLEET.map(offer)).unwrap().to_json();
    for (from, to, message) in [
        ("\"avx2\"", "\"avx22\"", "`avx22` is no feature that topoc knows: is `avx2` meant?"),
        ("\"avx2\"", "\"avx\"", "`avx` stands twice"),
        ("\"avx2\"", "\"topoext\"", "`topoext` is no part of a baseline: without"),
        ("\"physical_bits\": 46", "\"physical_bits\": 4", "4 bits of physical addresses"),
        ("\"component\": 2,", "\"component\": 64,", "the components of `xsave` are not in ascending order"),
    ] {
        assert!(good.contains(from), "{from}");
        let why = why(&good.replacen(from, to, 1));
        assert!(why.starts_with(message), "{why}");
    }
}

/// The decoder has names of its own: wherever it has one for a bit of ours, it is one of ours for that bit.
#[test]
fn the_decoder_names_the_same_bits() {
    let mut agreed = 0;
    for vendor in [topoc::cpuid::Vendor::Intel, topoc::cpuid::Vendor::Amd] {
        let (ebx, ecx, edx) = vendor.words();
        for feature in all() {
            let mut registers = [0; 4];
            let at = Register::ALL.iter().position(|r| *r == feature.register).unwrap();
            registers[at] = feature.mask();
            let answers = Answers::from_entries([
                (0, None, [0x24, ebx, ecx, edx]),
                (0x4000_0000, None, [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d]),
                (0x8000_0000, None, [0x8000_0026, 0, 0, 0]),
                (feature.leaf, feature.subleaf, registers),
            ]);
            let views = describe(&answers);
            let view = views.iter().find(|v| v.leaf == format!("{:#x}", feature.leaf)).unwrap();
            let register =
                [fields::Register::Eax, fields::Register::Ebx, fields::Register::Ecx, fields::Register::Edx];
            let Some(flags) = view.flags.iter().find(|f| f.register == register[at]) else { continue };
            for name in &flags.set {
                let name =
                    if feature.leaf == 0x4000_0001 { format!("kvm_{name}") } else { (*name).to_owned() };
                assert_eq!(
                    find(&name).map(|f| f.name),
                    Some(feature.name),
                    "{feature}: the decoder's `{name}`"
                );
                agreed += 1;
            }
        }
    }
    assert!(agreed > 350, "{agreed}");
}

fn any_cpu() -> impl Strategy<Value = Cpu> {
    let free: Vec<&'static str> = all().filter(|f| decided(f).is_none()).map(|f| f.name).collect();
    let models = [None, Some(CpuModel::Host), Some(CpuModel::V1), Some(CpuModel::V2), Some(CpuModel::V3)];
    let lists = (subsequence(free.clone(), 0..4), subsequence(free, 0..4));
    (select(models.to_vec()), lists, any::<Option<bool>>(), any::<Option<bool>>()).prop_map(
        |(model, (require, disable), migratable, pmu)| Cpu {
            model,
            require: names(&require),
            disable: names(&disable),
            migratable,
            pmu,
            ..Cpu::default()
        },
    )
}

fn tables() -> BTreeMap<String, CpuidTable> {
    hosts().into_iter().map(|(name, host)| (name, offered(&host).unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is wished for: no more than the host offers, nothing without what it needs, and a second
    /// choice from the outcome changes nothing.
    #[test]
    fn a_choice_is_within_the_host_whole_and_final(cpu in any_cpu(), at in 0_usize..64) {
        thread_local!(static TABLES: Vec<CpuidTable> = tables().into_values().collect());
        TABLES.with(|tables| {
            let table = &tables[at % tables.len()];
            let chosen = Selection::resolve(&cpu, None, table);
            prop_assert!(chosen.given.is_subset(&chosen.offered));
            for feature in &chosen.given {
                for needed in topoc::cpuid::feature::roots(feature) {
                    prop_assert!(chosen.given.contains(needed), "{} without {}", feature.name, needed.name);
                }
            }
            for name in cpu.disable.iter().flatten() {
                prop_assert!(!chosen.gives(&name.0));
            }
            let read: BTreeSet<_> = topoc::features::offered(&chosen.table);
            prop_assert_eq!(&read, &chosen.given);
            let again = Selection::resolve(&cpu, None, &chosen.table);
            prop_assert_eq!(&again.given, &chosen.given);
            prop_assert_eq!(&again.table, &chosen.table);
            Ok(())
        })?;
    }
}
