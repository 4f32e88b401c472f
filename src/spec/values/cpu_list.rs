//! Sets of CPUs in the kernel's list notation.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{ParseValueError, as_text, index};
use crate::source::quoted;

/// A set of CPUs in the kernel's list notation: `0-3,8-11`, `0-31:2`, or one integer.
///
/// Kept as ranges, so that `0-4294967295` costs nothing. Parsing and collecting give canonical
/// ranges: ascending, apart, each ending on a member, contiguous neighbours joined. Equality
/// compares ranges, so `0-4:2` and `0,2,4` are unlike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CpuList {
    /// First, last and stride of each range, in canonical form. A single CPU has stride 1.
    pub ranges: Vec<(u32, u32, u32)>,
}

impl CpuList {
    /// Every CPU of the set, ascending, without expanding it.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|&(first, last, stride)| {
            std::iter::successors(Some(first), move |cpu| cpu.checked_add(stride.max(1)))
                .take_while(move |cpu| *cpu <= last)
        })
    }

    /// How many CPUs the set has.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ranges
            .iter()
            .map(|(first, last, stride)| u64::from(last.saturating_sub(*first) / stride.max(&1)) + 1)
            .sum()
    }

    /// Whether the set has no CPU.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the set has this CPU.
    #[must_use]
    pub fn contains(&self, cpu: u32) -> bool {
        self.ranges.iter().any(|(first, last, stride)| {
            (first..=last).contains(&&cpu) && (cpu - first).is_multiple_of(*stride)
        })
    }

    /// The greatest CPU of the set.
    #[must_use]
    pub fn max(&self) -> Option<u32> {
        self.ranges.last().map(|(_, last, _)| *last)
    }

    /// Adds a range above all others: clips it to its last member and joins it to a contiguous neighbour.
    fn push(&mut self, first: u32, last: u32, stride: u32) {
        let last = last - (last - first) % stride;
        let stride = if first == last { 1 } else { stride };
        match self.ranges.last_mut() {
            Some((_, end, 1)) if stride == 1 && end.checked_add(1) == Some(first) => *end = last,
            _ => self.ranges.push((first, last, stride)),
        }
    }
}

impl FromIterator<u32> for CpuList {
    /// Collects numbers. Those that ascend cost nothing extra; others are sorted first.
    fn from_iter<I: IntoIterator<Item = u32>>(cpus: I) -> Self {
        let mut cpus: Vec<u32> = cpus.into_iter().collect();
        cpus.sort_unstable();
        cpus.dedup();
        let mut list = Self::default();
        for cpu in cpus {
            list.push(cpu, cpu, 1);
        }
        list
    }
}

impl fmt::Display for CpuList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, &(first, last, stride)) in self.ranges.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            match (last.saturating_sub(first), stride) {
                (0, _) => write!(f, "{comma}{first}")?,
                (_, 1) => write!(f, "{comma}{first}-{last}")?,
                _ => write!(f, "{comma}{first}-{last}:{stride}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for CpuList {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let mut list = Self::default();
        if text.is_empty() {
            return Ok(list);
        }
        for part in text.split(',') {
            let (first, last, stride) =
                range(part).ok_or_else(|| not_a_list(part, text)).and_then(|range| {
                    ascending(part, range, list.max()).map_err(|error| in_order(error, text))
                })?;
            list.push(first, last, stride);
        }
        Ok(list)
    }
}

/// One range: `5`, `0-3` or `0-31:2`.
fn range(part: &str) -> Option<(u32, u32, u32)> {
    let Some((first, rest)) = part.split_once('-') else {
        let only = index(part)?;
        return Some((only, only, 1));
    };
    let (last, stride) = rest.split_once(':').unwrap_or((rest, "1"));
    Some((index(first)?, index(last)?, index(stride).filter(|stride| *stride != 0)?))
}

/// The range, if it ascends and lies above what came before it.
fn ascending(
    part: &str,
    (first, last, stride): (u32, u32, u32),
    before: Option<u32>,
) -> Result<(u32, u32, u32), ParseValueError> {
    if last < first {
        return Err(ParseValueError::new(format!("`{part}` descends"))
            .help(format!("write `{}`", CpuList { ranges: vec![(last, first, stride)] })));
    }
    match before {
        Some(before) if first <= before => {
            Err(ParseValueError::new(format!("`{part}` starts at {first}, and {before} came before it"))
                .help("name each CPU once, in ascending order"))
        }
        _ => Ok((first, last, stride)),
    }
}

/// Adds the same CPUs in ascending order, where each is named once.
fn in_order(error: ParseValueError, text: &str) -> ParseValueError {
    let Some(mut ranges) = text.split(',').map(range).collect::<Option<Vec<_>>>() else { return error };
    for (first, last, stride) in &mut ranges {
        if last < first {
            // From the other end a stride counts other CPUs.
            if *stride != 1 {
                return error;
            }
            std::mem::swap(first, last);
        }
    }
    ranges.sort_unstable();
    let mut ordered = CpuList::default();
    for (first, last, stride) in ranges {
        // Ranges that overlap name a CPU twice, which may be a mistake of another kind.
        if ordered.max().is_some_and(|before| first <= before) {
            return error;
        }
        ordered.push(first, last, stride);
    }
    error.instead(format!("\"{ordered}\""))
}

/// The error for a part that is no range.
fn not_a_list(part: &str, whole: &str) -> ParseValueError {
    let message = format!("{} is not a CPU list: numbers and ranges such as `0-3,8-11`", quoted(part));
    let spaceless: String = whole.chars().filter(|c| !c.is_whitespace()).collect();
    if spaceless.len() < whole.len() && spaceless.parse::<CpuList>().is_ok() {
        return ParseValueError::new(message)
            .help(format!("write it without spaces: {}", quoted(&spaceless)))
            .instead(format!("\"{spaceless}\""));
    }
    ParseValueError::new(message)
        .help("write ranges from 0 to 4294967295 with commas between, such as `0-3,8-11`")
}

/// One CPU.
fn single(number: u64) -> Result<CpuList, ParseValueError> {
    u32::try_from(number)
        .map(|cpu| CpuList { ranges: vec![(cpu, cpu, 1)] })
        .map_err(|_| ParseValueError::new(format!("`{number}` is above 4294967295, the greatest CPU number")))
}

as_text!(CpuList, "a CPU list such as `0-3,8-11`", single);

impl JsonSchema for CpuList {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CpuList".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // One range; its parts are below 2^32, which the digits only come near to.
        const N: &str = "(0|[1-9][0-9]{0,9})";
        let range = format!("{N}(-{N}(:[1-9][0-9]{{0,9}})?)?");
        json_schema!({
            "description": "CPUs in the kernel's list notation: `0-3,8-11`, `0-31:2`, or one number.",
            "type": ["string", "integer"],
            "pattern": format!("^({range}(,{range})*)?$"),
            "minimum": 0,
            "maximum": u32::MAX,
            "examples": ["0-7", "0-3,8-11"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> CpuList {
        text.parse().unwrap()
    }

    #[test]
    fn lists_are_read_into_canonical_ranges() {
        for (text, canonical, len) in [
            ("", "", 0),
            ("5", "5", 1),
            ("0-3,8-11", "0-3,8-11", 8),
            ("0-3,4-7", "0-7", 8),
            ("0,1,2,4", "0-2,4", 4),
            ("0-31:2", "0-30:2", 16),
            ("0-1:2", "0", 1),
            ("3-3:5,4", "3-4", 2),
            ("0-4294967295", "0-4294967295", 1 << 32),
            ("0-4294967295:4294967295", "0-4294967295:4294967295", 2),
        ] {
            assert_eq!(list(text).to_string(), canonical, "{text}");
            assert_eq!(list(text).len(), len, "{text}");
            assert_eq!(list(canonical), list(text));
        }
    }

    #[test]
    fn members_are_those_of_the_ranges() {
        let odd = list("1-7:2,9-10");
        assert_eq!(odd.iter().collect::<Vec<_>>(), [1, 3, 5, 7, 9, 10]);
        assert!(
            odd.contains(5) && odd.contains(10) && !odd.contains(6) && !odd.contains(8) && !odd.contains(11)
        );
        assert_eq!(odd.max(), Some(10));
        assert_eq!(list("4294967294-4294967295").iter().count(), 2);
        assert_eq!([3, 1, 2, 9, 9].into_iter().collect::<CpuList>(), list("1-3,9"));
        assert_eq!(CpuList::default().max(), None);
    }

    #[test]
    fn what_is_no_list_says_so() {
        for (text, message) in [
            ("7-0", "`7-0` descends"),
            ("0-3,2-5", "`2-5` starts at 2, and 3 came before it"),
            ("4,4", "`4` starts at 4, and 4 came before it"),
            ("a", "`a` is not a CPU list: numbers and ranges such as `0-3,8-11`"),
            ("0-3,", "`` is not a CPU list: numbers and ranges such as `0-3,8-11`"),
            ("0-3:0", "`0-3:0` is not a CPU list: numbers and ranges such as `0-3,8-11`"),
            ("0-4294967296", "`0-4294967296` is not a CPU list: numbers and ranges such as `0-3,8-11`"),
            ("01", "`01` is not a CPU list: numbers and ranges such as `0-3,8-11`"),
        ] {
            assert_eq!(text.parse::<CpuList>().unwrap_err().message, message);
        }
        let instead = |text: &str| text.parse::<CpuList>().unwrap_err().instead;
        assert_eq!(instead("8-11,3-0").as_deref(), Some("\"0-3,8-11\""));
        assert_eq!((instead("4,4"), instead("0-3,2-5"), instead("7-0:2")), (None, None, None));
        let spaced = "0-3, 8-11".parse::<CpuList>().unwrap_err();
        assert_eq!(spaced.help.as_deref(), Some("write it without spaces: `0-3,8-11`"));
    }
}
