//! Family, model and stepping.

use std::fmt;

/// The processor signature: CPUID.(EAX=01H):EAX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature(pub u32);

impl Signature {
    /// Family, with the extended family added where the base is 0FH. Source: SDM and APM, leaf 1.
    #[must_use]
    pub const fn family(self) -> u32 {
        let base = (self.0 >> 8) & 0xf;
        if base == 0xf { base + ((self.0 >> 20) & 0xff) } else { base }
    }

    /// Model, with the extended model on top from base family 6 on. SDM and APM say so of families 6
    /// and 0FH; Zhaoxin's family 7 is alike. Source: Linux `arch/x86/lib/cpu.c`, `x86_model`.
    #[must_use]
    pub const fn model(self) -> u32 {
        let base = (self.0 >> 4) & 0xf;
        match (self.0 >> 8) & 0xf {
            6.. => base | ((self.0 >> 12) & 0xf0),
            _ => base,
        }
    }

    /// Whether an AMD processor of this signature is Zen 4 or later: family 19h has Zen 4 in models
    /// 10h–1Fh, 60h–7Fh and A0h–AFh, and Zen 3 in the others. Source: Linux
    /// `arch/x86/kernel/cpu/amd.c`, the table of Zen generations.
    #[must_use]
    pub const fn is_zen_4_or_later(self) -> bool {
        match self.family() {
            0x19 => matches!(self.model(), 0x10..=0x1f | 0x60..=0x7f | 0xa0..=0xaf),
            family => family > 0x19,
        }
    }

    /// Stepping.
    #[must_use]
    pub const fn stepping(self) -> u32 {
        self.0 & 0xf
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "family {:X}h model {:02X}h stepping {:X}h", self.family(), self.model(), self.stepping())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_signatures_read_as_their_parts() {
        let cases = [
            (0x0008_06f8, (6, 0x8f, 8)),    // Sapphire Rapids
            (0x00a1_0f11, (0x19, 0x11, 1)), // Genoa
            (0x0083_0f10, (0x17, 0x31, 0)), // Rome
            (0x0010_0f91, (0x10, 0x09, 1)), // Magny-Cours
            (0x0005_07b3, (7, 0x5b, 3)),    // KaiSheng KH-40000
        ];
        for (eax, parts) in cases {
            let s = Signature(eax);
            assert_eq!((s.family(), s.model(), s.stepping()), parts);
        }
    }
}
