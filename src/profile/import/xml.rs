//! XML within bounds: no document type, no entities but XML's own, so many bytes, elements and levels.

use roxmltree::{Document, Node, ParsingOptions};

use super::raw::File;
use super::reading::Mistakes;

/// The most bytes of a document. `virsh capabilities` of the largest machines has some megabytes.
const MOST_BYTES: usize = 16 << 20;

/// The most nodes, texts between elements included.
const MOST_NODES: u32 = 1 << 20;

/// The deepest nesting; these documents have some eight levels.
const DEEPEST: usize = 64;

/// The document; what is wrong with it is told.
pub(super) fn parse<'a>(text: &'a str, mistakes: &mut Mistakes<'_>) -> Option<Document<'a>> {
    let text = text.trim_start_matches('\u{feff}');
    if text.len() > MOST_BYTES {
        mistakes.wrong(None, format_args!("{} bytes: XML of a host has at most {MOST_BYTES}", text.len()));
        return None;
    }
    if let Some(line) = too_deep(text) {
        mistakes.wrong(Some(line), format_args!("elements nested deeper than {DEEPEST}"));
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    match Document::parse_with_options(text, options) {
        Ok(document) => Some(document),
        Err(error) => {
            let line = usize::try_from(error.pos().row).ok();
            mistakes.wrong(line, format_args!("this is no XML that can be read: {error}"));
            None
        }
    }
}

/// The file's text; that it is none is told.
pub(super) fn text<'a>(file: &File<'a>, mistakes: &mut Mistakes<'_>) -> Option<&'a str> {
    let text = std::str::from_utf8(file.bytes);
    if text.is_err() {
        mistakes.wrong(None, "the text is not UTF-8, which XML without a declaration is");
    }
    text.ok()
}

/// The line of an element that is nested too deeply, before a parser that may recurse sees it. Markup in comments and
/// attributes counts as well: the document may be refused for it, never let through.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1);
        match (byte, next) {
            (b'<', Some(b'/')) | (b'/', Some(b'>')) => depth = depth.saturating_sub(1),
            (b'<', Some(b'!' | b'?')) => {}
            (b'<', _) => depth += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Some(
                1 + bytes.get(..at).map_or(0, |before| before.iter().filter(|b| **b == b'\n').count()),
            );
        }
    }
    None
}

/// The name of the outermost element, without reading more than its beginning.
pub(super) fn root_name<'a>(file: &File<'a>) -> Option<&'a str> {
    let head = file.bytes.get(..1 << 16).unwrap_or(file.bytes);
    let mut rest = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?,
    }
    .trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            break;
        };
        rest = rest.split_once(end)?.1;
    }
    let name = rest.strip_prefix('<')?;
    let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    name.get(..end).filter(|name| !name.is_empty())
}

/// The line on which an element begins; `None` where nobody will read it.
pub(super) fn line_of(node: Node<'_, '_>, mistakes: &Mistakes<'_>) -> Option<usize> {
    if mistakes.is_full() {
        return None;
    }
    usize::try_from(node.document().text_pos_at(node.range().start).row).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::import::raw::Raw;

    fn told(text: &str) -> Vec<String> {
        let file = File { name: "x", bytes: text.as_bytes() };
        let (mut mistakes, mut raw) = (Mistakes::of(&file), Raw::default());
        parse(text, &mut mistakes);
        mistakes.into(&mut raw);
        raw.mistakes.iter().map(|m| format!("{:?} {}", m.line, m.message)).collect()
    }

    #[test]
    fn bombs_and_wells_are_refused() {
        assert!(told("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")[0].contains("no XML that can be read"));
        assert!(told("<a>&b;</a>")[0].contains("no XML that can be read"));
        let well = format!("\n{}", "<a>".repeat(1_000_000));
        assert_eq!(told(&well), ["Some(2) elements nested deeper than 64"]);
        assert_eq!(told(&format!("{}{}", "<a>".repeat(64), "</a>".repeat(64))), Vec::<String>::new());
        assert_eq!(told("<a><b/><b/></a>"), Vec::<String>::new());
    }

    #[test]
    fn the_root_is_found_behind_comments() {
        let root = |text: &'static str| root_name(&File { name: "x", bytes: text.as_bytes() });
        assert_eq!(root("<?xml version='1.0'?>\n<!-- <no> -->\n<cpudata arch='x86'>"), Some("cpudata"));
        assert_eq!(root("\u{feff}<cpu/>"), Some("cpu"));
        assert_eq!([root("cpu"), root("<!-- "), root("<cpu"), root("")], [None; 4]);
    }
}
