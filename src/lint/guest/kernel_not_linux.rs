//! `guest::kernel_not_linux`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};
use crate::spec::GuestOs;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(guest) = &facts.spec.guest else { return };
    let (Some(os), Some(kernel)) = (guest.os.filter(|os| *os != GuestOs::Linux), guest.kernel) else {
        return;
    };
    let os = match os {
        GuestOs::Linux => "linux",
        GuestOs::Windows => "windows",
        GuestOs::WindowsServer => "windows_server",
        GuestOs::Freebsd => "freebsd",
    };
    out.push(
        Diagnostic::new(
            "guest::kernel_not_linux",
            Severity::Error,
            format!("`kernel: \"{kernel}\"` is a version of Linux, `os: {os}` is not Linux"),
        )
        .label(value("guest.kernel"), "of Linux")
        .label(value("guest.os"), "of another")
        .help("write `os: linux`, or leave `kernel` out")
        .fix(suggested([remove("guest.kernel")])),
    );
}
