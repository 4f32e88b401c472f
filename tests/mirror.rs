//! A host's shape comes back: what is mirrored of it, compiled for it and decoded, is the host again.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/examples.rs"]
mod examples;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::corpus;
use topoc::decode::{self, Answers, Machine, Names};
use topoc::mirror::{Mirrored, mirror};
use topoc::{CompileError, HostProfile, compile, spec};

/// What a guest would conclude, its vCPUs called by the CPUs that they stand for.
fn decoded(mirrored: &Mirrored, host: &HostProfile) -> Result<Machine, CompileError> {
    let compiled = compile(&mirrored.spec, host)?;
    let tables: Vec<Answers> =
        compiled.blobs().iter().map(|blob| Answers::from_blob(blob).unwrap()).collect();
    let machine = decode::machine(&tables);
    Ok(Machine { names: Names::of_host(mirrored.cpus.iter().copied()), ..machine })
}

/// The text reads back as the spec, with nothing to say of it.
fn text_is_the_spec(mirrored: &Mirrored) {
    let text = mirrored.text();
    let parsed =
        spec::parse(text.as_bytes()).unwrap_or_else(|failed| panic!("{:?}\n{text}", failed.diagnostics()));
    let (read, _, warnings) = parsed.into_parts();
    assert_eq!((read, warnings.len()), (mirrored.spec.clone(), 0), "{text}");
}

/// What of a capture cannot come back, and why. A line that nothing needs is a mistake.
const EXCEPTIONS: [(&str, &str, &str); 6] = [
    (
        "AMD-K10-MagnyCours-2xOpteron-6164HE",
        "L3U",
        "80000006H has one L3 of a package; that it is two nodes' follows from the package's type, which no guest has",
    ),
    ("Intel-CPUID.1F-Qemu-2p3d3c2t", "L1D", "a cache that splits a core is an error: Linux calls it broken"),
    ("Intel-CPUID.1F-Qemu-2p3d3c2t", "L1I", "a cache that splits a core is an error: Linux calls it broken"),
    ("amd-opteron-processor-6274-dual", "L1I", "no leaf of family 15h tells a guest of compute units"),
    ("amd-opteron-processor-6274-dual", "L2U", "no leaf of family 15h tells a guest of compute units"),
    (
        "intel-core-ultra-7-155h",
        "L3U",
        "caches go by the type of core, and two efficiency cores are without an L3",
    ),
];

#[test]
fn every_capture_comes_back() {
    let Some(captures) = corpus::captures() else { return };
    let mut needed = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, expectation) in corpus::expectations() {
        let host = corpus::host(&corpus::tables(&captures, &name));
        let mirrored = mirror(&host, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        text_is_the_spec(&mirrored);
        println!("{name}\n{}", mirrored.text());
        let differences = match decoded(&mirrored, &host) {
            Ok(machine) => corpus::differences(&name, &expectation, &machine),
            Err(error) => vec![format!("{name}: {error}")],
        };
        for difference in differences {
            let about = |(_, object, _): &(&str, &str, &str)| {
                difference.starts_with(&format!("{name}: {object} is "))
            };
            match EXCEPTIONS.iter().find(|exception| exception.0 == name && about(exception)) {
                Some(exception) => {
                    needed.insert(exception);
                    // What cannot be had is said.
                    let key = exception.1.trim_end_matches('U').to_ascii_lowercase().replacen('l', "L", 1);
                    assert!(
                        mirrored.unlike.iter().any(|unlike| unlike.starts_with(&key)),
                        "{:?}",
                        mirrored.unlike
                    );
                }
                None => wrong.push(difference),
            }
        }
        let excepted = EXCEPTIONS.iter().any(|exception| exception.0 == name);
        assert_eq!(mirrored.unlike.is_empty(), !excepted, "{name}: {:?}", mirrored.unlike);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let stale: Vec<_> = EXCEPTIONS.iter().filter(|exception| !needed.contains(exception)).collect();
    assert!(stale.is_empty(), "no capture needs {stale:?}");
}

/// All that decoding a host and its mirror must have in common, CPUs by the kernel's numbers.
fn shape(machine: &Machine) -> BTreeMap<String, BTreeSet<String>> {
    let mut shape = corpus::partitions(machine);
    // A level of which each outer one has a single one is left out.
    shape.remove("Die");
    for (name, caches) in &machine.caches {
        let words = |c: &decode::SharedCache| format!("{} {} {} {}", c.size, c.ways, c.line, c.sets);
        shape.insert(format!("{name} is"), caches.iter().map(words).collect());
    }
    shape
}

/// The shipped hosts' levels that the leaves name: those of the host are those of the guest.
#[test]
fn every_shipped_host_comes_back() {
    let mut hosts = 0;
    for (name, host) in examples::hosts() {
        let mirrored = mirror(&host, None).unwrap();
        text_is_the_spec(&mirrored);
        let meant = host.decoded().machine;
        let read = decoded(&mirrored, &host).unwrap_or_else(|error| panic!("{name}: {error}"));
        let unlike =
            |key: &str| mirrored.unlike.iter().any(|unlike| unlike.to_ascii_uppercase().starts_with(key));
        let (meant_shape, read_shape) = (shape(&meant), shape(&read));
        for (key, meant) in &meant_shape {
            if unlike(key.trim_end_matches(" is").trim_end_matches('U')) {
                assert!(name.contains("opteron"), "{name}: {:?}", mirrored.unlike);
                continue;
            }
            assert_eq!(Some(meant), read_shape.get(key), "{name}: {key}");
        }
        // By index the vCPUs are the tree's.
        let types =
            |machine: &Machine| -> Vec<_> { machine.places.iter().map(|place| place.core_type).collect() };
        let by_cpu: BTreeMap<usize, _> =
            types(&read).into_iter().enumerate().map(|(vcpu, own)| (read.names.number(vcpu), own)).collect();
        assert_eq!(by_cpu.into_values().collect::<Vec<_>>(), types(&meant), "{name}");
        hosts += 1;
    }
    assert!(hosts >= 12);
}
