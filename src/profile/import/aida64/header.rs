//! Where a CPU's part of a report begins.

use crate::profile::import::text::decimal;

/// What a line says of the lines behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// They are of this CPU.
    Cpu(u32),
    /// They are of the next CPU, whose number the line does not tell.
    Next,
    /// They are of a CPU, whose number cannot be read.
    NoCpu,
    /// They are of something else.
    Other,
}

/// Reads a line: `None` if it is no header.
pub(super) fn header(text: &str) -> Option<Header> {
    let text = text.trim();
    if let Some(title) = title(text) {
        return Some(titled(title));
    }
    // CPU#000 AffMask: 0x0000000000000001
    if let Some(rest) = text.strip_prefix("CPU#")
        && let Some((number, _)) = rest.split_once("AffMask:")
    {
        return Some(decimal(number.trim()).map_or(Header::NoCpu, Header::Cpu));
    }
    // CPUID Registers (CPU #1):
    if text.starts_with("CPUID Registers (CPU #") {
        return Some(titled(text.trim_end_matches(':')));
    }
    // Group: 0x00 Affinity mask: 0x0000000000000001
    (text.starts_with("Group:") && text.contains("Affinity mask:")).then_some(Header::Next)
}

/// The words of a rule: `------[ CPUID Registers / Logical CPU #0 ]------`.
fn title(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("--")?.trim_start_matches('-').strip_prefix('[')?;
    let (title, rule) = inside.rsplit_once(']')?;
    (rule.len() >= 2 && rule.bytes().all(|byte| byte == b'-')).then(|| title.trim())
}

fn titled(title: &str) -> Header {
    let own = title.strip_prefix("CPUID Registers").map(|rest| rest.trim_start_matches([' ', '/']));
    let named = own.unwrap_or(title);
    if let Some(number) = named.strip_prefix("Logical CPU #") {
        return decimal(number.trim()).map_or(Header::NoCpu, Header::Cpu);
    }
    if own.is_some()
        && let Some(number) = named.strip_prefix("(CPU #")
    {
        // This form counts from 1.
        let number = number.strip_suffix(')').and_then(|number| decimal(number.trim()));
        return number.and_then(|number| number.checked_sub(1)).map_or(Header::NoCpu, Header::Cpu);
    }
    Header::Other
}
