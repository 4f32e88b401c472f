//! docs/blob-format.md tells the truth: its tables hold for the blobs of all examples, its bytes are
//! an example's, and its loader in C reads what topoc writes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;
#[path = "support/need.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod need;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use topoc::Compiled;
use topoc::cpuid::{Register, field};

const HEADER: usize = 8;
const ENTRY: usize = 40;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/blob-format.md");
    fs::read_to_string(path).unwrap().replace("\r\n", "\n")
}

/// The text of the page's only block of a language.
fn block(page: &str, language: &str) -> String {
    let fence = format!("\n```{language}\n");
    assert_eq!(page.matches(&fence).count(), 1, "{language}");
    let (_, rest) = page.split_once(&fence).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned() + "\n"
}

/// The rows of the table under this heading of its columns: the words in backquotes of the first
/// cell, and the second cell.
fn table(page: &str, heading: &str) -> Vec<(Vec<String>, String)> {
    let (_, rest) = page.split_once(heading).unwrap();
    let rows = rest.lines().skip(2).map(str::trim).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let names = cells[1].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (names, cells[2].to_owned())
    })
    .collect()
}

fn hex(text: &str) -> u32 {
    u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

fn words(blob: &[u8]) -> Vec<u32> {
    blob.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// Function, index, flags, EAX, EBX, ECX, EDX of each entry.
fn entries(blob: &[u8]) -> Vec<[u32; 7]> {
    words(&blob[HEADER..]).chunks_exact(10).map(|entry| entry[..7].try_into().unwrap()).collect()
}

/// Every example for every shipped host that can have it.
fn compiled() -> Vec<(String, Compiled)> {
    let specs = examples::specs();
    let mut all = Vec::new();
    for (host, profile) in examples::hosts() {
        for example in &specs {
            if let Ok(compiled) = example.compile(&profile) {
                all.push((format!("{} for {host}", example.name), compiled));
            }
        }
    }
    assert!(all.len() > 20, "{}", all.len());
    all
}

/// `EAX[31:0] EBX[7:0]` as masks of EAX, EBX, ECX, EDX.
fn masks(cell: &str) -> [u32; 4] {
    let mut masks = [0; 4];
    for field in cell.split(' ') {
        let (register, bits) = field.trim_end_matches(']').split_once('[').unwrap();
        let (high, low) = bits.split_once(':').unwrap();
        let (high, low): (u32, u32) = (high.parse().unwrap(), low.parse().unwrap());
        let at = ["EAX", "EBX", "ECX", "EDX"].iter().position(|r| *r == register).unwrap();
        masks[at] |= u32::MAX >> (31 - (high - low)) << low;
    }
    masks
}

/// Whether leaves 0 and 1 are those of an AMD CPU of a family before 17H.
fn is_before_zen(entries: &[[u32; 7]]) -> bool {
    let leaf = |leaf| entries.iter().find(|entry| entry[0] == leaf).unwrap();
    let signature = leaf(1)[3];
    let family = (signature >> 8 & 0xf) + (signature >> 20 & 0xff);
    leaf(0)[5] == u32::from_le_bytes(*b"cAMD") && family < 0x17
}

#[test]
fn every_blob_is_laid_out_as_the_page_says() {
    let mut indexed = BTreeSet::new();
    for (name, compiled) in compiled() {
        for (blob, vcpu) in compiled.blobs().iter().zip(&compiled.manifest().vcpus) {
            let at = format!("{name}, vCPU {}", vcpu.index);
            let words = words(blob);
            assert_eq!(blob.len(), HEADER + ENTRY * usize::try_from(words[0]).unwrap(), "{at}");
            assert!((1..=256).contains(&words[0]) && words[1] == 0, "{at}");
            assert!(words[2..].chunks_exact(10).all(|entry| entry[7..] == [0; 3]), "{at}: padding");
            let entries = entries(blob);
            assert_eq!(entries[0][0], 0, "{at}: leaf 0 comes first");
            for pair in entries.windows(2) {
                assert!(pair[0][..2] < pair[1][..2], "{at}: {:x?} before {:x?}", pair[0], pair[1]);
                assert!(pair[0][0] != pair[1][0] || pair[0][2] & pair[1][2] == 1, "{at}: {:x}", pair[0][0]);
            }
            for entry in &entries {
                assert!(entry[2] == 1 || (entry[2] == 0 && entry[1] == 0), "{at}: {entry:x?}");
            }
            indexed.extend(entries.iter().filter(|entry| entry[2] == 1).map(|entry| entry[0]));
            let ids: Vec<u32> = entries.iter().filter(|entry| entry[0] == 0xb).map(|e| e[6]).collect();
            // Without an x2APIC there is no 0BH: AMD before family 17h.
            let legacy = entries.iter().any(|entry| entry[0] == 1 && entry[4] >> 24 == vcpu.vcpu_id & 0xff);
            let levels = if is_before_zen(&entries) { 0 } else { 3 };
            let told = ids.len() == levels && ids.iter().all(|id| *id == vcpu.vcpu_id);
            assert!(legacy && told, "{at}: {ids:?}");
        }
    }
    let listed: BTreeSet<u32> = ends(&page()).into_keys().collect();
    let missing: Vec<_> = indexed.difference(&listed).collect();
    assert!(missing.is_empty(), "leaves with flags 1 that the page does not list: {missing:x?}");
}

/// How the subleaves of each leaf end, in the page's words.
fn ends(page: &str) -> BTreeMap<u32, String> {
    let rows = table(page, "| leaf, flags 1 | its subleaves end with |");
    rows.into_iter()
        .flat_map(|(leaves, end)| leaves.into_iter().map(move |l| (hex(&l), end.clone())))
        .collect()
}

#[test]
fn subleaves_end_as_the_page_says() {
    let ends = ends(&page());
    let mut seen = BTreeSet::new();
    for (name, compiled) in compiled() {
        for blob in compiled.blobs() {
            for entries in entries(blob).chunk_by(|a, b| a[0] == b[0]) {
                let (first, last) = (entries[0], entries[entries.len() - 1]);
                let Some(end) = ends.get(&first[0]) else { continue };
                let ended = match end.as_str() {
                    "an entry whose four registers are 0" => last[3..] == [0; 4],
                    "an entry of EAX 0, EBX 0, the subleaf's number in ECX, the ID in EDX" => {
                        last[3..] == [0, 0, last[1], first[6]]
                    }
                    "the subleaf that EAX of subleaf 0 names" => last[1] == first[3],
                    "the highest component that subleaves 0 and 1 name" => {
                        let components =
                            u64::from(first[3] | entries[1][5]) | u64::from(first[6] | entries[1][6]) << 32;
                        u64::from(last[1]) == u64::from(components.ilog2())
                    }
                    "as the profile's KVM has it" => true,
                    other => panic!("no test for `{other}`"),
                };
                assert!(ended, "{name}: leaf {:x} ends with {last:x?}", first[0]);
                seen.insert(first[0]);
            }
        }
    }
    for leaf in [0x4, 0x7, 0xb, 0xd, 0x1f, 0x8000_001d, 0x8000_0026] {
        assert!(seen.contains(&leaf), "no example has leaf {leaf:x}");
    }
}

/// The bits of each leaf that a table of the page lists.
fn listed(heads: &str) -> BTreeMap<u32, [u32; 4]> {
    let rows = table(&page(), heads);
    rows.iter().flat_map(|(leaves, cell)| leaves.iter().map(|leaf| (hex(leaf), masks(cell)))).collect()
}

#[test]
fn vcpus_differ_in_the_bits_of_the_page_and_no_others() {
    let may = listed("| leaf | bits that differ between vCPUs |");
    let unlike = listed("| leaf | bits that differ where parts are unlike |");
    let [mut did, mut did_unlike] = [BTreeMap::<u32, [u32; 4]>::new(), BTreeMap::new()];
    let has_parts = |spec: &topoc::Spec| spec.topology.as_ref().is_some_and(|t| t.parts.is_some());
    let with_parts: Vec<String> = examples::specs()
        .into_iter()
        .filter(|example| has_parts(example.spec()))
        .map(|example| format!("{} for ", example.name))
        .collect();
    for (name, compiled) in compiled() {
        let is_unlike = with_parts.iter().any(|with_parts| name.starts_with(with_parts));
        let blobs = compiled.blobs();
        let first = entries(&blobs[0]);
        for blob in blobs {
            let own = entries(blob);
            assert_eq!(own.len(), first.len(), "{name}");
            for (own, first) in own.iter().zip(&first) {
                assert_eq!(own[..3], first[..3], "{name}");
                let bits =
                    |listed: &BTreeMap<u32, [u32; 4]>| listed.get(&own[0]).copied().unwrap_or_default();
                let (may, may_unlike) = (bits(&may), if is_unlike { bits(&unlike) } else { [0; 4] });
                for at in 0..4 {
                    let differs = own[3 + at] ^ first[3 + at];
                    let stray = differs & !may[at] & !may_unlike[at];
                    assert_eq!(stray, 0, "{name}: leaf {:x} differs in {stray:x}", own[0]);
                    did.entry(own[0]).or_default()[at] |= differs;
                    did_unlike.entry(own[0]).or_default()[at] |= differs & may_unlike[at];
                }
            }
        }
    }
    // The page lists whole fields, each of which differs somewhere.
    for (leaf, may) in may {
        let mut fields = [0; 4];
        for field in field::ALL.iter().filter(|field| field.leaf == leaf) {
            let at = Register::ALL.iter().position(|register| *register == field.register).unwrap();
            if may[at] & field.mask() != 0 {
                let differed = did[&leaf][at] & field.mask() != 0;
                assert!(differed, "{} differs in no example", field.at(None));
                fields[at] |= field.mask();
            }
        }
        assert_eq!(fields, may, "leaf {leaf:x}");
    }
    // Of what unlike parts add, the leaves that the examples have.
    for leaf in [0x4, 0xb, 0x1a, 0x1f, 0x8000_0006, 0x8000_0026] {
        assert!(did_unlike[&leaf] != [0; 4], "leaf {leaf:x} differs in no example");
    }
}

#[test]
fn the_bytes_of_the_page_are_an_examples() {
    let host = examples::host("two-socket-intel-xeon-8480plus");
    let example = examples::specs().into_iter().find(|e| e.name == "two-sockets-smt").unwrap();
    let blob = example.compile(&host).unwrap().blobs()[1].clone();
    let mut seen = 0;
    for line in block(&page(), "hex").lines() {
        let bytes = &line[4..].trim_start();
        let bytes = bytes.split("   ").next().unwrap();
        let offset: usize = line[..4].trim().parse().unwrap();
        let shown: Vec<u8> = bytes.split_whitespace().map(|b| u8::from_str_radix(b, 16).unwrap()).collect();
        assert_eq!(blob[offset..offset + shown.len()], shown, "byte {offset}");
        seen += shown.len();
    }
    assert!(seen > 100, "{seen} bytes");
}

/// The page's loader and tests/blob_format.c, compiled; `None` without a C compiler that has Linux's
/// headers.
fn loader(dir: &Path) -> Option<PathBuf> {
    let cc = |source: &Path, to: &Path| {
        let warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-o"];
        Command::new("cc").arg("-I").arg(dir).args(warnings).arg(to).arg(source).output()
    };
    let probe = dir.join("probe.c");
    fs::write(&probe, "#include <linux/kvm.h>\nint main(void) { return 0; }\n").unwrap();
    match cc(&probe, &dir.join("probe")) {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            need::skip("cc", &format!("cc cannot compile for Linux's KVM: {}", text(&output.stderr)));
            return None;
        }
        Err(error) => {
            need::skip("cc", &format!("cc: {error}"));
            return None;
        }
    }
    fs::write(dir.join("loader.h"), block(&page(), "c")).unwrap();
    let program = dir.join("blob_format");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blob_format.c");
    let output = cc(&source, &program).unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(program)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The entries that the program prints.
fn printed(output: &Output) -> Vec<[u32; 7]> {
    assert!(output.status.success(), "{}: {}", output.status, text(&output.stderr));
    let line = |line: &str| line.split(' ').map(hex).collect::<Vec<_>>().try_into().unwrap();
    text(&output.stdout).lines().map(line).collect()
}

#[test]
fn the_loader_reads_what_topoc_writes() {
    let dir = TempDir::new().unwrap();
    let Some(program) = loader(dir.path()) else { return };
    let file = dir.path().join("vcpu.cpuid2");
    let run = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        Command::new(&program).arg(&file).output().unwrap()
    };
    let mut last = Vec::new();
    for (name, compiled) in compiled() {
        last.clone_from(compiled.blobs().last().unwrap());
        assert_eq!(printed(&run(&last)), entries(&last), "{name}");
    }
    let mut largest = vec![0; HEADER + 257 * ENTRY];
    largest[..4].copy_from_slice(&256_u32.to_le_bytes());
    assert_eq!(printed(&run(&largest[..HEADER + 256 * ENTRY])).len(), 256);
    let mut too_many = largest.clone();
    too_many[..4].copy_from_slice(&257_u32.to_le_bytes());
    let long = [&last[..], &[0]].concat();
    let none = [&[0; HEADER][..]].concat();
    let wrong: [&[u8]; 6] = [&[], &last[..7], &last[..last.len() - 1], &long, &none, &too_many];
    for bytes in wrong {
        assert_eq!(run(bytes).status.code(), Some(1), "{} bytes are no table", bytes.len());
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(Command::new(&program).arg(&file).output().unwrap().status.code(), Some(1));
}

/// What KVM leaves as it was set, whatever the host: the leaves of the topology.
#[test]
fn the_loader_sets_a_table_on_a_vcpu() {
    const TOPOLOGY: [u32; 6] = [0x4, 0xb, 0x1f, 0x8000_001d, 0x8000_001e, 0x8000_0026];
    if let Err(error) = fs::OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        return need::skip("kvm", &format!("/dev/kvm: {error}"));
    }
    let dir = TempDir::new().unwrap();
    let Some(program) = loader(dir.path()) else { return };
    let file = dir.path().join("vcpu.cpuid2");
    let mut compared = 0;
    for (name, compiled) in compiled() {
        let (Some(blob), Some(vcpu)) = (compiled.blobs().last(), compiled.manifest().vcpus.last()) else {
            continue;
        };
        fs::write(&file, blob).unwrap();
        let output = Command::new(&program).arg(&file).arg(vcpu.vcpu_id.to_string()).output().unwrap();
        let told = |entries: Vec<[u32; 7]>| -> Vec<[u32; 7]> {
            let of_topology = |entry: &[u32; 7]| TOPOLOGY.contains(&entry[0]) && entry[3..] != [0; 4];
            entries.into_iter().filter(of_topology).collect()
        };
        let (got, set) = (told(printed(&output)), told(entries(blob)));
        assert_eq!(got, set, "{name}, ID {}", vcpu.vcpu_id);
        compared += set.len();
    }
    assert!(compared > 200, "{compared} entries");
    println!("{compared} entries set by the C loader and given back by KVM");
}
