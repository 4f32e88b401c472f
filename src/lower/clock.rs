//! Leaves 15H and 16H, where the spec tells of clocks. Source: SDM Vol. 2A, "CPUID", both leaves.

use super::writer::Writer;
use super::{LowerError, Machine, Why};
use crate::cpuid::field;

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    if let Some(tsc) = machine.identity.tsc {
        writer.put(&field::TSC_DENOMINATOR, None, tsc.denominator, Why::TscRatio)?;
        writer.put(&field::TSC_NUMERATOR, None, tsc.numerator, Why::TscRatio)?;
        writer.put(&field::CRYSTAL, None, tsc.crystal, Why::TscRatio)?;
    }
    if let Some(frequencies) = machine.identity.frequencies {
        let fields = [
            (&field::BASE_FREQUENCY, "base"),
            (&field::MAX_FREQUENCY, "max"),
            (&field::BUS_FREQUENCY, "bus"),
        ];
        for ((field, key), mhz) in fields.into_iter().zip(frequencies) {
            writer.put(field, None, mhz, Why::Frequency(key))?;
        }
    }
    Ok(())
}
