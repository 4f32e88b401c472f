//! Leaves of topology and caches: SDM Vol. 2A "CPUID", APM Vol. 3 appendix E, AMD's PPR for family 19h.

use super::{
    Ebx, Ecx, Edx, Field, Group,
    Register::{self, Eax},
    Source, Subleaves, group, hex, number,
};

const MEMBER_ROW: &[Field] = &[
    number(Eax, 4, 0, "APIC ID bits below the next domain"),
    number(Ebx, 15, 0, "threads in the next domain"),
    number(Ecx, 7, 0, "subleaf"),
    number(
        Ecx,
        15,
        8,
        "domain type: 1 logical processor, 2 core, 3 module, 4 tile, 5 die, 6 die group, 0 end",
    ),
    hex(Edx, 31, 0, "x2APIC ID"),
];

const CONTAINER_ROW: &[Field] = &[
    number(Eax, 4, 0, "APIC ID bits below this domain's ID"),
    number(Eax, 29, 29, "efficiency ranking available"),
    number(Eax, 30, 30, "core types differ"),
    number(Eax, 31, 31, "components have different numbers of threads"),
    number(Ebx, 15, 0, "threads in this domain"),
    number(Ecx, 7, 0, "subleaf"),
    number(Ecx, 15, 8, "domain type: 1 core, 2 complex, 3 die, 4 socket, 0 end"),
    hex(Edx, 31, 0, "x2APIC ID"),
];

const CACHE: &[Field] = &[
    number(Eax, 4, 0, "cache type: 1 data, 2 instruction, 3 unified, 0 end"),
    number(Eax, 7, 5, "cache level"),
    number(Eax, 8, 8, "self-initializing"),
    number(Eax, 9, 9, "fully associative"),
    number(Ebx, 11, 0, "line size in bytes, minus 1"),
    number(Ebx, 21, 12, "line partitions, minus 1"),
    number(Ebx, 31, 22, "ways of associativity, minus 1"),
    number(Ecx, 31, 0, "sets, minus 1"),
    number(Edx, 0, 0, "WBINVD not sure to reach lower caches of other sharers"),
    number(Edx, 1, 1, "inclusive of lower caches"),
];

const fn l1(register: Register) -> [Field; 4] {
    [
        number(register, 7, 0, "line size in bytes"),
        number(register, 15, 8, "lines per tag"),
        number(register, 23, 16, "ways of associativity, 255 full"),
        number(register, 31, 24, "size in KiB"),
    ]
}

const L1D: &[Field] = &l1(Ecx);
const L1I: &[Field] = &l1(Edx);

const fn l1_tlb(register: Register) -> [Field; 4] {
    [
        number(register, 7, 0, "L1 instruction TLB entries"),
        number(register, 15, 8, "L1 instruction TLB ways, 255 full"),
        number(register, 23, 16, "L1 data TLB entries"),
        number(register, 31, 24, "L1 data TLB ways, 255 full"),
    ]
}

const fn l2_tlb(register: Register) -> [Field; 4] {
    [
        number(register, 11, 0, "L2 instruction TLB entries"),
        hex(register, 15, 12, "L2 instruction TLB associativity code"),
        number(register, 27, 16, "L2 data TLB entries"),
        hex(register, 31, 28, "L2 data TLB associativity code"),
    ]
}

const L1_TLB_LARGE: &[Field] = &l1_tlb(Eax);
const L1_TLB: &[Field] = &l1_tlb(Ebx);
const L2_TLB_LARGE: &[Field] = &l2_tlb(Eax);
const L2_TLB: &[Field] = &l2_tlb(Ebx);

pub(super) const GROUPS: &[Group] = &[
    group(
        1,
        Subleaves::All,
        Source::All,
        &[
            number(Eax, 3, 0, "stepping"),
            hex(Eax, 7, 4, "model"),
            hex(Eax, 11, 8, "family"),
            number(Eax, 13, 12, "processor type"),
            hex(Eax, 19, 16, "extended model"),
            hex(Eax, 27, 20, "extended family"),
            number(Ebx, 7, 0, "brand index"),
            number(Ebx, 15, 8, "CLFLUSH line size in 8 bytes"),
            hex(Ebx, 31, 24, "initial APIC ID"),
        ],
    ),
    group(
        1,
        Subleaves::All,
        Source::Intel,
        &[number(Ebx, 23, 16, "maximum addressable thread IDs of the package")],
    ),
    group(1, Subleaves::All, Source::Amd, &[number(Ebx, 23, 16, "threads of the package")]),
    group(4, Subleaves::All, Source::Intel, CACHE),
    group(
        4,
        Subleaves::All,
        Source::Intel,
        &[
            number(Eax, 25, 14, "maximum addressable IDs sharing this cache, minus 1"),
            number(Eax, 31, 26, "maximum addressable core IDs of the package, minus 1"),
            number(Edx, 2, 2, "sets picked by a hash"),
        ],
    ),
    group(0xB, Subleaves::All, Source::All, MEMBER_ROW),
    group(0x1F, Subleaves::All, Source::Intel, MEMBER_ROW),
    group(
        0x1A,
        Subleaves::All,
        Source::Intel,
        &[
            hex(Eax, 23, 0, "native model ID"),
            hex(Eax, 31, 24, "core type: 0x20 Atom, 0x40 Core, 0 not hybrid"),
        ],
    ),
    group(0x8000_0005, Subleaves::All, Source::Amd, L1_TLB_LARGE),
    group(0x8000_0005, Subleaves::All, Source::Amd, L1_TLB),
    group(0x8000_0005, Subleaves::All, Source::Amd, L1D),
    group(0x8000_0005, Subleaves::All, Source::Amd, L1I),
    group(0x8000_0006, Subleaves::All, Source::Amd, L2_TLB_LARGE),
    group(0x8000_0006, Subleaves::All, Source::Amd, L2_TLB),
    group(
        0x8000_0006,
        Subleaves::All,
        Source::All,
        &[
            number(Ecx, 7, 0, "L2 line size in bytes"),
            hex(Ecx, 15, 12, "L2 associativity code"),
            number(Ecx, 31, 16, "L2 size in KiB"),
        ],
    ),
    group(
        0x8000_0006,
        Subleaves::All,
        Source::Amd,
        &[
            number(Ecx, 11, 8, "L2 lines per tag"),
            number(Edx, 7, 0, "L3 line size in bytes"),
            number(Edx, 11, 8, "L3 lines per tag"),
            hex(Edx, 15, 12, "L3 associativity code, 9 told by 8000001DH"),
            number(Edx, 31, 18, "L3 size of the package in 512 KiB"),
        ],
    ),
    group(
        0x8000_0008,
        Subleaves::All,
        Source::All,
        &[
            number(Eax, 7, 0, "physical address bits"),
            number(Eax, 15, 8, "linear address bits"),
            number(Eax, 23, 16, "guest physical address bits, 0 as physical"),
        ],
    ),
    group(
        0x8000_0008,
        Subleaves::All,
        Source::Amd,
        &[
            number(Ecx, 7, 0, "threads of the package, minus 1"),
            number(Ecx, 15, 12, "APIC ID bits below the package ID"),
            number(Ecx, 17, 16, "performance TSC size code"),
            number(Edx, 15, 0, "maximum INVLPGB page count"),
            number(Edx, 31, 16, "maximum RDPRU register"),
        ],
    ),
    group(0x8000_001D, Subleaves::All, Source::Amd, CACHE),
    group(
        0x8000_001D,
        Subleaves::All,
        Source::Amd,
        &[number(Eax, 25, 14, "threads sharing this cache, minus 1")],
    ),
    group(
        0x8000_001E,
        Subleaves::All,
        Source::Amd,
        &[
            hex(Eax, 31, 0, "extended APIC ID"),
            number(Ebx, 7, 0, "core ID (compute unit ID before family 17h)"),
            number(Ebx, 15, 8, "threads per core (cores per compute unit before family 17h), minus 1"),
            number(Ecx, 7, 0, "node ID"),
            number(Ecx, 10, 8, "nodes per processor, minus 1"),
        ],
    ),
    group(0x8000_0026, Subleaves::All, Source::Amd, CONTAINER_ROW),
    group(
        0x8000_0026,
        Subleaves::Only(0),
        Source::Amd,
        &[
            number(Ebx, 23, 16, "efficiency ranking"),
            number(Ebx, 27, 24, "native model ID"),
            number(Ebx, 31, 28, "core type: 0 performance, 1 efficiency, 2 low power"),
        ],
    ),
];
