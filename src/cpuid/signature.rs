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

    /// The signature that reads as these; `None` where one is beyond its field. Families from 0FH on take the
    /// extended field, and so do models from 10H on, which families below 6 do not have.
    #[must_use]
    pub const fn of(family: u32, model: u32, stepping: u32) -> Option<Self> {
        let (base, extended) = if family < 0xf { (family, 0) } else { (0xf, family - 0xf) };
        let models = if base < 6 { 0xf } else { 0xff };
        if extended > 0xff || model > models || stepping > 0xf {
            return None;
        }
        Some(Self(extended << 20 | (model >> 4) << 16 | base << 8 | (model & 0xf) << 4 | stepping))
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
            (0x0080_0f12, (0x17, 0x01, 2)), // Naples
            (0x0090_0f00, (0x18, 0, 0)),    // Hygon C86
            (0x0005_0654, (6, 0x55, 4)),    // Skylake
            (0x0000_0f29, (0xf, 2, 9)),     // Pentium 4
            (0x0000_0543, (5, 4, 3)),       // Pentium MMX
        ];
        for (eax, parts) in cases {
            let s = Signature(eax);
            assert_eq!((s.family(), s.model(), s.stepping()), parts);
            assert_eq!(Signature::of(parts.0, parts.1, parts.2), Some(s));
        }
    }

    /// Linux `arch/x86/kernel/cpu/amd.c`: Zen 4 begins within family 19h, and every later family is later.
    #[test]
    fn zen_4_begins_within_family_19h() {
        let is = |family, model| Signature::of(family, model, 0).map(Signature::is_zen_4_or_later);
        for model in [0x10, 0x1f, 0x60, 0x7f, 0xa0, 0xaf] {
            assert_eq!(is(0x19, model), Some(true), "{model:x}h");
        }
        for model in [0x0, 0xf, 0x20, 0x5f, 0x80, 0x9f, 0xb0] {
            assert_eq!(is(0x19, model), Some(false), "{model:x}h");
        }
        assert_eq!((is(0x17, 0xa0), is(0x18, 0x10), is(0x1a, 0x0)), (Some(false), Some(false), Some(true)));
    }

    /// SDM, leaf 1: the extended fields count from family 6, and from 0FH, on; below they are reserved.
    #[test]
    fn families_without_the_extended_fields_do_not_read_them() {
        let pentium = Signature(0x0ff0_0543);
        assert_eq!((pentium.family(), pentium.model()), (5, 4));
        assert_eq!(Signature(0x000f_0543).model(), 4);
        assert_eq!(Signature(0x0ff0_06f8).family(), 6);
    }

    #[test]
    fn what_is_beyond_a_field_is_no_signature() {
        assert_eq!(Signature::of(0x10e, 0xff, 0xf), Some(Signature(0x0fff_0fff)));
        for (family, model, stepping) in [(0x10f, 0, 0), (6, 0x100, 0), (6, 0, 0x10), (5, 0x10, 0)] {
            assert_eq!(Signature::of(family, model, stepping), None);
        }
        assert_eq!(Signature::of(u32::MAX, u32::MAX, u32::MAX), None);
    }
}
