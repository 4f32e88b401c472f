//! What edits do, as an order.

use super::{Edit, Fix};
use crate::source::{SpecPath, quoted};

impl Fix {
    /// A fix that may be applied unseen, titled by its edits.
    #[must_use]
    pub fn safe_by(edits: Vec<Edit>) -> Self {
        Self::safe(title(&edits), edits)
    }

    /// A fix that a person has to choose, titled by its edits.
    #[must_use]
    pub fn suggested_by(edits: Vec<Edit>) -> Self {
        Self::suggested(title(&edits), edits)
    }
}

/// As many edits as a title names.
const MOST: usize = 3;

fn title(edits: &[Edit]) -> String {
    let mut words: Vec<String> = edits.iter().take(MOST).map(order).collect();
    if edits.len() > MOST {
        words.push(format!("make {} more changes", edits.len() - MOST));
    }
    words.join(", and ")
}

fn order(edit: &Edit) -> String {
    match edit {
        Edit::Set(path, new) => match key(path) {
            Some(key) => format!("write {}", quoted(&format!("{key}: {new}"))),
            None => format!("write {}", quoted(new)),
        },
        Edit::Rename(path, new) => {
            format!("write {} in place of {}", quoted(new), quoted(key(path).unwrap_or(path.as_str())))
        }
        Edit::Remove(path) => match key(path) {
            Some(key) => format!("leave {} out", quoted(key)),
            None => format!("leave {} out", quoted(path.as_str())),
        },
        Edit::Insert(_, key, value) => format!("write {}", quoted(&format!("{key}: {value}"))),
        Edit::Text(_, new) if new.is_empty() => "remove it".to_owned(),
        Edit::Text(_, new) => format!("write {}", quoted(new)),
    }
}

/// The key that a path ends with; `None` for an item of a list.
fn key(path: &SpecPath) -> Option<&str> {
    let path = path.as_str();
    (!path.ends_with(']')).then(|| path.rsplit('.').next().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn titles_say_what_to_write() {
        let path = SpecPath::from;
        for (edit, title) in [
            (Edit::Set(path("caches.l2.size"), "1MiB".to_owned()), "write `size: 1MiB`"),
            (Edit::Set(path("cpu.require[0]"), "avx2".to_owned()), "write `avx2`"),
            (Edit::Rename(path("topology.coers"), "cores".to_owned()), "write `cores` in place of `coers`"),
            (Edit::Remove(path("cpu.clock")), "leave `clock` out"),
            (Edit::Remove(path("cpu.require[1]")), "leave `cpu.require[1]` out"),
            (Edit::Insert(path(""), "version".to_owned(), "1".to_owned()), "write `version: 1`"),
            (Edit::Text(Span::new(0, 1), String::new()), "remove it"),
        ] {
            assert_eq!(Fix::safe_by(vec![edit]).title, title);
        }
        let many = vec![Edit::Remove(path("a")); 5];
        assert!(Fix::suggested_by(many).title.ends_with(", and make 2 more changes"));
    }
}
