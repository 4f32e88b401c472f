//! What is said of a place in CPUID's answers: what it is, and with tables what it holds and why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::field::{self, Part};
use super::tables::{self, Tables};
use crate::cli::console::{Console, Format};
use crate::cli::exit::Exit;
use crate::cpuid::{Coordinate, feature, meaning};
use crate::decode::{Answers, Entry};
use crate::diag::render::page;
use crate::emit::ManifestPlace;
use crate::emit::origins::{Ground, Origin, Origins};
use crate::source::{printable, quoted};
use crate::spec::CpuList;

/// Explains a coordinate, in these tables if there are some.
pub fn explain(text: &str, within: Option<&Path>, vcpu: Option<u32>, console: &Console) {
    let at: Coordinate = match text.parse() {
        Ok(at) => at,
        Err(error) => {
            return console.error(format!("{} is no place in CPUID: {error}", quoted(text)), Exit::Usage);
        }
    };
    if let Some(near) = field::nearest_leaves(at.leaf) {
        let near: Vec<_> = near.iter().map(|leaf| format!("topoc explain CPUID.{leaf:02X}H")).collect();
        let what = format!("topoc knows nothing of leaf {:02X}H", at.leaf);
        return console.error(format!("{what}\n  help: {}", near.join(", or ")), Exit::Usage);
    }
    let parts = field::parts(&at);
    let Some(within) = within else { return show(&at, &parts, console) };
    let Some(tables) = tables::read(within, console) else { return };
    let count = tables.vcpus.len();
    let chosen = vcpu.unwrap_or(0);
    let Some(answers) = usize::try_from(chosen).ok().and_then(|at| tables.vcpus.get(at)) else {
        return console.error(format!("there is no vCPU {chosen}: the machine has {count}"), Exit::Usage);
    };
    let held = held(&at, parts, answers, &tables);
    if held.is_empty() {
        return absent(&at, answers, console);
    }
    values(&held, &tables, chosen, vcpu.is_none(), console);
}

/// What a place is.
fn show(at: &Coordinate, parts: &[Part], console: &Console) {
    let nameless = field::nameless(at, parts);
    match console.format() {
        Format::Json => console.json(&json!({
            "coordinate": at.to_string(),
            "fields": parts.iter().map(Part::json).collect::<Vec<_>>(),
            "nameless": nameless.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        Format::Concise => {
            let lines = parts.iter().map(|part| format!("{}: {}\n", part.at, part.name));
            let rest = nameless.iter().map(|at| format!("{at}: no name\n"));
            console.result(&lines.chain(rest).collect::<String>());
        }
        _ => {
            let text = match parts {
                [part]
                    if part.mask() & !at.mask() == 0 && at.bits.is_some()
                        || parts.len() == 1 && nameless.is_empty() =>
                {
                    alone(part)
                }
                _ => listing(at, parts, &nameless),
            };
            console.result(&page(&text, console.paper()));
        }
    }
}

/// A single field.
fn alone(part: &Part) -> String {
    let mut text = format!("# {}: {}\n\n{}.\n\n", part.at, part.name, part.what);
    let mut say = |line: String| {
        let _ = writeln!(text, "- {line}");
    };
    let bits = part.mask().count_ones();
    let rule = part.encoding.map(|encoding| format!(": {}", encoding.rule())).unwrap_or_default();
    say(format!("{bits} {}, 0 to {}{rule}", if bits == 1 { "bit" } else { "bits" }, part.max()));
    say(format!("on: {}", part.on));
    say(match part.owner {
        Some(owner) => format!("written by topoc, in the pass `{owner}` of lowering"),
        None => {
            "not written by topoc: it passes from the host's table, as far as a guest may have it".to_owned()
        }
    });
    say(if part.may_differ { "may differ between vCPUs" } else { "the same on all vCPUs of a machine" }
        .to_owned());
    if let Some(feature) = part.feature {
        let mut names = vec![feature.name];
        names.extend(feature.aliases);
        say(format!("a feature by the name of {}", names.join(", ")));
        let needs: Vec<_> = feature::prerequisites(feature).map(|f| f.name).collect();
        if !needs.is_empty() {
            say(format!("needs {}", needs.join(", ")));
        }
    }
    say(format!("source: {}", part.source));
    let rules = field::rules(&part.at);
    if !rules.is_empty() {
        let rules: Vec<_> = rules.iter().map(|rule| format!("`{rule}`")).collect();
        say(format!("rules whose pages name it or its leaf: {}", rules.join(", ")));
    }
    text
}

/// The fields of a register or leaf.
fn listing(at: &Coordinate, parts: &[Part], nameless: &[Coordinate]) -> String {
    let (on, source) = meaning::leaf(at.leaf);
    let mut text = format!("# {at}\n\nOn: {on}. Source: {source}.\n\n");
    for part in parts {
        let _ = writeln!(text, "- `{}`: {}", part.at, part.name);
    }
    if !nameless.is_empty() && at.register.is_some() {
        let bits: Vec<_> = nameless.iter().map(|at| format!("`{at}`")).collect();
        let _ = writeln!(text, "- no name, reserved as far as topoc knows: {}", bits.join(", "));
    }
    text
}

/// A field in the tables.
struct Held<'t> {
    part: Part,
    word: u32,
    value: u32,
    /// Which vCPUs have which value, if they differ.
    by_value: BTreeMap<u32, CpuList>,
    origin: Option<&'t Origin>,
}

/// The fields as one vCPU has them, in every subleaf that was asked for.
fn held<'t>(at: &Coordinate, mut parts: Vec<Part>, answers: &Answers, tables: &'t Tables) -> Vec<Held<'t>> {
    if parts.is_empty() {
        parts.extend(field::nameless(at, &[]).into_iter().map(|at| Part {
            at,
            name: "no name".to_owned(),
            what: "Bits that no manual names".to_owned(),
            encoding: None,
            owner: None,
            on: "all",
            source: "none",
            may_differ: false,
            feature: None,
        }));
    }
    let mut held = Vec::new();
    for entry in entries(answers, at) {
        for part in &parts {
            let Some(register) = part.at.register else { continue };
            if part.at.subleaf.is_some() && entry.subleaf.is_some() && part.at.subleaf != entry.subleaf {
                continue;
            }
            let part = Part { at: Coordinate { subleaf: entry.subleaf, ..part.at }, ..part.clone() };
            let word = |entry: &Entry| entry.registers[register as usize];
            let mut by_value: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (vcpu, table) in (0..).zip(&tables.vcpus) {
                let word = entries(table, &part.at).next().map_or(0, word);
                by_value.entry(part.get(word)).or_default().push(vcpu);
            }
            let whole = Coordinate { bits: None, ..part.at };
            let find = |origins: &'t Origins| {
                origins.find(&part.at.to_string()).or_else(|| origins.find(&whole.to_string()))
            };
            held.push(Held {
                value: part.get(word(entry)),
                word: word(entry),
                by_value: by_value
                    .into_iter()
                    .map(|(value, vcpus)| (value, vcpus.into_iter().collect()))
                    .collect(),
                origin: tables.origins.as_ref().ok().and_then(find),
                part,
            });
        }
    }
    held
}

/// The entries of a table that a coordinate is about.
fn entries<'a>(answers: &'a Answers, at: &Coordinate) -> impl Iterator<Item = &'a Entry> + use<'a> {
    let at = *at;
    answers.entries().iter().filter(move |entry| {
        entry.leaf == at.leaf
            && (at.subleaf.is_none() || entry.subleaf.is_none() || entry.subleaf == at.subleaf)
    })
}

/// The table has no such entry.
fn absent(at: &Coordinate, answers: &Answers, console: &Console) {
    let of_leaf = answers.entries().iter().filter(|entry| entry.leaf == at.leaf);
    let subleaves: Vec<_> = of_leaf.filter_map(|entry| entry.subleaf).map(|n| n.to_string()).collect();
    let which = if subleaves.is_empty() {
        format!("the table has no leaf {:02X}H", at.leaf)
    } else {
        format!("the table has of leaf {:02X}H the subleaves {}", at.leaf, subleaves.join(", "))
    };
    if console.format() == Format::Json {
        console.json(&json!({ "coordinate": at.to_string(), "fields": [], "absent": which }));
    } else {
        console.result(&format!(
            "{which}: KVM answers zeros, or the answer of the last leaf where the range ends before it\n"
        ));
    }
}

fn values(held: &[Held<'_>], tables: &Tables, vcpu: u32, all: bool, console: &Console) {
    let unknown = tables.origins.as_ref().err();
    match console.format() {
        Format::Json => {
            let fields: Vec<Value> = held.iter().map(|held| value_json(held, tables, all)).collect();
            let place = tables.manifest.as_ref().and_then(|m| m.vcpus.get(usize::try_from(vcpu).ok()?));
            console.json(&json!({
                "vcpu": vcpu,
                "place": place.map(|vcpu| vcpu.place),
                "fields": fields,
                "origin_unknown": unknown,
            }));
        }
        Format::Concise => {
            for held in held {
                let because = held.origin.map(|origin| format!(": {}", printable(&origin.because)));
                console.result(&format!("{}{}\n", headline(held), because.unwrap_or_default()));
            }
        }
        _ => {
            let text: Vec<_> = held.iter().map(|held| value_text(held, tables, vcpu, all)).collect();
            console.result(&page(&text.join("\n"), console.paper()));
            if let Some(unknown) = unknown {
                console.status(format!("note: why it has its value is not recorded: {unknown}"));
            }
        }
    }
}

/// A field and its value in one line.
fn headline(held: &Held<'_>) -> String {
    let words = held.part.words(held.value).map(|words| format!(", {words}"));
    format!("{} = {}{}", held.part.at, held.value, words.unwrap_or_default())
}

fn value_text(held: &Held<'_>, tables: &Tables, vcpu: u32, all: bool) -> String {
    let mut text = format!("# {}\n\n", headline(held));
    let place = tables.manifest.as_ref().and_then(|m| m.vcpus.get(usize::try_from(vcpu).ok()?));
    let place = place.map(|vcpu| format!(", which is {}", place_words(&vcpu.place))).unwrap_or_default();
    let register = held.part.at.register.map(|r| r.to_string()).unwrap_or_default();
    let _ = writeln!(text, "{}: {register} is {:#010x} on vCPU {vcpu}{place}.\n", held.part.name, held.word);
    if all && held.by_value.len() > 1 {
        for (value, vcpus) in held.by_value.iter().take(MOST_VALUES) {
            let words = held.part.words(*value).map(|words| format!(", {words}")).unwrap_or_default();
            let _ = writeln!(text, "- {value}{words}: vCPU {vcpus}");
        }
        if let Some(more) = held.by_value.len().checked_sub(MOST_VALUES).filter(|more| *more > 0) {
            let _ = writeln!(text, "- {more} more values");
        }
        text.push('\n');
    }
    if let (Some(origin), Ok(origins)) = (held.origin, &tables.origins) {
        let _ = writeln!(text, "Because {}:\n", printable(&origin.because));
        for line in ground_lines(origin, origins) {
            let _ = writeln!(text, "- {line}");
        }
    }
    text
}

/// Of more values than this, the first ones are shown: IDs differ on every vCPU.
const MOST_VALUES: usize = 16;

fn place_words(place: &ManifestPlace) -> String {
    let levels = [
        ("socket", Some(place.socket)),
        ("die group", place.die_group),
        ("die", place.die),
        ("complex", place.complex),
        ("tile", place.tile),
        ("module", place.module),
        ("core", Some(place.core)),
        ("thread", Some(place.thread)),
    ];
    let levels = levels.iter().filter_map(|(word, index)| Some(format!("{word} {}", (*index)?)));
    levels.collect::<Vec<_>>().join(", ")
}

/// What an origin rests on, a line each; defaults of one reason share theirs.
fn ground_lines(origin: &Origin, origins: &Origins) -> Vec<String> {
    let mut lines = Vec::new();
    let mut defaults: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for ground in &origin.rests_on {
        match ground {
            Ground::Spec(path) => {
                let file = printable(origins.spec.as_deref().unwrap_or("the spec"));
                let path = printable(path);
                lines.push(match origins.places.get(path.as_str()) {
                    Some(place) => {
                        let line = printable(&place.text);
                        format!("`{path}` {file}:{}:{}: `{line}`", place.line, place.column)
                    }
                    None => format!("`{path}` of {file}"),
                });
            }
            Ground::Host(what) => {
                let file = origins.profile.as_deref().map(|file| format!(" ({})", printable(file)));
                lines.push(format!("host{}: {}", file.unwrap_or_default(), printable(what)));
            }
            Ground::Always(why) if *why == origin.because => {
                lines.push("on every host, for every spec".to_owned());
            }
            Ground::Always(why) => lines.push(format!("always: {}", printable(why))),
            Ground::Default(default) => {
                let alike =
                    defaults.iter_mut().find(|(is, why, _)| (*is, *why) == (&default.is, &default.reason));
                match alike {
                    Some((.., paths)) => paths.push(&default.path),
                    None => defaults.push((&default.is, &default.reason, vec![&default.path])),
                }
            }
        }
    }
    for (is, why, paths) in defaults {
        let paths: Vec<_> = paths.iter().map(|path| format!("`{}`", printable(path))).collect();
        lines.push(format!("default: {} {}: {}", paths.join(", "), printable(is), printable(why)));
    }
    lines
}

fn value_json(held: &Held<'_>, tables: &Tables, all: bool) -> Value {
    let mut value = held.part.json();
    let words = |value| held.part.words(value);
    value["word"] = format!("{:#010x}", held.word).into();
    value["value"] = held.value.into();
    value["says"] = words(held.value).into();
    if all {
        let each = held.by_value.iter();
        value["by_value"] = each
            .map(
                |(value, vcpus)| json!({ "value": value, "says": words(*value), "vcpus": vcpus.to_string() }),
            )
            .collect();
    }
    if let (Some(origin), Ok(origins)) = (held.origin, &tables.origins) {
        let ground = |ground: &Ground| match ground {
            Ground::Spec(path) => {
                let place = origins.places.get(path);
                json!({ "kind": "spec", "path": path, "file": origins.spec, "line": place.map(|p| p.line),
                        "column": place.map(|p| p.column), "text": place.map(|p| &p.text) })
            }
            Ground::Default(d) => {
                json!({ "kind": "default", "path": d.path, "is": d.is, "reason": d.reason })
            }
            Ground::Host(what) => json!({ "kind": "host", "what": what, "file": origins.profile }),
            Ground::Always(why) => json!({ "kind": "always", "why": why }),
        };
        value["because"] = origin.because.clone().into();
        value["rests_on"] = origin.rests_on.iter().map(ground).collect();
    }
    value
}
