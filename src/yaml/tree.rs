//! A document as it was written: every value with its place, aliases not expanded.

use std::borrow::Cow;
use std::collections::HashSet;

use super::scalar::Scalar;
use crate::source::Span;

/// A node of a tree, by its position in it.
pub(super) type Id = usize;

/// A document.
pub(super) struct Tree<'t> {
    pub(super) nodes: Vec<Node<'t>>,
    /// The outermost value.
    pub(super) root: Id,
}

/// A value or key, and where it stands.
pub(super) struct Node<'t> {
    pub(super) span: Span,
    pub(super) kind: Kind<'t>,
}

/// What a node is.
pub(super) enum Kind<'t> {
    Scalar(ScalarNode<'t>),
    List(Vec<Id>),
    /// Keys and values in order. Keys are scalars, each of its own text.
    Map(Vec<(Id, Id)>),
    /// Another node again; never one around this, so that following it ends.
    Alias(Id),
}

/// A scalar.
pub(super) struct ScalarNode<'t> {
    /// Its text, decoded.
    pub(super) text: Cow<'t, str>,
    /// Whether it stands without quotes, so that its text says what it is.
    pub(super) plain: bool,
    /// What it is.
    pub(super) value: Scalar,
}

/// A key and its value, merges applied.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    /// The key as written.
    pub(super) key: Span,
    pub(super) value: Id,
    /// The alias by which the entry was merged in.
    pub(super) through: Option<Span>,
}

impl Tree<'_> {
    /// The node itself and, if `id` is an alias, the alias's place.
    pub(super) fn resolve(&self, id: Id) -> (Id, Option<Span>) {
        let mut target = id;
        while let Kind::Alias(next) = self.nodes[target].kind {
            target = next;
        }
        (target, (target != id).then(|| self.nodes[id].span))
    }

    /// Whether a key node merges its value into the mapping: a plain `<<`.
    pub(super) fn is_merge(&self, key: Id) -> bool {
        matches!(&self.nodes[key].kind, Kind::Scalar(scalar) if scalar.plain && scalar.text == "<<")
    }

    /// The entries of a mapping. What is written in it wins over what is merged into it, and an
    /// earlier merge over a later one. Empty for anything but a mapping.
    pub(super) fn entries(&self, map: Id) -> Vec<Entry<'_>> {
        let mut entries = Vec::new();
        self.collect(map, None, &mut HashSet::new(), &mut entries);
        entries
    }

    fn collect<'a>(
        &'a self,
        map: Id,
        through: Option<Span>,
        names: &mut HashSet<&'a str>,
        into: &mut Vec<Entry<'a>>,
    ) {
        let Kind::Map(pairs) = &self.nodes[map].kind else { return };
        for (key, value) in pairs {
            let Kind::Scalar(scalar) = &self.nodes[*key].kind else { continue };
            if !self.is_merge(*key) && names.insert(&scalar.text) {
                into.push(Entry { name: &scalar.text, key: self.nodes[*key].span, value: *value, through });
            }
        }
        for (_, merged) in pairs.iter().filter(|(key, _)| self.is_merge(*key)) {
            let (source, alias) = self.resolve(*merged);
            let through = through.or(alias);
            match &self.nodes[source].kind {
                Kind::List(sources) => {
                    for item in sources {
                        let (item, alias) = self.resolve(*item);
                        self.collect(item, through.or(alias), names, into);
                    }
                }
                _ => self.collect(source, through, names, into),
            }
        }
    }
}
