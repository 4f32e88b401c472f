//! What the CPUs of a machine are called: vCPUs by index, or a host's by its kernel's numbers.

use std::fmt;

use super::set::CpuSet;

/// The names of a machine's CPUs. Everything within a [`Machine`](super::Machine) counts by index; these are for what
/// people and programs read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The number of each CPU by index; `None` for vCPUs, whose number is their index.
    numbers: Option<Vec<usize>>,
}

impl Names {
    /// Those of a host's CPUs: the kernel's number of each, by index.
    pub fn of_host(numbers: impl IntoIterator<Item = u32>) -> Names {
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Names { numbers: Some(numbers.into_iter().map(number).collect()) }
    }

    /// `vCPU` or `CPU`.
    pub fn word(&self) -> &'static str {
        if self.is_host() { "CPU" } else { "vCPU" }
    }

    /// Whether these are the CPUs of a host.
    pub fn is_host(&self) -> bool {
        self.numbers.is_some()
    }

    /// The number of the CPU at an index; the index itself where there is no such CPU.
    pub fn number(&self, index: usize) -> usize {
        self.numbers.as_ref().and_then(|numbers| numbers.get(index)).copied().unwrap_or(index)
    }

    /// A set of indices as a set of numbers.
    pub fn set(&self, indices: &CpuSet) -> CpuSet {
        indices.as_slice().iter().map(|index| self.number(*index)).collect()
    }

    /// `vCPU 3`, `CPUs 0-3,8`, of a set of indices.
    pub fn listed(&self, indices: &CpuSet) -> impl fmt::Display {
        let plural = if indices.len() == 1 { "" } else { "s" };
        format!("{}{plural} {}", self.word(), self.set(indices))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_numbers_of_their_own() {
        let set: CpuSet = [0, 1, 2].into_iter().collect();
        let host = Names::of_host([4, 6, 7]);
        assert_eq!(
            (host.word(), host.number(1), host.listed(&set).to_string()),
            ("CPU", 6, "CPUs 4,6-7".to_owned())
        );
        let one: CpuSet = [2].into_iter().collect();
        assert_eq!(host.listed(&one).to_string(), "CPU 7");
        assert_eq!(Names::default().listed(&set).to_string(), "vCPUs 0-2");
    }
}
