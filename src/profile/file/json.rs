//! JSON text with a fixed key order: laid out for git, or compact for digests.

use serde_json::Value;

/// A JSON value whose objects keep the order in which they were built.
pub(super) enum Json {
    /// A string.
    Text(String),
    /// A number.
    Number(u64),
    /// A list, one item a line.
    List(Vec<Json>),
    /// A list on one line.
    Row(Vec<Json>),
    /// An object, one member a line.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// An object with those of the members that there are.
    pub(super) fn object<'a>(members: impl IntoIterator<Item = (&'a str, Option<Self>)>) -> Self {
        let present = |(key, value): (&str, Option<Self>)| Some((key.to_owned(), value?));
        Self::Object(members.into_iter().filter_map(present).collect())
    }

    /// A string, where there is one.
    pub(super) fn text(text: Option<&String>) -> Option<Self> {
        text.map(|text| Self::Text(text.clone()))
    }

    /// A number, where there is one.
    pub(super) fn number(number: Option<impl Into<u64>>) -> Option<Self> {
        number.map(|number| Self::Number(number.into()))
    }

    /// Two spaces a level, one member a line, a newline at the end.
    pub(super) fn pretty(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, Some(0));
        text.push('\n');
        text
    }

    /// No space at all.
    pub(super) fn compact(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, None);
        text
    }

    /// Appends the value. `depth` is the level of indentation; `None` is compact.
    fn write(&self, text: &mut String, depth: Option<usize>) {
        let deeper = depth.map(|depth| depth + 1);
        match self {
            Self::Text(string) => text.push_str(&Value::from(string.as_str()).to_string()),
            Self::Number(number) => text.push_str(&number.to_string()),
            Self::Row(items) => {
                let comma = if depth.is_some() { ", " } else { "," };
                text.push('[');
                for (at, item) in items.iter().enumerate() {
                    text.push_str(if at == 0 { "" } else { comma });
                    item.write(text, None);
                }
                text.push(']');
            }
            Self::List(items) => block(text, depth, ['[', ']'], items, |text, item| item.write(text, deeper)),
            Self::Object(members) => block(text, depth, ['{', '}'], members, |text, (key, value)| {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push_str(if depth.is_some() { ": " } else { ":" });
                value.write(text, deeper);
            }),
        }
    }
}

/// Appends a bracketed block, one item a line.
fn block<T>(
    text: &mut String,
    depth: Option<usize>,
    [open, close]: [char; 2],
    items: &[T],
    write: impl Fn(&mut String, &T),
) {
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    text.push(open);
    for (at, item) in items.iter().enumerate() {
        text.push_str(if at == 0 { "" } else { "," });
        if let Some(depth) = depth {
            line(text, depth + 1);
        }
        write(text, item);
    }
    if let Some(depth) = depth.filter(|_| !items.is_empty()) {
        line(text, depth);
    }
    text.push(close);
}
