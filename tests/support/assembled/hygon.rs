//! A host of Hygon.

use super::{Levels, Server, TWO_SOCKETS};

/// C86 7185: what all CPUs of the machine answer alike.
const C86_7185: &str = "
    0x00000000    0000000d 6f677948 656e6975 6e65476e
    0x00000005    00000040 00000040 00000003 00000000
    0x00000006    00000004 00000000 00000001 00000000
    0x00000007.0  00000000 009801a9 00000000 00000000
    0x0000000d.0  00000007 00000340 00000340 00000000
    0x0000000d.1  0000000f 00000340 00000000 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x80000000    8000001f 6f677948 656e6975 6e65476e
    0x80000001    00900f00 40000000 35c233ff 2fd3fbff
    0x80000005    ff40ff40 ff40ff40 20080140 40040140
    0x80000006    36006400 56006400 02006140 0200c140
    0x80000007    00000000 0000001b 00000000 00006599
    0x80000008    00003030 00000007 0000603f 00000000
    0x8000000a    00000001 00008000 00000000 0001bcff
    0x80000019    f040f040 00000000 00000000 00000000
    0x8000001b    000003ff 00000000 00000000 00000000
    0x8000001d.0  00004121 01c0003f 0000003f 00000000
    0x8000001d.1  00004122 00c0003f 000000ff 00000000
    0x8000001d.2  00004143 01c0003f 000003ff 00000002
    0x8000001d.3  0001c163 03c0003f 00001fff 00000001
    0x8000001d.4  00000000 00000000 00000000 00000000
";

pub const DHYANA: Server = Server {
    file: "two-socket-hygon-c86-7185.json",
    note: "Two Hygon C86 7185 (Dhyana), 32 cores and 64 threads each in 8 complexes of 4 cores, four nodes a \
           socket, 512 GiB. Assembled, not captured: cores and threads are those of the product; signature, feature words, \
           caches (L1D 32 KiB, L1I 64 KiB, L2 512 KiB, L3 8 MiB a complex), x2APIC IDs, node and core numbers are \
           as hwloc's published dump of one such socket of 32 cores, 900F00, has them; the second socket follows \
           the ID's 6 bits of a socket. Leaf 0xB does not exist on it. 0x8000001E counts cores within the node. \
           No KVM part: what KVM passes is to be assumed.",
    brand: "Hygon C86 7185 32-core Processor               ",
    words: C86_7185,
    leaf1: [0x0090_0f00, 0x40, 0x3cd8_3209, 0x178b_fbff],
    nodes: 4,
    cores: 32,
    core_id: |core| core << 1,
    core_number: |core| core % 8,
    package_shift: 6,
    levels: Levels::None,
    memory: 64,
    distances: &[10, 16, 32],
    kib: &[32, 64, 512, 8 << 10],
    ..TWO_SOCKETS
};
