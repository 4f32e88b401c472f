//! Edits into bytes of the text.

use super::{Document, Edit, Replacement};

/// The changes of the text that these edits come to.
pub(super) fn replacements(edits: &[Edit], document: Document<'_>) -> Option<Vec<Replacement>> {
    let text = document.file.text();
    let mut all = Vec::new();
    for edit in edits {
        match edit {
            Edit::Text(span, new) => {
                text.get(span.start..span.end)?;
                all.push(Replacement { span: *span, text: new.clone() });
            }
            Edit::Set(..) | Edit::Rename(..) | Edit::Remove(_) | Edit::Insert(..) => return None,
        }
    }
    all.sort_by_key(|replacement| replacement.span);
    let apart = all.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
    (apart && !all.is_empty()).then_some(all)
}
