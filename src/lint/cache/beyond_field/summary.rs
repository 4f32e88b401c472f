//! The part of `cache::beyond_field` on AMD's processors that have 80000005H and 80000006H alone: what no
//! field of theirs can say.

use super::MOST_L1_WAYS;
use crate::diag::{Diagnostic, Severity};
use crate::lint::value;
use crate::topology::{Cache, CacheKind};

/// The ways that 80000006H has a code for. Source: APM Vol. 3, `Fn8000_0006_ECX`.
const CODED: [u32; 12] = [1, 2, 3, 4, 6, 8, 16, 32, 48, 64, 96, 128];

/// What of a cache the fields cannot say, the first of it.
pub(super) fn check(cache: &Cache) -> Option<Diagnostic> {
    // Register, unit and units of the size.
    let (register, unit, most): (&str, u64, u64) = match (cache.level, cache.kind) {
        (1, CacheKind::Data) => ("80000005H:ECX", 1 << 10, 0xff),
        (1, _) => ("80000005H:EDX", 1 << 10, 0xff),
        (2, _) => ("80000006H:ECX", 1 << 10, 0xffff),
        _ => ("80000006H:EDX", 512 << 10, 0x3fff),
    };
    let key = cache.key()?;
    let (property, found, limit) = if !cache.size().is_multiple_of(unit) || cache.size() > most * unit {
        ("size", format!("{} bytes", cache.size()), format!("counts {most} times {}KiB at most", unit >> 10))
    } else if cache.line > 0xff {
        ("line", cache.line.to_string(), "holds 1 to 255".to_owned())
    } else if cache.level > 1 && !CODED.contains(&cache.ways) {
        ("ways", cache.ways.to_string(), "has no code for it".to_owned())
    } else if cache.level == 1 && cache.ways > MOST_L1_WAYS && cache.sets == 1 {
        ("ways", cache.ways.to_string(), "says FFH and not how many".to_owned())
    } else {
        return None;
    };
    Some(
        Diagnostic::new(
            super::NAME,
            Severity::Error,
            format!("`{key}` has a {property} of {found}, CPUID.{register} {limit}, and this processor has no 8000001DH"),
        )
        .label(value(&format!("caches.{key}.{property}")), "stands in no field of this processor")
        .help(match property {
            "size" => "write a multiple of that".to_owned(),
            "line" => "write `line: 64`".to_owned(),
            _ if cache.level == 1 => "write `ways: 8`, or what it is to be".to_owned(),
            _ => "write 1, 2, 3, 4, 6, 8, 16, 32, 48, 64, 96 or 128 `ways`".to_owned(),
        }),
    )
}
