//! Sets of vCPU indices, written as Linux cpulists.

use std::fmt;

use serde::{Serialize, Serializer};

/// Ascending vCPU indices without repetition. Shown and serialised as a cpulist: `0-3,8`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuSet(Vec<usize>);

impl CpuSet {
    /// The indices, ascending.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<usize> for CpuSet {
    fn from_iter<I: IntoIterator<Item = usize>>(indices: I) -> CpuSet {
        let mut indices: Vec<usize> = indices.into_iter().collect();
        indices.sort_unstable();
        indices.dedup();
        CpuSet(indices)
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        while let Some((&first, _)) = rest.split_first() {
            let run = rest.iter().zip(first..).take_while(|&(&index, expected)| index == expected).count();
            if rest.len() < self.0.len() {
                f.write_str(",")?;
            }
            match run {
                1 => write!(f, "{first}")?,
                _ => write!(f, "{first}-{}", first + run - 1)?,
            }
            rest = &rest[run..];
        }
        Ok(())
    }
}

impl Serialize for CpuSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpulists() {
        let shown = |indices: &[usize]| indices.iter().copied().collect::<CpuSet>().to_string();
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&[5]), "5");
        assert_eq!(shown(&[3, 0, 1, 2, 8, 10, 11, 3]), "0-3,8,10-11");
        let set: CpuSet = [7, 3, 7].into_iter().collect();
        assert_eq!((set.len(), set.is_empty(), set.as_slice()), (2, false, [3, 7].as_slice()));
        assert!(CpuSet::from_iter([]).is_empty());
    }
}
