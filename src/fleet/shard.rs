//! A part of the work, so that several machines share it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most shards: more would have no cell each.
const MOST: usize = 100_000;

/// The K-th of N shards, K from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// All there is.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Its number, from 1.
    #[must_use]
    pub const fn number(self) -> usize {
        self.number
    }

    /// How many shards there are.
    #[must_use]
    pub const fn of(self) -> usize {
        self.of
    }

    /// Whether the answer on a spec and a group of hosts, both counted from 0, is this shard's: each takes every
    /// N-th, row by row, and rows begin one further each, so that no shard has one kind of host alone.
    #[must_use]
    pub const fn has(self, spec: usize, group: usize, groups: usize) -> bool {
        let cell = spec.wrapping_mul(groups).wrapping_add(group);
        let turn = if groups.is_multiple_of(self.of) { spec } else { 0 };
        cell.wrapping_add(turn) % self.of == self.number - 1
    }
}

/// Written `2/5`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((number, of)) if 1 <= number && number <= of && of <= MOST => Ok(Self { number, of }),
            _ => Err(format!("a shard is K/N, such as 2/5, with K from 1 to N and N up to {MOST}")),
        }
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_of_one_shard_and_shards_are_even() {
        for (specs, groups, of) in [(7, 3, 2), (10, 4, 4), (5, 12, 6), (3, 50, 7), (1, 1, 3)] {
            let shards: Vec<Shard> = (1..=of).map(|k| format!("{k}/{of}").parse().unwrap()).collect();
            let mut counts = vec![0; of];
            for spec in 0..specs {
                for group in 0..groups {
                    let owners: Vec<_> = (0..of).filter(|k| shards[*k].has(spec, group, groups)).collect();
                    assert_eq!(owners.len(), 1, "{specs} × {groups} in {of}: {spec}, {group}");
                    counts[owners[0]] += 1;
                }
            }
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(most - least <= 1, "{specs} × {groups} in {of}: {counts:?}");
        }
    }

    #[test]
    fn a_shard_does_not_get_one_kind_of_host_alone() {
        let shard: Shard = "1/4".parse().unwrap();
        let groups: std::collections::BTreeSet<_> =
            (0..8).flat_map(|spec| (0..4).filter(move |group| shard.has(spec, *group, 4))).collect();
        assert_eq!(groups.len(), 4);
    }

    #[test]
    fn numbers_are_from_one_to_the_last() {
        assert_eq!("3/3".parse::<Shard>().map(|shard| (shard.number(), shard.of())), Ok((3, 3)));
        for wrong in
            ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/2/3", "a/b", "1/100001", "1/99999999999999999999"]
        {
            assert!(wrong.parse::<Shard>().unwrap_err().contains("K/N"), "{wrong}");
        }
    }
}
