//! One vCPU: its table against what KVM stored, and what KVM stored against what the guest read.

use std::collections::BTreeMap;

use super::report::{Difference, Kind, Report};
use super::{Vcpu, Witness, names, rewrites};
use crate::cpuid::Register;
use crate::decode::{Answers, Entry, Registers};

/// Leaf, and subleaf where the entry answers one alone.
type At = (u32, Option<u32>);

/// Adds one vCPU to the report.
pub fn vcpu(vcpu: &Vcpu, witness: &Witness, report: &mut Report) {
    let stored = Answers::served_by_kvm(witness.got.clone());
    let mut own = Own { vcpu, report };
    own.table_and_kvm(&by_key(vcpu.table.entries()), &by_key(&witness.got));
    own.kvm_and_guest(&stored, witness);
    own.ids();
    own.report.counts.vcpus += 1;
}

/// Entries by leaf and subleaf. The first of two alike is the one that answers.
fn by_key(entries: &[Entry]) -> BTreeMap<At, Registers> {
    let mut map = BTreeMap::new();
    for entry in entries {
        map.entry((entry.leaf, entry.subleaf)).or_insert(entry.registers);
    }
    map
}

struct Own<'a> {
    vcpu: &'a Vcpu,
    report: &'a mut Report,
}

impl Own<'_> {
    /// Every entry that either has; one that is absent counts as zeros.
    fn table_and_kvm(&mut self, table: &BTreeMap<At, Registers>, stored: &BTreeMap<At, Registers>) {
        let only_stored = stored.keys().filter(|at| !table.contains_key(at));
        for at @ &(leaf, subleaf) in table.keys().chain(only_stored) {
            let of = |map: &BTreeMap<At, Registers>| map.get(at).copied().unwrap_or_default();
            let (expected, found) = (of(table), of(stored));
            for register in Register::ALL {
                let listed = rewrites::bits(self.report.module.as_deref(), leaf, subleaf, register);
                let (expected, found) = (expected[register as usize], found[register as usize]);
                let strict = rewrites::is_strict(leaf, register);
                if (expected ^ found) & !listed != 0 {
                    let kind = if strict { Kind::Strict } else { Kind::Unlisted };
                    self.differs(kind, *at, register, (expected, found));
                } else if listed != 0 {
                    let fields = names::of(&self.vcpu.table, *at, register, expected ^ found);
                    self.report.unproven(*at, register, listed, expected ^ found, fields);
                } else if strict {
                    self.report.counts.strict += 1;
                } else {
                    self.report.counts.equal += 1;
                }
            }
        }
    }

    /// The guest reads what KVM's lookup makes of the stored table.
    fn kvm_and_guest(&mut self, stored: &Answers, witness: &Witness) {
        for (query, found) in &witness.answers {
            let expected = stored.get(query.leaf, query.subleaf);
            for register in Register::ALL {
                let (expected, found) = (expected[register as usize], found[register as usize]);
                if expected != found {
                    let at = (query.leaf, Some(query.subleaf));
                    self.differs(Kind::Guest, at, register, (expected, found));
                }
            }
            self.report.counts.answers += 1;
        }
    }

    /// The IDs in the table are the one that KVM gave the vCPU's local APIC.
    fn ids(&mut self) {
        let id = self.vcpu.vcpu_id;
        for entry in self.vcpu.table.entries() {
            let at = (entry.leaf, entry.subleaf);
            let [eax, ebx, _, edx] = entry.registers;
            let (register, found, expected) = match entry.leaf {
                0x1 => (Register::Ebx, ebx >> 24, id & 0xff),
                0xb | 0x1f | 0x8000_0026 => (Register::Edx, edx, id),
                0x8000_001e => (Register::Eax, eax, id),
                _ => continue,
            };
            if found == expected {
                self.report.counts.ids += 1;
            } else {
                self.differs(Kind::Id, at, register, (found, expected));
            }
        }
    }

    fn differs(&mut self, kind: Kind, at: At, register: Register, (expected, found): (u32, u32)) {
        let bits = if matches!(kind, Kind::Id) { 0 } else { expected ^ found };
        self.report.differences.push(Difference {
            vcpu: self.vcpu.index,
            vcpu_id: self.vcpu.vcpu_id,
            kind,
            at,
            register,
            expected,
            found,
            fields: names::of(&self.vcpu.table, at, register, bits),
        });
    }
}

#[cfg(test)]
mod tests;
