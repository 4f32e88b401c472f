//! What was decoded, as text. Pure functions: nothing here prints.

mod layout;
mod tree;

use std::collections::HashMap;
use std::fmt::Write;

use super::answers::Answers;
use super::fields::{LeafView, describe};
use super::finding::Finding;
use super::names::Names;

pub use tree::{host, tree};

/// Findings of one kind that are shown in full; the rest are counted.
const SHOWN_PER_KIND: usize = 3;

/// Every entry of the table: its registers, then each field in the manuals' spelling, then the set flags by name.
///
/// `CPUID.(EAX=04H,ECX=3):EAX[25:14] = 15  maximum addressable IDs sharing this cache, minus 1`
pub fn leaves(answers: &Answers) -> String {
    describe(answers).iter().map(leaf).collect()
}

fn leaf(view: &LeafView) -> String {
    let [eax, ebx, ecx, edx] = view.registers.each_ref().map(|shown| shown.trim_start_matches("0x"));
    let at = &view.coordinate;
    let mut out = format!("{at} EAX={eax} EBX={ebx} ECX={ecx} EDX={edx}\n");
    if view.is_zero {
        return out;
    }
    // Writing to a String cannot fail.
    for field in &view.fields {
        let (register, hi, lo) = (field.register.name(), field.hi, field.lo);
        let range = if hi == lo { format!("[{lo}]") } else { format!("[{hi}:{lo}]") };
        let _ = writeln!(out, "  {at}:{register}{range} = {}  {}", field.shown, field.name);
    }
    for flags in &view.flags {
        let register = flags.register.name();
        if !flags.set.is_empty() {
            let _ = writeln!(out, "  {at}:{register} = {}", flags.set.join(" "));
        }
        if !flags.unnamed.is_empty() {
            let bits: Vec<String> = flags.unnamed.iter().map(u32::to_string).collect();
            let _ = writeln!(out, "  {at}:{register} has bits without a name: {}", bits.join(", "));
        }
    }
    out
}

/// Findings, one a line: kind, sentence, CPUs under their names. Of each kind the first few; the others are counted.
pub fn findings(findings: &[Finding], names: &Names) -> String {
    let mut seen: HashMap<_, usize> = HashMap::new();
    let mut out = String::new();
    for (at, finding) in findings.iter().enumerate() {
        let count = seen.entry(finding.kind).or_default();
        *count += 1;
        if *count <= SHOWN_PER_KIND {
            let _ = write!(out, "{}: {}", finding.kind, finding.message);
            let _ = match finding.cpus.len() {
                0 => writeln!(out),
                _ => writeln!(out, " ({})", names.listed(&finding.cpus)),
            };
        }
        let is_last = findings.get(at + 1).is_none_or(|next| next.kind != finding.kind);
        if is_last && *count > SHOWN_PER_KIND {
            let _ = writeln!(out, "{}: {} more like these", finding.kind, *count - SHOWN_PER_KIND);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::FindingKind;

    #[test]
    fn three_findings_of_a_kind_are_shown_and_the_others_counted() {
        let of =
            |kind, words: &str, cpus: &[usize]| Finding::of(kind, words.to_owned(), cpus.iter().copied());
        let found = [
            of(FindingKind::Htt, "a", &[]),
            of(FindingKind::Htt, "b", &[3]),
            of(FindingKind::Htt, "c", &[0, 1, 2]),
            of(FindingKind::NcCount, "d", &[]),
            of(FindingKind::NcCount, "e", &[]),
            of(FindingKind::NcCount, "f", &[]),
            of(FindingKind::NcCount, "g", &[]),
            of(FindingKind::NcCount, "h", &[]),
        ];
        let vcpus = Names::default();
        let (htt, nc) = (FindingKind::Htt, FindingKind::NcCount);
        let expected = format!(
            "{htt}: a\n{htt}: b (vCPU 3)\n{htt}: c (vCPUs 0-2)\n{nc}: d\n{nc}: e\n{nc}: f\n{nc}: 2 more like these\n"
        );
        assert_eq!(findings(&found, &vcpus), expected);
        let more: Vec<Finding> = found.iter().rev().cloned().collect();
        assert!(
            findings(&more, &vcpus).contains(&format!("{nc}: 2 more like these\n{htt}: c (vCPUs 0-2)\n"))
        );
        assert_eq!(
            findings(&found[..7], &vcpus).lines().last(),
            Some(format!("{nc}: 1 more like these").as_str())
        );
        assert_eq!(findings(&found[..6], &vcpus).lines().count(), 6);
    }
}
