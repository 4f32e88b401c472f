//! The forms that are read, and which of them a capture is of.

use std::fmt;

use super::raw::{File, Raw};
use super::{
    aida64, cpuid_r, dev_cpuid, firecracker, hwloc, jcurl, kcpuid, kvm_cpuid2, libcpuid,
    libvirt_capabilities, libvirt_cpu, propolis, xen,
};

/// The form of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `cpuid -r`.
    CpuidR,
    /// AIDA64 and InstLatx64.
    Aida64,
    /// `hwloc-gather-cpuid`.
    Hwloc,
    /// `cpuid_tool --save` of libcpuid.
    Libcpuid,
    /// `kcpuid -r`.
    Kcpuid,
    /// XML with a `<processor>` for each CPU.
    Jcurl,
    /// Records of `/dev/cpu/N/cpuid`.
    DevCpuid,
    /// `struct kvm_cpuid2`.
    KvmCpuid2,
    /// libvirt's `<cpudata>`.
    LibvirtCpu,
    /// `virsh capabilities`.
    LibvirtCapabilities,
    /// Firecracker's fingerprints.
    Firecracker,
    /// Propolis' `cpuid-gen`.
    Propolis,
    /// `xen-cpuid -p`.
    Xen,
}

/// What there is to know of a form.
struct Importer {
    format: Format,
    /// The name on the command line.
    name: &'static str,
    /// What makes such a capture, in a profile's note.
    what: &'static str,
    /// What a capture is recognised by.
    sign: &'static str,
    /// What it does not hold, beside parts of a profile that it has none of.
    lacks: Option<&'static str>,
    looks_like: fn(&[File<'_>]) -> bool,
    read: fn(&[File<'_>]) -> Raw,
}

/// Every form, in the order of messages.
const IMPORTERS: &[Importer] = &[
    Importer {
        format: Format::CpuidR,
        name: "cpuid-r",
        what: "cpuid -r",
        sign: "a line `0x00000004 0x01: eax=0x… ebx=0x… ecx=0x… edx=0x…`",
        lacks: None,
        looks_like: cpuid_r::looks_like,
        read: cpuid_r::read,
    },
    Importer {
        format: Format::Aida64,
        name: "aida64",
        what: "AIDA64",
        sign: "a line `CPUID 00000004: 1C004121-02C0003F-0000003F-00000000`",
        lacks: Some("the empty ends of lists of subleaves"),
        looks_like: aida64::looks_like,
        read: aida64::read,
    },
    Importer {
        format: Format::Hwloc,
        name: "hwloc",
        what: "hwloc-gather-cpuid",
        sign: "a directory of `pu0`, `pu1`, …, or a line `5 4 0 1 0 => 1c004122 1c0003f 3f 0`",
        lacks: Some("leaves that hwloc does not ask for"),
        looks_like: hwloc::looks_like,
        read: hwloc::read,
    },
    Importer {
        format: Format::Libcpuid,
        name: "libcpuid",
        what: "cpuid_tool of libcpuid",
        sign: "a line `basic_cpuid[0]=00000020 756e6547 6c65746e 49656e69`",
        lacks: Some("subleaves of 0x00000007, 0x0000000d and 0x0000001f"),
        looks_like: libcpuid::looks_like,
        read: libcpuid::read,
    },
    Importer {
        format: Format::Kcpuid,
        name: "kcpuid",
        what: "kcpuid -r",
        sign: "a line `0x00000001: EAX=0x…, EBX=0x…, ECX=0x…, EDX=0x…`",
        lacks: Some("all CPUs but one"),
        looks_like: kcpuid::looks_like,
        read: kcpuid::read,
    },
    Importer {
        format: Format::Jcurl,
        name: "jcurl",
        what: "jcurl's XML",
        sign: "`<cpuid>` with `<processor>` and `<register eax=\"…\" ecx=\"…\">`",
        lacks: None,
        looks_like: jcurl::looks_like,
        read: jcurl::read,
    },
    Importer {
        format: Format::DevCpuid,
        name: "dev-cpuid",
        what: "/dev/cpu/N/cpuid",
        sign: "a directory of `cpu0`, `cpu1`, …, and `leaves`",
        lacks: Some("leaves that were not asked for"),
        looks_like: dev_cpuid::looks_like,
        read: dev_cpuid::read,
    },
    Importer {
        format: Format::KvmCpuid2,
        name: "kvm-cpuid2",
        what: "struct kvm_cpuid2",
        sign: "a file of 8 + 40 n bytes that begins with n, or a directory of `*.cpuid2`",
        lacks: None,
        looks_like: kvm_cpuid2::looks_like,
        read: kvm_cpuid2::read,
    },
    Importer {
        format: Format::LibvirtCpu,
        name: "libvirt-cpu",
        what: "libvirt's cpudata",
        sign: "`<cpudata arch='x86'>` with `<cpuid eax_in='…'>`",
        lacks: Some("all CPUs but one, and its IDs"),
        looks_like: libvirt_cpu::looks_like,
        read: libvirt_cpu::read,
    },
    Importer {
        format: Format::LibvirtCapabilities,
        name: "libvirt-capabilities",
        what: "virsh capabilities",
        sign: "`<capabilities>` with `<host>`",
        lacks: Some("CPUID"),
        looks_like: libvirt_capabilities::looks_like,
        read: libvirt_capabilities::read,
    },
    Importer {
        format: Format::Firecracker,
        name: "firecracker",
        what: "Firecracker",
        sign: "JSON with `guest_cpu_config` or `cpuid_modifiers`",
        lacks: Some("all vCPUs but one"),
        looks_like: firecracker::looks_like,
        read: firecracker::read,
    },
    Importer {
        format: Format::Propolis,
        name: "propolis",
        what: "Propolis' cpuid-gen",
        sign: "a line `eax:7 ecx:0 -> 0 1 2 3`, or TOML with `[cpuid]`",
        lacks: Some("all CPUs but one"),
        looks_like: propolis::looks_like,
        read: propolis::read,
    },
    Importer {
        format: Format::Xen,
        name: "xen",
        what: "xen-cpuid -p",
        sign: "a line `00000007:00000000 -> 00000000:00000001:00000002:00000003`",
        lacks: Some("all CPUs but one"),
        looks_like: xen::looks_like,
        read: xen::read,
    },
];

impl Format {
    /// Every form.
    pub fn all() -> impl Iterator<Item = Self> {
        IMPORTERS.iter().map(|importer| importer.format)
    }

    /// The form of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        IMPORTERS.iter().find(|importer| importer.name == name).map(|importer| importer.format)
    }

    /// Its name: `cpuid-r`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.importer().map_or("", |importer| importer.name)
    }

    /// What makes such a capture: `cpuid -r`.
    #[must_use]
    pub fn what(self) -> &'static str {
        self.importer().map_or("", |importer| importer.what)
    }

    /// What a capture of it is recognised by.
    #[must_use]
    pub fn sign(self) -> &'static str {
        self.importer().map_or("", |importer| importer.sign)
    }

    /// What it does not hold, beside whole parts of a profile.
    #[must_use]
    pub fn lacks(self) -> Option<&'static str> {
        self.importer().and_then(|importer| importer.lacks)
    }

    /// The forms that files may be of: one, none, or several where they cannot be told apart.
    #[must_use]
    pub fn of(files: &[File<'_>]) -> Vec<Self> {
        let matching = IMPORTERS.iter().filter(|importer| (importer.looks_like)(files));
        matching.map(|importer| importer.format).collect()
    }

    /// Reads files as this form.
    pub(super) fn read(self, files: &[File<'_>]) -> Raw {
        self.importer().map_or_else(Raw::default, |importer| (importer.read)(files))
    }

    fn importer(self) -> Option<&'static Importer> {
        IMPORTERS.iter().find(|importer| importer.format == self)
    }
}

/// Written as on the command line.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_apart_and_lead_back() {
        for format in Format::all() {
            assert_eq!(Format::named(format.name()), Some(format));
            assert!(!format.what().is_empty() && !format.sign().is_empty());
        }
        assert_eq!(Format::named("vmware"), None);
        assert_eq!(Format::of(&[File { name: "x", bytes: b"\0\xff" }]), []);
        assert_eq!(Format::of(&[]), []);
    }
}
