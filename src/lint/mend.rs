//! Fixes of rules: what to change in a spec, by path. The titles are made of the edits.
#![allow(
    clippy::needless_pass_by_value,
    reason = "numbers, words and texts that were made are written alike"
)]

use super::Facts;
use crate::diag::{At, Edit, Fix};
use crate::source::SpecPath;
use crate::spec::Cache;
use crate::topology::CachePath;

/// The value at a path becomes this text.
pub(super) fn set(path: impl AsRef<str>, text: impl ToString) -> Edit {
    Edit::Set(SpecPath::from(path.as_ref()), text.to_string())
}

/// The entry or item at a path goes.
pub(super) fn remove(path: impl AsRef<str>) -> Edit {
    Edit::Remove(SpecPath::from(path.as_ref()))
}

/// The key at a path becomes this one.
pub(super) fn rename(path: impl AsRef<str>, key: &str) -> Edit {
    Edit::Rename(SpecPath::from(path.as_ref()), key.to_owned())
}

/// The mapping at a path gets an entry.
pub(super) fn insert(path: impl AsRef<str>, key: &str, value: impl ToString) -> Edit {
    Edit::Insert(SpecPath::from(path.as_ref()), key.to_owned(), value.to_string())
}

/// The entry of a mapping gets this value, whether it is written already or not.
pub(super) fn put(path: impl AsRef<str>, key: &str, value: impl ToString, is_written: bool) -> Edit {
    let path = path.as_ref();
    if is_written { set(format!("{path}.{key}"), value) } else { insert(path, key, value) }
}

/// The path of a label that points at a value of the spec.
pub(super) fn path_of(at: &At) -> Option<&str> {
    if let At::Value(path) = at { Some(path.as_str()) } else { None }
}

/// A fix that a person has to choose.
pub(super) fn suggested(edits: impl IntoIterator<Item = Edit>) -> Fix {
    Fix::suggested_by(edits.into_iter().collect())
}

/// A fix that may be applied unseen.
pub(super) fn safe(edits: impl IntoIterator<Item = Edit>) -> Fix {
    Fix::safe_by(edits.into_iter().collect())
}

/// Writes another value of a key, where a label points at that key's value and not at what is around it.
pub(super) fn rewrite(at: &At, key: &str, value: Option<impl ToString>) -> Fix {
    let path = path_of(at).filter(|path| path.rsplit('.').next() == Some(key));
    suggested(path.zip(value).map(|(path, value)| set(path, value)))
}

/// Who shares a cache, where the spec writes the cache.
pub(super) fn shared_by(facts: &Facts<'_>, path: CachePath, level: &str) -> Option<Fix> {
    let caches = facts.spec.caches.as_ref()?;
    let cache: &Cache = caches.by_key(path.block, path.key)?;
    let edit = put(format!("caches.{path}"), "shared_by", level, cache.shared_by.is_some());
    Some(suggested([edit]))
}
