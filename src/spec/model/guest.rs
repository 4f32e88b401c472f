//! Whose reading the rules judge by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::KernelVersion;
use crate::yaml;

/// Whose reading the rules judge by. It changes no byte of any table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Guest {
    /// The operating system. Left out: any.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub os: Option<GuestOs>,
    /// The version of a Linux kernel, as text: `"6.12"`. Left out: any.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub kernel: Option<KernelVersion>,
}

/// The guest's operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuestOs {
    /// Linux.
    Linux,
    /// An edition of Windows for clients.
    Windows,
    /// Windows Server.
    WindowsServer,
    /// FreeBSD.
    Freebsd,
}
