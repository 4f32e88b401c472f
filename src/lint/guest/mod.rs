//! Rules on who reads the tables.

pub(super) mod freebsd_packages;
pub(super) mod kernel_not_linux;
pub(super) mod windows_groups;
pub(super) mod windows_sockets;
