//! Why fields have their values: every field of every table has an origin, and origins name all that a value
//! depends on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use topoc::compile::{Compiled, Origin, compile_on};
use topoc::cpuid::{Coordinate, Key, Register, Registers, field};
use topoc::emit::Origins;
use topoc::emit::origins::{DefaultValue, Ground};
use topoc::profile::PreparedHost;
use topoc::spec::{self, Parsed};

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;

type Table = BTreeMap<Key, Registers>;

/// The entries of a `struct kvm_cpuid2`: a count, padding, then function, index, flags and four registers of each.
fn table(blob: &[u8]) -> Table {
    let word = |at: usize| u32::from_le_bytes(blob[at..at + 4].try_into().unwrap());
    let entry = |n: usize| {
        let at = 8 + 40 * n;
        let subleaf = (word(at + 8) & 1 == 1).then(|| word(at + 4));
        let words = [12, 16, 20, 24].map(|offset| word(at + offset));
        (Key { leaf: word(at), subleaf }, Registers::from(words))
    };
    (0..usize::try_from(word(0)).unwrap()).map(entry).collect()
}

/// Every coordinate that has an origin, with the bits that it stands for.
fn masks(origins: &Origins) -> BTreeMap<String, (Key, Register, u32)> {
    let mut named: BTreeMap<(Key, Register), u32> = BTreeMap::new();
    let all = origins.origins.iter().flat_map(|origin| &origin.fields);
    let all: Vec<(String, Coordinate)> =
        all.map(|text| (text.clone(), text.parse().unwrap_or_else(|e| panic!("{text}: {e}")))).collect();
    for (text, coordinate) in all.iter().filter(|(_, c)| c.bits.is_some()) {
        let known = named.entry((coordinate.key(), coordinate.register.unwrap())).or_default();
        assert_eq!(*known & coordinate.mask(), 0, "{text} has two origins");
        *known |= coordinate.mask();
    }
    all.into_iter()
        .map(|(text, coordinate)| {
            let place = (coordinate.key(), coordinate.register.unwrap());
            let mask = match coordinate.bits {
                Some(_) => coordinate.mask(),
                None => !named.get(&place).copied().unwrap_or(0),
            };
            (text, (place.0, place.1, mask))
        })
        .collect()
}

#[test]
fn every_bit_of_every_table_has_one_origin() {
    let mut fields = BTreeSet::new();
    for (host_name, host) in examples::hosts() {
        for example in examples::specs() {
            let Ok(compiled) = example.compile(&host) else { continue };
            let what = format!("{} on {host_name}", example.name);
            let origins = compiled.origins();
            assert!(origins.are_of(compiled.manifest()), "{what}");
            for origin in &origins.origins {
                assert!(!origin.because.is_empty() && !origin.fields.is_empty(), "{what}: {origin:?}");
                assert!(!origin.rests_on.is_empty(), "{what}: {:?} rests on nothing", origin.fields);
                for ground in &origin.rests_on {
                    if let Ground::Spec(path) = ground {
                        assert!(origins.places.contains_key(path), "{what}: {path} stands nowhere");
                    }
                }
            }
            let masks = masks(origins);
            let mut covered: BTreeMap<(Key, Register), u32> = BTreeMap::new();
            for (key, register, mask) in masks.values() {
                *covered.entry((*key, *register)).or_default() |= mask;
            }
            for key in table(&compiled.blobs()[0]).keys() {
                for register in Register::ALL {
                    let bits = covered.get(&(*key, register)).copied().unwrap_or(0);
                    assert_eq!(bits, u32::MAX, "{what}: {key} {register}");
                }
                // HYBRID is of leaf 7's first subleaf.
                let here = |field: &&&field::Field| {
                    field.leaf == key.leaf && (key.leaf != 7 || key.subleaf == Some(0))
                };
                for field in field::ALL.iter().filter(here) {
                    let coordinate = field.at(key.subleaf).to_string();
                    assert!(origins.find(&coordinate).is_some(), "{what}: {coordinate}");
                    fields.insert((field.leaf, field.register, field.low));
                }
            }
            // Nothing is said of what is not there.
            let keys: BTreeSet<Key> = masks.values().map(|(key, ..)| *key).collect();
            assert_eq!(keys, table(&compiled.blobs()[0]).into_keys().collect(), "{what}");
        }
    }
    assert_eq!(fields.len(), field::ALL.len(), "the examples have every field");
}

/// What is as in the table that lowering starts from, and no pass wrote, says so.
#[test]
fn what_passes_names_the_hosts_leaf() {
    for (host_name, host) in examples::hosts() {
        for example in examples::specs().into_iter().take(8) {
            let Ok(compiled) = example.compile(&host) else { continue };
            let written: BTreeSet<String> = table(&compiled.blobs()[0])
                .into_keys()
                .flat_map(|key| field::ALL.iter().filter(move |f| f.leaf == key.leaf).map(move |f| (f, key)))
                .map(|(field, key)| field.at(key.subleaf).to_string())
                .collect();
            for origin in &compiled.origins().origins {
                for coordinate in origin.fields.iter().filter(|text| !written.contains(*text)) {
                    let leaf: Coordinate = coordinate.parse().unwrap();
                    let leaf = format!("leaf {:02X}H ", leaf.leaf);
                    let is_it = |g: &Ground| matches!(g, Ground::Host(what) if what.starts_with(&leaf));
                    assert!(
                        origin.rests_on.iter().any(is_it),
                        "{} on {host_name}: {coordinate}: {origin:?}",
                        example.name
                    );
                }
            }
        }
    }
}

/// Values that stand in for strings: whatever does not fit is refused by the reader.
const WORDS: [&str; 24] = [
    "host",
    "none",
    "x86-64-v1",
    "x86-64-v2",
    "x86-64-v3",
    "kernel",
    "split",
    "user",
    "threads_first",
    "cores_first",
    "performance",
    "efficiency",
    "core",
    "complex",
    "die",
    "socket",
    "module",
    "8KiB",
    "1MiB",
    "4MiB",
    "64MiB",
    "500MHz",
    "3GHz",
    "ELSE",
];

/// Another value at every place of a document: the path, and the document.
fn mutants(document: &Value) -> Vec<(String, Value)> {
    fn walk(value: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String, Option<Value>)>) {
        let mut say = |new: Option<Value>| found.push((path.to_owned(), pointer.to_owned(), new));
        if !path.is_empty() {
            say(None);
        }
        match value {
            Value::Bool(is) => say(Some((!is).into())),
            Value::Number(n) => {
                let n = n.as_u64().unwrap();
                [n + 1, n * 2, n / 2, n.saturating_sub(1)].into_iter().for_each(|n| say(Some(n.into())));
            }
            Value::String(_) => WORDS.iter().for_each(|word| say(Some((*word).into()))),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    walk(item, &format!("{pointer}/{i}"), &format!("{path}[{i}]"), found);
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(member, &format!("{pointer}/{key}"), &path, found);
                }
            }
            Value::Null => {}
        }
    }
    let mut found = Vec::new();
    walk(document, "", "", &mut found);
    let change = |(path, pointer, new): (String, String, Option<Value>)| {
        let mut changed = document.clone();
        if let Some(new) = new {
            *changed.pointer_mut(&pointer).unwrap() = new;
        } else {
            let (parent, last) = pointer.rsplit_once('/').unwrap();
            match changed.pointer_mut(parent).unwrap() {
                Value::Object(members) => drop(members.remove(last)),
                Value::Array(items) => drop(items.remove(last.parse().unwrap())),
                _ => unreachable!(),
            }
        }
        (path, changed)
    };
    let mut mutants: Vec<_> = found.into_iter().map(change).collect();
    // Counts that the spec leaves out.
    for key in ["threads", "cores", "modules", "complexes", "dies", "sockets"] {
        let mut more = document.clone();
        if more["topology"].get(key).is_none() && more["topology"].get("parts").is_none() {
            more["topology"][key] = 2.into();
            mutants.push((format!("topology.{key}"), more));
        }
    }
    for (section, key, value) in [("vmm", "irqchip", json!("user")), ("cpu", "model", json!("x86-64-v2"))] {
        let mut more = document.clone();
        if more.get(section).is_none_or(|section| section.get(key).is_none()) {
            more[section][key] = value;
            mutants.push((format!("{section}.{key}"), more));
        }
    }
    mutants
}

/// Whether one path is the other, or stands in it.
fn are_related(a: &str, b: &str) -> bool {
    let within = |a: &str, b: &str| {
        a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    within(a, b) || within(b, a)
}

/// Whether a field's origin names a path. What is `forgotten` is looked past.
fn names(origins: &Origins, coordinate: &str, path: &str, forgotten: Option<&str>) -> bool {
    let grounds = origins.find(coordinate).map(|origin| origin.rests_on.as_slice()).unwrap_or_default();
    grounds.iter().any(|ground| match ground {
        Ground::Spec(named) | Ground::Default(DefaultValue { path: named, .. }) => {
            forgotten != Some(named.as_str()) && are_related(named, path)
        }
        Ground::Host(_) | Ground::Always(_) => false,
    })
}

/// The coordinates in which two machines differ on a vCPU that both have.
fn differing(a: &Compiled, b: &Compiled) -> BTreeSet<String> {
    let mut masks_of_both = masks(b.origins());
    masks_of_both.extend(masks(a.origins()));
    let mut differing = BTreeSet::new();
    for (left, right) in a.blobs().iter().zip(b.blobs()) {
        let (left, right) = (table(left), table(right));
        let get = |table: &Table, key: Key, register| table.get(&key).map_or(0, |words| words.get(register));
        for (coordinate, (key, register, mask)) in &masks_of_both {
            if (get(&left, *key, *register) ^ get(&right, *key, *register)) & mask != 0 {
                differing.insert(coordinate.clone());
            }
        }
    }
    differing
}

fn compile(
    parsed: &Parsed,
    host: &PreparedHost<'_>,
    text: &str,
    example: &examples::Example,
) -> Option<Compiled> {
    let named = parsed.spec().cpu.as_ref().and_then(|cpu| cpu.baseline.as_ref());
    let baseline = named.and_then(|_| example.spec().cpu.as_ref()?.baseline.as_ref()).map(|named| {
        topoc::features::Baseline::from_slice(&std::fs::read(examples::folder().join(named)).unwrap())
            .unwrap()
    });
    let baseline = baseline.as_ref().map(Ok);
    let origin =
        Origin { text: Some(text.as_bytes()), spans: Some(parsed.spans()), baseline, ..Origin::default() };
    compile_on(parsed.spec(), origin, host).ok()
}

/// What the changes of one example's values changed.
#[derive(Default)]
struct Outcome {
    mutants: usize,
    changes: usize,
    /// What changed a field that does not name it, and where.
    wrong: BTreeMap<String, String>,
    /// Fields and the paths that they name, of which some change compiled.
    named: BTreeSet<(String, String)>,
    /// Those of them that changed the field.
    effective: BTreeSet<(String, String)>,
}

impl Outcome {
    fn join(&mut self, other: Self) {
        self.mutants += other.mutants;
        self.changes += other.changes;
        self.wrong.extend(other.wrong);
        self.named.extend(other.named);
        self.effective.extend(other.effective);
    }
}

/// Changes every value of an example, on one host of each of two vendors.
fn change(
    example: &examples::Example,
    hosts: &[(String, topoc::HostProfile)],
    forgotten: Option<&str>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut vendors = BTreeSet::new();
    for (host_name, host) in hosts {
        let prepared = PreparedHost::new(host);
        let Ok(compiled) = example.compile(host) else { continue };
        // Many vCPUs say nothing new.
        if compiled.blobs().len() > 32
            || vendors.len() == 2
            || !vendors.insert(compiled.manifest().vendor as usize)
        {
            continue;
        }
        let document = serde_json::to_value(example.spec()).unwrap();
        let mut done: BTreeMap<String, usize> = BTreeMap::new();
        for (path, mutant) in mutants(&document) {
            // Any word is a name, and a few of them are enough.
            let done = done.entry(path.clone()).or_default();
            if *done == 4 {
                continue;
            }
            let text = mutant.to_string();
            let Ok(parsed) = spec::parse(text.as_bytes()) else { continue };
            let Some(other) = compile(&parsed, &prepared, &text, example) else { continue };
            *done += 1;
            outcome.mutants += 1;
            for origin in &compiled.origins().origins {
                if origin.rests_on.contains(&Ground::Spec(path.clone())) {
                    outcome.named.extend(origin.fields.iter().map(|field| (field.clone(), path.clone())));
                }
            }
            let there = table(&compiled.blobs()[0]);
            for coordinate in differing(&compiled, &other) {
                let place: Coordinate = coordinate.parse().unwrap();
                // What is not in a table has no origin there.
                if !there.contains_key(&place.key()) {
                    continue;
                }
                outcome.changes += 1;
                if [&compiled, &other].iter().any(|c| names(c.origins(), &coordinate, &path, forgotten)) {
                    outcome.effective.insert((coordinate, path.clone()));
                    continue;
                }
                let plain = path.split('[').next().unwrap().to_owned();
                outcome.wrong.entry(format!("{coordinate} by {plain}")).or_insert(format!(
                    "{} on {host_name}: {path}: {text}\n    {:?}",
                    example.name,
                    compiled.origins().find(&coordinate)
                ));
            }
        }
    }
    outcome
}

/// Change any value of a spec: only fields whose origin names that value change.
#[test]
fn a_field_depends_on_nothing_that_its_origin_does_not_name() {
    let (hosts, specs) = (examples::hosts(), examples::specs());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcome = Outcome::default();
        while let Some(example) = specs.get(next.fetch_add(1, Ordering::Relaxed)) {
            outcome.join(change(example, &hosts, None));
        }
        outcome
    };
    let mut outcome = Outcome::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| outcome.join(worker.join().unwrap()));
    });
    let Outcome { mutants, changes, wrong, named, effective } = outcome;
    let idle = named.difference(&effective).count();
    println!(
        "{mutants} changed specs, {changes} changed fields; of {} paths named, {idle} idle",
        named.len()
    );
    let list: Vec<String> = wrong.iter().map(|(what, example)| format!("{what}\n  {example}")).collect();
    assert!(list.is_empty(), "{} fields change by what they do not name:\n{}", list.len(), list.join("\n"));
    assert!(mutants > 1000 && changes > 10_000, "{mutants} {changes}");
}

/// The test above fails where an origin forgets one of the paths that it rests on.
#[test]
fn a_path_that_an_origin_forgets_is_noticed() {
    let (hosts, specs) = (examples::hosts(), examples::specs());
    for (name, forgotten) in [
        ("two-sockets-smt", "topology.threads"),
        ("own-caches", "caches.l3.shared_by"),
        ("l3-as-numa", "numa.per"),
        ("no-avx512", "cpu.disable[0]"),
        ("named-xeon", "cpu.identity.model"),
        ("windows-desktop", "topology.cores"),
    ] {
        let example = specs.iter().find(|example| example.name == name).unwrap();
        let wrong = change(example, &hosts, Some(forgotten)).wrong;
        let plain = forgotten.split('[').next().unwrap();
        assert!(
            wrong.keys().any(|what| what.ends_with(&format!(" by {plain}"))),
            "{name}: {forgotten}: {wrong:?}"
        );
    }
}
