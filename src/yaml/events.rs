//! The only user of granit-parser: the events of a text with their places in the file.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Parser, ScalarStyle};

use super::text::Text;
use crate::source::Span;

/// Something that the text says, and where.
pub(super) struct Event<'t> {
    /// Where. A block collection's start is a point; an empty value is the point after its key.
    pub(super) span: Span,
    pub(super) what: What<'t>,
}

/// What the text says.
pub(super) enum What<'t> {
    /// A document starts.
    Document,
    /// A scalar, its text decoded.
    Scalar { text: Cow<'t, str>, plain: bool, anchor: usize, tag: Option<Span> },
    /// A list starts.
    List { anchor: usize, tag: Option<Span> },
    /// A mapping starts.
    Map { anchor: usize, tag: Option<Span> },
    /// The innermost list or mapping ends.
    End,
    /// An alias of the anchor with this number.
    Alias(usize),
    /// An alias of an anchor that was not defined before it.
    UnknownAlias(Cow<'t, str>),
    /// The name of the anchor on the node before.
    Anchor(Cow<'t, str>),
}

/// Why the text is no YAML, and where.
pub(super) struct SyntaxError {
    /// Where reading stopped.
    pub(super) span: Span,
    /// What stands there.
    pub(super) message: String,
    /// What to do about it, where that is known.
    pub(super) help: Option<&'static str>,
    /// Whether it is nested too deep, rather than malformed.
    pub(super) too_deep: bool,
}

/// The events of a text, up to the first error.
pub(super) fn events<'t>(
    text: &'t Text<'_>,
    depth: usize,
) -> impl Iterator<Item = Result<Event<'t>, SyntaxError>> {
    let options = granit_parser::options! {
        disallow_directives: true,
        // As libyaml does, so that the two parsers agree.
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
        // A depth of n is n collections; one more must reach the caller, who says where.
        flow_nesting_limit: depth + 1,
        block_nesting_limit: depth + 1,
    };
    let place = |span: &granit_parser::Span| {
        let at =
            |marker: granit_parser::Marker| text.offset + marker.byte_offset().unwrap_or(text.text.len());
        Span::new(at(span.start), at(span.end))
    };
    Parser::new_from_str_with_options(&text.text, options).filter_map(move |event| {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let (message, help) = words(error.kind());
                return Some(Err(SyntaxError {
                    span: text.point(error.marker().byte_offset().unwrap_or(text.text.len())),
                    message,
                    help,
                    too_deep: matches!(error.kind(), ErrorKind::RecursionLimitExceeded),
                }));
            }
        };
        let tag =
            |tag: Option<_>| tag.map(|_| span.tag_span().map_or_else(|| place(&span), |tag| place(&tag)));
        let what = match event {
            granit_parser::Event::DocumentStart(..) => What::Document,
            granit_parser::Event::Scalar(text, style, anchor, its_tag) => {
                What::Scalar { text, plain: style == ScalarStyle::Plain, anchor, tag: tag(its_tag.map(drop)) }
            }
            granit_parser::Event::SequenceStart(_, anchor, its_tag) => {
                What::List { anchor, tag: tag(its_tag.map(drop)) }
            }
            granit_parser::Event::MappingStart(_, anchor, its_tag) => {
                What::Map { anchor, tag: tag(its_tag.map(drop)) }
            }
            granit_parser::Event::SequenceEnd | granit_parser::Event::MappingEnd => What::End,
            granit_parser::Event::Alias(anchor) => What::Alias(anchor),
            granit_parser::Event::UnresolvedAlias(name) => What::UnknownAlias(name),
            granit_parser::Event::Anchor(_, name) => What::Anchor(name),
            _ => return None,
        };
        Some(Ok(Event { span: place(&span), what }))
    })
}

/// What a syntax error is, and what helps: in plain words for the common ones, the parser's for the rest.
fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, help) = match kind {
        ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed | ErrorKind::TabInIndentation => {
            ("a tab indents this line", "indent with spaces")
        }
        ErrorKind::UnclosedQuotedScalar => ("this quote is never closed", "close it"),
        ErrorKind::MappingValueNotAllowed => (
            "a `:` stands where no key can be",
            "align the key with its neighbours, or quote text that holds `: `",
        ),
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::UnexpectedEofFlowMapping => {
            ("`,` or `}` is missing", "close the `{` that was opened before")
        }
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => {
            ("`,` or `]` is missing", "close the `[` that was opened before")
        }
        ErrorKind::ExpectedBlockMappingKey => ("a key is missing", "align it with the keys around it"),
        ErrorKind::InvalidIndentation => {
            ("the indentation fits nothing above", "align the line with its neighbours")
        }
        ErrorKind::DirectiveDisallowed => ("lines that begin with `%` are not read", "remove the line"),
        _ => return (kind.to_string(), None),
    };
    (message.to_owned(), Some(help))
}
