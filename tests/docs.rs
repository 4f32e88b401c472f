//! The pages tell the truth: commands print what they are shown to print, specs are accepted, links
//! lead somewhere.
//!
//! In README.md and docs/*.md
//! - a `console` block is a transcript: lines that begin with `$ ` are run in an empty directory with a
//!   copy of `examples/`, one directory a page, and the lines below are what they print. Known are
//!   `topoc …`, `cat FILE`, `head -n N FILE` and `echo $?`. `TOPOC_UPDATE=1 cargo test --test docs`
//!   writes the output anew;
//! - a `yaml` block that begins with `version:` is a spec without mistakes. One that begins with
//!   `# NAME.topoc.yaml` or `# topoc.yaml` is a file of that name for the page's transcripts, mistakes allowed. One with
//!   `rules:` is a policy without mistakes.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::root;
use tempfile::TempDir;

/// README.md and the pages under docs/.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = docs.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    pages.sort();
    pages.insert(0, root().join("README.md"));
    pages
}

fn read(page: &Path) -> String {
    fs::read_to_string(page).unwrap().replace("\r\n", "\n")
}

/// A fenced block: its language, its text, and where the text lies in the page.
struct Block<'t> {
    language: &'t str,
    text: &'t str,
    start: usize,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in page.split_inclusive('\n') {
        let end = at + line.len();
        match (open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.trim(), end)),
            (Some((language, start)), Some(_)) => {
                blocks.push(Block { language, text: &page[start..at], start });
                open = None;
            }
            _ => {}
        }
        at = end;
    }
    assert!(open.is_none(), "a block does not end");
    blocks
}

/// The name in a first line `# NAME.topoc.yaml`, or that of a policy.
fn file_name(text: &str) -> Option<&str> {
    let is_ours = |name: &&str| name.ends_with("topoc.yaml") && !name.contains(' ');
    text.lines().next()?.strip_prefix("# ").filter(is_ours)
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// Where a page's commands run: the directory, and the exit code of the last one.
struct Shell {
    dir: TempDir,
    code: i32,
}

impl Shell {
    fn new(page: &str) -> Self {
        let dir = TempDir::new().unwrap();
        copy_tree(&root().join("examples"), &dir.path().join("examples"));
        for block in blocks(page).iter().filter(|block| block.language == "yaml") {
            if let Some(name) = file_name(block.text) {
                let file = dir.path().join(name);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, block.text).unwrap();
            }
        }
        Self { dir, code: 0 }
    }

    /// What a command prints, its errors included.
    fn run(&mut self, command: &str) -> String {
        let words: Vec<_> = command.split_whitespace().collect();
        let file = |name: &str| fs::read_to_string(self.dir.path().join(name)).unwrap();
        match words.as_slice() {
            ["topoc", arguments @ ..] => {
                let output = self.dir.path().join("..output");
                let both = File::create(&output).unwrap();
                let status = Command::new(env!("CARGO_BIN_EXE_topoc"))
                    .args(arguments)
                    .current_dir(self.dir.path())
                    .env("NO_COLOR", "1")
                    .env_remove("CLICOLOR_FORCE")
                    .stdout(both.try_clone().unwrap())
                    .stderr(both)
                    .status()
                    .unwrap();
                self.code = status.code().unwrap();
                let text = fs::read_to_string(&output).unwrap();
                fs::remove_file(&output).unwrap();
                text
            }
            ["echo", "$?"] => format!("{}\n", self.code),
            ["cat", name] => file(name),
            ["head", "-n", count, name] => {
                file(name).split_inclusive('\n').take(count.parse().unwrap()).collect()
            }
            _ => panic!("not a command that pages may show: {command}"),
        }
    }

    /// A block with what its commands print now.
    fn replay(&mut self, block: &str) -> String {
        let mut text = String::new();
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            writeln!(text, "$ {command}").unwrap();
            text += &self.run(command);
        }
        text
    }
}

#[test]
fn commands_print_what_the_pages_show() {
    let update = std::env::var_os("TOPOC_UPDATE").is_some();
    let mut seen = 0;
    for path in pages() {
        let page = read(&path);
        let mut shell = Shell::new(&page);
        let mut current = String::new();
        let mut kept = 0;
        for block in blocks(&page).iter().filter(|block| block.language == "console") {
            assert!(block.text.starts_with("$ "), "{}: a transcript begins with a command", path.display());
            current += &page[kept..block.start];
            current += &shell.replay(block.text);
            kept = block.start + block.text.len();
            seen += 1;
        }
        current += &page[kept..];
        if update && current != page {
            fs::write(&path, &current).unwrap();
        } else if current != page {
            let lines = || page.lines().zip(current.lines()).filter(|(shown, printed)| shown != printed);
            let (shown, printed) = lines().next().unwrap_or(("the end", "more"));
            panic!(
                "{} is out of date: TOPOC_UPDATE=1 cargo test --test docs\n  shown: {shown}\nprinted: {printed}",
                path.display()
            );
        }
    }
    assert!(seen >= 4, "only {seen} transcripts found");
}

#[test]
fn specs_on_the_pages_are_accepted() {
    let mut seen = 0;
    for path in pages() {
        let page = read(&path);
        for block in blocks(&page).iter().filter(|b| b.language == "yaml" && b.text.starts_with("version:")) {
            let spec = topoc::spec::parse(block.text.as_bytes()).unwrap_or_else(|failed| {
                panic!("{}: {:?}\n{}", path.display(), failed.diagnostics(), block.text)
            });
            let report = topoc::check(spec.spec(), None);
            assert!(
                spec.warnings().is_empty() && report.diagnostics.is_empty(),
                "{}: {:?}\n{}",
                path.display(),
                report.diagnostics,
                block.text
            );
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} specs found");
}

#[test]
fn policies_on_the_pages_are_accepted() {
    let mut seen = 0;
    for path in pages() {
        let page = read(&path);
        for block in blocks(&page).iter().filter(|b| b.language == "yaml" && b.text.contains("\nrules:")) {
            let read = topoc::policy::read(block.text.as_bytes());
            assert_eq!(read.diagnostics, [], "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 2, "only {seen} policies found");
}

/// The README's first block is what a new user runs, and what `.ci/run` runs.
#[test]
fn the_readme_begins_with_its_two_commands() {
    let page = read(&root().join("README.md"));
    let blocks = blocks(&page);
    let first: Vec<_> = blocks[0].text.lines().collect();
    assert_eq!(blocks[0].language, "sh");
    assert_eq!(first.len(), 2);
    let arguments = first[0].strip_prefix("cargo run --release -- ").unwrap();
    assert!(arguments.starts_with("compile ") && arguments.ends_with(" -o out"));
    assert_eq!(first[1], "cargo test");
    let mut shell = Shell::new(&page);
    shell.run(&format!("topoc {arguments}"));
    assert_eq!(shell.code, 0);
}

#[test]
fn links_lead_to_files() {
    let mut seen = 0;
    for path in pages() {
        let page = read(&path);
        for link in page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(path.parent().unwrap().join(target).exists(), "{}: {link}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

/// The pages of the file forms name every key that the schemas have.
#[test]
fn every_key_stands_on_its_page() {
    for (page, schema) in [
        ("docs/language.md", topoc::spec::schema()),
        ("docs/manifest.md", topoc::emit::manifest_schema()),
        ("docs/host-profile.md", topoc::profile::schema()),
    ] {
        let text = read(&root().join(page));
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let objects = schema["definitions"].as_object().unwrap().values().chain([&schema]);
        let keys = objects.filter_map(|object| object["properties"].as_object()).flat_map(|p| p.keys());
        let missing: Vec<_> = keys.filter(|key| !text.contains(&format!("`{key}`"))).collect();
        assert!(missing.is_empty(), "{page} does not name {missing:?}");
    }
}
