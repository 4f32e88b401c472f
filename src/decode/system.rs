//! What a table says of the processor and the hypervisor beside topology, as a guest would read it.

use serde::Serialize;

use super::answers::Answers;
use super::bits::{bit, bits};

/// What one table says of the processor and the hypervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct System {
    /// The brand string of 80000002H to 80000004H as far as its first NUL; bytes beyond ASCII read as `.`
    pub brand: String,
    /// Whether nothing but NULs follow the brand string's first one
    pub brand_is_padded: bool,
    /// `80000001H:EAX`: AMD's signature once more, 0 elsewhere
    pub extended_signature: u32,
    /// `C0000001H:EAX`, where that leaf is: Zhaoxin's signature once more
    pub centaur_signature: Option<u32>,
    /// Bits of a physical address
    pub physical_bits: u32,
    /// Bits of a linear address
    pub linear_bits: u32,
    /// Bits of a guest's physical address where that says so, else those of a physical one
    pub guest_physical_bits: u32,
    /// Whether the processor has five levels of page tables: LA57
    pub la57: bool,
    /// The crystal's rate in Hz, where leaf 15H tells it
    pub crystal: Option<u32>,
    /// The time-stamp counter's rate in Hz, where leaf 15H tells it and it is whole
    pub tsc: Option<u64>,
    /// Base, highest and bus frequency of leaf 16H in MHz; 0 where not told
    pub frequencies: [u32; 3],
    /// Whether there is a hypervisor: `1H:ECX[31]`
    pub hypervisor: bool,
    /// The highest leaf of the hypervisor's range
    pub max_hypervisor: u32,
    /// The hypervisor's signature
    pub hypervisor_signature: [u8; 12],
    /// `40000001H:EAX`, within the range's highest leaf
    pub pv_features: u32,
    /// `40000001H:EDX`, likewise
    pub pv_hints: u32,
}

/// Reads what a table says of the processor and the hypervisor. Sources: SDM Vol. 2A, "CPUID"; APM Vol. 3
/// appendix E; Linux `Documentation/virt/kvm/x86/cpuid.rst`.
pub fn system(answers: &Answers) -> System {
    let is_centaur = (0xc000_0001..0xd000_0000).contains(&answers.get(0xc000_0000, 0)[0]);
    let (max_basic, max_extended) = (answers.get(0, 0)[0], answers.get(0x8000_0000, 0)[0]);
    let basic = |leaf: u32| if leaf <= max_basic { answers.get(leaf, 0) } else { [0; 4] };
    let extended = |leaf: u32| if leaf <= max_extended { answers.get(leaf, 0) } else { [0; 4] };

    let name: Vec<u8> = (0x8000_0002..=0x8000_0004).flat_map(extended).flat_map(u32::to_le_bytes).collect();
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    let (name, padding) = name.split_at(end);

    let widths = extended(0x8000_0008)[0];
    let guest_physical_bits = match bits(widths, 23, 16) {
        0 => bits(widths, 7, 0),
        own => own,
    };
    let [denominator, numerator, crystal, _] = basic(0x15);
    let clock = u64::from(crystal) * u64::from(numerator);
    let divisor = u64::from(denominator);
    let is_whole = clock != 0 && divisor != 0 && clock.is_multiple_of(divisor);
    let [base, highest, bus, _] = basic(0x16);

    let [max_hypervisor, ebx, ecx, edx] = answers.get(0x4000_0000, 0);
    let mut hypervisor_signature = [0; 12];
    let bytes = [ebx, ecx, edx].into_iter().flat_map(u32::to_le_bytes);
    hypervisor_signature.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    let [pv_features, _, _, pv_hints] =
        if max_hypervisor > 0x4000_0000 { answers.get(0x4000_0001, 0) } else { [0; 4] };
    System {
        brand: super::vendor::printable(name),
        brand_is_padded: padding.iter().all(|&byte| byte == 0),
        extended_signature: extended(0x8000_0001)[0],
        centaur_signature: is_centaur.then(|| answers.get(0xc000_0001, 0)[0]),
        physical_bits: bits(widths, 7, 0),
        linear_bits: bits(widths, 15, 8),
        guest_physical_bits,
        la57: bit(basic(7)[2], 16),
        crystal: (crystal != 0).then_some(crystal),
        tsc: is_whole.then(|| clock / divisor),
        frequencies: [base, highest, bus].map(|mhz| bits(mhz, 15, 0)),
        hypervisor: bit(answers.get(1, 0)[2], 31),
        max_hypervisor,
        hypervisor_signature,
        pv_features,
        pv_hints,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published words of a Xeon w7-2475X, of an EPYC 7742 and of KVM on an EPYC 9R14.
    #[test]
    fn silicon_reads_as_its_makers_say() {
        let xeon = system(&Answers::from_entries([
            (0, None, [0x20, 0x756e_6547, 0x6c65_746e, 0x4965_6e69]),
            (0x15, None, [2, 0xd8, 0x016e_3600, 0]),
            (0x16, None, [0xa28, 0x12c0, 0x64, 0]),
            (0x8000_0000, None, [0x8000_0008, 0, 0, 0]),
            (0x8000_0002, None, [0x6574_6e49, 0x2952_286c, 0x6f65_5820, 0x2952_286e]),
            (0x8000_0003, None, [0x2d37_7720, 0x3537_3432, 0x58, 0]),
            (0x8000_0008, None, [0x3934, 0, 0, 0]),
        ]));
        assert_eq!((xeon.brand.as_str(), xeon.brand_is_padded), ("Intel(R) Xeon(R) w7-2475X", true));
        assert_eq!((xeon.tsc, xeon.crystal), (Some(2_592_000_000), Some(24_000_000)));
        assert_eq!(xeon.frequencies, [2600, 4800, 100]);
        assert_eq!((xeon.physical_bits, xeon.linear_bits, xeon.guest_physical_bits), (52, 57, 52));
        assert_eq!((xeon.extended_signature, xeon.centaur_signature, xeon.hypervisor), (0, None, false));

        let epyc = system(&Answers::from_entries([
            (0, None, [0x1c, 0x6874_7541, 0x444d_4163, 0x6974_6e65]),
            (1, None, [0x00a1_0f11, 0x0002_0800, 0x8120_2000, 0x078b_fbff]),
            (0x4000_0000, None, [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d]),
            (0x4000_0001, None, [0x0100_7efb, 0, 0, 1]),
            (0x8000_0000, None, [0x8000_0008, 0, 0, 0]),
            (0x8000_0001, None, [0x00a1_0f11, 0, 0, 0]),
            (0x8000_0008, None, [0x0030_3034, 0, 0, 0]),
        ]));
        assert_eq!(epyc.extended_signature, 0x00a1_0f11);
        assert_eq!((epyc.physical_bits, epyc.linear_bits, epyc.guest_physical_bits), (52, 48, 48));
        assert_eq!(&epyc.hypervisor_signature, b"KVMKVMKVM\0\0\0");
        assert_eq!((epyc.hypervisor, epyc.pv_features, epyc.pv_hints), (true, 0x0100_7efb, 1));
        assert_eq!((epyc.tsc, epyc.crystal, epyc.brand.as_str()), (None, None, ""));
    }

    #[test]
    fn what_is_beyond_the_highest_leaf_is_not_read() {
        let table = system(&Answers::from_entries([
            (0, None, [0x14, 0x756e_6547, 0x6c65_746e, 0x4965_6e69]),
            (0x15, None, [2, 0xd8, 0x016e_3600, 0]),
            (0x16, None, [0xa28, 0x12c0, 0x64, 0]),
            (0x4000_0000, None, [0x4000_0000, 0, 0, 0]),
            (0x4000_0001, None, [0x0100_7efb, 0, 0, 1]),
            (0x8000_0000, None, [0x8000_0001, 0, 0, 0]),
            (0x8000_0002, None, [0x6574_6e49, 0, 0, 0]),
        ]));
        assert_eq!((table.tsc, table.frequencies, table.brand.as_str()), (None, [0; 3], ""));
        assert_eq!((table.pv_features, table.pv_hints), (0, 0));
    }
}
