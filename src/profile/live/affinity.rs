//! The calling thread on one CPU at a time.

use rustix::io;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Restores the calling thread's affinity when it goes out of scope.
pub(super) struct Affinity {
    before: CpuSet,
}

impl Affinity {
    /// Remembers the CPUs that the calling thread may run on now.
    ///
    /// # Errors
    /// The kernel's, such as EINVAL where it has more CPUs than the set has places.
    pub(super) fn remember() -> io::Result<Self> {
        Ok(Self { before: sched_getaffinity(None)? })
    }

    /// Moves the calling thread to one CPU, and returns once it runs there.
    ///
    /// # Errors
    /// EINVAL where the CPU is offline, outside the cpuset or beyond what a set can hold.
    pub(super) fn pin(&self, cpu: u32) -> io::Result<()> {
        let at = usize::try_from(cpu).ok().filter(|at| *at < CpuSet::MAX_CPU).ok_or(io::Errno::INVAL)?;
        let mut one = CpuSet::new();
        one.set(at);
        sched_setaffinity(None, &one)
    }
}

impl Drop for Affinity {
    fn drop(&mut self) {
        // A failure means that the CPUs have gone since; the kernel has widened the set itself.
        let _ = sched_setaffinity(None, &self.before);
    }
}
