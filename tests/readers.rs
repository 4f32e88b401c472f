//! Outside readers on the tables of all examples: hwloc, cpuid(1), libcpuid and the crate raw-cpuid must find
//! the machine that the spec describes, but for their own, named limits; and of tables with one wrong
//! field, those that can must find another one.
//!
//! `docs/readers.md` is the result; `TOPOC_UPDATE=1 cargo test --test readers` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod examples;
    pub mod need;
    pub mod own_reading;
    pub mod readers;
    pub mod tables;
    pub mod words;
}

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use support::examples::{self, Example};
use support::need;
use support::own_reading::Meaning;
use support::readers::faults::FAULTS;
use support::readers::hosts::{HOSTS, OF_NO_SHAPE};
use support::readers::limits::LIMITS;
use support::readers::machine::Machine;
use support::readers::{Property, Reader, Reading, Value, cpuid_tool, hwloc, libcpuid};
use support::tables::numbered;
use support::words::entries;
use topoc::emit::export::cpuid_r;

/// The versions that the table is of. Others are held to the limits, but not to the table.
const HWLOC: &str = "2.9.0";
const CPUID: &str = "20230120";
const LIBCPUID: &str = "0.6.2";

/// All examples on the hosts for which they compile, but for hosts that are for some alone.
fn machines() -> Vec<Machine> {
    let mut machines = Vec::new();
    for host in &HOSTS {
        let profile = examples::host(host.name);
        let read = |example: &Example| host.reads(&example.name);
        for example in examples::specs().into_iter().filter(read) {
            let compiled = match example.compile(&profile) {
                Ok(compiled) => compiled,
                Err(_) if host.examples.is_empty() => continue,
                Err(error) => panic!("{} on {}: {error:?}", example.name, host.word),
            };
            let tables = compiled.blobs().iter().map(|blob| entries(blob)).collect();
            machines.push(Machine {
                example: example.name.clone(),
                host,
                meaning: Meaning::new(&example.text),
                tables,
            });
        }
    }
    for example in examples::specs() {
        assert!(
            machines.iter().any(|machine| machine.example == example.name),
            "{}: nobody reads it",
            example.name
        );
    }
    machines.sort_by_key(|machine| machine.example.clone());
    machines
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
            return Err(format!("{} on {}: {what}", machine.example, machine.host.word));
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
    let libcpuid = there("libcpuid", libcpuid::version(), LIBCPUID);
    let known = |reader: Reader| match reader {
        Reader::RawCpuid => Some(true),
        Reader::CpuidTool => cpuid,
        Reader::Libcpuid => libcpuid,
        _ => hwloc,
    };
    Reader::ALL.into_iter().filter_map(|reader| Some((reader, known(reader)?))).collect()
}

/// The rows of the table, by the reader of each, and all that is unexpected.
fn rows(readers: &[(Reader, bool)]) -> (Vec<(Reader, String)>, Vec<String>) {
    let (mut rows, mut unexpected) = (Vec::new(), Vec::new());
    for machine in machines() {
        for (reader, _) in readers {
            let Some(reading) = reader.read(&machine.tables) else { continue };
            let mut row = format!("| {} | {} | {} |", machine.example, machine.host.word, reader.word());
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

/// The page around the rows and the table of faults.
fn page(rows: &[(Reader, String)]) -> String {
    let heads: Vec<&str> = Property::ALL.iter().map(|property| property.word()).collect();
    let full: Vec<&str> =
        HOSTS.iter().filter(|host| host.examples.is_empty()).map(|host| host.word).collect();
    let mut page = format!(
        "# What outside readers make of the tables\n\nEvery example, compiled for each host that it can be compiled \
         for ({}), and some for the hosts of the list below, read by programs that are not topoc: hwloc {HWLOC}, cpuid {CPUID}, \
         libcpuid {LIBCPUID} and the crate raw-cpuid. What was meant comes of an own reading of the spec and \
         the data sheets of the hosts' caches, not of the compiler. hwloc reads four views: the whole table, \
         and without leaf 1FH, leaf 80000026H, or all of 0BH, 1FH and 80000026H (legacy); a view that hides \
         nothing of a table is left out. [export.md](export.md) says how to ask the same. This page is \
         computed: `TOPOC_UPDATE=1 cargo test --test readers` writes it anew, and the test holds it.\n\n\
         `agrees`: the reader finds the same sets of vCPUs, the same numbers and IDs, and caches of the same \
         size. `–`: the machine has none within the next part outward, or one only. Anything else is a limit of \
         the reader's own, and it says there just what the limit makes it say:\n\n",
        full.join(", ")
    );
    for limit in LIMITS {
        writeln!(page, "- {}: {}", limit.name, limit.why).unwrap();
    }
    let older: Vec<&str> =
        HOSTS.iter().filter(|host| !host.leaves_out.is_empty()).map(|host| host.word).collect();
    writeln!(
        page,
        "\n{} leave out {}: their shape is another example's, and they are there for features, identity, nodes of memory \
         or placement.\n\nThe hosts that read some examples, each for what it has:\n",
        older.join(" and "),
        OF_NO_SHAPE.join(", ")
    )
    .unwrap();
    for host in HOSTS.iter().filter(|host| !host.examples.is_empty()) {
        let examples: Vec<String> =
            host.examples.iter().map(|(name, reason)| format!("{name} ({reason})")).collect();
        writeln!(page, "- {}: {}", host.word, examples.join(", ")).unwrap();
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
    let readers: Vec<&str> = Reader::ALL.iter().map(|reader| reader.word()).collect();
    write!(
        page,
        "\n## What each reader notices\n\nOne field is wrong, in the tables of all vCPUs or of those named, all else is as \
         compiled. `x`: the reader finds another machine than the one that was meant, or refuses it. Empty: it \
         cannot notice. `–`: this view hides nothing of the table.\n\n\
         hwloc takes the levels from the leaf that says most and from no other, so that a fault elsewhere shows \
         in another view or nowhere; it shows sets of vCPUs and no IDs, so that dies that are swapped look the \
         same; and it asks for no counts of 0BH, 1FH and 80000008H where it has IDs. libcpuid reads 0BH and the \
         caches. cpuid and raw-cpuid give every field, and conclude little: the sets are made of their IDs and \
         shifts here.\n\n| fault | example | host | {} |\n|---|---|---|{}\n",
        readers.join(" | "),
        "---|".repeat(readers.len())
    )
    .unwrap();
    for fault in FAULTS {
        let (example, host) = fault.machine;
        let on = HOSTS.iter().find(|other| other.word == host).unwrap();
        let cell = |reader: &Reader| match () {
            () if fault.seen_by.contains(reader) => " x |",
            () if reader.is_no_view(on) => " – |",
            () => "  |",
        };
        let cells: String = Reader::ALL.iter().map(cell).collect();
        writeln!(page, "| {} | {example} | {host} |{cells}", fault.name).unwrap();
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
    assert!(!update, "docs/readers.md needs hwloc {HWLOC}, cpuid {CPUID} and libcpuid {LIBCPUID}");
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
        let text = cpuid_r(&numbered(&machine.tables));
        assert!(cpuid_tool::round_trip(&text) == text, "{} on {}", machine.example, machine.host.word);
    }
}

/// Of the properties of a machine, those of which a reader says what nobody expects.
fn noticed(machine: &Machine, reading: &Reading, reader: Reader) -> Vec<&'static str> {
    let is_wrong = |property: &Property| {
        let said = reading.get(property).map_or(&[][..], Vec::as_slice);
        cell(machine, reader, *property, said).is_err()
    };
    Property::ALL.into_iter().filter(is_wrong).map(Property::word).collect()
}

/// The comparison is able to fail: each reader notices the wrong fields that it looks at, and it is known
/// which these are.
#[test]
fn wrong_fields_are_noticed() {
    for fault in FAULTS {
        let hwloc = fault.seen_by.iter().any(|reader| reader.is_hwloc());
        let others = fault.seen_by.iter().filter(|reader| !reader.is_hwloc()).count();
        assert!(usize::from(hwloc) + others >= 2, "{}: who notices?", fault.name);
    }
    let mut machines = machines();
    let mut unexpected = Vec::new();
    let readers: Vec<(Reader, bool)> = installed().into_iter().filter(|(_, known)| *known).collect();
    for fault in FAULTS {
        let of = |m: &&mut Machine| (m.example.as_str(), m.host.word) == fault.machine;
        let machine = machines.iter_mut().find(of).unwrap();
        let good = machine.tables.clone();
        (fault.make)(&mut machine.tables);
        for (reader, _) in &readers {
            let reading = reader.read(&machine.tables);
            assert_eq!(reading.is_none(), reader.is_no_view(machine.host), "{}", reader.word());
            let Some(reading) = reading else { continue };
            let noticed = noticed(machine, &reading, *reader);
            if fault.seen_by.contains(reader) == noticed.is_empty() {
                unexpected.push(format!("{}: {} notices {noticed:?}", fault.name, reader.word()));
            }
        }
        machine.tables = good;
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// What the command writes is what the readers above were given, view by view.
#[test]
fn the_command_writes_what_the_readers_read() {
    let all = machines();
    let machine = all.iter().find(|m| m.example == "numa-per-die" && m.host.word == HOSTS[2].word).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let topoc = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_topoc")).args(arguments).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let [spec, host] = ["numa-per-die.topoc.yaml".to_owned(), format!("hosts/{}.json", HOSTS[2].name)]
        .map(|name| examples::folder().join(name).into_os_string().into_string().unwrap());
    topoc(&["compile", &spec, "--host", &host, "-o", "db"]);
    topoc(&["decode", "db", "--format", "cpuid-r", "-o", "db.cpuid"]);
    for (reader, below) in [
        (Reader::Hwloc, None),
        (Reader::HwlocWithout26, Some("0x80000026")),
        (Reader::HwlocLegacy, Some("0xb,0x80000026")),
    ] {
        let mut arguments = vec!["decode", "db", "--format", "hwloc", "-o", reader.word()];
        arguments.extend(below.into_iter().flat_map(|leaves| ["--below", leaves]));
        topoc(&arguments);
        if hwloc::version().is_none() {
            need::skip("hwloc", "hwloc is not installed: it reads nothing of what the command writes");
            continue;
        }
        let reading = hwloc::describe(&folder.path().join(reader.word()), machine.tables.len());
        assert_eq!(Some(reading), reader.read(&machine.tables), "{}", reader.word());
    }
    if cpuid_tool::version().is_none() {
        return need::skip("cpuid", "cpuid is not installed: it reads nothing of what the command writes");
    }
    let text = std::fs::read_to_string(PathBuf::from(folder.path()).join("db.cpuid")).unwrap();
    let reading = cpuid_tool::read(&text, machine.tables.len());
    assert_eq!(Some(reading), Reader::CpuidTool.read(&machine.tables));
}
