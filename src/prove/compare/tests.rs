use super::*;
use crate::prove::{Query, queries};

const ID: u32 = 0x105;

fn entry(leaf: u32, subleaf: Option<u32>, registers: Registers) -> Entry {
    Entry { leaf, subleaf, registers }
}

/// A small Intel table of the vCPU with this ID.
fn table() -> Vec<Entry> {
    vec![
        entry(0x0, None, [0xd, 0x756e_6547, 0x6c65_746e, 0x4965_6e69]),
        entry(0x1, None, [0x806f8, 0x0502_0800, 0x8120_2000, 0x078b_fbff]),
        entry(0x2, None, [0x00fe_ff01, 0xf0, 0, 0]),
        entry(0x7, Some(0), [0, 0x219c_0000, 0, 0]),
        entry(0xb, Some(0), [1, 2, 0x100, ID]),
        entry(0xb, Some(1), [4, 8, 0x201, ID]),
        entry(0xd, Some(0), [7, 0x240, 0x340, 0]),
        entry(0x8000_0000, None, [0x8000_0008, 0, 0, 0]),
        entry(0x8000_0001, None, [0, 0, 0x121, 0x2c10_0800]),
    ]
}

/// What a KVM without faults shows of a stored table.
fn faithful(stored: &[Entry]) -> Witness {
    let answers = Answers::served_by_kvm(stored.to_vec());
    let queries = queries::of(&table(), stored);
    let answers = queries.into_iter().map(|q: Query| (q, answers.get(q.leaf, q.subleaf))).collect();
    Witness { got: stored.to_vec(), answers }
}

fn compared(module: &str, witness: &Witness) -> Report {
    let mut report = Report::new(Some(module.to_owned()));
    let own = Vcpu { index: 3, vcpu_id: ID, table: Answers::served_by_kvm(table()) };
    vcpu(&own, witness, &mut report);
    report
}

/// The report where KVM stores the table with one register changed.
fn changed(module: &str, leaf: u32, subleaf: Option<u32>, register: Register, flip: u32) -> Report {
    let mut stored = table();
    let entry = stored.iter_mut().find(|e| (e.leaf, e.subleaf) == (leaf, subleaf)).unwrap();
    entry.registers[register as usize] ^= flip;
    compared(module, &faithful(&stored))
}

fn kinds(report: &Report) -> Vec<Kind> {
    report.differences.iter().map(|difference| difference.kind).collect()
}

#[test]
fn what_agrees_is_proven_and_counted() {
    let report = compared("kvm_intel", &faithful(&table()));
    assert!(report.is_proven());
    let counts = report.counts;
    // 0, 0BH.0, 0BH.1, EAX and EBX of 1.
    assert_eq!((counts.vcpus, counts.ids, counts.strict), (1, 3, 14));
    // ECX and EDX of 1, ECX of 7, EBX of 0DH.
    assert_eq!((counts.unproven, counts.equal), (4, 9 * 4 - 14 - 4));
    assert!(report.unproven.values().all(|row| (row.vcpus, row.rewritten) == (1, 0)));
    assert_eq!(counts.answers, faithful(&table()).answers.len());
}

#[test]
fn nothing_compared_is_not_proven() {
    assert!(!Report::new(None).is_proven());
}

#[test]
fn a_topology_field_is_held_under_every_module() {
    for module in ["kvm_intel", "kvm_pvm"] {
        let report = changed(module, 0xb, Some(1), Register::Ebx, 0xc);
        assert_eq!(kinds(&report), [Kind::Strict]);
        assert_eq!(
            report.differences[0].to_string(),
            "vCPU 3, vcpu_id 261: CPUID.(EAX=0BH,ECX=1):EBX: the table says 0x00000008, KVM 0x00000004: \
             [15:0] threads at this level"
        );
    }
}

#[test]
fn a_bit_outside_the_list_fails() {
    // PCID is forced by no module.
    let report = changed("kvm_pvm", 1, None, Register::Ecx, 1 << 17);
    assert_eq!(kinds(&report), [Kind::Unlisted]);
    assert_eq!(report.differences[0].fields, ["[17] pcid"]);
    assert_eq!(kinds(&changed("kvm_intel", 2, None, Register::Eax, 1)), [Kind::Unlisted]);
}

#[test]
fn a_listed_bit_is_unproven_under_its_module_alone() {
    // AVX2, and HTT, which tells of topology.
    for (leaf, subleaf, register, bit, name) in [
        (0x7, Some(0), Register::Ebx, 5, "[5] avx2"),
        (0x1, None, Register::Edx, 28, "[28] several addressable IDs in the package"),
    ] {
        let report = changed("kvm_pvm", leaf, subleaf, register, 1 << bit);
        assert!(report.is_proven());
        let row = &report.unproven[&((leaf, subleaf), register)];
        assert_eq!((row.rewritten, row.fields.as_slice()), (1, [name.to_owned()].as_slice()));
        for module in ["kvm_intel", "kvm_amd", "kvm_unheard_of"] {
            assert_eq!(kinds(&changed(module, leaf, subleaf, register, 1 << bit)), [Kind::Unlisted]);
        }
    }
}

#[test]
fn an_unlisted_bit_beside_a_rewritten_one_fails() {
    let report = changed("kvm_intel", 1, None, Register::Ecx, 1 << 27 | 1 << 26);
    assert_eq!(kinds(&report), [Kind::Unlisted]);
}

#[test]
fn run_time_bits_may_change_under_every_module() {
    for module in ["kvm_intel", "kvm_amd", "kvm_pvm", "kvm_unheard_of"] {
        for (leaf, subleaf, register, bits) in [
            (0x1, None, Register::Ecx, 1 << 27),
            (0x1, None, Register::Edx, 1 << 9),
            (0x7, Some(0), Register::Ecx, 1 << 4),
            (0xd, Some(0), Register::Ebx, 0x100),
        ] {
            assert!(changed(module, leaf, subleaf, register, bits).is_proven(), "{module}: {leaf:#x}");
        }
    }
}

#[test]
fn a_leaf_that_kvm_drops_or_adds_differs_by_its_words() {
    let mut stored = table();
    stored.retain(|entry| entry.leaf != 0x8000_0001);
    let report = compared("kvm_intel", &faithful(&stored));
    assert_eq!(kinds(&report), [Kind::Unlisted, Kind::Unlisted]);
    assert_eq!((report.differences[0].expected, report.differences[0].found), (0x121, 0));

    let mut stored = table();
    stored.push(entry(0x1a, None, [0x4000_0000, 0, 0, 0]));
    let report = compared("kvm_pvm", &faithful(&stored));
    assert_eq!(kinds(&report), [Kind::Strict]);
    assert_eq!(report.differences[0].found, 0x4000_0000);

    // Absent counts as zero.
    let mut stored = table();
    stored.push(entry(0x1a, None, [0; 4]));
    assert!(compared("kvm_pvm", &faithful(&stored)).is_proven());
}

/// KVM lets the subleaf count where the table said that it does not, or the other way round.
#[test]
fn an_index_that_loses_its_significance_differs() {
    let mut stored = table();
    stored.iter_mut().find(|entry| entry.leaf == 2).unwrap().subleaf = Some(0);
    let report = compared("kvm_intel", &faithful(&stored));
    assert!(!report.is_proven());
    assert!(report.differences.iter().all(|difference| difference.at.0 == 2));
}

#[test]
fn a_guest_that_reads_otherwise_fails() {
    let mut witness = faithful(&table());
    let at = witness.answers.iter().position(|(q, _)| (q.leaf, q.subleaf) == (7, 0)).unwrap();
    witness.answers[at].1[1] ^= 1 << 5;
    for module in ["kvm_intel", "kvm_pvm"] {
        let report = compared(module, &witness);
        assert_eq!(kinds(&report), [Kind::Guest]);
        assert_eq!(
            report.differences[0].to_string(),
            "vCPU 3, vcpu_id 261: CPUID.(EAX=07H,ECX=0):EBX: KVM_GET_CPUID2 says 0x219c0000, the guest read \
             0x219c0020: [5] avx2"
        );
    }
}

/// A missing subleaf of 0BH keeps the ID; leaf 4 has no entry; 80000009H is beyond the range.
#[test]
fn the_lookup_beside_the_entries_is_held_too() {
    for (leaf, subleaf) in [(0xb, 2), (0xc, 0), (0x8000_0009, 0), (0x4000_0000, 1), (0x2, 1)] {
        let mut witness = faithful(&table());
        if leaf == 0xc {
            witness.answers.push((Query { leaf, subleaf }, [0; 4]));
            assert!(compared("kvm_intel", &witness).is_proven());
        }
        let at = witness.answers.iter().position(|(q, _)| *q == Query { leaf, subleaf });
        witness.answers[at.unwrap()].1[3] ^= 1;
        assert_eq!(kinds(&compared("kvm_intel", &witness)), [Kind::Guest], "{leaf:#x}.{subleaf}");
    }
}

#[test]
fn ids_are_those_of_the_vcpu() {
    let own = Vcpu { index: 0, vcpu_id: 4, table: Answers::served_by_kvm(table()) };
    let mut report = Report::new(None);
    vcpu(&own, &faithful(&table()), &mut report);
    assert_eq!(kinds(&report), [Kind::Id; 3]);
    assert_eq!(
        report.differences[0].to_string(),
        "vCPU 0, vcpu_id 4: CPUID.(EAX=01H):EBX: the table says ID 5, the vCPU has 4"
    );
    assert_eq!((report.differences[1].expected, report.counts.ids), (ID, 0));
}

#[test]
fn a_report_in_json_names_all() {
    let report = changed("kvm_intel", 0xb, Some(1), Register::Ebx, 0xc);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["proven"], false);
    assert_eq!(json["differences"][0]["at"], "CPUID.(EAX=0BH,ECX=1):EBX");
    assert_eq!(json["differences"][0]["kind"], "strict");
    assert_eq!(json["unproven"][0]["bits"], "0x08000000");
}
