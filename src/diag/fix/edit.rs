//! Edits into changes of the text.

use super::page::Page;
use super::{Document, Edit, Replacement};
use crate::source::SpanIndex;

/// The changes of the text that these edits come to.
pub(super) fn replacements(edits: &[Edit], document: Document<'_>) -> Option<Vec<Replacement>> {
    let nowhere = SpanIndex::default();
    let page = Page { text: document.file.text(), spans: document.spans.unwrap_or(&nowhere) };
    let mut all = Vec::new();
    for edit in edits {
        all.extend(match edit {
            Edit::Text(span, new) => {
                page.text.get(span.start..span.end)?;
                vec![Replacement { span: *span, text: new.clone() }]
            }
            Edit::Set(path, new) => page.set(path, new)?,
            Edit::Rename(path, new) => page.rename(path, new)?,
            Edit::Remove(path) => page.remove(path)?,
            Edit::Insert(path, key, value) => page.insert(path, key, value)?,
        });
    }
    all.sort_by_key(|replacement| replacement.span);
    let apart = all.windows(2).all(|pair| {
        // Of two that come to one place, the second has to begin with what parts it from the first.
        let parted = pair[0].span != pair[1].span || pair[1].text.starts_with(['\r', '\n', ',']);
        pair[0].span.end <= pair[1].span.start && parted
    });
    (apart && !all.is_empty()).then_some(all)
}
