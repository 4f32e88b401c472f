//! Directories of hwloc's `hwloc-gather-cpuid`: `pu0`… with lines `mask eax ebx ecx edx => eax ebx ecx edx`.

use std::fs;
use std::path::Path;

use super::{Answer, hex};

/// Every CPU of the directory, by number.
pub fn read(directory: &Path) -> Vec<Vec<Answer>> {
    (0..)
        .map(|pu| directory.join(format!("pu{pu}")))
        .take_while(|path| path.exists())
        .map(|path| parse(&fs::read_to_string(path).expect("readable")))
        .collect()
}

/// One CPU. Bits 0 to 3 of the mask say which of the inputs EAX to EDX must match.
fn parse(text: &str) -> Vec<Answer> {
    let line = |line: &str| {
        let (input, output) = line.split_once("=>")?;
        let input: Vec<u32> = input.split_whitespace().map(hex).collect();
        let output: Vec<u32> = output.split_whitespace().map(hex).collect();
        let &[mask, leaf, _, subleaf, _] = input.as_slice() else { return None };
        Some((leaf, (mask & 4 != 0).then_some(subleaf), output.try_into().ok()?))
    };
    text.lines().filter(|text| !text.starts_with('#')).filter_map(line).collect()
}
