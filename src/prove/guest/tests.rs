use super::*;
use crate::cpuid::Register;
use crate::prove::{Report, Vcpu, compare, rewrites};

/// Without KVM nothing here can be tested; `TOPOC_REQUIRE=kvm` makes that a failure.
fn device() -> Option<Device> {
    let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
    match Device::open() {
        Ok(device) => Some(device),
        Err(error) => {
            assert!(!required.split(',').any(|part| part.trim() == "kvm"), "kvm is required: {error}");
            println!("skipped: {error}");
            None
        }
    }
}

fn entry(leaf: u32, subleaf: Option<u32>, registers: [u32; 4]) -> Entry {
    Entry { leaf, subleaf, registers }
}

/// GenuineIntel with every leaf that a table of topoc may have, and some that it never has.
fn wide() -> Vec<Entry> {
    let mut table = vec![
        entry(0x0, None, [0x24, 0x756e_6547, 0x6c65_746e, 0x4965_6e69]),
        entry(0x8000_0000, None, [0x8000_0026, 0, 0, 0]),
        entry(0x4000_0000, None, [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d]),
        entry(0x4000_0001, None, [0; 4]),
    ];
    for leaf in [0x4, 0x7, 0xb, 0xd, 0x12, 0x14, 0x18, 0x1d, 0x1e, 0x1f, 0x24, 0x8000_001d, 0x8000_0026] {
        table.extend((0..3).map(|subleaf| entry(leaf, Some(subleaf), [0; 4])));
    }
    for leaf in [0x1, 0x2, 0x5, 0x6, 0xa, 0x15, 0x16, 0x1a].into_iter().chain(0x8000_0001..=0x8000_0008) {
        table.push(entry(leaf, None, [0; 4]));
    }
    for leaf in [0x8000_000a, 0x8000_0019, 0x8000_001a, 0x8000_001e, 0x8000_0021, 0x8000_0022] {
        table.push(entry(leaf, None, [0; 4]));
    }
    table
}

/// The list is complete on this machine: whatever bits a table sets or clears, KVM gives them back, or they
/// are listed.
#[test]
fn every_bit_that_kvm_rewrites_is_listed() {
    let Some(device) = device() else { return };
    let module = profile::kvm_module();
    let vm = device.0.create_vm().unwrap();
    let mut id = 0;
    let mut stored = |table: &[Entry]| -> Option<Vec<Entry>> {
        let vcpu = vm.create_vcpu(id).unwrap();
        id += 1;
        // Some values are refused, such as address widths of all ones.
        vcpu.set_cpuid2(&to_kvm(table).unwrap()).ok()?;
        let got = vcpu.get_cpuid2(KVM_MAX_CPUID_ENTRIES).unwrap();
        Some(got.as_slice().iter().map(from_kvm).collect())
    };
    let base = wide();
    let (mut held, mut refused) = (0, 0);
    for (at, Entry { leaf, subleaf, .. }) in base.iter().enumerate() {
        for register in Register::ALL {
            let listed = rewrites::bits(module.as_deref(), *leaf, *subleaf, register);
            for word in [0, u32::MAX, 0x5555_5555] {
                let mut table = base.clone();
                table[at].registers[register as usize] = word;
                let Some(got) = stored(&table) else {
                    refused += 1;
                    continue;
                };
                let found = got.iter().find(|e| (e.leaf, e.subleaf) == (*leaf, *subleaf));
                let found = found.map_or(0, |entry| entry.registers[register as usize]);
                assert_eq!(
                    (found ^ word) & !listed,
                    0,
                    "{module:?}: {leaf:#x} {subleaf:?} {register}: {word:#010x} became {found:#010x}"
                );
                held += 1;
            }
        }
    }
    assert!(held > 700 && refused < 20, "{held} held, {refused} refused");
}

#[test]
fn the_guest_reads_what_kvm_stores() {
    let Some(device) = device() else { return };
    let vcpu = Vcpu { index: 0, vcpu_id: 0, table: Answers::served_by_kvm(wide()) };
    let witness = device.witness(0, &vcpu.table).unwrap();
    // As many questions as two tables have entries, and none without an answer.
    assert!(witness.answers.len() > wide().len());
    let mut report = Report::new(profile::kvm_module());
    compare::vcpu(&vcpu, &witness, &mut report);
    assert!(report.is_proven(), "{:?}", report.differences);
    let leaf_0 = Query { leaf: 0, subleaf: 0 };
    assert!(witness.answers.contains(&(leaf_0, wide()[0].registers)));
}

/// More questions than one run takes.
#[test]
fn questions_are_asked_in_batches() {
    let Some(device) = device() else { return };
    let mut table = wide()[..1].to_vec();
    table.extend((0..255).map(|n| entry(0x8000_1000 + 4 * n, Some(7 * n), [n, !n, n + 1, 9])));
    let table = Answers::served_by_kvm(table);
    let witness = device.witness(300, &table).unwrap();
    for n in 0..255 {
        let query = Query { leaf: 0x8000_1000 + 4 * n, subleaf: 7 * n };
        assert!(witness.answers.contains(&(query, [n, !n, n + 1, 9])), "{query:?}");
    }
}

#[test]
fn a_guest_that_never_halts_is_stopped() {
    let Some(device) = device() else { return };
    let memory = Memory::new().unwrap();
    let vm = device.0.create_vm().unwrap();
    let mut vcpu = vm.create_vcpu(0).unwrap();
    memory.give(&vm).unwrap();
    // jmp to itself
    memory.write(CODE, &[0xeb, 0xfe]);
    let mut sregs = vcpu.get_sregs().unwrap();
    (sregs.cs.base, sregs.cs.selector) = (0, 0);
    vcpu.set_sregs(&sregs).unwrap();
    vcpu.set_regs(&kvm_regs { rip: CODE as u64, rflags: 2, ..kvm_regs::default() }).unwrap();
    let stopped = until_halted(&vm, &mut vcpu, &memory, (3, Duration::from_millis(10)));
    assert_eq!(stopped, Err(GuestError::NeverHalts(Duration::from_millis(30))));
}

#[test]
fn a_guest_that_goes_astray_is_told_of() {
    let Some(device) = device() else { return };
    let memory = Memory::new().unwrap();
    let vm = device.0.create_vm().unwrap();
    let mut vcpu = vm.create_vcpu(0).unwrap();
    memory.give(&vm).unwrap();
    let batch = [Query { leaf: 0, subleaf: 0 }];
    // Halts at once, without an answer.
    memory.write(CODE, &[0xf4]);
    let halted = run(&vm, &mut vcpu, &memory, &batch);
    assert!(matches!(halted, Err(GuestError::Astray(_))), "{halted:?}");
    // out 0x10, al
    memory.write(CODE, &[0xe6, 0x10]);
    let out = run(&vm, &mut vcpu, &memory, &batch);
    assert!(matches!(out, Err(GuestError::Astray(_))), "{out:?}");
}

#[test]
fn what_kvm_refuses_is_named() {
    let Some(device) = device() else { return };
    let mut table = wide();
    for entry in table.iter_mut().filter(|entry| entry.leaf == 0x8000_0008) {
        entry.registers[0] = 0x1130;
    }
    let refused = device.witness(0, &Answers::served_by_kvm(table.clone()));
    assert!(matches!(refused, Err(GuestError::Refused { call: "KVM_SET_CPUID2", .. })), "{refused:?}");
    table.extend((0..256).map(|n| entry(0x8000_1000 + n, None, [0; 4])));
    let many = device.witness(0, &Answers::served_by_kvm(table));
    assert!(matches!(many, Err(GuestError::Refused { call: "KVM_SET_CPUID2", .. })), "{many:?}");
}
