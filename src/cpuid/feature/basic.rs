//! Features of the basic leaves. Sources: SDM Vol. 2A, CPUID; Linux
//! `arch/x86/include/asm/cpufeatures.h` for the names.

use super::features;

features! {
    (0x1) Ecx {
        0 "pni" "SSE3" ["sse3"];
        1 "pclmulqdq" "carry-less multiplication" ["pclmuldq", "pclmul"];
        2 "dtes64" "64-bit debug store";
        3 "monitor" "MONITOR and MWAIT" ["mwait"];
        4 "ds_cpl" "debug store by privilege level" ["dscpl"];
        5 "vmx" "Intel's virtualisation";
        6 "smx" "safer mode extensions";
        7 "est" "enhanced SpeedStep" ["eist"];
        8 "tm2" "thermal monitor 2";
        9 "ssse3" "SSSE3";
        10 "cid" "L1 context ID" ["cnxt_id"];
        11 "sdbg" "silicon debug";
        12 "fma" "fused multiply-add, three operands" ["fma3"];
        13 "cx16" "CMPXCHG16B" ["cmpxchg16b"];
        14 "xtpr" "task priority messages can be disabled";
        15 "pdcm" "IA32_PERF_CAPABILITIES";
        17 "pcid" "process-context identifiers";
        18 "dca" "direct cache access";
        19 "sse4_1" "SSE4.1" ["sse41"];
        20 "sse4_2" "SSE4.2" ["sse42"];
        21 "x2apic" "x2APIC";
        22 "movbe" "MOVBE";
        23 "popcnt" "POPCNT";
        24 "tsc_deadline_timer" "APIC timer by TSC deadline" ["tsc_deadline"];
        25 "aes" "AES instructions" ["aesni", "aes_ni"];
        26 "xsave" "XSAVE, XRSTOR, XGETBV, XSETBV";
        27 "osxsave" "CR4.OSXSAVE";
        28 "avx" "AVX";
        29 "f16c" "half-precision conversion";
        30 "rdrand" "RDRAND" ["rdrnd"];
        31 "hypervisor" "a hypervisor is present";
    }
    (0x1) Edx {
        0 "fpu" "x87 FPU";
        1 "vme" "virtual-8086 mode extensions";
        2 "de" "debugging extensions";
        3 "pse" "pages of 4 MiB";
        4 "tsc" "time stamp counter";
        5 "msr" "RDMSR and WRMSR";
        6 "pae" "physical address extension";
        7 "mce" "machine check exception";
        8 "cx8" "CMPXCHG8B" ["cmpxchg8b"];
        9 "apic" "local APIC";
        11 "sep" "SYSENTER and SYSEXIT" ["sysenter"];
        12 "mtrr" "memory type range registers";
        13 "pge" "global pages";
        14 "mca" "machine check architecture";
        15 "cmov" "conditional moves";
        16 "pat" "page attribute table";
        17 "pse36" "pages of 4 MiB above 4 GiB" ["pse_36"];
        18 "pn" "processor serial number" ["psn"];
        19 "clflush" "CLFLUSH" ["clfsh"];
        21 "dts" "debug store" ["ds"];
        22 "acpi" "thermal monitor and clock control MSRs";
        23 "mmx" "MMX";
        24 "fxsr" "FXSAVE and FXRSTOR";
        25 "sse" "SSE";
        26 "sse2" "SSE2";
        27 "ss" "self-snoop";
        28 "ht" "several addressable IDs in the package" ["htt"];
        29 "tm" "thermal monitor" ["tm1"];
        30 "ia64" "IA-64";
        31 "pbe" "pending break enable";
    }
    (0x6) Eax {
        2 "arat" "APIC timer always running";
    }
    (0x7, 0) Ebx {
        0 "fsgsbase" "RDFSBASE and its like";
        1 "tsc_adjust" "IA32_TSC_ADJUST";
        2 "sgx" "software guard extensions";
        3 "bmi1" "bit manipulation 1";
        4 "hle" "hardware lock elision";
        5 "avx2" "AVX2";
        6 "fdp_excptn_only" "x87 data pointer updated on exceptions alone";
        7 "smep" "no execution of user pages by the kernel";
        8 "bmi2" "bit manipulation 2";
        9 "erms" "fast REP MOVSB and STOSB";
        10 "invpcid" "INVPCID";
        11 "rtm" "restricted transactional memory";
        12 "cqm" "resource monitoring" ["pqm", "rdt_m"];
        13 "zero_fcs_fds" "x87 CS and DS are zero";
        14 "mpx" "memory protection extensions";
        15 "rdt_a" "resource allocation" ["pqe"];
        16 "avx512f" "AVX-512 foundation";
        17 "avx512dq" "AVX-512 doubleword and quadword";
        18 "rdseed" "RDSEED";
        19 "adx" "ADCX and ADOX";
        20 "smap" "no access to user pages by the kernel";
        21 "avx512ifma" "AVX-512 integer FMA" ["avx512_ifma"];
        22 "pcommit" "PCOMMIT";
        23 "clflushopt" "CLFLUSHOPT";
        24 "clwb" "CLWB";
        25 "intel_pt" "processor trace";
        26 "avx512pf" "AVX-512 prefetch";
        27 "avx512er" "AVX-512 exponential and reciprocal";
        28 "avx512cd" "AVX-512 conflict detection";
        29 "sha_ni" "SHA instructions" ["sha"];
        30 "avx512bw" "AVX-512 byte and word";
        31 "avx512vl" "AVX-512 on shorter vectors";
    }
    (0x7, 0) Ecx {
        0 "prefetchwt1" "PREFETCHWT1";
        1 "avx512vbmi" "AVX-512 byte manipulation" ["avx512_vbmi"];
        2 "umip" "no SGDT and its like for programs";
        3 "pku" "protection keys for user pages";
        4 "ospke" "CR4.PKE";
        5 "waitpkg" "UMONITOR, UMWAIT, TPAUSE";
        6 "avx512_vbmi2" "AVX-512 byte manipulation 2" ["avx512vbmi2"];
        7 "shstk" "shadow stacks" ["cet_ss"];
        8 "gfni" "Galois field instructions";
        9 "vaes" "AES on vectors";
        10 "vpclmulqdq" "carry-less multiplication on vectors";
        11 "avx512_vnni" "AVX-512 neural network instructions" ["avx512vnni"];
        12 "avx512_bitalg" "AVX-512 bit algorithms" ["avx512bitalg"];
        13 "tme" "total memory encryption" ["tme_en"];
        14 "avx512_vpopcntdq" "AVX-512 POPCNT" ["avx512vpopcntdq"];
        16 "la57" "57-bit linear addresses";
        22 "rdpid" "RDPID";
        24 "bus_lock_detect" "debug exception on bus locks";
        25 "cldemote" "CLDEMOTE";
        27 "movdiri" "MOVDIRI";
        28 "movdir64b" "MOVDIR64B";
        29 "enqcmd" "ENQCMD";
        30 "sgx_lc" "SGX launch configuration" ["sgxlc"];
        31 "pks" "protection keys for kernel pages";
    }
    (0x7, 0) Edx {
        2 "avx512_4vnniw" "AVX-512 4VNNIW" ["avx5124vnniw"];
        3 "avx512_4fmaps" "AVX-512 4FMAPS" ["avx5124fmaps"];
        4 "fsrm" "fast short REP MOVSB";
        5 "uintr" "user interrupts";
        8 "avx512_vp2intersect" "AVX-512 VP2INTERSECT";
        9 "srbds_ctrl" "IA32_MCU_OPT_CTRL";
        10 "md_clear" "VERW clears buffers";
        11 "rtm_always_abort" "transactions always abort";
        13 "tsx_force_abort" "TSX_FORCE_ABORT MSR";
        14 "serialize" "SERIALIZE";
        15 "hybrid_cpu" "cores of different types" ["hybrid"];
        16 "tsxldtrk" "TSX load tracking" ["tsx_ldtrk"];
        18 "pconfig" "PCONFIG";
        19 "arch_lbr" "architectural last branch records";
        20 "ibt" "indirect branch tracking" ["cet_ibt"];
        22 "amx_bf16" "AMX on bfloat16";
        23 "avx512_fp16" "AVX-512 on half precision" ["avx512fp16"];
        24 "amx_tile" "AMX tiles";
        25 "amx_int8" "AMX on 8-bit integers";
        26 "spec_ctrl" "IBRS and IBPB by MSR";
        27 "intel_stibp" "STIBP by MSR" ["stibp"];
        28 "flush_l1d" "IA32_FLUSH_CMD" ["l1d_flush"];
        29 "arch_capabilities" "IA32_ARCH_CAPABILITIES";
        30 "core_capabilities" "IA32_CORE_CAPABILITIES" ["core_capability"];
        31 "spec_ctrl_ssbd" "SSBD by MSR" ["ssbd"];
    }
    (0x7, 1) Eax {
        0 "sha512" "SHA-512 instructions";
        1 "sm3" "SM3 instructions";
        2 "sm4" "SM4 instructions";
        4 "avx_vnni" "AVX neural network instructions";
        5 "avx512_bf16" "AVX-512 on bfloat16" ["avx512bf16"];
        6 "lass" "linear address space separation";
        7 "cmpccxadd" "CMPccXADD";
        8 "arch_perfmon_ext" "leaf 23H";
        10 "fzrm" "fast zero-length REP MOVSB";
        11 "fsrs" "fast short REP STOSB";
        12 "fsrc" "fast short REP CMPSB and SCASB";
        17 "fred" "flexible return and event delivery";
        18 "lkgs" "LKGS";
        19 "wrmsrns" "WRMSRNS";
        21 "amx_fp16" "AMX on half precision";
        22 "hreset" "HRESET";
        23 "avx_ifma" "AVX integer FMA";
        26 "lam" "linear address masking";
        27 "msrlist" "RDMSRLIST and WRMSRLIST";
    }
    (0x7, 1) Edx {
        4 "avx_vnni_int8" "AVX VNNI on 8-bit integers";
        5 "avx_ne_convert" "AVX conversion without exceptions";
        8 "amx_complex" "AMX on complex numbers";
        10 "avx_vnni_int16" "AVX VNNI on 16-bit integers";
        14 "prefetchiti" "PREFETCHIT0 and PREFETCHIT1";
        19 "avx10" "AVX10, leaf 24H";
        21 "apx" "more general registers" ["apx_f", "apxf"];
    }
    (0x7, 2) Edx {
        0 "intel_psfd" "PSFD by MSR" ["psfd"];
        1 "ipred_ctrl" "IPRED_DIS by MSR";
        2 "rrsba_ctrl" "RRSBA_DIS by MSR";
        3 "ddpd_u" "DDPD_U by MSR";
        4 "bhi_ctrl" "BHI_DIS_S by MSR";
        5 "mcdt_no" "no MXCSR-dependent timing";
    }
    (0xd, 1) Eax {
        0 "xsaveopt" "XSAVEOPT";
        1 "xsavec" "XSAVEC";
        2 "xgetbv1" "XGETBV with ECX = 1";
        3 "xsaves" "XSAVES and XRSTORS";
        4 "xfd" "extended feature disable";
    }
    (0x24, 0) Ebx {
        16 "avx10_128" "AVX10 on 128-bit vectors";
        17 "avx10_256" "AVX10 on 256-bit vectors";
        18 "avx10_512" "AVX10 on 512-bit vectors";
    }
}
