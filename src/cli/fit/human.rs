//! The result for people: a table while it fits the terminal, else a list; and lines for `grep`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::diag::render::{Style, hang};
use crate::fleet::{Answer, Cell, Fit, Group, SpecRow, counted};
use crate::source::printable;

/// How an answer is said: in a cell, in a narrow cell, in a list; and its colour.
struct Words {
    cell: &'static str,
    narrow: &'static str,
    list: &'static str,
    colour: &'static str,
}

const fn words(answer: Answer) -> Words {
    let (cell, narrow, list, colour) = match answer {
        Answer::Fits => ("fits", "+", "fits", "32"),
        Answer::FitsWithWarnings => ("warns", "!", "fits with warnings", "33"),
        Answer::DoesNotFit => ("no", "-", "does not fit", "31"),
        Answer::Undecided => ("?", "?", "undecided", "35"),
    };
    Words { cell, narrow, list, colour }
}

/// How wide a cell is, with the gap before it.
#[derive(Clone, Copy)]
enum Cells {
    /// Words.
    Wide,
    /// One character, in as many columns as the last group's number needs.
    Narrow(usize),
}

impl Cells {
    const fn width(self) -> usize {
        match self {
            Self::Wide => 7,
            Self::Narrow(digits) => digits + 1,
        }
    }

    const fn word(self, answer: Answer) -> &'static str {
        match self {
            Self::Wide => words(answer).cell,
            Self::Narrow(_) => words(answer).narrow,
        }
    }
}

const ANSWERS: [Answer; 4] = [Answer::Fits, Answer::FitsWithWarnings, Answer::DoesNotFit, Answer::Undecided];

/// The kinds of hosts, the table or list of answers, and why specs do not fit.
pub fn text(fit: &Fit, style: Style) -> String {
    let mut out = String::new();
    for group in &fit.groups {
        out += &hang(&format!("{:>3}  ", group.group), &line(group), style.width);
    }
    if !fit.groups.is_empty() {
        out.push('\n');
    }
    let longest = fit.specs.iter().map(|row| printable(&row.spec).chars().count()).max().unwrap_or(0);
    let digits = fit.groups.len().to_string().len();
    let fitting = [Cells::Wide, Cells::Narrow(digits)]
        .into_iter()
        .find(|cells| longest + 1 + cells.width() * fit.groups.len().max(1) <= style.width);
    match fitting {
        Some(cells) => table(fit, longest, cells, style, &mut out),
        None => list(fit, style, &mut out),
    }
    reasons(fit, style, &mut out);
    out
}

fn line(group: &Group) -> String {
    let first = group.hosts.first().map_or("", String::as_str);
    let more = match group.count.saturating_sub(1) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("{}: {}: {}{more}", counted(group.count, "host"), group.what, printable(first))
}

fn painted(text: &str, colour: &str, style: Style) -> String {
    if style.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn table(fit: &Fit, longest: usize, cells: Cells, style: Style, out: &mut String) {
    // What is written from here on goes to a String, which cannot fail.
    let width = cells.width();
    let right = |text: &str| format!("{text:>width$}");
    let numbers: String = fit.groups.iter().map(|group| right(&group.group.to_string())).collect();
    let _ = writeln!(out, "{:longest$}{numbers}", "");
    let mut used = Vec::new();
    for row in &fit.specs {
        let mut line = format!("{:<longest$}", printable(&row.spec));
        if row.broken.is_some() {
            line += "  broken";
        }
        for cell in &row.cells {
            let word = cells.word(cell.verdict);
            // The colour has no width.
            line += &right(word).replacen(word, &painted(word, words(cell.verdict).colour, style), 1);
            used.push(cell.verdict);
        }
        let _ = writeln!(out, "{line}");
    }
    let is_plain = |answer: &Answer| cells.word(*answer) == words(*answer).list;
    let legend: Vec<String> = ANSWERS
        .into_iter()
        .filter(|answer| used.contains(answer) && !is_plain(answer))
        .map(|answer| format!("{}: {}", cells.word(answer), words(answer).list))
        .collect();
    if !legend.is_empty() {
        let _ = writeln!(out, "\n{}", legend.join("; "));
    }
}

fn list(fit: &Fit, style: Style, out: &mut String) {
    for row in &fit.specs {
        let _ = writeln!(out, "{}", printable(&row.spec));
        if row.broken.is_some() {
            out.push_str("  broken\n");
        }
        for answer in ANSWERS {
            let groups: Vec<usize> =
                row.cells.iter().filter(|cell| cell.verdict == answer).map(|cell| cell.group).collect();
            if !groups.is_empty() {
                let Words { list: word, colour, .. } = words(answer);
                // Folded without the colour, which has no width.
                let folded = hang(&format!("  {word:<20}"), &ranges(&groups), style.width);
                out.push_str(&folded.replacen(word, &painted(word, colour, style), 1));
            }
        }
    }
}

/// For each spec that does not fit, or is undecided, each reason with the groups that it holds for.
fn reasons(fit: &Fit, style: Style, out: &mut String) {
    for row in &fit.specs {
        let found = by_reason(row);
        if !found.is_empty() {
            let _ = writeln!(out, "\n{}", printable(&row.spec));
        }
        for ((answer, reason), groups) in found {
            let head = format!("{} {}: ", words(answer).list, ranges(&groups));
            let text = match reason {
                Some((rule, message)) => format!("{rule}: {}", printable(message)),
                None => String::new(),
            };
            out.push_str(&hang("  ", &format!("{head}{text}"), style.width));
        }
    }
}

type Why<'a> = (Answer, Option<(&'a str, &'a str)>);

/// The groups of each reason, by the first.
fn by_reason(row: &SpecRow) -> Vec<(Why<'_>, Vec<usize>)> {
    let mut found: BTreeMap<Why<'_>, Vec<usize>> = BTreeMap::new();
    for cell in row.cells.iter().filter(|cell| !cell.verdict.is_fit()) {
        found.entry((cell.verdict, why(cell))).or_default().push(cell.group);
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, groups)| groups.first().copied());
    found
}

fn why(cell: &Cell) -> Option<(&str, &str)> {
    cell.reason.as_ref().map(|reason| (reason.rule.as_str(), reason.message.as_str()))
}

/// `1-3, 7`.
fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let run = |(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// One line for each spec and kind of host.
pub fn concise(fit: &Fit) -> String {
    let mut out = String::new();
    for row in &fit.specs {
        for cell in &row.cells {
            let group = fit.groups.iter().find(|group| group.group == cell.group);
            let first = group.and_then(|group| group.hosts.first()).map_or("", String::as_str);
            let count = group.map_or(0, |group| group.count);
            let _ =
                write!(out, "{}: {} ({}): ", printable(&row.spec), printable(first), counted(count, "host"));
            out.push_str(words(cell.verdict).list);
            if let Some((rule, message)) = why(cell) {
                let _ = write!(out, ": {rule}: {}", printable(message));
            }
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[1, 2, 4, 5, 6, 9]), "1, 2, 4-6, 9");
    }
}
