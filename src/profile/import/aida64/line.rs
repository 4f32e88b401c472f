//! One entry of a report.

use crate::cpuid::Registers;
use crate::profile::import::text::hex;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// What CPUID answers; the subleaf where the line tells it.
    Entry {
        /// EAX.
        leaf: u32,
        /// ECX.
        subleaf: Option<u32>,
        /// EAX to EDX.
        words: Registers,
    },
    /// It begins as an entry does, and does not go on as one.
    Broken,
    /// Any other text.
    Other,
}

/// The length of `00000000-00000000-00000000-00000000`.
const WORDS: usize = 35;

/// Reads `CPUID LEAF: EAX-EBX-ECX-EDX [SL 00] [comment]`: the colon may be missing, have space before it, or be
/// a tab; the dashes may be spaces.
pub(super) fn line(text: &str) -> Line {
    let Some(rest) = text.trim_start().strip_prefix("CPUID") else { return Line::Other };
    if !rest.starts_with([' ', '\t']) {
        return Line::Other;
    }
    let rest = rest.trim();
    let end = rest.find([' ', '\t', ':']).unwrap_or(rest.len());
    let (leaf, behind) = rest.split_at(end);
    let behind = behind.trim_start();
    let values = behind.strip_prefix(':').unwrap_or(behind).trim_start();
    let leaf = if leaf.len() == 8 { hex(leaf) } else { None };
    match leaf.and_then(|leaf| entry(leaf, values)) {
        Some(entry) => entry,
        None if (leaf.is_some() && (behind.starts_with(':') || values.contains('-')))
            || has_words(values) =>
        {
            Line::Broken
        }
        None => Line::Other,
    }
}

fn entry(leaf: u32, values: &str) -> Option<Line> {
    let (words, comments) = values.split_at_checked(WORDS)?;
    if !comments.is_empty() && !comments.starts_with([' ', '\t', '[']) {
        return None;
    }
    let words: Vec<u32> =
        words.split(['-', ' ']).map(|word| hex(word).filter(|_| word.len() == 8)).collect::<Option<_>>()?;
    let words: [u32; 4] = words.try_into().ok()?;
    let subleaf = match comments.split_once("[SL ") {
        Some((_, comment)) => Some(hex(comment.split_once(']')?.0.trim())?),
        None => None,
    };
    Some(Line::Entry { leaf, subleaf, words: words.into() })
}

/// Whether the text begins with something of the length of four words with dashes between: then it was meant as
/// an entry.
fn has_words(values: &str) -> bool {
    let mut parts = values.split('-').map(str::len);
    let (_, second, third) = (parts.next(), parts.next(), parts.next());
    second == Some(8) && third == Some(8)
}
