//! What KVM passes of a host's CPUID: facts as data, version 1, of Linux 6.16.
//!
//! A bit stands here only where KVM passes it under every module parameter: what hangs on `nested`
//! (VMX, SVM), `enable_pmu` (PDCM, PERFCTR_CORE, leaves 0xA and 0x80000022), `pt_mode` (leaf 0x14),
//! `sgx` (leaf 0x12), `sev` (leaf 0x8000001F), the kernel's `tsx` (HLE, RTM) or a process's permission
//! (AMX: leaves 0x1D and 0x1E) is left out. So are the bits that KVM reports without the CPU having them, but for those that it
//! emulates on every host. A leaf or register that no line names is zero, as it is with KVM or
//! because nothing is sure of it; leaf 0xD is computed (see `xsave`).

use super::{Line, Rule};
use crate::cpuid::Register::{self, Eax, Ebx, Ecx, Edx};
use crate::cpuid::Vendor;

const ALL: &[Register] = &Register::ALL;

const fn line(leaf: u32, registers: &'static [Register], rule: Rule, source: &'static str) -> Line {
    Line { leaf, subleaf: None, registers, on: None, rule, source }
}

const fn sub(
    leaf: u32,
    subleaf: u32,
    registers: &'static [Register],
    rule: Rule,
    source: &'static str,
) -> Line {
    Line { leaf, subleaf: Some(subleaf), registers, on: None, rule, source }
}

const fn only(on: Vendor, line: Line) -> Line {
    Line { on: Some(on), ..line }
}

/// The word with these bits.
const fn bits(numbers: &[u32]) -> Rule {
    Rule::Keep(word(numbers))
}

const fn word(numbers: &[u32]) -> u32 {
    let mut word = 0;
    let mut at = 0;
    while at < numbers.len() {
        word |= 1 << numbers[at];
        at += 1;
    }
    word
}

const WHOLE: Rule = Rule::Keep(u32::MAX);

const fn at_most(most: u32) -> Rule {
    Rule::AtMost { field: u32::MAX, most }
}

/// The table. Sources are in Linux 6.16 `arch/x86/kvm/`: a name in capitals is the word of
/// `kvm_set_cpu_caps`, a leaf the case of `__do_cpuid_func`, both in `cpuid.c`.
pub(super) static LINES: &[Line] = &[
    line(0x0, &[Eax], at_most(0x24), "cpuid.c, leaf 0: the highest leaf that KVM knows"),
    line(0x0, &[Ebx, Ecx, Edx], WHOLE, "cpuid.c, leaf 0: the vendor"),
    line(0x1, &[Eax, Ebx], WHOLE, "cpuid.c, leaf 1: passed raw"),
    // SSE3, PCLMULQDQ, SSSE3, FMA, CMPXCHG16B, PCID, SSE4.1, SSE4.2, MOVBE, POPCNT, AES, XSAVE,
    // AVX, F16C, RDRAND.
    line(
        0x1,
        &[Ecx],
        bits(&[0, 1, 9, 12, 13, 17, 19, 20, 22, 23, 25, 26, 28, 29, 30]),
        "cpuid.c, CPUID_1_ECX",
    ),
    // X2APIC, TSC_DEADLINE, HYPERVISOR.
    line(0x1, &[Ecx], Rule::Set(word(&[21, 24, 31])), "cpuid.c, CPUID_1_ECX: emulated"),
    // FPU to APIC, SEP, MTRR, PGE, MCA, CMOV, PAT, PSE36, CLFLUSH, MMX, FXSR, SSE, SSE2, SS.
    line(
        0x1,
        &[Edx],
        bits(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 25, 26, 27]),
        "cpuid.c, CPUID_1_EDX",
    ),
    line(0x2, ALL, WHOLE, "cpuid.c, leaf 2: passed raw"),
    line(0x4, ALL, WHOLE, "cpuid.c, leaf 4: passed raw, up to the subleaf of type 0"),
    // ARAT.
    line(0x6, &[Eax], Rule::Set(word(&[2])), "cpuid.c, leaf 6: fixed"),
    sub(0x7, 0, &[Eax], at_most(2), "cpuid.c, leaf 7: the highest subleaf that KVM knows"),
    // FSGSBASE, BMI1, AVX2, FDP_EXCPTN_ONLY, SMEP, BMI2, ERMS, INVPCID, ZERO_FCS_FDS,
    // AVX512F, AVX512DQ, RDSEED, ADX, SMAP, AVX512IFMA, CLFLUSHOPT, CLWB, AVX512PF, AVX512ER,
    // AVX512CD, SHA, AVX512BW, AVX512VL.
    sub(
        0x7,
        0,
        &[Ebx],
        bits(&[0, 3, 5, 6, 7, 8, 9, 10, 13, 16, 17, 18, 19, 20, 21, 23, 24, 26, 27, 28, 29, 30, 31]),
        "cpuid.c, CPUID_7_0_EBX",
    ),
    // TSC_ADJUST.
    sub(0x7, 0, &[Ebx], Rule::Set(word(&[1])), "cpuid.c, CPUID_7_0_EBX: emulated"),
    // AVX512_VBMI, UMIP, PKU, AVX512_VBMI2, GFNI, VAES, VPCLMULQDQ, AVX512_VNNI, AVX512_BITALG,
    // AVX512_VPOPCNTDQ, LA57, RDPID, CLDEMOTE, MOVDIRI, MOVDIR64B.
    sub(
        0x7,
        0,
        &[Ecx],
        bits(&[1, 2, 3, 6, 8, 9, 10, 11, 12, 14, 16, 22, 25, 27, 28]),
        "cpuid.c, CPUID_7_ECX",
    ),
    // WAITPKG, BUS_LOCK_DETECT.
    only(
        Vendor::Intel,
        sub(
            0x7,
            0,
            &[Ecx],
            bits(&[5, 24]),
            "cpuid.c, CPUID_7_ECX; vmx.c, vmx_set_cpu_caps; cleared in svm.c",
        ),
    ),
    // AVX512_4VNNIW, AVX512_4FMAPS, FSRM, AVX512_VP2INTERSECT, MD_CLEAR, SERIALIZE, TSXLDTRK,
    // AVX512_FP16, SPEC_CTRL, STIBP, FLUSH_L1D, SSBD.
    sub(0x7, 0, &[Edx], bits(&[2, 3, 4, 8, 10, 14, 16, 23, 26, 27, 28, 31]), "cpuid.c, CPUID_7_EDX"),
    // ARCH_CAPABILITIES; later kernels hide it on AMD.
    only(Vendor::Intel, sub(0x7, 0, &[Edx], Rule::Set(word(&[29])), "cpuid.c, CPUID_7_EDX: emulated")),
    // SHA512, SM3, SM4, AVX_VNNI, AVX512_BF16, CMPCCXADD, FZRM, FSRS, FSRC, WRMSRNS, AVX_IFMA, LAM.
    sub(0x7, 1, &[Eax], bits(&[0, 1, 2, 4, 5, 7, 10, 11, 12, 19, 23, 26]), "cpuid.c, CPUID_7_1_EAX"),
    // AVX_VNNI_INT8, AVX_NE_CONVERT, AVX_VNNI_INT16, PREFETCHITI, AVX10.
    sub(0x7, 1, &[Edx], bits(&[4, 5, 10, 14, 19]), "cpuid.c, CPUID_7_1_EDX"),
    // PSFD, IPRED_CTRL, RRSBA_CTRL, DDPD_U, BHI_CTRL, MCDT_NO.
    sub(0x7, 2, &[Edx], bits(&[0, 1, 2, 3, 4, 5]), "cpuid.c, CPUID_7_2_EDX"),
    // AVX10_128, AVX10_256, AVX10_512, and version 1.
    sub(0x24, 0, &[Ebx], bits(&[16, 17, 18]), "cpuid.c, CPUID_24_0_EBX"),
    sub(0x24, 0, &[Ebx], Rule::AtMost { field: 0xff, most: 1 }, "cpuid.c, leaf 0x24: the version"),
    line(0x4000_0000, &[Eax], Rule::Set(0x4000_0001), "cpuid.c, KVM_CPUID_SIGNATURE"),
    line(0x4000_0000, &[Ebx], Rule::Set(0x4b4d_564b), "cpuid.c, KVM_CPUID_SIGNATURE"),
    line(0x4000_0000, &[Ecx], Rule::Set(0x564b_4d56), "cpuid.c, KVM_CPUID_SIGNATURE"),
    line(0x4000_0000, &[Edx], Rule::Set(0x0000_004d), "cpuid.c, KVM_CPUID_SIGNATURE"),
    line(0x4000_0001, &[Eax], Rule::Set(0x0100_7efb), "cpuid.c, KVM_CPUID_FEATURES, with sched_info_on"),
    line(0x8000_0000, &[Eax], at_most(0x8000_0022), "cpuid.c, leaf 0x80000000: the highest that KVM knows"),
    line(0x8000_0000, &[Ebx, Ecx, Edx], WHOLE, "cpuid.c, leaf 0x80000000: passed raw"),
    line(0x8000_0001, &[Eax], WHOLE, "cpuid.c, leaf 0x80000001: passed raw"),
    line(0x8000_0001, &[Ebx], Rule::Keep(0xf000_ffff), "cpuid.c, leaf 0x80000001: bits 27:16 cleared"),
    // LAHF_LM, CMP_LEGACY, CR8_LEGACY, ABM, SSE4A, MISALIGNSSE, 3DNOWPREFETCH, OSVW, XOP, FMA4, TBM,
    // TOPOEXT.
    line(
        0x8000_0001,
        &[Ecx],
        bits(&[0, 1, 4, 5, 6, 7, 8, 9, 11, 16, 21, 22]),
        "cpuid.c, CPUID_8000_0001_ECX",
    ),
    // FPU to APIC, SYSCALL, MTRR, PGE, MCA, CMOV, PAT, PSE36, NX, MMXEXT, MMX, FXSR, FXSR_OPT, 1GB,
    // RDTSCP, LM, 3DNOWEXT, 3DNOW.
    line(
        0x8000_0001,
        &[Edx],
        bits(&[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 20, 22, 23, 24, 25, 26, 27, 29, 30, 31,
        ]),
        "cpuid.c, CPUID_8000_0001_EDX",
    ),
    line(0x8000_0005, ALL, WHOLE, "cpuid.c, leaf 0x80000005: passed raw"),
    line(0x8000_0006, &[Eax, Ebx, Ecx], WHOLE, "cpuid.c, leaf 0x80000006: passed raw"),
    line(0x8000_0006, &[Edx], Rule::Keep(!0x0003_0000), "cpuid.c, leaf 0x80000006: bits 17:16 cleared"),
    // Invariant TSC.
    line(0x8000_0007, &[Edx], bits(&[8]), "cpuid.c, CPUID_8000_0007_EDX"),
    line(
        0x8000_0008,
        &[Eax],
        Rule::Keep(0xffff),
        "cpuid.c, leaf 0x80000008: sizes raw; GuestPhysAddrSize hangs on the page tables, and 0 means as PhysAddrSize",
    ),
    // CLZERO, XSAVEERPTR, WBNOINVD, IBPB, IBRS, STIBP, STIBP_ALWAYS_ON, IBRS_SAME_MODE, SSBD, SSB_NO,
    // PSFD, IBPB_RET.
    line(
        0x8000_0008,
        &[Ebx],
        bits(&[0, 2, 9, 12, 14, 15, 17, 19, 24, 26, 28, 30]),
        "cpuid.c, CPUID_8000_0008_EBX",
    ),
    line(0x8000_0008, &[Ecx], Rule::Keep(0xf0ff), "cpuid.c, leaf 0x80000008: bits 31:16 and 11:8 cleared"),
    line(0x8000_0019, &[Eax, Ebx], WHOLE, "cpuid.c, leaf 0x80000019: passed raw"),
    line(0x8000_001a, &[Eax], Rule::Keep(0x7), "cpuid.c, leaf 0x8000001A"),
    line(0x8000_001d, ALL, WHOLE, "cpuid.c, leaf 0x8000001D: passed raw, up to the subleaf of type 0"),
    // NO_NESTED_DATA_BP, WRMSR_XX_BASE_NS, LFENCE_RDTSC, VERW_CLEAR, NULL_SEL_CLR_BASE, AUTOIBRS,
    // PREFETCHI, SBPB, IBPB_BRTYPE, SRSO_NO, SRSO_USER_KERNEL_NO.
    line(0x8000_0021, &[Eax], bits(&[0, 1, 2, 5, 6, 8, 20, 27, 28, 29, 30]), "cpuid.c, CPUID_8000_0021_EAX"),
    // NO_SMM_CTL_MSR.
    line(0x8000_0021, &[Eax], Rule::Set(word(&[9])), "cpuid.c, CPUID_8000_0021_EAX: emulated"),
    // TSA_SQ_NO, TSA_L1_NO.
    line(0x8000_0021, &[Ecx], bits(&[1, 2]), "cpuid.c, CPUID_8000_0021_ECX"),
    // The range of Centaur and Zhaoxin; no other CPU reaches it.
    line(0xc000_0000, &[Eax], at_most(0xc000_0004), "cpuid.c, leaf 0xC0000000: the highest that KVM knows"),
    line(0xc000_0001, &[Eax, Ebx, Ecx], WHOLE, "cpuid.c, leaf 0xC0000001: passed raw"),
    // XSTORE, XCRYPT, ACE2, PHE, PMM, each with its EN.
    line(0xc000_0001, &[Edx], bits(&[2, 3, 6, 7, 8, 9, 10, 11, 12, 13]), "cpuid.c, CPUID_C000_0001_EDX"),
];
