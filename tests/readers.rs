//! Outside readers on the tables of all examples: hwloc, cpuid(1) and the crate raw-cpuid must find the
//! machine that the spec's counts describe, but for their own, named limits.
//!
//! `docs/readers.md` is the result; `TOPOC_UPDATE=1 cargo test --test readers` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod examples;
    pub mod need;
    pub mod readers;
    pub mod words;
}

use std::fmt::Write;

use support::readers::limits::LIMITS;
use support::readers::machine::Machine;
use support::readers::{Property, Reader, Reading, Value, cpuid_tool, hwloc, raw_cpuid};
use support::words::entries;
use support::{examples, need};

/// The hosts that the examples are compiled for: one of each vendor, with all the leaves there are.
const HOSTS: [(&str, bool); 2] =
    [("two-socket-intel-xeon-8480plus", false), ("two-socket-amd-epyc-9654", true)];

/// The versions that the table is of. Others are held to the limits, but not to the table.
const HWLOC: &str = "2.9.0";
const CPUID: &str = "20230120";

/// All examples on the hosts for which they compile.
fn machines() -> Vec<Machine> {
    let mut machines = Vec::new();
    for (host, is_amd) in HOSTS {
        let host = examples::host(host);
        for example in examples::specs() {
            let Ok(compiled) = example.compile(&host) else { continue };
            let tables = compiled.blobs().iter().map(|blob| entries(blob)).collect();
            machines.push(Machine {
                example: example.name.clone(),
                is_amd,
                spec: example.spec().clone(),
                tables,
            });
        }
    }
    machines.sort_by_key(|machine| (machine.example.clone(), machine.is_amd));
    machines
}

/// What a reader says of a machine; `None` where its view hides nothing.
fn read(machine: &Machine, reader: Reader) -> Option<Reading> {
    let views: Option<Vec<_>> = machine.tables.iter().map(|table| reader.view(table)).collect();
    let views = views?;
    Some(match reader {
        Reader::CpuidTool => cpuid_tool::read(&views),
        Reader::RawCpuid => raw_cpuid::read(&views),
        _ => hwloc::read(&views),
    })
}

/// `agrees`, the name of a limit, or what nobody expects; `–` for a part that the machine has one of,
/// where a reader may say so or nothing.
fn cell(
    machine: &Machine,
    reader: Reader,
    property: Property,
    said: &[Value],
) -> Result<&'static str, String> {
    let has = machine.has(property);
    let said = if said.is_empty() && has { &[Value::Silent] } else { said };
    let mut cell = if has { "agrees" } else { "–" };
    let limit =
        |value| LIMITS.iter().find(|limit| (limit.says)(machine, reader, property).as_ref() == Some(value));
    for value in said {
        if let Some(limit) = limit(value) {
            cell = limit.name;
        } else if !machine.means(property, value) {
            let what = format!("{} says of {}: {value:?}", reader.word(), property.word());
            return Err(format!("{} on {}: {what}", machine.example, machine.vendor()));
        }
    }
    Ok(cell)
}

/// Which readers there are, each with whether it is of the version that the table is of. Another version
/// is asked only if it is required: it may word things in ways that are not known here.
fn installed() -> Vec<(Reader, bool)> {
    let there = |part: &str, version: Option<String>, known: &str| match version {
        None => {
            need::skip(part, &format!("{part} is not installed: its rows of docs/readers.md are not held"));
            None
        }
        Some(version) if version == known => Some(true),
        Some(_) if need::is_required(part) => Some(false),
        Some(version) => {
            println!("skipped: {part} is {version}, the rows of docs/readers.md are of {known}");
            None
        }
    };
    let hwloc = there("hwloc", hwloc::version(), HWLOC);
    let cpuid = there("cpuid", cpuid_tool::version(), CPUID);
    let known = |reader: Reader| match reader {
        Reader::RawCpuid => Some(true),
        Reader::CpuidTool => cpuid,
        _ => hwloc,
    };
    Reader::ALL.into_iter().filter_map(|reader| Some((reader, known(reader)?))).collect()
}

/// The rows of the table, by the reader of each, and all that is unexpected.
fn rows(readers: &[(Reader, bool)]) -> (Vec<(Reader, String)>, Vec<String>) {
    let (mut rows, mut unexpected) = (Vec::new(), Vec::new());
    for machine in machines() {
        for (reader, _) in readers {
            let Some(reading) = read(&machine, *reader) else { continue };
            let mut row = format!("| {} | {} | {} |", machine.example, machine.vendor(), reader.word());
            for property in Property::ALL {
                let said = reading.get(&property).map_or(&[][..], Vec::as_slice);
                match cell(&machine, *reader, property, said) {
                    Ok(cell) => write!(row, " {cell} |").unwrap(),
                    Err(what) => unexpected.push(what),
                }
            }
            rows.push((*reader, row));
        }
    }
    (rows, unexpected)
}

/// The page around the rows.
fn page(rows: &[(Reader, String)]) -> String {
    let heads: Vec<&str> = Property::ALL.iter().map(|property| property.word()).collect();
    let mut page = format!(
        "# What outside readers make of the tables\n\nEvery example, compiled for a two-socket Intel and a \
         two-socket AMD host ({} and {}), read by programs that are not topoc: hwloc {HWLOC}, cpuid {CPUID} and \
         the crate raw-cpuid. What was meant is computed from the counts of the spec, not by the compiler. hwloc \
         reads four views: the whole table, and without leaf 1FH, leaf 80000026H, or all of 0BH, 1FH and \
         80000026H (legacy); a view that hides nothing of a table is left out. This page is computed: \
         `TOPOC_UPDATE=1 cargo test --test readers` writes it anew, and the test holds it.\n\n`agrees`: the reader \
         finds the same sets of vCPUs, the same numbers and the same IDs. `–`: the machine has none within the \
         next part outward, or one only. Anything else is a limit of the reader's own, and it says there just \
         what the limit makes it say:\n\n",
        HOSTS[0].0, HOSTS[1].0
    );
    for limit in LIMITS {
        writeln!(page, "- {}: {}", limit.name, limit.why).unwrap();
    }
    write!(
        page,
        "\n| example | host | reader | {} |\n|---|---|---|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    )
    .unwrap();
    for (_, row) in rows {
        writeln!(page, "{row}").unwrap();
    }
    page
}

#[test]
fn the_readers_find_what_was_meant() {
    let readers = installed();
    let (rows, unexpected) = rows(&readers);
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    if readers.len() == Reader::ALL.len() && readers.iter().all(|(_, known)| *known) {
        examples::is_current("docs/readers.md", &page(&rows), "readers");
        for limit in LIMITS {
            let cell = format!("| {} |", limit.name);
            assert!(rows.iter().any(|(_, row)| row.contains(&cell)), "{}: no cell needs it", limit.name);
        }
        return;
    }
    let update = std::env::var_os("TOPOC_UPDATE").is_some();
    assert!(!update, "docs/readers.md needs hwloc {HWLOC} and cpuid {CPUID}");
    let written = std::fs::read_to_string(examples::folder().join("../docs/readers.md")).unwrap();
    for (reader, row) in &rows {
        let known = readers.iter().any(|(other, known)| other == reader && *known);
        assert!(!known || written.lines().any(|line| line == row), "docs/readers.md has not: {row}");
    }
}

/// What cpuid(1) prints raw of what it was given raw is the same.
#[test]
fn the_raw_text_round_trips() {
    if cpuid_tool::version().is_none() {
        return need::skip("cpuid", "cpuid is not installed");
    }
    for machine in machines() {
        let text = cpuid_tool::raw_text(&machine.tables);
        assert!(cpuid_tool::round_trip(&text) == text, "{} on {}", machine.example, machine.vendor());
    }
}

/// The comparison is able to fail: each reader sees an L3 that four threads of six share, and an ID that
/// stands twice.
#[test]
fn a_wrong_table_is_noticed() {
    let mut machine = machines().into_iter().find(|m| m.example == "four-sockets" && !m.is_amd).unwrap();
    let good = machine.tables.clone();
    let noticed = |machine: &Machine, reader: Reader, property: Property| {
        let reading = read(machine, reader).unwrap();
        let said = reading.get(&property).map_or(&[][..], Vec::as_slice);
        cell(machine, reader, property, said).is_err()
    };
    for entry in
        machine.tables.iter_mut().flatten().filter(|entry| (entry.leaf, entry.subleaf) == (4, Some(3)))
    {
        entry.words[0] = entry.words[0] & !(0xfff << 14) | 3 << 14;
    }
    let readers: Vec<Reader> = installed().into_iter().map(|(reader, _)| reader).collect();
    let whole = |reader: &&Reader| !reader.is_hwloc() || **reader == Reader::Hwloc;
    for reader in readers.iter().filter(whole) {
        assert!(noticed(&machine, *reader, Property::L3), "{}: L3", reader.word());
    }
    machine.tables.clone_from(&good);
    machine.tables[1] = good[0].clone();
    for reader in readers.iter().filter(whole) {
        assert!(noticed(&machine, *reader, Property::Threads), "{}: IDs", reader.word());
    }
}
