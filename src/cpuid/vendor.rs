//! The vendors whose CPUID topoc can write.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A CPU vendor that topoc can compile for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Intel: `GenuineIntel`.
    Intel,
    /// AMD: `AuthenticAMD`.
    Amd,
    /// Hygon: `HygonGenuine`.
    Hygon,
    /// Zhaoxin: `  Shanghai  `.
    Zhaoxin,
    /// Centaur: `CentaurHauls`, and Zhaoxin's processors that go by that name.
    Centaur,
}

/// A vendor string that this version has no rules for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVendor(pub [u8; 12]);

impl fmt::Display for UnknownVendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl std::error::Error for UnknownVendor {}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Intel, Self::Amd, Self::Hygon, Self::Zhaoxin, Self::Centaur];

    /// Whether its leaves are AMD's: 8000001DH and on, and no leaves 2, 4 and 1FH.
    #[must_use]
    pub const fn is_amd_like(self) -> bool {
        matches!(self, Self::Amd | Self::Hygon)
    }

    /// Whether its leaves are Intel's with Centaur's own: 80000005H and 80000006H as AMD has them, and
    /// the range C0000000H.
    #[must_use]
    pub const fn is_centaur_like(self) -> bool {
        matches!(self, Self::Zhaoxin | Self::Centaur)
    }

    /// The twelve bytes of leaf 0, in reading order (EBX, EDX, ECX).
    #[must_use]
    pub const fn id(self) -> [u8; 12] {
        match self {
            Self::Intel => *b"GenuineIntel",
            Self::Amd => *b"AuthenticAMD",
            Self::Hygon => *b"HygonGenuine",
            Self::Zhaoxin => *b"  Shanghai  ",
            Self::Centaur => *b"CentaurHauls",
        }
    }

    /// EBX, ECX and EDX of leaf 0 for this vendor. Source: SDM and APM, CPUID leaf 0.
    #[must_use]
    pub const fn words(self) -> (u32, u32, u32) {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = self.id();
        (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([i, j, k, l]), u32::from_le_bytes([e, f, g, h]))
    }

    /// The vendor whose EBX, ECX and EDX of leaf 0 these are.
    ///
    /// # Errors
    /// The twelve bytes, where they are of no vendor that this version compiles for.
    pub fn from_words(ebx: u32, ecx: u32, edx: u32) -> Result<Self, UnknownVendor> {
        Self::ALL.into_iter().find(|vendor| vendor.words() == (ebx, ecx, edx)).ok_or_else(|| {
            let mut id = [0; 12];
            for (chunk, word) in id.chunks_exact_mut(4).zip([ebx, edx, ecx]) {
                chunk.copy_from_slice(&word.to_le_bytes());
            }
            UnknownVendor(id)
        })
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intel => "Intel",
            Self::Amd => "AMD",
            Self::Hygon => "Hygon",
            Self::Zhaoxin => "Zhaoxin",
            Self::Centaur => "Centaur",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_manuals() {
        // SDM and APM, leaf 0: EBX, ECX, EDX.
        assert_eq!(Vendor::Intel.words(), (0x756e_6547, 0x6c65_746e, 0x4965_6e69));
        assert_eq!(Vendor::Amd.words(), (0x6874_7541, 0x444d_4163, 0x6974_6e65));
        assert_eq!(Vendor::from_words(0x6874_7541, 0x444d_4163, 0x6974_6e65), Ok(Vendor::Amd));
        assert_eq!(Vendor::from_words(0x6f67_7948, 0x656e_6975, 0x6e65_476e), Ok(Vendor::Hygon));
        assert_eq!(Vendor::from_words(0x6853_2020, 0x2020_6961, 0x6867_6e61), Ok(Vendor::Zhaoxin));
        assert_eq!(Vendor::from_words(0x746e_6543, 0x736c_7561, 0x4872_7561), Ok(Vendor::Centaur));
        let transmeta = Vendor::from_words(0x756e_6547, 0x3638_784d, 0x5465_6e69);
        assert_eq!(transmeta, Err(UnknownVendor(*b"GenuineTMx86")));
    }
}
