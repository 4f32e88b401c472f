//! The leaves that a processor has, no more and no less.

use std::collections::HashMap;

use super::{FaultKind, Found, View};
use crate::decode::{Answers, Cpu, FindingKind, LEAF_1F, LEAF_26, LEAF_B, Registers};
use crate::diag::Severity::{Error, Warning};

/// Leaf 4 and its AMD namesake: caches.
const CACHE_LEAVES: [u32; 2] = [0x4, 0x8000_001d];

/// The topology leaves.
const ROW_LEAVES: [u32; 3] = [LEAF_B, LEAF_1F, LEAF_26];

/// The most entries of a list; topoc's own capture and the decoder stop here, and no processor comes near.
const ENDLESS: usize = 32;

pub(super) fn check(view: &View<'_>, found: &mut Found) {
    for (number, answers, cpu) in view.each() {
        for leaf in missing(answers, cpu) {
            let maximum = if leaf < 0x8000_0000 { answers.max_basic() } else { answers.max_extended() };
            found.say(
                FaultKind::LeafMissing,
                Warning,
                [number],
                format!("the maximum leaf is {maximum:X}H, but CPUID.(EAX={leaf:02X}H) is absent or zeros"),
                "the capturing program may not know the leaf, or a hypervisor hides it: what it says is taken from \
                 older leaves, or not known",
            );
        }
        for message in holes(answers) {
            found.say(
                FaultKind::SubleafMissing,
                Warning,
                [number],
                message,
                "the capturing program may have read subleaf 0 alone, or left out what it did not know: capture again, \
                 or with another program",
            );
        }
        for leaf in endless(cpu) {
            found.say(
                FaultKind::ListEndless,
                Error,
                [number],
                format!("CPUID.(EAX={leaf:02X}H) has {ENDLESS} valid subleaves and more, and no end"),
                "the capture repeats a subleaf, or the hypervisor ignores ECX: capture again with another program",
            );
        }
        let aliases: Vec<String> = aliases(answers).into_iter().map(|leaf| format!("{leaf:X}H")).collect();
        if !aliases.is_empty() {
            found.say(
                FaultKind::LeafAliased,
                Warning,
                [number],
                format!(
                    "leaves beyond the maximum repeat the highest basic leaf, {:02X}H: {}",
                    answers.max_basic(),
                    aliases.join(", ")
                ),
                "Intel answers so where there is no leaf: they say nothing, and can be left out",
            );
        }
    }
    rows(view, found);
}

/// Leaves that such a processor has, and the capture has not.
fn missing(answers: &Answers, cpu: &Cpu) -> Vec<u32> {
    let (basic, extended) = (answers.max_basic(), answers.max_extended());
    let amd = cpu.vendor.is_amd_like();
    let topoext = cpu.node.is_some();
    let xsave = answers.get(1, 0)[2] >> 26 & 1 == 1;
    let expected = [
        (0x1, true),
        (0x4, !amd && basic >= 0x4),
        (LEAF_B, !amd && basic >= LEAF_B),
        (0xd, xsave && basic >= 0xd),
        (LEAF_1F, !amd && basic >= LEAF_1F),
        (0x8000_001d, topoext),
        (LEAF_26, amd && extended >= LEAF_26),
    ];
    let is_empty = |leaf| match leaf {
        LEAF_B | LEAF_1F | LEAF_26 => cpu.rows_of(leaf).next().is_none(),
        _ => answers.get(leaf, 0) == [0; 4],
    };
    expected
        .into_iter()
        .filter(|(leaf, is_expected)| *is_expected && is_empty(*leaf))
        .map(|(leaf, _)| leaf)
        .collect()
}

/// Subleaves that their leaf promises and the table lacks, in words.
fn holes(answers: &Answers) -> Vec<String> {
    let mut holes = Vec::new();
    let has_xsave = answers.get(1, 0)[2] >> 26 & 1 == 1;
    if answers.max_basic() >= 0x7 {
        let [last, ..] = answers.get(0x7, 0);
        let absent: Vec<u32> = (1..=last.min(63)).filter(|subleaf| !answers.has(0x7, *subleaf)).collect();
        if !absent.is_empty() {
            let promise = format!("CPUID.(EAX=07H,ECX=0):EAX is {last}");
            holes.push(format!("{promise}, but {} absent", subleaf_words(&absent)));
        }
    }
    for leaf in CACHE_LEAVES {
        let is_valid = |subleaf| is_cache(answers.get(leaf, subleaf));
        let caches = answers.entries().iter().filter(|entry| entry.leaf == leaf && is_cache(entry.registers));
        let last = caches.filter_map(|entry| entry.subleaf).max();
        let first = last.and_then(|last| (0..last.min(64)).find(|subleaf| !is_valid(*subleaf)));
        if let (Some(first), Some(last)) = (first, last) {
            let at = |subleaf| format!("CPUID.(EAX={leaf:02X}H,ECX={subleaf})");
            holes.push(format!("{} is a cache, but {} before it is absent or none", at(last), at(first)));
        }
    }
    // State components that XCR0 (subleaf 0) or IA32_XSS (subleaf 1) can enable have a size (SDM Vol. 2A, leaf 0DH).
    if answers.max_basic() >= 0xd && has_xsave {
        let [user, _, _, user_high] = answers.get(0xd, 0);
        let [_, _, system, system_high] = answers.get(0xd, 1);
        let word = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        for (bits, at) in
            [(word(user, user_high), "ECX=0):EDX:EAX"), (word(system, system_high), "ECX=1):EDX:ECX")]
        {
            let absent: Vec<u32> =
                (2..63).filter(|c| bits >> c & 1 == 1 && answers.get(0xd, *c)[0] == 0).collect();
            if !absent.is_empty() {
                let promise = format!("CPUID.(EAX=0DH,{at} is {bits:#x}");
                holes.push(format!("{promise}, but {} absent or without a size", subleaf_words(&absent)));
            }
        }
    }
    holes
}

/// `subleaf 5 is`, `subleaves 5, 6 are`.
fn subleaf_words(subleaves: &[u32]) -> String {
    let (word, verb) = if subleaves.len() == 1 { ("subleaf", "is") } else { ("subleaves", "are") };
    let list: Vec<String> = subleaves.iter().map(u32::to_string).collect();
    format!("{word} {} {verb}", list.join(", "))
}

/// Whether a subleaf of leaf 4 or 8000001DH has a cache: any type but 0.
const fn is_cache([eax, ..]: Registers) -> bool {
    eax & 0x1f != 0
}

/// Lists whose subleaves are all valid as far as anyone reads.
pub(super) fn endless(cpu: &Cpu) -> Vec<u32> {
    let caches = |leaf: &u32| cpu.caches.iter().filter(|cache| cache.leaf == *leaf).count();
    let long_caches = CACHE_LEAVES.into_iter().filter(|leaf| caches(leaf) >= ENDLESS);
    let long_rows = ROW_LEAVES.into_iter().filter(|leaf| cpu.rows_of(*leaf).count() >= ENDLESS);
    long_caches.chain(long_rows).collect()
}

/// Leaves beyond the maximum of their range that answer as the highest basic leaf does, which is how Intel's
/// processors answer where there is no leaf (SDM Vol. 2A, CPUID).
pub(super) fn aliases(answers: &Answers) -> Vec<u32> {
    let maxima = Maxima::new(answers);
    let of_highest = answers.entries().iter().filter(|entry| entry.leaf == maxima.basic);
    let highest: HashMap<u32, Registers> =
        of_highest.map(|entry| (entry.subleaf.unwrap_or(0), entry.registers)).collect();
    let mut aliases: Vec<u32> = answers
        .entries()
        .iter()
        .filter(|entry| maxima.end_before(entry.leaf) && entry.registers != [0; 4])
        .filter(|entry| highest.get(&entry.subleaf.unwrap_or(0)) == Some(&entry.registers))
        .map(|entry| entry.leaf)
        .collect();
    aliases.dedup();
    aliases
}

/// The last leaf of each range: basic, AMD's, Transmeta's and Centaur's.
struct Maxima {
    basic: u32,
    extended: u32,
    transmeta: u32,
    centaur: u32,
}

impl Maxima {
    fn new(answers: &Answers) -> Self {
        let own = |base: u32| {
            let [maximum, ..] = answers.get(base, 0);
            if maximum >> 16 == base >> 16 { maximum } else { 0 }
        };
        Self {
            basic: answers.max_basic(),
            extended: answers.max_extended(),
            transmeta: own(0x8086_0000),
            centaur: own(0xc000_0000),
        }
    }

    /// Whether no range reaches a leaf. The hypervisor's, whose maximum may be of any of its parts, always does.
    const fn end_before(&self, leaf: u32) -> bool {
        match leaf {
            0..0x2000_0000 => leaf > self.basic,
            0x4000_0000..0x5000_0000 => false,
            0x8000_0000..0x8001_0000 => leaf > self.extended,
            0x8086_0000..0x8087_0000 => leaf > self.transmeta,
            0xc000_0000..0xc001_0000 => leaf > self.centaur,
            _ => true,
        }
    }
}

/// Rows that the topology leaves must have, by the decoder.
fn rows(view: &View<'_>, found: &mut Found) {
    let told = view.machine.findings.iter();
    for finding in told.filter(|f| matches!(f.kind, FindingKind::RowMissing | FindingKind::RowUnreachable)) {
        found.say(
            FaultKind::SubleafMissing,
            Warning,
            finding.cpus.as_slice().iter().filter_map(|at| view.number(*at)),
            finding.message.clone(),
            "the capturing program may have read subleaf 0 alone: capture again, or with another program",
        );
    }
}
