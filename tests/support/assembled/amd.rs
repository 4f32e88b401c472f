//! Hosts of AMD from family 17h on.

use super::{Levels, Server, TWO_SOCKETS};

/// EPYC 9654, likewise: signature A10F11.
const EPYC_9654: &str = "
    0x00000000    00000010 68747541 444d4163 69746e65
    0x00000005    00000040 00000040 00000003 00000011
    0x00000006    00000004 00000000 00000001 00000000
    0x00000007.0  00000001 f1bf07a9 00415fce 10000010
    0x00000007.1  00000020 00000000 00000000 00000000
    0x0000000d.0  000002e7 00000988 00000988 00000000
    0x0000000d.1  0000000f 00000988 00001800 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.5  00000040 00000340 00000000 00000000
    0x0000000d.6  00000200 00000380 00000000 00000000
    0x0000000d.7  00000400 00000580 00000000 00000000
    0x0000000d.9  00000008 00000980 00000000 00000000
    0x0000000d.11 00000010 00000000 00000001 00000000
    0x0000000d.12 00000018 00000000 00000001 00000000
    0x80000000    80000028 68747541 444d4163 69746e65
    0x80000001    00a10f11 40000000 75c237ff 2fd3fbff
    0x80000005    ff48ff40 ff48ff40 20080140 20080140
    0x80000006    5c002200 6c004200 04006140 0c009140
    0x80000007    00000000 0000003b 00000000 00006799
    0x80000008    00003934 191ef257 000080bf 00010000
    0x8000000a    00000001 00008000 00000000 1ebfbcff
    0x80000019    f048f040 f0400000 00000000 00000000
    0x8000001a    00000006 00000000 00000000 00000000
    0x8000001b    00000bff 00000000 00000000 00000000
    0x8000001d.0  00004121 01c0003f 0000003f 00000000
    0x8000001d.1  00004122 01c0003f 0000003f 00000000
    0x8000001d.2  00004143 01c0003f 000007ff 00000002
    0x8000001d.3  0003c163 03c0003f 00007fff 00000001
    0x8000001d.4  00000000 00000000 00000000 00000000
    0x80000021    00062fcf 0000015c 00000000 00000000
";

/// EPYC 7742, likewise: signature 830F10.
const EPYC_7742: &str = "
    0x00000000    00000010 68747541 444d4163 69746e65
    0x00000005    00000040 00000040 00000003 00000011
    0x00000006    00000004 00000000 00000001 00000000
    0x00000007.0  00000000 219c01a9 00400004 00000000
    0x0000000d.0  00000207 00000340 00000380 00000000
    0x0000000d.1  0000000f 00000340 00000000 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.9  00000040 00000340 00000000 00000000
    0x80000000    80000020 68747541 444d4163 69746e65
    0x80000001    00830f10 40000000 75c237ff 2fd3fbff
    0x80000005    ff40ff40 ff40ff40 20080140 20080140
    0x80000006    48006400 68006400 02006140 08009140
    0x80000007    00000000 0000001b 00000000 00006799
    0x80000008    00003030 018cf757 0000707f 00010000
    0x8000000a    00000001 00008000 00000000 0013bcff
    0x80000019    f040f040 00000000 00000000 00000000
    0x8000001a    00000006 00000000 00000000 00000000
    0x8000001b    000003ff 00000000 00000000 00000000
    0x8000001d.0  00004121 01c0003f 0000003f 00000000
    0x8000001d.1  00004122 01c0003f 0000003f 00000000
    0x8000001d.2  00004143 01c0003f 000003ff 00000002
    0x8000001d.3  0001c163 03c0003f 00003fff 00000001
    0x8000001d.4  00000000 00000000 00000000 00000000
";

pub const GENOA: Server = Server {
    file: "two-socket-amd-epyc-9654.json",
    note: "Two AMD EPYC 9654 (Genoa, Zen 4), 96 cores and 192 threads each in 12 dies of one complex of 8 cores, \
           one node a socket, 1.5 TiB. Assembled, not captured: cores and caches (L1D and L1I 32 KiB, L2 1 MiB, \
           L3 32 MiB a complex) are of AMD's data sheet; feature words are of libcpuid's capture of a Ryzen 9 \
           7900X, of the same Zen 4 design, with what Firecracker's published fingerprint of Genoa has in its \
           place: signature, package type, PCID, LA57, address sizes; leaves 0xB and 0x80000026 are as published dumps of \
           the 9654 have them. Left out with their feature bits: resource control (0xF, 0x10, 0x80000020). Left \
           out: memory encryption (0x8000001F), performance monitoring (0x80000022). No KVM part: what KVM \
           passes is to be assumed.",
    brand: "AMD EPYC 9654 96-Core Processor                ",
    words: EPYC_9654,
    leaf1: [0x00a1_0f11, 0xc0, 0x7efa_320b, 0x178b_fbff],
    cores: 96,
    core_id: |core| ((core / 8) << 4) | ((core % 8) << 1),
    package_shift: 8,
    levels: Levels::Extended(&[(1, 1, 2), (2, 4, 16), (3, 4, 16), (4, 8, 192)]),
    memory: 768,
    distances: &[10, 32],
    kib: &[32, 32, 1 << 10, 32 << 10],
    ..TWO_SOCKETS
};

pub const ROME: Server = Server {
    file: "two-socket-amd-epyc-7742.json",
    note: "Two AMD EPYC 7742 (Rome, Zen 2), 64 cores and 128 threads each in 16 complexes of 4 cores, one node a \
           socket, 1 TiB. Assembled, not captured: cores and caches (L1D and L1I 32 KiB, L2 512 KiB, L3 16 MiB a \
           complex) are of AMD's data sheet; feature words are of libcpuid's capture of an EPYC 7402P, of the \
           same signature, 830F10. Leaf 0x80000026 does not exist on Zen 2. Left out with their feature bits: \
           resource control (0xF, 0x10, 0x80000020). Left out: memory encryption (0x8000001F). No KVM part: \
           what KVM passes is to be assumed.",
    brand: "AMD EPYC 7742 64-Core Processor                ",
    words: EPYC_7742,
    leaf1: [0x0083_0f10, 0x80, 0x7ed8_320b, 0x178b_fbff],
    cores: 64,
    core_id: |core| core << 1,
    package_shift: 7,
    levels: Levels::LeafB,
    memory: 512,
    distances: &[10, 32],
    kib: &[32, 32, 512, 16 << 10],
    ..TWO_SOCKETS
};
