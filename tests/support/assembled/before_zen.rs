//! Hosts of AMD before family 17h.

use super::{Levels, Server, TWO_SOCKETS};

/// Opteron 6274: what all CPUs of the machine answer alike.
const OPTERON_6274: &str = "
    0x00000000    0000000d 68747541 444d4163 69746e65
    0x00000005    00000040 00000040 00000003 00000000
    0x00000006    00000000 00000000 00000001 00000000
    0x0000000d.0  00000007 00000340 000003c0 40000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x80000000    8000001e 68747541 444d4163 69746e65
    0x80000001    00600f12 30000000 01c9bfff 2fd3fbff
    0x80000005    ff20ff18 ff20ff30 10040140 40020140
    0x80000006    64000000 64004200 08008140 0060e140
    0x80000007    00000000 00000000 00000000 000003d9
    0x80000008    00003030 00000000 0000500f 00000000
    0x8000000a    00000001 00010000 00000000 000014ff
    0x80000019    f020f018 64000000 00000000 00000000
    0x8000001a    00000003 00000000 00000000 00000000
    0x8000001b    000000ff 00000000 00000000 00000000
    0x8000001d.0  00000121 00c0003f 0000003f 00000000
    0x8000001d.1  00004122 0040003f 000001ff 00000000
    0x8000001d.2  00004143 03c0003f 000007ff 00000001
    0x8000001d.3  0001c163 0bc0003f 000007ff 00000001
    0x8000001d.4  00000000 00000000 00000000 00000000
";

pub const INTERLAGOS: Server = Server {
    file: "two-socket-amd-opteron-6274.json",
    note: "Two AMD Opteron 6274 (Interlagos, family 15h), 16 cores each in 8 compute units of two cores, two nodes a \
           socket, 128 GiB. Assembled, not captured: cores, signature, feature words, caches (L1D 16 KiB a core; L1I 64 \
           KiB and L2 2 MiB a compute unit; L3 6 MiB a node) and nodes are of libcpuid's capture of such a machine, \
           600F12; x2APIC IDs are those of its leaf 1, and 0x8000001E repeats them. Leaf 0xB does not exist on it. \
           Left out with its feature bit: lightweight profiling (0x8000001C). No KVM part: what KVM passes is to be \
           assumed.",
    brand: "AMD Opteron(TM) Processor 6274                 ",
    words: OPTERON_6274,
    leaf1: [0x0060_0f12, 0x10, 0x1e98_220b, 0x178b_fbff],
    nodes: 2,
    cores: 16,
    threads: 1,
    // Two cores of a compute unit.
    core_number: |core| 0x100 | (core / 2),
    package_shift: 5,
    levels: Levels::None,
    memory: 32,
    distances: &[10, 16, 16],
    kib: &[16, 64, 2 << 10, 6 << 10],
    ..TWO_SOCKETS
};

/// Opteron 6164 HE, likewise.
const OPTERON_6164: &str = "
    0x00000000    00000005 68747541 444d4163 69746e65
    0x00000005    00000040 00000040 00000003 00000000
    0x80000000    8000001b 68747541 444d4163 69746e65
    0x80000001    00100f91 30000410 000837ff efd3fbff
    0x80000005    ff30ff10 ff30ff20 40020140 40020140
    0x80000006    20800000 42004200 02008140 0050d140
    0x80000007    00000000 00000000 00000000 000001f9
    0x80000008    00003030 00000000 0000400b 00000000
    0x8000000a    00000001 00000040 00000000 0000040f
    0x80000019    f0300000 60100000 00000000 00000000
    0x8000001b    0000001f 00000000 00000000 00000000
";

pub const MAGNY_COURS: Server = Server {
    file: "two-socket-amd-opteron-6164he.json",
    note: "Two AMD Opteron 6164 HE (Magny-Cours, family 10h), 12 cores each, two nodes a socket, 64 GiB. Assembled, not \
           captured: cores, signature, feature words, caches (L1D and L1I 64 KiB, L2 512 KiB, L3 5 MiB a node) and \
           x2APIC IDs are as hwloc's published dump of such a machine, 100F91, has them. Leaves 0x8000001D and \
           0x8000001E do not exist on it, and its nodes are known to an MSR and to ACPI alone. No KVM part: what KVM \
           passes is to be assumed.",
    brand: "AMD Opteron(tm) Processor 6164 HE              ",
    words: OPTERON_6164,
    leaf1: [0x0010_0f91, 0x0c, 0x0080_2009, 0x178b_fbff],
    nodes: 2,
    cores: 12,
    threads: 1,
    package_shift: 4,
    levels: Levels::None,
    memory: 16,
    distances: &[10, 16, 16],
    kib: &[],
    ..TWO_SOCKETS
};
