//! `docs/linux-boot.md`: what Linux saw of each machine.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::judge::EMULATION;
use super::matrix::Pair;
use super::meant::BLIND;
use super::seen::Version;
use super::view::{Part, View};

/// The page's place in the repository.
pub const PAGE: &str = "docs/linux-boot.md";

const COLUMNS: [Part; 7] =
    [Part::Packages, Part::Dies, Part::Clusters, Part::Cores, Part::Threads, Part::L2, Part::L3];

const HEAD: &str = "\
# What Linux makes of the tables

The examples as virtual machines, each booted with its tables on three kernels of Debian. Linux must have the packages,
dies, clusters, cores, threads, caches, nodes, distances and x2APIC IDs that the spec says, down to each CPU, and
must not warn. The numbers below are Linux's own. [tests/linux_boot/README.md](../tests/linux_boot/README.md) says how it
is done. This page is computed: `TOPOC_UPDATE=1 cargo test --test linux_boot -- --ignored` boots all and writes it anew;
every run of the tests boots three, and they must agree with it.

A cluster is what Linux makes of CPUs that share an L2, and how Intel's modules show. Complexes show by their L3 alone.
A node that has memory and no CPUs counts as a node.

## What a kernel cannot see

Dies, in these cases. Linux shows something else in their place; where a socket has one node, nodes and sockets are the
same. Just that is expected there, and nothing else.

| where | why | what Linux shows |
|---|---|---|
";

const WARNINGS: &str = "
Caches, where CPUs have fewer than the first, as cores that no L3 reaches: Linux before 6.13 asks all CPUs for as many as
the first has (`num_cache_leaves` in `arch/x86/kernel/cpu/cacheinfo.c`), and then shows none of any CPU. Stable kernels
have been mended since; 6.1 as booted here has not, and its row has no caches.

## Lines that do not count

Linux prints these of the emulation, whatever the tables say. Any other line of severity warning or graver fails the
boot, and so does `[Firmware Bug]` of any severity.

";

/// The row of a machine of which Linux did not warn.
pub fn row(pair: &Pair, (major, minor): Version, view: &View) -> String {
    let mut row = format!("| {} | {} | {major}.{minor} |", pair.spec, pair.host);
    for part in COLUMNS {
        write!(row, " {} |", view.sets.get(&part).map_or(0, BTreeSet::len)).unwrap();
    }
    write!(row, " {} | none |", view.nodes.len()).unwrap();
    row
}

/// The page with these rows.
pub fn page(rows: &[String]) -> String {
    let mut page = HEAD.to_owned();
    for blind in BLIND {
        writeln!(page, "| {} | {} | {} |", blind.which, blind.why, blind.shows.words()).unwrap();
    }
    page.push_str(WARNINGS);
    for (why, lines) in EMULATION {
        let lines: Vec<String> = lines.iter().map(|line| format!("`{}…`", line.trim_end())).collect();
        writeln!(page, "- {why}: {}", lines.join(", ")).unwrap();
    }
    page.push_str("\n## The boots\n\n| spec | host | kernel |");
    for part in COLUMNS {
        write!(page, " {} |", part.word()).unwrap();
    }
    writeln!(page, " nodes | warnings |\n|---|---|---{}", "|---".repeat(COLUMNS.len() + 2) + "|").unwrap();
    for row in rows {
        writeln!(page, "{row}").unwrap();
    }
    page
}

/// The page as it is checked in.
pub fn written() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap_or_default()
}

/// The kernels of the checked-in rows of a pair, with the rows.
pub fn rows_of<'p>(page: &'p str, pair: &Pair) -> Vec<(Version, &'p str)> {
    let begin = format!("| {} | {} | ", pair.spec, pair.host);
    let row = |line: &'p str| {
        let (version, _) = line.strip_prefix(&begin)?.split_once(' ')?;
        let (major, minor) = version.split_once('.')?;
        Some(((major.parse().ok()?, minor.parse().ok()?), line))
    };
    page.lines().filter_map(row).collect()
}
