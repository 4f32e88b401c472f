//! jcurl's XML: `<register eax="00000004" ecx="00000001">A,B,C,D</register>` in one `<processor>` per CPU.

use std::fs;
use std::path::Path;

use super::{Answer, hex, is_indexed};

/// Every CPU of the file, in its order.
pub fn read(path: &Path) -> Vec<Vec<Answer>> {
    let text = fs::read_to_string(path).expect("readable");
    text.split("<processor>").skip(1).map(|cpu| cpu.lines().filter_map(line).collect()).collect()
}

fn line(text: &str) -> Option<Answer> {
    let rest = text.trim().strip_prefix("<register eax=\"")?;
    let (leaf, rest) = rest.split_once("\" ecx=\"")?;
    let (subleaf, rest) = rest.split_once("\">")?;
    let registers: Vec<u32> = rest.strip_suffix("</register>")?.split(',').map(hex).collect();
    let leaf = hex(leaf);
    Some((leaf, is_indexed(leaf).then_some(hex(subleaf)), registers.try_into().ok()?))
}
