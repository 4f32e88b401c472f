//! Where each value of a document stands, by its path.

use super::tree::{Entry, Id, Kind, Tree};
use crate::source::{Span, SpanIndex, Spans, SpecPath};

/// The places of all values. Values whose paths would exceed `budget` bytes in all are left out;
/// [`SpanIndex::nearest`] gives what is around them.
pub(super) fn spans(tree: &Tree<'_>, budget: usize) -> SpanIndex {
    let mut walk = Walk { tree, index: SpanIndex::default(), budget };
    walk.value(SpecPath::root(), None, tree.root, None);
    for node in &tree.nodes {
        if let Kind::Alias(target) = node.kind {
            walk.index.repeat(tree.nodes[target].span);
        }
    }
    walk.index
}

/// The node of a value, aliases followed, and where it stands. `through` is the alias by which it
/// was reached already. An empty value stands where its key does, so that there is something to underline.
pub(super) fn place(tree: &Tree<'_>, key: Option<Span>, value: Id, through: Option<Span>) -> (Id, Spans) {
    let (id, alias) = tree.resolve(value);
    let own = tree.nodes[id].span;
    let own = key.filter(|_| own.start == own.end).unwrap_or(own);
    let spans = match through.or(alias) {
        Some(alias) => Spans { key, value: alias, definition: Some(own) },
        None => Spans { key, value: own, definition: None },
    };
    (id, spans)
}

struct Walk<'t> {
    tree: &'t Tree<'t>,
    index: SpanIndex,
    budget: usize,
}

impl Walk<'_> {
    fn value(&mut self, path: SpecPath, key: Option<Span>, value: Id, through: Option<Span>) {
        // 64 for the entry itself.
        let Some(left) = self.budget.checked_sub(path.as_str().len() + 64) else {
            self.budget = 0;
            return;
        };
        self.budget = left;
        let (id, spans) = place(self.tree, key, value, through);
        let inside = spans.definition.map(|_| spans.value);
        match &self.tree.nodes[id].kind {
            Kind::List(items) => {
                for (n, item) in items.iter().enumerate() {
                    if self.budget == 0 {
                        break;
                    }
                    self.value(path.index(n), None, *item, inside);
                }
            }
            Kind::Map(_) => {
                for Entry { name, key, value, through } in self.tree.entries(id) {
                    self.value(path.key(name), Some(key), value, inside.or(through));
                }
            }
            Kind::Scalar(_) | Kind::Alias(_) => {}
        }
        self.index.insert(path, spans);
    }
}
