//! Who made the processor, from the vendor string and signature that the guest reads.

use std::fmt;

use serde::{Serialize, Serializer};

use super::answers::Answers;
use super::bits::bits;

/// The vendor named by CPUID.(EAX=00H).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// `GenuineIntel`
    Intel,
    /// `AuthenticAMD`
    Amd,
    /// `HygonGenuine`
    Hygon,
    /// `  Shanghai  `
    Zhaoxin,
    /// `CentaurHauls`, also used by some Zhaoxin processors
    Centaur,
    /// Any other string, with bytes outside printable ASCII shown as `.`
    Other(String),
}

impl Vendor {
    /// The vendor from leaf 0's registers (EAX, EBX, ECX, EDX); the string runs EBX, EDX, ECX.
    pub fn from_leaf_0([_, ebx, ecx, edx]: [u32; 4]) -> Vendor {
        let bytes: Vec<u8> = [ebx, edx, ecx].iter().flat_map(|word| word.to_le_bytes()).collect();
        match bytes.as_slice() {
            b"GenuineIntel" => Vendor::Intel,
            b"AuthenticAMD" => Vendor::Amd,
            b"HygonGenuine" => Vendor::Hygon,
            b"  Shanghai  " => Vendor::Zhaoxin,
            b"CentaurHauls" => Vendor::Centaur,
            other => Vendor::Other(printable(other)),
        }
    }

    /// Whether the vendor lays out its leaves as AMD does: no leaves 2, 4 and 1FH, but 8000001DH and on.
    pub fn is_amd_like(&self) -> bool {
        matches!(self, Vendor::Amd | Vendor::Hygon)
    }
}

/// The bytes as text, with `.` for whatever could disturb a terminal.
pub(crate) fn printable(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| if (0x20..0x7F).contains(&b) { char::from(b) } else { '.' }).collect()
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Vendor::Intel => "Intel",
            Vendor::Amd => "AMD",
            Vendor::Hygon => "Hygon",
            Vendor::Zhaoxin => "Zhaoxin",
            Vendor::Centaur => "Centaur",
            Vendor::Other(name) => name,
        })
    }
}

impl Serialize for Vendor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Family, model and stepping as software displays them: base and extended parts added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// Base family, plus the extended family where the base is FH
    pub family: u32,
    /// Base model, with the extended model above it for families 6 and up
    pub model: u32,
    /// Stepping
    pub stepping: u32,
    /// The register as it stands
    pub eax: u32,
}

impl Signature {
    /// From CPUID.(EAX=01H):EAX (SDM Vol. 2A, "CPUID", version information).
    pub fn from_eax(eax: u32) -> Signature {
        let base = bits(eax, 11, 8);
        let family = if base == 0xF { base + bits(eax, 27, 20) } else { base };
        let extended = if base >= 6 { bits(eax, 19, 16) << 4 } else { 0 };
        Signature { family, model: extended + bits(eax, 7, 4), stepping: bits(eax, 3, 0), eax }
    }
}

/// The leaf 0 vendor of these answers.
pub(super) fn vendor_of(answers: &Answers) -> Vendor {
    Vendor::from_leaf_0(answers.get(0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_by_string() {
        assert_eq!(Vendor::from_leaf_0([0, 0x756E_6547, 0x6C65_746E, 0x4965_6E69]), Vendor::Intel);
        assert_eq!(Vendor::from_leaf_0([0, 0x6874_7541, 0x444D_4163, 0x6974_6E65]), Vendor::Amd);
        assert_eq!(Vendor::from_leaf_0([0, 0x6F67_7948, 0x656E_6975, 0x6E65_476E]), Vendor::Hygon);
        assert_eq!(Vendor::from_leaf_0([0, 0x6853_2020, 0x2020_6961, 0x6867_6E61]), Vendor::Zhaoxin);
        assert_eq!(Vendor::from_leaf_0([0, 0x746E_6543, 0x736C_7561, 0x4872_7561]), Vendor::Centaur);
        assert_eq!(Vendor::from_leaf_0([0, 0x1B, 0, 0]).to_string(), "............");
    }

    #[test]
    fn signatures() {
        let of = |eax| {
            let s = Signature::from_eax(eax);
            (s.family, s.model, s.stepping)
        };
        assert_eq!(of(0x000806F8), (6, 0x8F, 8));
        assert_eq!(of(0x00A10F11), (0x19, 0x11, 1));
        assert_eq!(of(0x00100F91), (0x10, 9, 1));
        assert_eq!(of(0x000507B3), (7, 0x5B, 3));
    }
}
