//! The vocabulary of the CPUID instruction: leaves, registers, fields and whole tables.

mod coordinate;
pub mod feature;
pub mod field;
pub mod meaning;
mod processor;
pub mod quirk;
mod registers;
mod signature;
mod table;
mod vendor;

pub use coordinate::{Coordinate, ParseCoordinateError, looks_like_one};
pub use processor::Processor;
pub use registers::{ParseRegistersError, Register, Registers};
pub use signature::Signature;
pub use table::{CpuidTable, Key, ParseKeyError, TableError};
pub use vendor::{UnknownVendor, Vendor};
