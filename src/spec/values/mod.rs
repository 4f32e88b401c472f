//! Values with a notation of their own: sizes, CPU lists, die paths.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A size in bytes, written with a binary unit: `48KiB`, `2MiB`, `64GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Size(pub u64);

/// A set of CPUs in the kernel's list notation: `0-3,8-11`, `0-31:2`, or one integer.
///
/// Kept as ranges, so that `0-4294967295` costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CpuList {
    /// First, last and stride of each range, as written.
    pub ranges: Vec<(u32, u32, u32)>,
}

/// One die of one socket, written `socket/die`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct DiePath {
    /// The socket's index.
    pub socket: u32,
    /// The die's index in its socket.
    pub die: u32,
}

/// Why a value's text is not of its notation, and what would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseValueError(pub String);
