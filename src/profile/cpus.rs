//! CPU lists in the kernel's notation, as `/sys/devices/system/cpu/online` writes them.

use std::fmt::Write as _;

use crate::spec::CpuList;

/// Every CPU's number lies below it: more than any Linux kernel is built for (`CONFIG_NR_CPUS` ends
/// at 8192). A list beyond it is a mistake, and refusing it keeps every walk over a list short.
const END: u32 = 65_536;

/// Reads `0-3,8`, `0-31:2` or nothing at all, which is no CPU.
pub(super) fn parse(text: &str) -> Result<CpuList, String> {
    let odd = |part: &str| format!("`{}` is no CPU list such as `0-3,8-11`", part.escape_debug());
    let mut ranges = Vec::new();
    let text = text.trim();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let (span, stride) = part.split_once(':').unwrap_or((part, "1"));
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let number = |digits: &str| {
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(odd(part));
            }
            digits.parse::<u32>().map_err(|_| odd(part))
        };
        let (first, last, stride) = (number(first)?, number(last)?, number(stride)?);
        if first > last || stride == 0 {
            return Err(odd(part));
        }
        if last >= END {
            return Err(format!("CPU {last} lies beyond {}, the last that a profile may have", END - 1));
        }
        ranges.push((first, last, stride));
    }
    let list = CpuList { ranges };
    if count(&list) > END.into() {
        return Err(format!("{} CPUs are more than the {END} that a profile may have", count(&list)));
    }
    Ok(list)
}

/// Writes what [`parse`] reads.
pub(super) fn display(list: &CpuList) -> String {
    let mut text = String::new();
    for (first, last, stride) in &list.ranges {
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = match (first == last, stride) {
            (true, _) => write!(text, "{comma}{first}"),
            (false, 1) => write!(text, "{comma}{first}-{last}"),
            (false, _) => write!(text, "{comma}{first}-{last}:{stride}"),
        };
    }
    text
}

/// How many CPUs the list names; one that stands twice counts twice.
pub(super) fn count(list: &CpuList) -> u64 {
    let of = |(first, last, stride): &(u32, u32, u32)| u64::from((last - first) / stride) + 1;
    list.ranges.iter().map(of).fold(0, u64::saturating_add)
}

/// The CPUs, in the order of the list.
pub(super) fn iter(list: &CpuList) -> impl Iterator<Item = u32> {
    list.ranges.iter().flat_map(|(first, last, stride)| {
        (*first..=*last).step_by(usize::try_from(*stride).unwrap_or(usize::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_round_trip() {
        for text in ["", "0", "0-3,8-11", "0-31:2,40"] {
            assert_eq!(display(&parse(text).unwrap()), text);
        }
        let list = parse("0-4:2,7").unwrap();
        assert_eq!((count(&list), iter(&list).collect::<Vec<_>>()), (4, vec![0, 2, 4, 7]));
    }

    #[test]
    fn odd_and_endless_lists_are_refused() {
        for text in ["x", "3-1", "0-", "-1", "0-3:0", "1,,2", "0-4294967295", "+1", "4294967296", "65536"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("0-65535,0").is_err());
        assert_eq!(count(&parse("0-65535").unwrap()), 65_536);
    }
}
