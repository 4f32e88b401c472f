//! The page of a rule, and what the names in messages mean.

use serde_json::{Value, json};

use crate::cli::console::{Console, Format};
use crate::cli::exit::Exit;
use crate::decode::FindingKind;
use crate::diag::render::page;
use crate::diag::{READING, Rule, Safety, known_fix, registry};
use crate::profile::sound::FaultKind;
use crate::source::quoted;
use crate::yaml::nearest;

/// The page of all faults.
pub const FAULTS_PAGE: &str = "docs/profile-faults.md";

/// What a name stands for.
enum Topic {
    Rule(&'static Rule),
    /// Rules of a family, or mistakes of form.
    Family(&'static str),
    Reading(&'static str, &'static str),
    Finding(FindingKind),
    Fault(FaultKind),
}

/// The family of what `topoc decode` finds.
const FINDINGS: &str = "decode";

/// The family of what `topoc profile check` finds.
const FAULTS: &str = "capture";

/// Explains a name, or says which were likely meant.
pub fn explain(name: &str, console: &Console) {
    if let Some(topic) = find(name) {
        show(&topic, console);
        return;
    }
    let help = match meant(name).as_slice() {
        [] => "topoc explain --list".to_owned(),
        near => near.iter().map(|name| format!("topoc explain {name}")).collect::<Vec<_>>().join(", or "),
    };
    console
        .error(format!("there is no rule, finding or fault {}\n  help: {help}", quoted(name)), Exit::Usage);
}

/// Every family: of rules in the order of their names, then of form, then what decoding finds, then faults.
fn families() -> Vec<&'static str> {
    let mut families: Vec<_> = registry::all().map(Rule::family).collect();
    families.extend(READING.iter().filter_map(|(name, _)| name.split("::").next()));
    families.sort_unstable();
    families.dedup();
    families.extend([FINDINGS, FAULTS]);
    families
}

/// Names and summaries of a family, by name.
fn members(family: &str) -> Vec<(&'static str, &'static str)> {
    if family == FINDINGS {
        return FindingKind::ALL.iter().map(|kind| (kind.name(), kind.summary())).collect();
    }
    if family == FAULTS {
        return FaultKind::ALL.iter().map(|kind| (kind.name(), kind.summary())).collect();
    }
    let rules = registry::all().map(|rule| (rule.name, rule.summary));
    let is_of = |name: &str| name.split("::").next() == Some(family);
    let mut members: Vec<_> = rules.chain(READING.iter().copied()).filter(|(name, _)| is_of(name)).collect();
    members.sort_unstable();
    members
}

/// What a name stands for: as messages write it, as a path of files, or by its last part alone.
fn find(name: &str) -> Option<Topic> {
    let name = name.trim_matches(['[', ']', '`', ' ']);
    let path = name.strip_prefix("docs/rules/").unwrap_or(name).trim_end_matches(".md");
    let name = path.replace('/', "::");
    if let Some(rule) = registry::find(&name).or_else(|| sole(&name)) {
        return Some(Topic::Rule(rule));
    }
    if let Some(family) = families().into_iter().find(|family| *family == name) {
        return Some(Topic::Family(family));
    }
    if let Some((name, summary)) = READING.iter().find(|(known, _)| *known == name) {
        return Some(Topic::Reading(name, summary));
    }
    let finding = FindingKind::ALL.iter().find(|kind| kind.name() == name).map(|kind| Topic::Finding(*kind));
    let fault = || FaultKind::ALL.iter().find(|kind| kind.name() == name).map(|kind| Topic::Fault(*kind));
    finding.or_else(fault)
}

/// The rule whose last part this is, if there is but one.
fn sole(last: &str) -> Option<&'static Rule> {
    let mut rules = registry::all().filter(|rule| rule.name.rsplit("::").next() == Some(last));
    rules.next().filter(|_| rules.next().is_none())
}

/// The names that were likely meant: the nearest, or all that end in the nearest last part.
fn meant(name: &str) -> Vec<&'static str> {
    let mut names = families();
    names.extend(families().into_iter().flat_map(members).map(|(name, _)| name));
    if let Some(near) = nearest(name, &names) {
        return vec![near];
    }
    let last = |name: &'static str| name.rsplit("::").next().unwrap_or(name);
    let lasts: Vec<_> = names.iter().map(|name| last(name)).collect();
    let near = name.rsplit("::").next().and_then(|part| nearest(part, &lasts));
    names.into_iter().filter(|name| Some(last(name)) == near).collect()
}

fn show(topic: &Topic, console: &Console) {
    match console.format() {
        Format::Json => console.json(&value(topic)),
        Format::Concise => console.result(&concise(topic)),
        _ => {
            console.result(&page(&markdown(topic), console.paper()));
        }
    }
}

/// Every name.
pub fn all(console: &Console) {
    match console.format() {
        Format::Json => {
            let list: Vec<Value> = families()
                .into_iter()
                .flat_map(members)
                .filter_map(|(name, _)| find(name))
                .map(|topic| value(&topic))
                .collect();
            console.json(&list);
        }
        Format::Concise => {
            families().into_iter().for_each(|family| console.result(&concise(&Topic::Family(family))));
        }
        _ => {
            let text: Vec<_> = families().into_iter().map(listing).collect();
            console.result(&page(&text.join("\n"), console.paper()));
        }
    }
}

/// One line for each name.
fn concise(topic: &Topic) -> String {
    let line = |(name, summary): (&str, &str)| format!("{name}: {summary}\n");
    match topic {
        Topic::Rule(rule) => line((rule.name, rule.summary)),
        Topic::Family(family) => members(family).into_iter().map(line).collect(),
        Topic::Reading(name, summary) => line((name, summary)),
        Topic::Finding(kind) => line((kind.name(), kind.summary())),
        Topic::Fault(kind) => line((kind.name(), kind.summary())),
    }
}

fn markdown(topic: &Topic) -> String {
    match topic {
        Topic::Rule(rule) => format!("{}{}", rule.text(), way_out(rule)),
        Topic::Family(family) => listing(family),
        Topic::Reading(name, summary) => format!(
            "# {name}\n\n{}. A mistake of form: the text cannot be read as it stands. The message says what would \
             be valid.\n\nThe language: docs/language.md. Profiles: docs/host-profile.md.\n",
            capital(summary)
        ),
        Topic::Finding(kind) => format!(
            "# {kind}\n\n{}. A finding of `topoc decode`: the tables contradict themselves or the vendor's manual. \
             Its message has the registers and both numbers. A finding stops nothing, for silicon has its own; the \
             tables that topoc writes have none.\n\nEvery finding: docs/findings.md.\n",
            capital(kind.summary())
        ),
        Topic::Fault(kind) => format!(
            "# {kind}\n\n{}. A fault of `topoc profile check`: {}. An error means that the profile cannot be relied on \
             as it stands, a warning that the machine has a quirk or the capture a gap. The message has both numbers \
             and the CPUs.\n\nWhat stays usable: {}.\n\nEvery fault: docs/profile-faults.md.\n",
            capital(kind.summary()),
            kind.level(),
            kind.kept()
        ),
    }
}

fn listing(family: &str) -> String {
    let head = match family {
        FINDINGS => "decode: what `topoc decode` finds in tables".to_owned(),
        FAULTS => "capture: what `topoc profile check` finds in host profiles".to_owned(),
        "yaml" => format!("{family}: mistakes of form, which come before the rules"),
        _ => family.to_owned(),
    };
    let items: String =
        members(family).into_iter().map(|(name, summary)| format!("- `{name}`: {summary}\n")).collect();
    format!("# {head}\n\n{items}")
}

fn value(topic: &Topic) -> Value {
    match topic {
        Topic::Rule(rule) => json!({
            "name": rule.name,
            "kind": "rule",
            "summary": rule.summary,
            "level": rule.level.words(),
            "fix": known_fix(rule.name).map(|safety| if safety == Safety::Safe { "safe" } else { "suggested" }),
            "overrulable": registry::is_overrulable(rule.name),
            "stage": rule.needs.iter().map(|fact| fact.words()).collect::<Vec<_>>(),
            "requires": rule.requires,
            "since": rule.since,
            "earned_by": rule.earned_by,
            "page": rule.page(),
            "text": rule.text(),
        }),
        Topic::Family(family) => members(family)
            .into_iter()
            .filter_map(|(name, _)| find(name))
            .map(|topic| value(&topic))
            .collect(),
        Topic::Reading(name, summary) => {
            json!({ "name": name, "kind": "form", "summary": summary, "page": "docs/language.md" })
        }
        Topic::Finding(kind) => {
            json!({ "name": kind, "kind": "finding", "summary": kind.summary(), "page": "docs/findings.md" })
        }
        Topic::Fault(kind) => json!({
            "name": kind,
            "kind": "fault",
            "summary": kind.summary(),
            "level": kind.level(),
            "usable": kind.kept(),
            "page": FAULTS_PAGE,
        }),
    }
}

/// The text as the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What a user can do about a finding besides an edit by hand.
fn way_out(rule: &Rule) -> String {
    let fix = match known_fix(rule.name) {
        Some(Safety::Safe) => "`topoc check --fix` mends what has one way out.\n",
        Some(Safety::Unsafe) => "`topoc check --diff --unsafe-fixes` shows a way out, one of several.\n",
        None => "",
    };
    let lower = if registry::is_overrulable(rule.name) {
        "Its errors may be lowered: `--warn`, `--allow`, or `rules` of topoc.yaml.\n"
    } else {
        ""
    };
    if fix.is_empty() && lower.is_empty() {
        String::new()
    } else {
        format!("\n## What topoc can do\n\n{fix}{lower}")
    }
}
