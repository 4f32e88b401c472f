//! AIDA64's text: `CPUID 00000004: 0C004121-… [SL 01] [comment]` under `------[ Logical CPU #n ]------`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::{Answer, hex, is_indexed};

/// Every CPU of the report, in its order. Latin-1, whatever the line ends.
pub fn read(path: &Path) -> Vec<Vec<Answer>> {
    let bytes = fs::read(path).expect("readable");
    parse(&bytes.into_iter().map(char::from).collect::<String>())
}

/// A CPU begins at each leaf 0.
fn parse(text: &str) -> Vec<Vec<Answer>> {
    let mut cpus: Vec<Vec<Answer>> = Vec::new();
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for (leaf, subleaf, registers) in text.lines().filter_map(line) {
        if leaf == 0 {
            cpus.push(Vec::new());
            seen.clear();
        }
        let ordinal = seen.entry(leaf).or_default();
        let subleaf = subleaf.or(is_indexed(leaf).then_some(*ordinal));
        *ordinal += 1;
        cpus.last_mut().expect("leaf 0 first").push((leaf, subleaf, registers));
    }
    cpus
}

fn line(text: &str) -> Option<Answer> {
    let rest = text.trim().strip_prefix("CPUID ")?;
    let (leaf, rest) = rest.split_at_checked(8)?;
    let values = rest.trim_start_matches([' ', '\t', ':']);
    let (registers, comment) = values.split_at_checked(35)?;
    let registers: Vec<u32> = registers.split(['-', ' ']).map(hex).collect();
    let subleaf = comment.split_once("[SL ").map(|(_, after)| hex(&after[..2]));
    Some((hex(leaf), subleaf, registers.try_into().ok()?))
}
