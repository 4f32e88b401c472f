//! Hosts of Zhaoxin and Centaur.

use super::{Levels, Server, TWO_SOCKETS};

/// KaiSheng KH-40000: what all CPUs of the machine answer alike.
const KH_40000: &str = "
    0x00000000    0000001f 68532020 20206961 68676e61
    0x00000002    635af001 00000000 00000000 000000ff
    0x00000004.0  fc000121 01c0003f 0000003f 00000000
    0x00000004.1  fc000122 03c0003f 0000003f 00000000
    0x00000004.2  fc000143 01c0003f 000001ff 00000002
    0x00000004.3  fc00c163 03c0003f 00001fff 00000003
    0x00000004.4  00000000 00000000 00000000 00000000
    0x00000005    00000000 00000000 00000000 00022220
    0x00000006    00000001 00000000 00000001 00000000
    0x00000007.0  00000000 201c25ab 0040000d 24000000
    0x0000000a    07300402 00000000 00000000 00000603
    0x0000000d.0  00000207 00000340 00000a88 00000000
    0x0000000d.1  00000001 00000000 00000000 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.9  00000008 00000a80 00000000 00000000
    0x80000000    80000008 00000000 00000000 00000000
    0x80000001    00000000 00000000 00000121 2c100800
    0x80000005    04200420 06600660 20080140 40100140
    0x80000006    00000000 00000000 01006140 00000000
    0x80000007    00000000 00000000 00000000 00000100
    0x80000008    0000302e 00000000 00000000 00000000
    0xc0000000    c0000005 00000000 00000000 00000000
    0xc0000001    000507b3 00000000 00000000 1ec33dff
";

pub const KAISHENG: Server = Server {
    file: "two-socket-zhaoxin-kh-40000.json",
    note: "Two Zhaoxin KaiSheng KH-40000/32, 32 cores each in two dies of four clusters of 4 cores with an L3, one \
           node a die, 256 GiB. Assembled, not captured: signature, feature words, leaves 0xB and 0x1F and caches \
           (L1D 32 KiB, L1I 64 KiB, L2 256 KiB, L3 8 MiB a cluster) are of libcpuid's capture of a KH-40000/16, 507B3, \
           which is one such die: its leaf 0x1F gives a die 4 bits of an ID and a package 6, and the second die \
           follows from these. That capture says CentaurHauls; processors of family 7 go by that name or by Zhaoxin's, \
           and this profile has Zhaoxin's. Left out: 0xC0000002 and up. No KVM part: what KVM passes is to be assumed.",
    brand: "            ZHAOXIN KaiSheng KH-40000/32@2.2GHz",
    words: KH_40000,
    leaf1: [0x0005_07b3, 0x40, 0x7ffa_73e3, 0xbfcb_fbff],
    nodes: 2,
    cores: 32,
    threads: 1,
    package_shift: 6,
    levels: Levels::Leaf1f(&[(1, 0, 1), (2, 4, 16), (5, 6, 32)]),
    memory: 64,
    distances: &[10, 12, 20],
    kib: &[32, 64, 256, 8 << 10],
    ..TWO_SOCKETS
};

/// ZX-D, likewise.
const ZX_D: &str = "
    0x00000000    0000000d 746e6543 736c7561 48727561
    0x00000002    635af001 00000000 00000000 000000ff
    0x00000004.0  1c000121 01c0003f 0000003f 00000000
    0x00000004.1  1c000122 01c0003f 0000003f 00000000
    0x00000004.2  1c00c143 03c0003f 00000fff 00000003
    0x00000004.3  00000000 00000000 00000000 00000000
    0x00000005    00000040 00000040 00000003 00022220
    0x00000006    00000003 00000000 00000000 00000000
    0x00000007.0  00000000 000c258b 00000000 00000000
    0x0000000a    07300402 00000000 00000000 00000603
    0x0000000d.0  00000007 00000340 00000340 00000000
    0x0000000d.1  00000001 00000000 00000000 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x80000000    80000008 00000000 00000000 00000000
    0x80000001    00000000 00000000 00000121 2c100800
    0x80000005    04200420 06600660 20080140 20080140
    0x80000006    00000000 00000000 10008140 00000000
    0x80000007    00000000 00000000 00000000 00000100
    0x80000008    00003028 00000000 00000000 00000000
";

pub const ZXD: Server = Server {
    file: "one-socket-centaur-zx-d-4600.json",
    note: "One ZX-D D4600, which goes by Centaur's name: 8 cores in two groups of 4 with an L2, no L3, one node, 16 GiB. \
           Assembled, not captured: cores, signature, feature words, caches (L1D and L1I 32 KiB, L2 4 MiB a group) and \
           x2APIC IDs are as hwloc's published dump of such a machine, 106FE, has them. Leaf 0x1F does not exist on it. \
           The range 0xC0000000 is not in that dump, and left out. No KVM part: what KVM passes is to be assumed.",
    brand: "                              ZXD D4600@1800MHz",
    words: ZX_D,
    leaf1: [0x0001_06fe, 0x08, 0x7fda_63eb, 0xbfcb_fbff],
    sockets: 1,
    cores: 8,
    threads: 1,
    package_shift: 3,
    levels: Levels::LeafB,
    memory: 16,
    distances: &[10],
    kib: &[32, 32, 4 << 10],
    ..TWO_SOCKETS
};
