//! What came of a proof.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::cpuid::Register;

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// vCPUs, each in a VM of its own.
    pub vcpus: usize,
    /// Answers of the guest that were held against KVM_GET_CPUID2.
    pub answers: usize,
    /// IDs in the tables that are the vcpu_id.
    pub ids: usize,
    /// Registers that must come back whole under every module, and did.
    pub strict: usize,
    /// Other registers that the module rewrites no bit of, and that came back whole.
    pub equal: usize,
    /// Registers of which the module rewrites bits; their other bits came back.
    pub unproven: usize,
}

/// What a difference is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Table and KVM_GET_CPUID2, in a register that no module may rewrite.
    Strict,
    /// Table and KVM_GET_CPUID2, in a bit that the module is not known to rewrite.
    Unlisted,
    /// KVM_GET_CPUID2 and what the guest read.
    Guest,
    /// An ID in the table and the vcpu_id.
    Id,
}

/// A register that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The vCPU's index.
    pub vcpu: u32,
    /// Its x2APIC ID.
    pub vcpu_id: u32,
    /// What differs from what.
    pub kind: Kind,
    /// Leaf, and subleaf where it counts.
    pub at: (u32, Option<u32>),
    /// The register.
    pub register: Register,
    /// The register as the first of the two has it; of [`Kind::Id`] the ID alone.
    pub expected: u32,
    /// As the second has it.
    pub found: u32,
    /// The fields whose bits differ.
    pub fields: Vec<String>,
}

/// A register of which the module rewrites bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven {
    /// The bits that it may rewrite.
    pub listed: u32,
    /// vCPUs whose table has the register.
    pub vcpus: usize,
    /// Those among them where a bit was rewritten.
    pub rewritten: usize,
    /// The fields of these bits.
    pub fields: Vec<String>,
}

/// What came of proving one machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The KVM module, as `/sys/module` calls it; `None` where it is not known.
    pub module: Option<String>,
    /// What was compared.
    pub counts: Counts,
    /// What the module rewrites, by leaf, subleaf and register.
    pub unproven: BTreeMap<((u32, Option<u32>), Register), Unproven>,
    /// What is not as it should be, by vCPU.
    pub differences: Vec<Difference>,
}

impl Report {
    /// Nothing is compared yet.
    #[must_use]
    pub fn new(module: Option<String>) -> Self {
        Self { module, ..Self::default() }
    }

    /// Whether something was compared and nothing differs.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.counts.vcpus > 0 && self.differences.is_empty()
    }

    /// One more vCPU with a register of which the module may rewrite `listed` bits.
    pub(super) fn unproven(
        &mut self,
        at: (u32, Option<u32>),
        register: Register,
        listed: u32,
        rewritten: u32,
        fields: Vec<String>,
    ) {
        self.counts.unproven += 1;
        let entry = self.unproven.entry((at, register)).or_insert_with(|| Unproven {
            listed,
            vcpus: 0,
            rewritten: 0,
            fields: Vec::new(),
        });
        entry.vcpus += 1;
        entry.rewritten += usize::from(rewritten != 0);
        for field in fields {
            if !entry.fields.contains(&field) {
                entry.fields.push(field);
            }
        }
    }
}

/// A leaf, and its subleaf where it counts, as the manuals write it: `CPUID.(EAX=04H,ECX=3)`.
#[derive(Clone, Copy, Debug)]
pub struct Coordinate(pub (u32, Option<u32>));

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            (leaf, Some(subleaf)) => write!(f, "CPUID.(EAX={leaf:02X}H,ECX={subleaf})"),
            (leaf, None) => write!(f, "CPUID.(EAX={leaf:02X}H)"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { vcpu, vcpu_id, register, expected, found, .. } = self;
        let at = Coordinate(self.at);
        write!(f, "vCPU {vcpu}, vcpu_id {vcpu_id}: {at}:{register}: ")?;
        match self.kind {
            Kind::Strict | Kind::Unlisted => {
                write!(f, "the table says {expected:#010x}, KVM {found:#010x}")?;
            }
            Kind::Guest => write!(f, "KVM_GET_CPUID2 says {expected:#010x}, the guest read {found:#010x}")?,
            Kind::Id => write!(f, "the table says ID {expected}, the vCPU has {found}")?,
        }
        if self.fields.is_empty() { Ok(()) } else { write!(f, ": {}", self.fields.join(", ")) }
    }
}

fn hex(word: u32) -> String {
    format!("{word:#010x}")
}

impl Serialize for Difference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Difference", 7)?;
        object.serialize_field("vcpu", &self.vcpu)?;
        object.serialize_field("vcpu_id", &self.vcpu_id)?;
        object.serialize_field("kind", &self.kind)?;
        object.serialize_field("at", &format!("{}:{}", Coordinate(self.at), self.register))?;
        object.serialize_field("expected", &hex(self.expected))?;
        object.serialize_field("found", &hex(self.found))?;
        object.serialize_field("fields", &self.fields)?;
        object.end()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Row<'a> {
            at: String,
            bits: String,
            vcpus: usize,
            rewritten: usize,
            fields: &'a [String],
        }
        let rows = self.unproven.iter().map(|((at, register), row)| Row {
            at: format!("{}:{register}", Coordinate(*at)),
            bits: hex(row.listed),
            vcpus: row.vcpus,
            rewritten: row.rewritten,
            fields: &row.fields,
        });
        let mut object = serializer.serialize_struct("Report", 5)?;
        object.serialize_field("proven", &self.is_proven())?;
        object.serialize_field("module", &self.module)?;
        object.serialize_field("compared", &self.counts)?;
        object.serialize_field("unproven", &rows.collect::<Vec<_>>())?;
        object.serialize_field("differences", &self.differences)?;
        object.end()
    }
}
