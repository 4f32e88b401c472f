//! Leaves of everything else that is a number or a text: ranges, power, counters, XSAVE, hypervisor.

use super::{Eax, Ebx, Ecx, Edx, Group, Source, Subleaves, group, hex, number, text};

const BRAND: &[super::Field] = &[
    text(Eax, "brand string"),
    text(Ebx, "brand string"),
    text(Ecx, "brand string"),
    text(Edx, "brand string"),
];

pub(super) const GROUPS: &[Group] = &[
    group(
        0,
        Subleaves::All,
        Source::All,
        &[
            hex(Eax, 31, 0, "maximum basic leaf"),
            text(Ebx, "vendor, first part"),
            text(Ecx, "vendor, third part"),
            text(Edx, "vendor, second part"),
        ],
    ),
    group(
        5,
        Subleaves::All,
        Source::All,
        &[
            number(Eax, 15, 0, "smallest monitor line in bytes"),
            number(Ebx, 15, 0, "largest monitor line in bytes"),
            number(Ecx, 0, 0, "MONITOR and MWAIT extensions enumerated"),
            number(Ecx, 1, 1, "interrupts break MWAIT even when disabled"),
            hex(Edx, 31, 0, "C-state sub-states for MWAIT"),
        ],
    ),
    group(
        6,
        Subleaves::All,
        Source::Intel,
        &[
            number(Ebx, 3, 0, "interrupt thresholds of the digital thermal sensor"),
            number(Ecx, 15, 8, "classes of the thread director"),
            number(Edx, 7, 0, "hardware feedback: capabilities"),
            number(Edx, 11, 8, "hardware feedback: table size in 4 KiB, minus 1"),
            number(Edx, 31, 16, "hardware feedback: this thread's row"),
        ],
    ),
    group(
        7,
        Subleaves::Only(0),
        Source::All,
        &[number(Eax, 31, 0, "maximum subleaf"), number(Ecx, 21, 17, "MAWAU for BNDLDX and BNDSTX")],
    ),
    group(
        0xA,
        Subleaves::All,
        Source::Intel,
        &[
            number(Eax, 7, 0, "version of architectural performance monitoring"),
            number(Eax, 15, 8, "general counters per thread"),
            number(Eax, 23, 16, "bits of a general counter"),
            number(Eax, 31, 24, "events enumerated in EBX"),
            hex(Ebx, 31, 0, "events that are not available"),
            hex(Ecx, 31, 0, "fixed counters, as a mask"),
            number(Edx, 4, 0, "fixed counters"),
            number(Edx, 12, 5, "bits of a fixed counter"),
            number(Edx, 15, 15, "AnyThread deprecated"),
        ],
    ),
    group(
        0xD,
        Subleaves::Only(0),
        Source::All,
        &[
            hex(Eax, 31, 0, "XCR0 bits that may be set, low half"),
            number(Ebx, 31, 0, "bytes of the XSAVE area for the current XCR0"),
            number(Ecx, 31, 0, "bytes of the XSAVE area for all of XCR0"),
            hex(Edx, 31, 0, "XCR0 bits that may be set, high half"),
        ],
    ),
    group(
        0xD,
        Subleaves::Only(1),
        Source::All,
        &[
            number(Ebx, 31, 0, "bytes of the XSAVES area for XCR0 and IA32_XSS"),
            hex(Ecx, 31, 0, "IA32_XSS bits that may be set, low half"),
            hex(Edx, 31, 0, "IA32_XSS bits that may be set, high half"),
        ],
    ),
    group(
        0xD,
        Subleaves::From(2),
        Source::All,
        &[
            number(Eax, 31, 0, "bytes of this component"),
            number(Ebx, 31, 0, "offset of this component in bytes"),
            number(Ecx, 0, 0, "in IA32_XSS, not in XCR0"),
            number(Ecx, 1, 1, "aligned to 64 bytes when compacted"),
            number(Ecx, 2, 2, "XFD faulting"),
        ],
    ),
    group(
        0x15,
        Subleaves::All,
        Source::Intel,
        &[
            number(Eax, 31, 0, "TSC to crystal ratio, denominator"),
            number(Ebx, 31, 0, "TSC to crystal ratio, numerator"),
            number(Ecx, 31, 0, "crystal clock in Hz"),
        ],
    ),
    group(
        0x16,
        Subleaves::All,
        Source::Intel,
        &[
            number(Eax, 15, 0, "base frequency in MHz"),
            number(Ebx, 15, 0, "maximum frequency in MHz"),
            number(Ecx, 15, 0, "bus frequency in MHz"),
        ],
    ),
    group(
        0x4000_0000,
        Subleaves::All,
        Source::All,
        &[
            hex(Eax, 31, 0, "maximum hypervisor leaf"),
            text(Ebx, "hypervisor, first part"),
            text(Ecx, "hypervisor, second part"),
            text(Edx, "hypervisor, third part"),
        ],
    ),
    group(
        0x8000_0000,
        Subleaves::All,
        Source::Amd,
        &[text(Ebx, "vendor, first part"), text(Ecx, "vendor, third part"), text(Edx, "vendor, second part")],
    ),
    group(0x8000_0000, Subleaves::All, Source::All, &[hex(Eax, 31, 0, "maximum extended leaf")]),
    group(
        0x8000_0001,
        Subleaves::All,
        Source::Amd,
        &[hex(Eax, 31, 0, "family, model, stepping as in leaf 01H"), number(Ebx, 31, 28, "package type")],
    ),
    group(0x8000_0002, Subleaves::All, Source::All, BRAND),
    group(0x8000_0003, Subleaves::All, Source::All, BRAND),
    group(0x8000_0004, Subleaves::All, Source::All, BRAND),
];
