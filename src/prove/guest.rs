//! A guest that executes CPUID, one vCPU in a VM of its own.
//!
//! The only file with unsafe code: KVM runs a program of 30 bytes in memory that this file maps.
//! Source of the interface: Linux `Documentation/virt/kvm/api.rst`.
#![allow(unsafe_code, reason = "guest memory is shared with KVM")]

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use kvm_bindings::{
    CpuId, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, KVM_MAX_CPUID_ENTRIES, kvm_cpuid_entry2, kvm_regs,
    kvm_userspace_memory_region,
};
use kvm_ioctls::{Kvm, VcpuExit, VcpuFd, VmFd};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use super::{GuestError, Query, Witness, queries};
use crate::decode::{Answers, Entry};
use crate::profile;
use crate::profile::CaptureError;

/// Guest memory: one slot from guest-physical address 0.
const SIZE: usize = 0x4000;

/// Where the program lies, and where it starts.
const CODE: usize = 0x1000;

/// Where the questions lie: u32 leaf and u32 subleaf each.
const QUESTIONS: usize = 0x2000;

/// Where the answers go: four words each, behind room for [`BATCH`] questions.
const ANSWERS: usize = QUESTIONS + BATCH * 8;

/// How many questions one run takes. All lies below 64 KiB, where real mode's segments end.
const BATCH: usize = 256;

/// Asks CPUID for BP questions at DS:SI and stores the answers at ES:DI, in real mode.
const PROGRAM: &[u8] = &[
    0x66, 0xad, // next: lodsd               leaf
    0x66, 0x8b, 0x0c, //       mov ecx, [si]       subleaf
    0x83, 0xc6, 0x04, //       add si, 4
    0x0f, 0xa2, //       cpuid
    0x66, 0xab, //       stosd
    0x66, 0x89, 0x1d, //       mov [di], ebx
    0x66, 0x89, 0x4d, 0x04, //       mov [di+4], ecx
    0x66, 0x89, 0x55, 0x08, //       mov [di+8], edx
    0x83, 0xc7, 0x0c, //       add di, 12
    0x4d, //       dec bp
    0x75, 0xe3, //       jnz next
    0xf4, //       hlt
];

/// How long a run may take; an answer takes microseconds. Counted in steps of which a process that
/// is stopped and continued loses one at most.
const PATIENCE: (u32, Duration) = (100, Duration::from_millis(100));

/// `/dev/kvm`, open.
#[derive(Debug)]
pub(super) struct Device(Kvm);

impl Device {
    /// Opens `/dev/kvm`.
    ///
    /// # Errors
    /// It is not there, may not be opened, or is no KVM.
    pub(super) fn open() -> Result<Self, CaptureError> {
        profile::open_kvm().map(Self)
    }

    /// KVM_CAP_MAX_VCPU_ID: every vcpu_id is below it.
    pub(super) fn max_vcpu_id(&self) -> usize {
        self.0.get_max_vcpu_id()
    }

    /// Gives a table to a vCPU, and asks KVM and a guest on that vCPU what they make of it.
    ///
    /// The VM has no interrupt controller, so that HLT comes back here.
    ///
    /// # Errors
    /// KVM refuses a step, or the guest does not run as it should.
    pub(super) fn witness(&self, vcpu_id: u32, table: &Answers) -> Result<Witness, GuestError> {
        let cpuid = to_kvm(table.entries())?;
        // Declared first, so dropped last: the vCPU and the VM are closed before their memory goes.
        let memory = Memory::new().map_err(failed("mmap"))?;
        let vm = self.0.create_vm().map_err(failed("KVM_CREATE_VM"))?;
        let mut vcpu = vm.create_vcpu(vcpu_id.into()).map_err(failed("KVM_CREATE_VCPU"))?;
        vcpu.set_cpuid2(&cpuid).map_err(failed("KVM_SET_CPUID2"))?;
        let got = vcpu.get_cpuid2(KVM_MAX_CPUID_ENTRIES).map_err(failed("KVM_GET_CPUID2"))?;
        let got: Vec<Entry> = got.as_slice().iter().map(from_kvm).collect();
        memory.give(&vm)?;
        memory.write(CODE, PROGRAM);
        let queries = queries::of(table.entries(), &got);
        let mut answers = Vec::with_capacity(queries.len());
        for batch in queries.chunks(BATCH) {
            run(&vm, &mut vcpu, &memory, batch)?;
            let words = (0..).map(|at| memory.word(ANSWERS + 4 * at));
            let words: Vec<u32> = words.take(4 * batch.len()).collect();
            answers.extend(batch.iter().copied().zip(words.as_chunks().0.iter().copied()));
        }
        Ok(Witness { got, answers })
    }
}

/// Runs the program over one batch of questions.
fn run(vm: &VmFd, vcpu: &mut VcpuFd, memory: &Memory, batch: &[Query]) -> Result<(), GuestError> {
    let mut count = 0;
    for (at, query) in (0..).zip(batch) {
        memory.write(QUESTIONS + 8 * at, &query.leaf.to_le_bytes());
        memory.write(QUESTIONS + 8 * at + 4, &query.subleaf.to_le_bytes());
        count += 1;
    }
    let mut sregs = vcpu.get_sregs().map_err(failed("KVM_GET_SREGS"))?;
    for segment in [&mut sregs.cs, &mut sregs.ds, &mut sregs.es] {
        (segment.base, segment.selector) = (0, 0);
    }
    vcpu.set_sregs(&sregs).map_err(failed("KVM_SET_SREGS"))?;
    let start = kvm_regs {
        rip: CODE as u64,
        rsi: QUESTIONS as u64,
        rdi: ANSWERS as u64,
        rbp: count,
        // Bit 1 is always set.
        rflags: 2,
        ..kvm_regs::default()
    };
    vcpu.set_regs(&start).map_err(failed("KVM_SET_REGS"))?;
    until_halted(vm, vcpu, memory, PATIENCE)?;
    let end = vcpu.get_regs().map_err(failed("KVM_GET_REGS"))?;
    let stored = end.rdi.wrapping_sub(start.rdi);
    if (stored, end.rbp) != (16 * count, 0) {
        return Err(GuestError::Astray(format!(
            "it halted after {stored} bytes of answers, not {}",
            16 * count
        )));
    }
    Ok(())
}

/// Lets the guest run until it halts. If that takes too long, its memory is taken away, and KVM has
/// to come back from it.
fn until_halted(
    vm: &VmFd,
    vcpu: &mut VcpuFd,
    memory: &Memory,
    (steps, step): (u32, Duration),
) -> Result<(), GuestError> {
    let (done, watch) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let watchdog = scope.spawn(move || {
            let late = (0..steps).all(|_| watch.recv_timeout(step) == Err(RecvTimeoutError::Timeout));
            late && memory.take(vm).is_ok()
        });
        let exit = loop {
            match vcpu.run() {
                Ok(VcpuExit::Hlt) => break Ok(()),
                Ok(exit) => break Err(GuestError::Astray(format!("{exit:?}"))),
                // A signal that the process handles or ignores, such as its terminal's resizing.
                Err(error) if error.errno() == Errno::INTR.raw_os_error() => {}
                Err(error) => break Err(failed("KVM_RUN")(error)),
            }
        };
        drop(done);
        match watchdog.join() {
            Ok(false) => exit,
            _ => Err(GuestError::NeverHalts(step * steps)),
        }
    })
}

/// Which call KVM refused, and why.
fn failed<E: std::fmt::Display>(call: &'static str) -> impl FnOnce(E) -> GuestError {
    move |error| GuestError::Refused { call, why: error.to_string() }
}

fn to_kvm(entries: &[Entry]) -> Result<CpuId, GuestError> {
    let entry = |entry: &Entry| {
        let [eax, ebx, ecx, edx] = entry.registers;
        kvm_cpuid_entry2 {
            function: entry.leaf,
            index: entry.subleaf.unwrap_or(0),
            flags: if entry.subleaf.is_some() { KVM_CPUID_FLAG_SIGNIFCANT_INDEX } else { 0 },
            eax,
            ebx,
            ecx,
            edx,
            ..kvm_cpuid_entry2::default()
        }
    };
    CpuId::from_entries(&entries.iter().map(entry).collect::<Vec<_>>())
        .map_err(|_| failed("KVM_SET_CPUID2")(format!("{} entries, KVM takes 256", entries.len())))
}

fn from_kvm(entry: &kvm_cpuid_entry2) -> Entry {
    Entry {
        leaf: entry.function,
        subleaf: (entry.flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX != 0).then_some(entry.index),
        registers: [entry.eax, entry.ebx, entry.ecx, entry.edx],
    }
}

/// The guest's memory. Nothing here holds a reference into it: the guest may write at any time.
struct Memory(NonNull<c_void>);

// SAFETY: the pointer is used for plain loads and stores while no vCPU runs, and its value alone
// goes to KVM; neither depends on the thread.
unsafe impl Sync for Memory {}

impl Memory {
    fn new() -> rustix::io::Result<Self> {
        let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: a new anonymous mapping at an address of the kernel's choice touches nothing of
        // this process.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), SIZE, prot, flags) }?;
        NonNull::new(base).map(Self).ok_or(Errno::NOMEM)
    }

    /// Makes it the VM's memory.
    fn give(&self, vm: &VmFd) -> Result<(), GuestError> {
        self.slot(vm, SIZE as u64)
    }

    /// Takes it from the VM. A vCPU that runs there is thrown out by KVM.
    fn take(&self, vm: &VmFd) -> Result<(), GuestError> {
        self.slot(vm, 0)
    }

    fn slot(&self, vm: &VmFd, memory_size: u64) -> Result<(), GuestError> {
        let region = kvm_userspace_memory_region {
            slot: 0,
            flags: 0,
            guest_phys_addr: 0,
            memory_size,
            userspace_addr: self.0.as_ptr() as u64,
        };
        // SAFETY: the range is this mapping, page-aligned and the only slot; `Device::witness`
        // closes the vCPU and the VM before it drops the mapping.
        unsafe { vm.set_user_memory_region(region) }.map_err(failed("KVM_SET_USER_MEMORY_REGION"))
    }

    /// Stores bytes at a guest-physical address below [`SIZE`]; beyond, nothing.
    fn write(&self, at: usize, bytes: &[u8]) {
        for (at, byte) in (at..SIZE).zip(bytes) {
            // SAFETY: `at` is below SIZE, so the byte lies in the mapping.
            unsafe { self.0.cast::<u8>().add(at).write_volatile(*byte) };
        }
    }

    /// The little-endian word at a guest-physical address.
    fn word(&self, at: usize) -> u32 {
        let mut bytes = [0; 4];
        for (at, byte) in (at..SIZE).zip(&mut bytes) {
            // SAFETY: `at` is below SIZE, so the byte lies in the mapping.
            *byte = unsafe { self.0.cast::<u8>().add(at).read_volatile() };
        }
        u32::from_le_bytes(bytes)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: this mapping is owned here, and nothing refers into it any more. A failure would
        // only leave it mapped.
        let _ = unsafe { munmap(self.0.as_ptr(), SIZE) };
    }
}

#[cfg(test)]
mod tests;
