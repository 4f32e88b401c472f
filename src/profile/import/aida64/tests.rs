use super::*;
use crate::cpuid::Registers;

const LEAF0: &str = "0000000B-756E6547-6C65746E-49656E69";

fn of(bytes: impl AsRef<[u8]>) -> (Raw, Vec<String>) {
    let file = File { name: "report.txt", bytes: bytes.as_ref() };
    assert!(looks_like(&[file]));
    let raw = read(&[file]);
    let told = raw.mistakes.iter().map(ToString::to_string).collect();
    (raw, told)
}

/// A CPU of three lines, whose leaf 1 has its number.
fn cpu(number: u32) -> String {
    format!(
        "CPUID 00000000: {LEAF0} [GenuineIntel]\r\nCPUID 00000001: {number:08X}-00000000-00000000-00000000\r\n\
         CPUID 0000000B: 00000001-00000002-00000100-000000FF [SL 00]\r\nCPUID 0000000B: 00000005-00000008-00000201-000000FF [SL 0B]\r\n"
    )
}

fn numbers(raw: &Raw) -> Vec<(u32, u32)> {
    raw.cpus.iter().map(|(cpu, table)| (*cpu, table.lookup(1, 0).eax)).collect()
}

#[test]
fn all_forms_of_headers_begin_a_cpu() {
    let headers: [fn(u32) -> String; 7] = [
        |n| format!("------[ CPUID Registers / Logical CPU #{n} ]------"),
        |n| format!("------[ Logical CPU #{n} ]------"),
        |n| format!("CPU#{n:03} AffMask: 0x{:016X}", 1_u64 << n),
        |n| format!("CPUID Registers (CPU #{}):", n + 1),
        |n| format!("-----[ CPUID Registers (CPU #{}) ]-----", n + 1),
        |n| format!("Group: 0x00 Affinity mask: 0x{:016X}", 1_u64 << n),
        |_| String::new(),
    ];
    for header in headers {
        let text: Vec<String> = (0..3).map(|n| format!("{}\r\n\r\n{}", header(n), cpu(n + 100))).collect();
        let (raw, told) = of(format!("CPU Type: a Core\r\n{}", text.concat()));
        assert_eq!(told, [""; 0], "{}", header(1));
        assert_eq!(numbers(&raw), [(0, 100), (1, 101), (2, 102)], "{}", header(1));
        assert_eq!(raw.cpus[&2].lookup(0xb, 0xb).edx, 0xff);
        assert_eq!(raw.notes, [""; 0], "{}", header(1));
    }
}

#[test]
fn other_sections_lie_between_and_the_first_cpuid_of_a_cpu_counts() {
    let text = format!(
        "------[ Versions ]------\nProgram : AIDA64\n\n------[ CPUID Registers / Logical CPU #0 ]------\n{}\
         ------[ MSR Registers / Logical CPU #0 ]------\nMSR 00000017: 0050-0000-0000-0000\n\
         ------[ OC MailBox ]------\nCPUID 00000002: 00000001-00000000-00000000-00000000\n\
         ------[ CPUID Registers / Logical CPU #1 ]------\n{}allcpu: Package 0 / Core 1 / Thread 0: Valid\n\
         ------[ CPUID Registers / Logical CPU #0 ]------\n{}------[ All CPUs ]------\nCPU  0: APICID  0 / Package 0\n",
        cpu(7),
        cpu(8),
        cpu(9)
    );
    let (raw, told) = of(text);
    assert_eq!((told, numbers(&raw)), (vec![], vec![(0, 7), (1, 8)]));
    assert_eq!(
        raw.notes,
        [
            "CPU 0: CPUID stands there more than once; the first counts",
            "1 CPUID lines outside of any CPU's section left out"
        ]
    );
}

#[test]
fn lines_vary() {
    let words = Registers::new(0x1c00_4121, 0x02c0_003f, 0x3f, 0);
    let mut text = format!("CPUID 00000000: {LEAF0}\n").into_bytes();
    // Latin-1, no subleaves' numbers, and each separator there is.
    text.extend(b"CPU Name: Core\xae 2\n");
    for line in [
        "CPUID 00000004: 1C004121-02C0003F-0000003F-00000000",
        "  CPUID 00000004 : 1c004121-02c0003f-0000003f-00000000 [L1D: 48 KB]",
        "CPUID 00000004\t1C004121-02C0003F-0000003F-00000000",
        "CPUID 00000004   1C004121 02C0003F 0000003F 00000000",
    ] {
        text.extend(format!("{line}\r\n").bytes());
    }
    text.extend(b"CPUID Manufacturer GenuineIntel\nCPUID Revision 000906EDh\nCPUID features\n");
    let (raw, told) = of(text);
    assert_eq!(told, [""; 0]);
    for subleaf in 0..4 {
        assert_eq!(raw.cpus[&0].lookup(4, subleaf), words, "{subleaf}");
    }
}

#[test]
fn an_entry_cut_or_garbled_is_told() {
    let text = format!(
        "CPUID 00000000: {LEAF0}\nCPUID 00000001: 000906ED-0010\nCPUID 0000000G: {LEAF0}\nCPUID 00000004: {LEAF0} [SL zz]\n\
         CPUID 00000005: {LEAF0}0\nCPUID 00000006: {LEAF0}\n"
    );
    let (raw, told) = of(text);
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(
        told[0],
        "report.txt:2: expected `CPUID 00000004: 1C004121-02C0003F-0000003F-00000000 [SL 00]`, found `CPUID 00000001: 000906ED-0010`"
    );
    assert_eq!(raw.cpus[&0].len(), 2);
}

#[test]
fn a_header_without_a_number_takes_no_lines() {
    let text =
        format!("------[ Logical CPU #0 ]------\n{}------[ Logical CPU #x ]------\n{}", cpu(1), cpu(2));
    let (raw, told) = of(text);
    assert_eq!(told, ["report.txt:6: `------[ Logical CPU #x ]------` names no CPU"]);
    assert_eq!(numbers(&raw), [(0, 1)]);
}
