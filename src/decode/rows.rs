//! The rows of the extended topology leaves 0BH, 1FH and 80000026H, read alike and named apart.

use serde::Serialize;

use super::answers::{Answers, Registers};
use super::bits::bits;
use super::domain::Domain;

/// Extended topology, version 1.
pub const LEAF_B: u32 = 0xB;
/// Extended topology, version 2 (Intel).
pub const LEAF_1F: u32 = 0x1F;
/// Extended CPU topology (AMD).
pub const LEAF_26: u32 = 0x8000_0026;

/// More subleaves than any leaf has types: a walk stops here whatever the table says.
pub(super) const MAX_ROWS: u32 = 64;

/// One valid subleaf of 0BH, 1FH or 80000026H.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The leaf
    pub leaf: u32,
    /// The subleaf that was asked for
    pub subleaf: u32,
    /// `ECX[15:8]`: names the member in 0BH and 1FH, the container in 80000026H
    #[serde(rename = "type")]
    pub kind: u32,
    /// `EAX[4:0]`: APIC ID bits below the next domain outward, counted from bit 0
    pub shift: u32,
    /// `EBX[15:0]`: threads in the unit that `shift` makes
    pub count: u32,
    /// EDX: the x2APIC ID
    pub x2apic_id: u32,
    /// The whole answer
    #[serde(skip)]
    pub registers: Registers,
}

impl Row {
    fn new(leaf: u32, subleaf: u32, registers: Registers) -> Row {
        let [eax, ebx, ecx, edx] = registers;
        Row {
            leaf,
            subleaf,
            kind: bits(ecx, 15, 8),
            shift: bits(eax, 4, 0),
            count: bits(ebx, 15, 0),
            x2apic_id: edx,
            registers,
        }
    }

    /// The domain that the type names, of which the row's unit is made (0BH, 1FH) or which it is (80000026H).
    pub fn domain(&self) -> Option<Domain> {
        match (self.leaf, self.kind) {
            (LEAF_B | LEAF_1F, 1) => Some(Domain::Thread),
            (LEAF_B | LEAF_1F, 2) | (LEAF_26, 1) => Some(Domain::Core),
            (LEAF_1F, 3) => Some(Domain::Module),
            (LEAF_1F, 4) => Some(Domain::Tile),
            (LEAF_1F, 5) | (LEAF_26, 3) => Some(Domain::Die),
            (LEAF_1F, 6) => Some(Domain::DieGroup),
            (LEAF_26, 2) => Some(Domain::Complex),
            (LEAF_26, 4) => Some(Domain::Package),
            _ => None,
        }
    }
}

/// The valid rows of a leaf, inner to outer; none where the maximum leaf does not reach it.
///
/// A type of 0 ends the walk (SDM; APM), as does a count of 0 (SDM; AMD's PPR).
pub(super) fn read(answers: &Answers, leaf: u32) -> Vec<Row> {
    let maximum = if leaf < 0x8000_0000 { answers.max_basic() } else { answers.max_extended() };
    if maximum < leaf {
        return Vec::new();
    }
    (0..MAX_ROWS)
        .map(|subleaf| Row::new(leaf, subleaf, answers.get(leaf, subleaf)))
        .take_while(|row| row.kind != 0 && row.count != 0)
        .collect()
}
