//! Arithmetic on registers and APIC IDs, the decoder's own.

/// `register[hi:lo]`, both ends inclusive, moved down to bit 0. `hi` is at most 31 and not below `lo`.
pub(crate) const fn bits(register: u32, hi: u32, lo: u32) -> u32 {
    (register >> lo) & (u32::MAX >> (31 - (hi - lo)))
}

/// Bit `at` of the register.
pub(crate) const fn bit(register: u32, at: u32) -> bool {
    (register >> at) & 1 == 1
}

/// The smallest k with 2^k ≥ n; 0 for n of 0 and 1.
pub(crate) const fn ceil_log2(n: u32) -> u32 {
    32 - n.saturating_sub(1).leading_zeros()
}

/// 2^shift, at most 2^31.
pub(crate) const fn power(shift: u32) -> u32 {
    1 << if shift > 31 { 31 } else { shift }
}

/// The lowest APIC ID of the aligned block of 2^shift IDs that holds `id`.
///
/// The low bits are masked, never shifted out: blocks of different sizes then keep different names.
pub(crate) const fn block(id: u32, shift: u32) -> u32 {
    if shift > 31 { 0 } else { id & (u32::MAX << shift) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_ranges_are_inclusive() {
        assert_eq!(bits(0x7C03_C163, 25, 14), 15);
        assert_eq!(bits(0x7C03_C163, 31, 26), 31);
        assert_eq!(bits(u32::MAX, 31, 0), u32::MAX);
        assert!(bit(0x8000_0000, 31) && !bit(0x7FFF_FFFF, 31));
    }

    #[test]
    fn shifts_end_at_the_register() {
        assert_eq!([0, 5, 31, 32, 40].map(power), [1, 32, 1 << 31, 1 << 31, 1 << 31]);
        assert_eq!(
            [0, 4, 31, 32, 40].map(|shift| block(0xFFFF_FFFF, shift)),
            [u32::MAX, 0xFFFF_FFF0, 1 << 31, 0, 0]
        );
    }

    #[test]
    fn logarithm_rounds_up() {
        let pairs = [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (6, 3), (256, 8), (257, 9), (u32::MAX, 32)];
        for (n, k) in pairs {
            assert_eq!(ceil_log2(n), k, "{n}");
        }
    }

    #[test]
    fn blocks_keep_their_place() {
        assert_eq!(block(0x6B, 4), 0x60);
        assert_eq!(block(0x6B, 0), 0x6B);
        assert_eq!(block(0x6B, 32), 0);
    }
}
