use std::path::{Path, PathBuf};

use super::*;
use crate::cpuid::Register::{Eax, Ebx, Ecx, Edx};
use crate::profile::{CpusPart, KvmPart};

/// The words that hold features, and nothing else.
const FEATURES: &[(u32, u32, Register)] = &[
    (0x1, 0, Ecx),
    (0x1, 0, Edx),
    (0x7, 0, Ebx),
    (0x7, 0, Ecx),
    (0x7, 0, Edx),
    (0x7, 1, Eax),
    (0x7, 1, Edx),
    (0x7, 2, Edx),
    (0xd, 0, Eax),
    (0xd, 1, Eax),
    (0x24, 0, Ebx),
    (0x8000_0001, 0, Ecx),
    (0x8000_0001, 0, Edx),
    (0x8000_0007, 0, Edx),
    (0x8000_0008, 0, Ebx),
    (0x8000_0021, 0, Eax),
    (0x8000_0021, 0, Ecx),
];

/// What KVM passes by Linux 6.16 and did not by 6.1: an older host reports less.
const SINCE_6_1: &[(u32, u32, Register, u32)] = &[
    (0x7, 0, Edx, 1 << 28),
    (0x7, 1, Eax, 1 << 26 | 1 << 23 | 1 << 19 | 0b1_1100_1000_0111),
    (0x7, 1, Edx, u32::MAX),
    (0x7, 2, Edx, u32::MAX),
    (0x24, 0, Ebx, u32::MAX),
    (0x8000_0008, 0, Ebx, 1 << 30 | 1 << 19),
    (0x8000_0021, 0, Eax, 0b1111 << 27 | 1 << 20 | 1 << 8 | 1 << 5 | 1 << 1),
    (0x8000_0021, 0, Ecx, u32::MAX),
];

/// The bits of the feature words that `table` has and `other` lacks, but for what is excepted.
fn beyond(table: &CpuidTable, other: &CpuidTable, except: &[(u32, u32, Register, u32)]) -> Vec<String> {
    let extra = FEATURES.iter().filter_map(|(leaf, subleaf, register)| {
        let word = |table: &CpuidTable| table.lookup(*leaf, *subleaf).get(*register);
        let excepted = except.iter().filter(|(l, s, r, _)| (l, s, r) == (leaf, subleaf, register));
        let bits = word(table) & !word(other) & !excepted.fold(0, |all, (.., bits)| all | bits);
        (bits != 0).then(|| format!("{}:{register} {bits:08x}", Key::subleaf(*leaf, *subleaf)))
    });
    extra.collect()
}

/// A table whose entries are these, in KVM's form.
fn table(entries: impl IntoIterator<Item = (u32, u32, [u32; 4])>) -> CpuidTable {
    let mut table = CpuidTable::new();
    for (leaf, subleaf, words) in entries {
        let key = Key { leaf, subleaf: Key::is_indexed(leaf).then_some(subleaf) };
        table.set(key, words.into()).unwrap();
    }
    table
}

/// A CPU of `vendor` that has every bit of every leaf that the mask names.
fn everything(vendor: Vendor) -> CpuidTable {
    let (ebx, ecx, edx) = vendor.words();
    let mut all = table((0..=0x24).chain(0x8000_0000..=0x8000_0028).map(|leaf| (leaf, 0, [u32::MAX; 4])));
    all.set(Key::leaf(0), Registers::new(0x24, ebx, ecx, edx)).unwrap();
    all.set(Key::leaf(0x8000_0000), Registers::new(0x8000_0028, ebx, ecx, edx)).unwrap();
    for subleaf in [1, 2] {
        all.set(Key::subleaf(7, subleaf), Registers::new(u32::MAX, u32::MAX, u32::MAX, u32::MAX)).unwrap();
    }
    all
}

fn corpus() -> Option<PathBuf> {
    if let Some(corpus) = std::env::var_os("TOPOC_CORPUS") {
        return Some(Path::new(&corpus).join("captures"));
    }
    let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|name| name == "corpus"), "TOPOC_REQUIRE lists corpus");
    println!("skipped: TOPOC_CORPUS is not set");
    None
}

/// The first CPU of an AIDA64 text.
fn aida64(path: &Path) -> CpuidTable {
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let hex = |digits: &str| u32::from_str_radix(digits, 16).unwrap();
    let lines = text.lines().skip(1).take_while(|line| !line.starts_with("---"));
    let entries = lines.filter_map(|line| line.strip_prefix("CPUID ")).map(|line| {
        let mut words = line[10..45].split('-').map(hex);
        let subleaf = line.find("[SL ").map_or(0, |at| hex(&line[at + 4..at + 6]));
        (hex(&line[..8]), subleaf, std::array::from_fn(|_| words.next().unwrap()))
    });
    table(entries)
}

/// The table of a Firecracker fingerprint.
fn fingerprint(path: &Path) -> CpuidTable {
    let value: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let number = |value: &serde_json::Value| {
        let text = value.as_str().unwrap();
        let radix = if text.starts_with("0b") { 2 } else { 16 };
        u32::from_str_radix(&text[2..], radix).unwrap()
    };
    let entries = value["guest_cpu_config"]["cpuid_modifiers"].as_array().unwrap().iter().map(|entry| {
        let modifiers = entry["modifiers"].as_array().unwrap();
        let word = |name: &str| number(&modifiers.iter().find(|m| m["register"] == name).unwrap()["bitmap"]);
        (number(&entry["leaf"]), number(&entry["subleaf"]), ["eax", "ebx", "ecx", "edx"].map(word))
    });
    table(entries)
}

fn own(cpuid: CpuidTable) -> HostProfile {
    HostProfile { cpus: Some(CpusPart { cpuid, ..CpusPart::default() }), ..HostProfile::default() }
}

#[test]
fn kvm_words_of_two_servers_cover_the_mask() {
    let Some(captures) = corpus() else { return };
    // A CPU's own words, what Firecracker passes on of KVM's for a CPU of the same design, and where
    // the mask has more than that: WAITPKG, which Firecracker takes away.
    let intel = [(0x7, 0, Ecx, 1 << 5)];
    let cases = [
        ("intel-xeon-w7-2475x", "INTEL_SAPPHIRE_RAPIDS", intel.as_slice()),
        ("amd-ryzen-9-7900x-12-core-processor", "AMD_GENOA", &[]),
    ];
    for (own_words, kvm_words, firecracker_drops) in cases {
        let native = aida64(&captures.join(format!("libcpuid/{own_words}.aida64.txt")));
        let kvm = fingerprint(&captures.join(format!("firecracker/fingerprint_{kvm_words}_6.1host.json")));
        let base = base_table(&own(native)).unwrap();
        assert!(base.assumed);
        let except = [SINCE_6_1, firecracker_drops].concat();
        assert_eq!(beyond(&base.table, &kvm, &except), Vec::<String>::new(), "{own_words}");
        // And it is no empty mask: the words differ by what hangs on parameters and permission.
        let missing = beyond(&kvm, &base.table, &[]);
        let expected: &[&str] = match kvm_words {
            // AMX; AMX and XFD; SYSCALL as read outside 64-bit mode; IBPB, IBRS, STIBP and SSBD,
            // which Linux derives from Intel's own bits.
            "INTEL_SAPPHIRE_RAPIDS" => &[
                "0x00000007.0:EDX 03400000",
                "0x0000000d.0:EAX 00060000",
                "0x0000000d.1:EAX 00000010",
                "0x80000001.0:EDX 00000800",
                "0x80000008.0:EBX 0100d000",
            ],
            // PCID and LA57, which the desktop part lacks; SPEC_CTRL, STIBP and SSBD, which Linux
            // derives from AMD's own bits; PERFCTR_CORE; VIRT_SSBD; VERW_CLEAR.
            _ => &[
                "0x00000001.0:ECX 00020000",
                "0x00000007.0:ECX 00010000",
                "0x00000007.0:EDX 8c000000",
                "0x80000001.0:ECX 00800000",
                "0x80000008.0:EBX 02000000",
                "0x80000021.0:EAX 00000020",
            ],
        };
        assert_eq!(missing, expected);
    }
}

/// Against the KVM of this machine, through its own capture.
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
#[test]
fn this_machines_kvm_covers_the_mask() {
    use crate::profile::live::{CaptureError, CaptureOptions, capture};

    /// What KVM reports on some hosts and the mask leaves out: what hangs on parameters and permission,
    /// and what Linux derives from the other vendor's bits or reports though the CPU lacks it.
    const LEFT_OUT: &[(u32, u32, Register, u32)] = &[
        (0x1, 0, Ecx, 1 << 15 | 1 << 5 | 1 << 2),
        (0x1, 0, Edx, 1 << 21),
        (0x7, 0, Ebx, 1 << 25 | 1 << 14 | 1 << 11 | 1 << 4 | 1 << 2),
        (0x7, 0, Ecx, 1 << 30 | 1 << 2),
        (0x7, 0, Edx, 0b1110_1111 << 24 | 1 << 22),
        (0x7, 1, Eax, 1 << 21),
        (0x7, 1, Edx, 1 << 8),
        (0xd, 0, Eax, 0b110_0000_0000_0001_1000),
        (0xd, 1, Eax, 1 << 4),
        (0x8000_0001, 0, Ecx, 1 << 23 | 1 << 2),
        (0x8000_0008, 0, Ebx, 0x4700_d000),
        (0x8000_0021, 0, Eax, 0x7000_0064),
    ];

    let profile = match capture(&CaptureOptions::default()) {
        Ok(profile) => profile,
        Err(error @ (CaptureError::NotThere | CaptureError::NoPermission)) => {
            let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|name| name == "kvm"), "TOPOC_REQUIRE lists kvm: {error}");
            println!("skipped: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let real = base_table(&profile).unwrap();
    assert!(!real.assumed);
    let assumed = base_table(&HostProfile { kvm: None, ..profile.clone() }).unwrap();
    assert!(assumed.assumed);
    // KVM's own leaves and the caches are no matter of assumption.
    for leaf in [0x4, 0x4000_0000, 0x4000_0001, 0x8000_001d] {
        let of = |table: &CpuidTable| {
            table
                .leaf(leaf)
                .filter(|(_, words)| !words.is_zero())
                .map(|(key, words)| (key, *words))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&assumed.table), of(&real.table), "{leaf:#x}");
    }
    if profile.kvm.as_ref().is_some_and(|kvm| kvm.module.as_deref() == Some("kvm_pvm")) {
        // KVM-PVM reports few features and forces the CPU's own on each guest later, so the
        // inclusion is the other way round.
        assert_eq!(beyond(&real.table, &assumed.table, LEFT_OUT), Vec::<String>::new());
    } else {
        assert_eq!(beyond(&assumed.table, &real.table, SINCE_6_1), Vec::<String>::new());
    }
}

#[test]
fn nothing_is_added_but_what_kvm_emulates() {
    for vendor in [Vendor::Intel, Vendor::Amd] {
        let all = everything(vendor);
        let mut none = CpuidTable::new();
        for (key, _) in all.iter() {
            none.set(key, Registers::ZERO).unwrap();
        }
        none.set(Key::leaf(0), all.lookup(0, 0)).unwrap();
        none.set(Key::leaf(0x8000_0000), all.lookup(0x8000_0000, 0)).unwrap();
        let table = masked(&none, vendor);
        let set: Vec<String> = FEATURES
            .iter()
            .map(|(leaf, subleaf, register)| {
                (leaf, subleaf, register, table.lookup(*leaf, *subleaf).get(*register))
            })
            .filter(|(.., word)| *word != 0)
            .map(|(leaf, subleaf, register, word)| format!("{leaf:x}.{subleaf}:{register} {word:08x}"))
            .collect();
        let mut emulated = vec!["1.0:ECX 81200000", "7.0:EBX 00000002", "80000021.0:EAX 00000200"];
        if vendor == Vendor::Intel {
            emulated.insert(2, "7.0:EDX 20000000");
        }
        assert_eq!(set, emulated);
    }
}

#[test]
fn what_hangs_on_parameters_is_left_out() {
    let table = masked(&everything(Vendor::Amd), Vendor::Amd);
    let has = |leaf: u32, register: Register, bit: u32| table.lookup(leaf, 0).get(register) >> bit & 1 == 1;
    assert!(!has(1, Ecx, 5) && !has(1, Ecx, 15), "VMX, PDCM");
    assert!(!has(7, Ebx, 2) && !has(7, Ebx, 4) && !has(7, Ebx, 11) && !has(7, Ebx, 25), "SGX, HLE, RTM, PT");
    assert!(!has(7, Edx, 22) && !has(7, Edx, 24) && !has(7, Edx, 25), "AMX");
    assert!(!has(0x8000_0001, Ecx, 2) && !has(0x8000_0001, Ecx, 23), "SVM, PERFCTR_CORE");
    assert!(!has(1, Ecx, 27) && !has(7, Ecx, 4) && !has(1, Edx, 28), "OSXSAVE, OSPKE, HTT");
    assert_eq!((table.lookup(0, 0).eax, table.lookup(7, 0).eax), (0x24, 2));
    assert_eq!(table.lookup(0x24, 0), Registers::new(0, 0x0007_0001, 0, 0));
    assert_eq!(table.lookup(0x8000_0000, 0).eax, 0x8000_0022);
    assert_eq!(table.lookup(0x8000_0008, 0).ecx, 0xf0ff);
    for leaf in [
        3,
        5,
        0xa,
        0xb,
        0x12,
        0x14,
        0x1d,
        0x1e,
        0x1f,
        0x8000_0002,
        0x8000_000a,
        0x8000_001e,
        0x8000_001f,
        0x8000_0022,
        0x8000_0026,
    ] {
        assert_eq!(table.leaf(leaf).count(), 0, "{leaf:#x}");
    }
}

#[test]
fn a_leaf_that_the_cpu_lacks_stays_away() {
    let (ebx, ecx, edx) = Vendor::Intel.words();
    let table = masked(&table([(0, 0, [1, ebx, ecx, edx]), (1, 0, [0x0001_0676, 0, 0, 0])]), Vendor::Intel);
    let leaves: Vec<u32> = table.iter().map(|(key, _)| key.leaf).collect();
    assert_eq!(leaves, [0, 1, 0x4000_0000, 0x4000_0001]);
}

/// A CPU with XSAVE and protection keys, and these entries of leaf 0xD.
fn with_xsave(entries: &[(u32, [u32; 4])]) -> CpuidTable {
    let (ebx, ecx, edx) = Vendor::Intel.words();
    let heads = [(0, 0, [0xd, ebx, ecx, edx]), (1, 0, [1, 0, 1 << 26, 0]), (7, 0, [0, 0, 1 << 3, 0])];
    table(heads.into_iter().chain(entries.iter().map(|(subleaf, words)| (0xd, *subleaf, *words))))
}

#[test]
fn save_areas_are_those_of_real_machines() {
    // Sapphire Rapids, whose AMX and supervisor components are not passed: 0xA88 in standard form.
    let intel = with_xsave(&[
        (0, [0x0006_02e7, 0x2b00, 0x2b00, 0]),
        (1, [0x1f, 0x2a80, 0xdd00, 0]),
        (2, [0x100, 0x240, 0, 0]),
        (5, [0x40, 0x440, 0, 0]),
        (6, [0x200, 0x480, 0, 0]),
        (7, [0x400, 0x680, 0, 0]),
        (8, [0x80, 0, 1, 0]),
        (9, [8, 0xa80, 0, 0]),
        (17, [0x40, 0xac0, 2, 0]),
        (18, [0x2000, 0xb00, 6, 0]),
    ]);
    let lines =
        |table: &CpuidTable| table.leaf(0xd).map(|(key, words)| format!("{key} {words}")).collect::<Vec<_>>();
    let expected = [
        "0x0000000d.0 000002e7 00000a88 00000a88 00000000",
        // 576 + 0x100 + 0x40 + 0x200 + 0x400 + 8, one after the other.
        "0x0000000d.1 0000000f 00000988 00000000 00000000",
        "0x0000000d.2 00000100 00000240 00000000 00000000",
        "0x0000000d.5 00000040 00000440 00000000 00000000",
        "0x0000000d.6 00000200 00000480 00000000 00000000",
        "0x0000000d.7 00000400 00000680 00000000 00000000",
        "0x0000000d.9 00000008 00000a80 00000000 00000000",
    ];
    assert_eq!(lines(&masked(&intel, Vendor::Intel)), expected);
}

#[test]
fn save_areas_follow_the_features() {
    let lone = [
        (0, [0b10_0010_0111, 0x980, 0x988, 0]),
        (1, [1, 0, 0, 0]),
        (2, [0x100, 0x240, 0, 0]),
        (5, [0x40, 0x340, 0, 0]),
        (9, [8, 0x980, 2, 0]),
    ];
    // Opmask without the rest of AVX-512 goes; without XSAVEC there is no compacted form.
    let table = masked(&with_xsave(&lone), Vendor::Intel);
    assert_eq!(table.lookup(0xd, 0), Registers::new(0b10_0000_0111, 0x988, 0x988, 0));
    assert_eq!((table.lookup(0xd, 1), table.lookup(0xd, 5)), (Registers::new(1, 0, 0, 0), Registers::ZERO));
    // A component on 64 bytes starts there: 576 + 0x100, then 8 bytes.
    let mut aligned = with_xsave(&lone);
    aligned.set(Key::subleaf(0xd, 1), Registers::new(2, 0, 0, 0)).unwrap();
    aligned.set(Key::subleaf(0xd, 2), Registers::new(0x101, 0x240, 0, 0)).unwrap();
    assert_eq!(masked(&aligned, Vendor::Intel).lookup(0xd, 1).ebx, 0x388);
    // Without protection keys no PKRU, without XSAVE nothing.
    let mut bare = with_xsave(&lone);
    bare.set(Key::subleaf(7, 0), Registers::ZERO).unwrap();
    assert_eq!(masked(&bare, Vendor::Intel).lookup(0xd, 0).eax, 0b111);
    bare.set(Key::leaf(1), Registers::ZERO).unwrap();
    assert_eq!(masked(&bare, Vendor::Intel).leaf(0xd).count(), 0);
}

#[test]
fn kvms_own_table_comes_first_and_nothing_is_an_error() {
    let native = everything(Vendor::Intel);
    let kvm = table([(0, 0, [1, 2, 3, 4])]);
    let with = |supported_cpuid| HostProfile {
        kvm: Some(KvmPart { supported_cpuid, ..KvmPart::default() }),
        ..own(native.clone())
    };
    assert_eq!(base_table(&with(Some(kvm.clone()))), Ok(BaseTable { table: kvm, assumed: false }));
    assert!(base_table(&with(None)).unwrap().assumed);
    assert!(base_table(&with(Some(CpuidTable::new()))).unwrap().assumed);
    assert_eq!(base_table(&HostProfile::default()), Err(BaseError::Missing));
    let transmeta = own(table([(0, 0, [1, 0x756e_6547, 0x3638_784d, 0x5465_6e69])]));
    assert_eq!(base_table(&transmeta), Err(BaseError::Vendor(UnknownVendor(*b"GenuineTMx86"))));
}

#[test]
fn every_line_is_cited_and_no_leaf_stands_in_two_forms() {
    for line in kvm_mask_v1::LINES {
        assert!(line.source.starts_with("cpuid.c, "), "{}", line.source);
        assert_eq!(
            Key::is_indexed(line.leaf),
            line.subleaf.is_some() || matches!(line.leaf, 0x4 | 0x8000_001d)
        );
        let set = |line: &Line| matches!(line.rule, Rule::Set(_));
        let same = kvm_mask_v1::LINES.iter().filter(|other| {
            (other.leaf, other.subleaf, other.on, set(other)) == (line.leaf, line.subleaf, line.on, set(line))
                && other.registers.iter().any(|register| line.registers.contains(register))
        });
        // The version and the features of leaf 0x24 share a register.
        assert_eq!(same.count(), if line.leaf == 0x24 { 2 } else { 1 }, "{:#x}", line.leaf);
    }
}
