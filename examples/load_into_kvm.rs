//! Gives the tables that `topoc compile -o DIR` wrote to the vCPUs of one VM, as a VMM would:
//!
//! ```sh
//! cargo run --example load_into_kvm -- DIR
//! ```
//!
//! It prints a line for every vCPU, and ends with 3 where there is no KVM.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    let Some(dir) = std::env::args_os().nth(1) else {
        eprintln!("usage: load_into_kvm DIR");
        return 2.into();
    };
    let kvm = match kvm_ioctls::Kvm::new() {
        Ok(kvm) => kvm,
        Err(error) => {
            eprintln!("cannot open /dev/kvm: {error}");
            return 3.into();
        }
    };
    match vm::load(&kvm, dir.as_ref()) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("{error}");
            1.into()
        }
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> std::process::ExitCode {
    eprintln!("KVM needs Linux, this example x86-64");
    3.into()
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod vm {
    use std::error::Error;
    use std::fs;
    use std::path::Path;

    use kvm_bindings::{
        CpuId, KVM_CAP_SPLIT_IRQCHIP, KVM_CAP_X2APIC_API, KVM_MAX_CPUID_ENTRIES,
        KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK, KVM_X2APIC_API_USE_32BIT_IDS, kvm_cpuid_entry2,
        kvm_enable_cap,
    };
    use kvm_ioctls::{Kvm, VmFd};
    use topoc::emit::{ENTRY_SIZE, HEADER_SIZE, Manifest};

    pub fn load(kvm: &Kvm, dir: &Path) -> Result<(), Box<dyn Error>> {
        let manifest: Manifest = serde_json::from_slice(&fs::read(dir.join("manifest.json"))?)?;

        // The manifest says what to check before anything is created.
        let limit = kvm.get_max_vcpu_id();
        if usize::try_from(manifest.requires.max_vcpu_id)? > limit {
            let needed = manifest.requires.max_vcpu_id;
            return Err(format!("KVM_CAP_MAX_VCPU_ID is {limit}, the machine needs {needed}").into());
        }

        // First the VM's capabilities, then the interrupt controller, then vCPUs: KVM takes no other order.
        let vm = kvm.create_vm()?;
        let flags = manifest.requires.x2apic_api.iter().map(|flag| match flag.as_str() {
            "KVM_X2APIC_API_USE_32BIT_IDS" => Ok(KVM_X2APIC_API_USE_32BIT_IDS),
            "KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK" => Ok(KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK),
            other => Err(format!("the manifest asks for {other}, which this program does not know")),
        });
        let flags = flags.sum::<Result<u32, String>>()?;
        if flags != 0 {
            // IDs of 255 and above: without these, KVM cuts destinations to 8 bits.
            enable(&vm, KVM_CAP_X2APIC_API, flags.into())?;
        }
        if manifest.requires.in_kernel_apic {
            // Local APICs in the kernel, I/O APIC with its 24 pins in the VMM. KVM_CREATE_IRQCHIP, which
            // has both in the kernel, does as well.
            enable(&vm, KVM_CAP_SPLIT_IRQCHIP, 24)?;
        }

        // In the order of the manifest, which is that of the MADT. All are kept: dropping one closes it.
        let mut vcpus = Vec::new();
        for vcpu in &manifest.vcpus {
            // The vcpu_id is the x2APIC ID, not the index.
            let fd = vm.create_vcpu(vcpu.vcpu_id.into())?;
            let table = cpuid(&fs::read(dir.join(&vcpu.file))?)?;
            // Before KVM_RUN: a vCPU that has run takes no other table.
            fd.set_cpuid2(&table).map_err(|error| format!("vCPU {}: KVM_SET_CPUID2: {error}", vcpu.index))?;

            let stored = fd.get_cpuid2(KVM_MAX_CPUID_ENTRIES)?;
            let id = stored.as_slice().iter().find(|entry| entry.function == 0xb).map(|entry| entry.edx);
            println!(
                "vCPU {}: vcpu_id {}, {} entries set, {} read back, x2APIC ID {}",
                vcpu.index,
                vcpu.vcpu_id,
                table.as_slice().len(),
                stored.as_slice().len(),
                id.map_or("not told".to_owned(), |id| id.to_string()),
            );
            vcpus.push(fd);
        }
        Ok(())
    }

    fn enable(vm: &VmFd, cap: u32, argument: u64) -> Result<(), Box<dyn Error>> {
        let mut request = kvm_enable_cap { cap, ..Default::default() };
        request.args[0] = argument;
        vm.enable_cap(&request).map_err(|error| format!("KVM_ENABLE_CAP {cap}: {error}").into())
    }

    /// A file is `struct kvm_cpuid2` as it lies in memory: nent and padding, then entries of ten
    /// little-endian words. A program in C hands it to the ioctl as it is. One that compiles its tables
    /// itself needs no file: `CpuId::try_from(&table)`.
    fn cpuid(blob: &[u8]) -> Result<CpuId, Box<dyn Error>> {
        let entries = blob.get(HEADER_SIZE..).ok_or("no header")?;
        let (entries, rest) = entries.as_chunks::<ENTRY_SIZE>();
        let word = |bytes: &[u8; ENTRY_SIZE], at: usize| {
            u32::from_le_bytes([bytes[4 * at], bytes[4 * at + 1], bytes[4 * at + 2], bytes[4 * at + 3]])
        };
        if !rest.is_empty()
            || blob.first_chunk().map(|nent| u32::from_le_bytes(*nent)) != entries.len().try_into().ok()
        {
            return Err("nent is not the number of entries".into());
        }
        let entries: Vec<_> = entries
            .iter()
            .map(|bytes| kvm_cpuid_entry2 {
                function: word(bytes, 0),
                index: word(bytes, 1),
                flags: word(bytes, 2),
                eax: word(bytes, 3),
                ebx: word(bytes, 4),
                ecx: word(bytes, 5),
                edx: word(bytes, 6),
                padding: [0; 3],
            })
            .collect();
        Ok(CpuId::from_entries(&entries).map_err(|_| "more than 256 entries")?)
    }
}
