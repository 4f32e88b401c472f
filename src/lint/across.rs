//! What specs that are checked together have against each other.

use std::collections::HashMap;
use std::path::Path;

use crate::diag::{At, Diagnostic, Severity};
use crate::source::{SpecPath, quoted};
use crate::spec::Spec;

/// Names that two specs of one folder have: for each spec but the first of a name, by its number, what is wrong. Specs
/// are given by the paths of their files, which labels call them by.
#[must_use]
pub fn across(specs: &[(&str, &Spec)]) -> Vec<(usize, Diagnostic)> {
    let mut first: HashMap<(Option<&Path>, &str), &str> = HashMap::new();
    let mut found = Vec::new();
    for (at, (file, spec)) in specs.iter().enumerate() {
        let Some(name) = spec.name.as_deref() else { continue };
        let folder = Path::new(file).parent();
        let Some(other) = first.get(&(folder, name)) else {
            first.insert((folder, name), file);
            continue;
        };
        let path = SpecPath::from("name");
        let diagnostic = Diagnostic::new(
            "spec::name_twice",
            Severity::Warning,
            format!("two specs of a folder are called {}", quoted(name)),
        )
        .label(At::Value(path.clone()), "the same name")
        .label(At::Other((*other).to_owned(), path), "taken here")
        .help("give each a name of its own: compiled together, both would be written to one directory");
        found.push((at, diagnostic));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_stand_once_in_a_folder() {
        let named = |name: Option<&str>| Spec { name: name.map(str::to_owned), ..Spec::default() };
        let (db, web, none) = (named(Some("db")), named(Some("web")), named(None));
        let specs = [("a/1", &db), ("a/2", &web), ("b/3", &db), ("a/4", &none), ("a/5", &none), ("a/6", &db)];
        let found = across(&specs);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 5);
        assert_eq!(found[0].1.labels[1].at, At::Other("a/1".to_owned(), SpecPath::from("name")));
    }
}
