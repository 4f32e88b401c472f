//! Whether a text may be handed to a reader that knows no bounds.

use super::dialect::Dialect;
use super::events::{What, events};
use super::report::Report;
use super::text;
use crate::source::Span;

/// Holds a text to the limits of its dialect, for a reader that neither bounds memory nor time. Such
/// a text has no aliases at all: they are what bombs are made of, and no program that writes such
/// files needs them.
///
/// # Errors
/// The first place at which the text is no YAML or beyond a limit, and what is wrong there.
pub fn check_bounds(bytes: &[u8], dialect: &Dialect) -> Result<(), (Span, String)> {
    let mut report = Report::new(dialect.at);
    let text = text::check(bytes, dialect, &mut report);
    let Some(text) = text.filter(|_| !report.has_errors()) else {
        let first = report.finish().into_iter().next();
        return Err((Span::new(0, 0), first.map(|found| found.message).unwrap_or_default()));
    };
    let limits = &dialect.limits;
    let (mut depth, mut values) = (0_usize, 0_usize);
    for event in events(&text, limits.depth) {
        let event = event.map_err(|error| {
            let message = if error.too_deep { too_deep(dialect) } else { error.message };
            (error.span, message)
        })?;
        match event.what {
            What::List { .. } | What::Map { .. } => (depth, values) = (depth + 1, values + 1),
            What::End => depth = depth.saturating_sub(1),
            What::Scalar { .. } => values += 1,
            What::Alias(_) | What::UnknownAlias(_) => {
                return Err((event.span, format!("an alias: a {} is written out in full", dialect.what)));
            }
            What::Document | What::Anchor(_) => {}
        }
        if depth > limits.depth {
            return Err((event.span, too_deep(dialect)));
        }
        if values > limits.values {
            return Err((event.span, format!("the {} has more than {} values", dialect.what, limits.values)));
        }
    }
    Ok(())
}

fn too_deep(dialect: &Dialect) -> String {
    format!("nested more than {} deep: not a {}", dialect.limits.depth, dialect.what)
}
