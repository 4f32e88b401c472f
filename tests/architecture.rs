//! The tables of docs/architecture.md hold: which module uses which, which may touch the world, and
//! what each dependency is for.
//!
//! Read is the source text without comments and without what is compiled for tests alone.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::{files, root};

type Names = BTreeSet<String>;

fn names(list: &[&str]) -> Names {
    list.iter().copied().map(str::to_owned).collect()
}

/// A file of src/, by its module path: `src/profile/live/kvm.rs` is profile, live, kvm.
struct Source {
    module: Vec<String>,
    code: String,
}

impl Source {
    fn name(&self) -> String {
        self.module.join("::")
    }

    /// Whether the file belongs to a module, such as `profile` or `profile::live`.
    fn is_in(&self, module: &str) -> bool {
        let name = self.name();
        name == module || name.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"))
    }
}

/// Every file but lib.rs, which only lists the modules.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for path in files(&root().join("src"), ".rs") {
        let mut module: Vec<_> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().unwrap() == "mod" {
            module.pop();
        }
        if module[0] != "lib" && module.last().unwrap() != "tests" {
            let text = fs::read_to_string(root().join("src").join(&path)).unwrap();
            sources.push(Source { module, code: code(&text) });
        }
    }
    assert!(sources.len() > 100, "only {} files found", sources.len());
    sources
}

/// The text without comments and without items under `#[cfg(test)]`.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim_start();
        if bare.starts_with("#[cfg(test)]") || bare.starts_with("#[cfg(all(test") {
            let indent = &line[..line.len() - bare.len()];
            let item = lines.find(|line| !line.trim_start().starts_with("#[")).unwrap();
            if !item.ends_with([';', '}']) {
                lines.find(|line| line.strip_prefix(indent) == Some("}"));
            }
            continue;
        }
        let comment = if bare.starts_with("//") { Some(0) } else { line.find(" //") };
        code += &line[..comment.unwrap_or(line.len())];
        code.push('\n');
    }
    code
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What follows each `word` that stands by itself, up to the end of the file.
fn after<'c>(code: &'c str, word: &'c str) -> impl Iterator<Item = &'c str> {
    code.match_indices(word).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let free = before.is_none_or(|c| !is_word(c)) || !word.starts_with(is_word);
        free.then(|| &code[at + word.len()..])
    })
}

/// The first names of what follows a `::`: one, or those of a `{…}`.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(name(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The modules of the crate's root that a file names by `crate::`, or by going up with `super::`.
fn uses(source: &Source) -> Names {
    let root_path = if source.module == ["main"] { "topoc::" } else { "crate::" };
    let mut found: Names = after(&source.code, root_path).flat_map(first_names).collect();
    let up = "super::".repeat(source.module.len());
    found.extend(after(&source.code, &up).flat_map(first_names));
    found
}

/// The rows of the table below a heading of the page, their cells' words in backquotes.
fn table(heading: &str) -> Vec<Vec<Vec<String>>> {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows =
        section.lines().filter(|line| line.starts_with("| ")).skip(1).filter(|l| !l.starts_with("| -"));
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let table: Vec<_> = rows.map(|row| row.split('|').skip(1).map(quoted).collect::<Vec<_>>()).collect();
    assert!(table.len() > 3, "{heading}: no table");
    table
}

/// Which module uses which, as the page says, in its order. `cli` may use all that stand above it.
fn allowed() -> Vec<(String, Names)> {
    let mut rows: Vec<(String, Names)> = Vec::new();
    for row in table("Which module uses which") {
        let uses = if row[0][0] == "cli" {
            rows.iter().map(|(name, _)| name.clone()).collect()
        } else {
            row[1].iter().cloned().collect()
        };
        rows.push((row[0][0].clone(), uses));
    }
    rows
}

#[test]
fn modules_use_what_the_page_says() {
    let allowed = allowed();
    let modules: Names = allowed.iter().map(|(name, _)| name.clone()).collect();
    let mut found: BTreeMap<String, Names> = BTreeMap::new();
    for source in sources() {
        let own = source.module[0].clone();
        for used in uses(&source).into_iter().filter(|used| *used != own) {
            assert!(
                modules.contains(&used),
                "{}: `{used}` is no module; name the one it is in",
                source.name()
            );
            found.entry(own.clone()).or_default().insert(used);
        }
        found.entry(own).or_default();
    }
    assert_eq!(found.remove("main"), Some(names(&["cli"])));
    assert_eq!(found.keys().cloned().collect::<Names>(), modules, "modules of src/ and of the page");
    for (module, may) in &allowed {
        let does = &found[module];
        let beyond: Vec<_> = does.difference(may).collect();
        assert!(beyond.is_empty(), "`{module}` uses {beyond:?}, which docs/architecture.md does not say");
        let unused: Vec<_> = may.difference(does).collect();
        assert!(
            unused.is_empty() || module == "cli",
            "`{module}` does not use {unused:?}: take it off the page"
        );
    }
}

/// What no edit of the page may loosen.
#[test]
fn the_page_keeps_the_invariants() {
    let allowed = allowed();
    let of = |module: &str| &allowed.iter().find(|(name, _)| name == module).unwrap().1;
    let users = |module: &str| -> Names {
        allowed.iter().filter(|(_, uses)| uses.contains(module)).map(|(name, _)| name.clone()).collect()
    };
    for module in ["decode", "source", "cpuid"] {
        assert_eq!(*of(module), names(&[]), "{module}");
    }
    assert_eq!(users("decode"), names(&["verify", "profile", "place", "mirror", "prove", "lint", "cli"]));
    assert_eq!(users("cli"), names(&[]));
    for (module, never) in [
        ("spec", "profile"),
        ("spec", "topology"),
        ("yaml", "topology"),
        ("topology", "profile"),
        ("lower", "profile"),
        ("lower", "decode"),
        ("emit", "decode"),
        ("emit", "lower"),
        ("lint", "lower"),
    ] {
        assert!(!of(module).contains(never), "{module} must not use {never}");
    }
    for (at, (module, uses)) in allowed.iter().enumerate() {
        let above: Names = allowed[..at].iter().map(|(name, _)| name.clone()).collect();
        assert!(uses.is_subset(&above), "`{module}` uses a module that does not stand above it");
    }
}

#[test]
fn only_the_modules_that_the_page_names_touch_the_world() {
    let sources = sources();
    let table = table("What touches the world");
    let listed: Names = table.iter().flat_map(|row| row[0].iter().cloned()).collect();
    for word in [
        "println!",
        "print!",
        "eprintln!",
        "eprint!",
        "dbg!",
        "stdout",
        "stderr",
        "std::fs",
        "std::io",
        "std::env",
        "std::time",
        "std::process",
        "std::net",
        "std::thread",
        "core::arch",
        "std::arch",
        "kvm_ioctls",
        "kvm_bindings",
        "rustix",
        "unsafe",
        "live::",
        "CaptureOptions",
    ] {
        assert!(listed.contains(word), "the page does not say who may use `{word}`");
    }
    for row in table {
        for word in &row[0] {
            for source in &sources {
                // An option is no keyword.
                let does = after(&source.code, word).any(|rest| !rest.starts_with("-fixes"));
                let may = row[1].iter().any(|module| source.is_in(module));
                assert!(!does || may, "`{}` uses `{word}`, which only {:?} may", source.name(), row[1]);
            }
        }
    }
}

/// Name and version requirement of every dependency, by section.
fn dependencies() -> BTreeMap<String, String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut found = BTreeMap::new();
    let mut inside = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
        } else if let Some((name, value)) = line.split_once(" = ").filter(|_| inside) {
            let version = value.split_once("version = ").map_or(value, |(_, rest)| rest);
            found.insert(name.to_owned(), version.split('"').nth(1).unwrap().to_owned());
        }
    }
    found
}

#[test]
fn dependencies_are_those_of_the_page() {
    let sources = sources();
    let manifest = dependencies();
    assert!(manifest.len() > 15);
    let mut shown = BTreeMap::new();
    for row in table("Dependencies") {
        let [name, version] = [&row[0][0], &row[1][0]];
        shown.insert(name.clone(), version.clone());
        let ident = format!("{}::", name.replace('-', "_"));
        let users: Names = sources
            .iter()
            .filter(|source| after(&source.code, &ident).next().is_some())
            .map(|source| source.module[0].clone())
            .collect();
        assert_eq!(users, row[2].iter().cloned().collect::<Names>(), "modules that use `{name}`");
        assert!(!users.contains("decode") || name == "serde", "decode uses nothing but serde, not {name}");
    }
    assert_eq!(shown, manifest, "dependencies of the page and of Cargo.toml");
}

#[test]
fn every_module_has_its_paragraph() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    for (module, _) in allowed() {
        assert!(
            page.contains(&format!("\n**`{module}`**")),
            "docs/architecture.md says nothing of `{module}`"
        );
    }
}

#[test]
fn the_reader_of_sources_reads_them() {
    let source = |module: &[&str], text: &str| Source {
        module: module.iter().copied().map(str::to_owned).collect(),
        code: code(text),
    };
    let of = |module: &[&str], text: &str| uses(&source(module, text));
    assert_eq!(of(&["a"], "use crate::{b::C, d::{E, f}, g};"), names(&["b", "d", "g"]));
    assert_eq!(of(&["a", "b"], "fn f() { super::super::c::d() } // crate::e"), names(&["c"]));
    assert_eq!(of(&["a", "b"], "use super::c; let x = y_crate::z;"), names(&[]));
    assert_eq!(of(&["a"], "#[cfg(test)]\nmod tests {\n    use crate::b;\n}\nuse crate::c;"), names(&["c"]));
    assert_eq!(of(&["a"], "#[cfg(test)]\nmod tests;\nuse crate::c;"), names(&["c"]));
    assert_eq!(of(&["main"], "use topoc::cli;"), names(&["cli"]));
    assert!(after(&code("x.stdout()"), "stdout").next().is_some());
    assert!(after(&code("my_stdout()"), "stdout").next().is_none());
}
