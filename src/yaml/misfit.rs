//! What is said of values and keys that do not fit, and of those that others read differently.

use super::de::{Fault, Value};
use super::scalar::{Foreign, Scalar, foreign};
use super::tree::{Entry, Kind, Node, ScalarNode};
use super::words;
use crate::diag::{Diagnostic, Edit, Fix, Severity};
use crate::source::{Spans, quoted};

impl Value<'_> {
    /// Adds a finding at this value; one through an alias is blamed at the alias.
    fn report(&self, diagnostic: Diagnostic, label: &str) {
        let mut report = self.reader.report.borrow_mut();
        let mut diagnostic = diagnostic.label(report.at(self.place.value), label);
        if let Some(definition) = self.place.definition {
            diagnostic = diagnostic.label(report.at(definition), "written here");
        }
        report.add(self.place.definition.unwrap_or(self.place.value), diagnostic);
    }

    pub(super) fn error(&self, rule: &'static str, message: String, help: Option<String>, fix: Option<Fix>) {
        let mut diagnostic = Diagnostic::new(rule, Severity::Error, message);
        diagnostic.help = help;
        diagnostic.fix = fix.filter(|_| self.is_own()).map(Box::new);
        self.report(diagnostic, "");
    }

    /// Whether the value stands in a spec, and there where it is read: fixes are made by path.
    fn is_own(&self) -> bool {
        self.place.definition.is_none() && self.reader.report.borrow().is_of_spec()
    }

    /// Writes another value in place of this one.
    pub(super) fn instead(&self, value: impl Into<String>) -> Fix {
        Fix::safe_by(vec![Edit::Set(self.path.clone(), value.into())])
    }

    /// Reports a fault of this value, unless it is reported already.
    pub(super) fn record(&self, fault: Fault) -> Fault {
        if matches!(fault, Fault::Recorded) || self.reader.report.borrow_mut().is_full() {
            return Fault::Recorded;
        }
        let (rules, node, name) = (&self.reader.dialect.rules, self.node(), self.name());
        match fault {
            Fault::Recorded => {}
            Fault::Type(expected) if is_null(node) => {
                let help = words::fix(node, &expected).map(|mend| mend.help);
                let message = format!("{name} has no value; it must be {expected}");
                self.error(rules.wrong_type, message, help, None);
            }
            Fault::Type(expected) => {
                let message = format!("{name} must be {expected}, not {}", words::found(node));
                let mend = words::fix(node, &expected);
                let (help, instead) = mend.map_or((None, None), |mend| (Some(mend.help), mend.instead));
                self.error(rules.wrong_type, message, help, instead.map(|value| self.instead(value)));
            }
            Fault::Value(expected) => {
                let message = format!("{name} must be {expected}, not {}", words::found(node));
                self.error(rules.bad_value, message, None, None);
            }
            Fault::Custom(text) => {
                let mut lines = text.splitn(3, '\n');
                let message = format!("{name}: {}", lines.next().unwrap_or_default());
                let help = lines.next().map(str::to_owned);
                self.error(rules.bad_value, message, help, lines.next().map(|value| self.instead(value)));
            }
            Fault::Missing(key) => {
                self.error(rules.missing_key, format!("{name} has no `{key}`"), None, None);
            }
        }
        Fault::Recorded
    }

    /// Refuses a document of another version. No other finding would be of use to its author.
    pub(super) fn check_version(&self) -> Option<()> {
        let entries = self.reader.tree.entries(self.id);
        let Some(entry) = entries.into_iter().find(|entry| entry.name == "version") else { return Some(()) };
        let value = self.entry(entry);
        let read = self.reader.dialect.version;
        match &value.node().kind {
            Kind::Scalar(scalar) if matches!(scalar.value, Scalar::Unsigned(_) | Scalar::Negative(_)) => {
                if scalar.value == Scalar::Unsigned(read) {
                    return Some(());
                }
                let what = self.reader.dialect.what;
                let message = format!(
                    "this {what} has version {}; this topoc reads version {read}",
                    quoted(&scalar.text)
                );
                value.error(self.reader.dialect.rules.unknown_version, message, None, None);
                None
            }
            _ => Some(()),
        }
    }

    /// Reports the required keys that are not there, after all else: what is misspelt was reported as such.
    pub(super) fn check_required(&self) {
        let (dialect, entries) = (self.reader.dialect, self.reader.tree.entries(self.id));
        let is_misspelt =
            |entry: &Entry<'_>| self.reader.report.borrow().has(dialect.rules.unknown_key, entry.key);
        let is_there = |key: &str| {
            let like = |entry: &Entry<'_>| {
                entry.name == key || (words::nearest(entry.name, &[key]).is_some() && is_misspelt(entry))
            };
            entries.iter().any(like)
        };
        let missing: Vec<String> =
            dialect.required.iter().filter(|key| !is_there(key)).map(|key| format!("no `{key}`")).collect();
        if missing.is_empty() || !matches!(self.node().kind, Kind::Map(_)) {
            return;
        }
        let what = dialect.what;
        let message = format!("the {what} has {}", missing.join(" and "));
        let help = format!("a smallest one is `{}`", dialect.smallest);
        // The first key: the whole document would be underlined otherwise.
        let place = entries.iter().map(|entry| entry.key).min().unwrap_or(self.place.value);
        let mut report = self.reader.report.borrow_mut();
        let mut diagnostic =
            Diagnostic::new(dialect.rules.missing_key, Severity::Error, message).label(report.at(place), "");
        diagnostic.help = Some(help);
        if missing == ["no `version`"] && report.is_of_spec() {
            let version = dialect.version.to_string();
            let edit = Edit::Insert(self.path.clone(), "version".to_owned(), version);
            diagnostic = diagnostic.fix(Fix::safe_by(vec![edit]));
        }
        report.add(place, diagnostic);
    }

    /// Reports a key that its mapping does not have.
    pub(super) fn unknown(&self, entry: Entry<'_>, known: &[&'static str]) {
        if self.reader.report.borrow_mut().is_full() {
            return;
        }
        let mut child = self.entry(entry);
        // The key is guilty, not its value; an alias in the value's place is no way in.
        let through = self.place.definition.map(|_| self.place.value).or(entry.through);
        child.place = Spans {
            key: Some(entry.key),
            value: through.unwrap_or(entry.key),
            definition: through.map(|_| entry.key),
        };
        let value = &self.reader.tree.nodes[entry.value];
        let help = words::comma_in_braces(entry.name, value)
            .or_else(|| words::nearest(entry.name, known).map(|near| format!("write `{near}`")))
            .unwrap_or_else(|| {
                format!("the keys here are {}", words::one_of(known).replace(" or ", " and "))
            });
        let message = format!("{} has no key {}", self.name(), quoted(entry.name));
        let fix = words::nearest(entry.name, known).map(|near| {
            let edits = vec![Edit::Rename(child.path.clone(), near.to_owned())];
            let only = words::only_nearest(entry.name, known).is_some();
            if only { Fix::safe_by(edits) } else { Fix::suggested_by(edits) }
        });
        let fix = fix.filter(|_| words::comma_in_braces(entry.name, value).is_none());
        child.error(self.reader.dialect.rules.unknown_key, message, Some(help), fix);
    }

    /// Warns of a plain scalar that other readers take for something else.
    pub(super) fn warn_of_others(&self, scalar: &ScalarNode<'_>) {
        let Some(foreign) = scalar.plain.then(|| foreign(&scalar.text)).flatten() else { return };
        let text = quoted(&scalar.text);
        let quote = format!("\"{}\"", scalar.text);
        let (message, value) = match foreign {
            Foreign::Truth(truth) => {
                (format!("{text} is text here, and {truth} to readers of YAML 1.1"), quote)
            }
            Foreign::Number(_) | Foreign::Sexagesimal => {
                (format!("{text} is text here, and a number to other YAML readers"), quote)
            }
            Foreign::Text(number) => {
                (format!("{text} is {number} here, and text to other YAML readers"), number)
            }
        };
        let mut diagnostic = Diagnostic::new("yaml::ambiguous", Severity::Warning, message)
            .help(format!("write {}", quoted(&value)));
        if self.is_own() {
            diagnostic = diagnostic.fix(self.instead(value));
        }
        self.report(diagnostic, "");
    }
}

/// Whether a node is a key's missing value, or a written null.
pub(super) fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.value == Scalar::Null)
}
