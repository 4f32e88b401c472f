//! Who reads the tables.

use crate::spec::{GuestOs, KernelVersion, Spec};

/// The guest that reads the tables, as far as the spec says. What it leaves out may be anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    os: Option<GuestOs>,
    kernel: Option<KernelVersion>,
}

impl Reader {
    /// The guest of a spec. A kernel's version is one of Linux.
    pub(super) fn of(spec: &Spec) -> Self {
        let guest = spec.guest.clone().unwrap_or_default();
        Self { os: guest.os.or(guest.kernel.map(|_| GuestOs::Linux)), kernel: guest.kernel }
    }

    /// The operating system, where the spec says.
    pub(super) const fn os(self) -> Option<GuestOs> {
        self.os
    }

    /// Whether Linux may read the tables.
    pub(super) fn may_be_linux(self) -> bool {
        self.os.is_none_or(|os| os == GuestOs::Linux)
    }

    /// Whether a Linux of before this version may.
    pub(super) fn may_be_linux_before(self, major: u32, minor: u32) -> bool {
        self.may_be_linux() && self.kernel.is_none_or(|kernel| kernel < KernelVersion { major, minor })
    }

    /// Whether a Linux from this version on may.
    pub(super) fn may_be_linux_from(self, major: u32, minor: u32) -> bool {
        self.may_be_linux() && self.kernel.is_none_or(|kernel| kernel >= KernelVersion { major, minor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Guest;

    #[test]
    fn what_is_left_out_may_be_anything() {
        let of = |os, kernel: Option<(u32, u32)>| {
            let kernel = kernel.map(|(major, minor)| KernelVersion { major, minor });
            let reader = Reader::of(&Spec { guest: Some(Guest { os, kernel }), ..Spec::default() });
            (reader.may_be_linux(), reader.may_be_linux_before(6, 9), reader.may_be_linux_from(6, 9))
        };
        assert_eq!(of(None, None), (true, true, true));
        assert_eq!(of(Some(GuestOs::Linux), None), (true, true, true));
        assert_eq!(of(Some(GuestOs::Windows), None), (false, false, false));
        assert_eq!(of(None, Some((6, 8))), (true, true, false));
        assert_eq!(of(Some(GuestOs::Linux), Some((6, 9))), (true, false, true));
        assert_eq!(of(None, Some((6, 12))), (true, false, true));
    }
}
