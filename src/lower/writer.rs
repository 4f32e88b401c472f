//! The one way to write a field: checked for its owner and its bits.

use super::{LowerError, Machine, Own, Reason, Value, Why, fits};
use crate::cpuid::field::{ALL, Field, Owner};
use crate::cpuid::{CpuidTable, Key, Registers};
use crate::topology::{CoreType, VcpuIndex};

/// Writes the fields of one owner into a table.
pub(super) struct Writer<'a> {
    table: &'a mut CpuidTable,
    owner: Owner,
    own: Vec<Own>,
    reasons: Vec<Reason>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(table: &'a mut CpuidTable, owner: Owner) -> Self {
        Self { table, owner, own: Vec::new(), reasons: Vec::new() }
    }

    /// The fields that were left to each vCPU, and why each field has its value.
    pub(super) fn into_parts(self) -> (Vec<Own>, Vec<Reason>) {
        (self.own, self.reasons)
    }

    /// The table as it stands.
    pub(super) fn table(&self) -> &CpuidTable {
        self.table
    }

    /// Writes a field; its entry comes into being if need be. The other bits stay.
    pub(super) fn put(
        &mut self,
        field: &'static Field,
        subleaf: Option<u32>,
        value: impl Into<u64>,
        why: Why,
    ) -> Result<(), LowerError> {
        self.set(field, subleaf, value)?;
        self.note(field, subleaf, why);
        Ok(())
    }

    /// Says why a field is 0 if it is there, without making its entry come into being.
    pub(super) fn note(&mut self, field: &'static Field, subleaf: Option<u32>, why: Why) {
        self.reasons.push((field, subleaf, why));
    }

    fn set(&mut self, field: &Field, subleaf: Option<u32>, value: impl Into<u64>) -> Result<(), LowerError> {
        let value = value.into();
        let coordinate = || field.at(subleaf).to_string();
        if field.owner != self.owner {
            return Err(LowerError::NotOwner { field: coordinate(), pass: self.owner });
        }
        let bits = fits(field, value).ok_or_else(|| LowerError::Overflow {
            field: coordinate(),
            value,
            max: field.max(),
        })?;
        let key = field.key(subleaf);
        if self.table.get(key).is_none() {
            self.table.insert(key, Registers::ZERO)?;
        }
        if let Some(registers) = self.table.get_mut(key) {
            let word = registers.get_mut(field.register);
            *word = *word & !field.mask() | bits << field.low;
        }
        Ok(())
    }

    /// Leaves a field to each vCPU: in the table it is 0.
    pub(super) fn own(
        &mut self,
        field: &'static Field,
        subleaf: Option<u32>,
        why: Why,
        value: fn(&Machine<'_>, VcpuIndex) -> u32,
    ) -> Result<(), LowerError> {
        self.put(field, subleaf, 0_u32, why)?;
        self.own.push(Own { field, subleaf, value: Value::Of(value) });
        Ok(())
    }

    /// Writes a field that each type of core has its own value of. Where all are alike it is shared.
    pub(super) fn put_by_type(
        &mut self,
        field: &'static Field,
        subleaf: Option<u32>,
        values: &[(Option<CoreType>, u32)],
        why: Why,
    ) -> Result<(), LowerError> {
        for (_, value) in values {
            self.set(field, subleaf, *value)?;
        }
        if values.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            self.set(field, subleaf, 0_u32)?;
            self.own.push(Own { field, subleaf, value: Value::ByType(values.to_vec()) });
        }
        self.note(field, subleaf, why);
        Ok(())
    }

    /// Ends the subleaves of a leaf with an entry of zeros.
    pub(super) fn terminate(&mut self, leaf: u32, subleaf: u32, why: Why) -> Result<(), LowerError> {
        for field in ALL.iter().filter(|field| field.leaf == leaf) {
            self.note(field, Some(subleaf), why);
        }
        Ok(self.table.set(Key::subleaf(leaf, subleaf), Registers::ZERO)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::Register;
    use crate::cpuid::field;

    const WHY: Why = Why::Always("a test");

    #[test]
    fn a_write_changes_its_own_bits_alone() {
        for field in field::ALL {
            let subleaf = Key::is_indexed(field.leaf).then_some(0);
            for background in [0, u32::MAX] {
                for value in [0, field.max()] {
                    let mut table = CpuidTable::new();
                    table.insert(field.key(subleaf), [background; 4].into()).unwrap();
                    Writer::new(&mut table, field.owner).put(field, subleaf, value, WHY).unwrap();
                    let after = table.get(field.key(subleaf)).unwrap();
                    for register in Register::ALL {
                        let expected = if register == field.register {
                            background & !field.mask() | value << field.low
                        } else {
                            background
                        };
                        assert_eq!(after.get(register), expected, "{}", field.at(subleaf));
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_or_belongs_to_another_is_refused() {
        let mut table = CpuidTable::new();
        let overflow =
            Writer::new(&mut table, Owner::Caches).put(&field::CACHE_SHARING, Some(3), 4096_u32, WHY);
        assert_eq!(
            overflow.unwrap_err().to_string(),
            "CPUID.(EAX=04H,ECX=3):EAX[25:14] holds at most 4095, not 4096"
        );
        let foreign = Writer::new(&mut table, Owner::Amd).put(&field::CACHE_SHARING, Some(3), 1_u32, WHY);
        assert!(matches!(foreign, Err(LowerError::NotOwner { .. })));
        assert!(table.is_empty());
    }
}
