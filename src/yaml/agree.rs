//! The proof that both parsers read the same text: the tree against serde_yaml's value.

use serde_yaml::Value;

use super::report::Report;
use super::scalar::Scalar;
use super::text::Text;
use super::tree::{Id, Kind, Tree};
use crate::source::{Span, printable};

/// Gives the tree's scalars the values that serde_yaml has for them. `None`, and an error, where
/// serde_yaml refuses the text or its document is not this tree.
pub(super) fn agree(tree: &mut Tree<'_>, text: &Text<'_>, report: &mut Report) -> Option<()> {
    let value: Value = match serde_yaml::from_str(&text.text) {
        Ok(value) => value,
        Err(error) => {
            let place = text.point(error.location().map_or(0, |location| location.index()));
            let message = format!("this is not YAML: {}", printable(&error.to_string()));
            report.error("yaml::syntax", place, message, "reading stopped here", None);
            return None;
        }
    };
    let Err(place) = node(tree, tree.root, &value) else { return Some(()) };
    let message = "the two YAML parsers of topoc read this differently".to_owned();
    let help = "quote the text, and write the mapping over several lines".to_owned();
    report.error("yaml::disagree", place, message, "from here", Some(help));
    None
}

/// One node against its value; the place of the first difference.
fn node(tree: &mut Tree<'_>, id: Id, value: &Value) -> Result<(), Span> {
    let id = tree.resolve(id).0;
    let span = tree.nodes[id].span;
    match (&mut tree.nodes[id].kind, value) {
        (Kind::Scalar(scalar), value) => {
            scalar.value = match value {
                Value::String(text) if *text == scalar.text => Scalar::Text,
                Value::Null if scalar.plain => Scalar::Null,
                Value::Bool(bool) if scalar.plain => Scalar::Bool(*bool),
                Value::Number(number) if scalar.plain => {
                    match (number.as_u64(), number.as_i64(), number.as_f64()) {
                        (Some(number), _, _) => Scalar::Unsigned(number),
                        (_, Some(number), _) => Scalar::Negative(number),
                        (_, _, Some(number)) => Scalar::Float(number),
                        _ => return Err(span),
                    }
                }
                _ => return Err(span),
            };
            Ok(())
        }
        (Kind::List(items), Value::Sequence(values)) if items.len() == values.len() => {
            let items = items.clone();
            items.into_iter().zip(values).try_for_each(|(item, value)| node(tree, item, value))
        }
        (Kind::Map(pairs), Value::Mapping(values)) if pairs.len() == values.len() => {
            let pairs = pairs.clone();
            pairs.into_iter().zip(values).try_for_each(|((key, item), (name, value))| {
                node(tree, key, name)?;
                node(tree, item, value)
            })
        }
        _ => Err(span),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::diag::At;
    use crate::yaml::build::build;
    use crate::yaml::{Dialect, Limits, Rules};

    const ANY: Dialect = Dialect {
        what: "text",
        limits: Limits::SPEC,
        at: At::Text,
        rules: Rules { unknown_key: "", wrong_type: "", missing_key: "", bad_value: "", unknown_version: "" },
        version: 1,
        required: &[],
        extensions: false,
        smallest: "",
    };

    /// Whether the tree of one text is serde_yaml's document of another.
    fn agrees(ours: &str, theirs: &str) -> bool {
        let text = |text| Text { text: Cow::Borrowed(text), offset: 0 };
        let (ours, theirs) = (text(ours), text(theirs));
        let mut report = Report::new(At::Text);
        let mut tree = build(&ours, &ANY, &mut report).unwrap();
        agree(&mut tree, &theirs, &mut report).is_some()
    }

    #[test]
    fn every_difference_is_noticed() {
        assert!(agrees(
            "{a: [1, x, null, true, \"2\"], b: {c: &d 1.5, e: *d}}",
            "a: [1,x,~,true,'2']\nb: {c: 1.5, e: 1.5}"
        ));
        for (ours, theirs) in [
            ("[1, 2]", "[1]"),
            ("[1]", "[1, 2]"),
            ("{a: 1}", "{a: 1, b: 2}"),
            ("{a: 1, b: 2}", "{a: 1}"),
            ("{a: 1}", "{b: 1}"),
            ("{a: 1, b: 2}", "{b: 2, a: 1}"),
            ("[x]", "[y]"),
            ("[x]", "[[x]]"),
            ("[[]]", "[{}]"),
            ("['1']", "[1]"),
            ("['']", "[]"),
            ("[1]", "['2']"),
            ("['~']", "[~]"),
            ("['true']", "[true]"),
            ("[1]", "[!x 1]"),
        ] {
            assert!(!agrees(ours, theirs), "{ours} and {theirs}");
        }
    }
}
