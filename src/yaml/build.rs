//! Events into a tree, behind a gate: what is hostile, or read differently by others, is refused here.

use std::borrow::Cow;
use std::collections::HashMap;

use super::dialect::{Dialect, Limits};
use super::events::{Event, What, events};
use super::report::Report;
use super::scalar::{Scalar, resolve};
use super::text::Text;
use super::tree::{Id, Kind, Node, ScalarNode, Tree};
use super::words;
use crate::diag::{Diagnostic, Edit, Fix, Severity};
use crate::source::{Span, quoted};

/// What every value costs beyond its text when an alias repeats it.
const VALUE: usize = 16;

/// The longest key; YAML limits keys without `?` to as many characters.
const LONGEST_KEY: usize = 1024;

/// The tree of the text's one document. What is wrong is reported and left out or put right, so that
/// reading can go on; `None` where the text is no YAML, holds no document, or exceeds a limit.
pub(super) fn build<'t>(text: &'t Text<'_>, dialect: &Dialect, report: &mut Report) -> Option<Tree<'t>> {
    let limits = &dialect.limits;
    let mut builder = Builder {
        text,
        limits,
        report,
        nodes: Vec::new(),
        sizes: Vec::new(),
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        aliased: 0,
    };
    let mut documents = 0;
    for event in events(text, limits.depth) {
        let event = match event {
            Ok(event) => event,
            Err(error) if error.too_deep => {
                builder.too_deep(error.span);
                return None;
            }
            Err(error) => {
                let message = format!("this is not YAML: {}", error.message);
                builder.syntax_error(error.span, message, error.help);
                return None;
            }
        };
        if matches!(event.what, What::Document) {
            documents += 1;
            if documents == 2 {
                let help = format!("keep one {} per file", dialect.what);
                builder.report.error(
                    "yaml::documents",
                    event.span,
                    "a second document starts here".to_owned(),
                    "",
                    Some(help),
                );
                break;
            }
        } else if builder.nodes.len() >= limits.values {
            let message = format!("the {} has more than {} values", dialect.what, limits.values);
            builder.report.error("yaml::too_large", event.span, message, "reading stopped here", None);
            return None;
        } else {
            builder.take(event)?;
        }
    }
    let nodes = builder.nodes;
    match builder.root {
        Some(root) if !is_empty(&nodes[root]) => Some(Tree { nodes, root }),
        _ => {
            let diagnostic =
                Diagnostic::new("yaml::empty", Severity::Error, format!("the {} is empty", dialect.what))
                    .help(format!("a smallest one is `{}`", dialect.smallest));
            report.add(Span::new(0, 0), diagnostic);
            None
        }
    }
}

/// Whether a node is the null of a document without content.
fn is_empty(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.value == Scalar::Null)
}

/// A collection that has not ended.
struct Open {
    id: Id,
    /// The key whose value comes next.
    key: Option<Id>,
    /// The keys so far, to find them again.
    keys: HashMap<String, Span>,
}

/// What a node stands for with its aliases expanded.
#[derive(Clone, Copy)]
struct Size {
    bytes: usize,
    /// Nesting below and including it; 0 for a scalar.
    height: usize,
}

struct Builder<'t, 'r> {
    text: &'r Text<'r>,
    limits: &'r Limits,
    report: &'r mut Report,
    nodes: Vec<Node<'t>>,
    /// The sizes of nodes that have ended; others have height `usize::MAX`.
    sizes: Vec<Size>,
    open: Vec<Open>,
    root: Option<Id>,
    anchors: HashMap<usize, Id>,
    /// Bytes for which the aliases so far stand.
    aliased: usize,
}

impl<'t> Builder<'t, '_> {
    /// Takes one event; `None` to stop.
    fn take(&mut self, event: Event<'t>) -> Option<()> {
        let span = event.span;
        match event.what {
            What::Document => {}
            What::Scalar { text, plain, anchor, tag } => {
                self.refuse_tag(tag);
                let id = self.scalar(span, text, plain);
                self.anchors.insert(anchor, id);
                self.place(id);
            }
            What::List { anchor, tag } => self.collection(span, Kind::List(Vec::new()), anchor, tag)?,
            What::Map { anchor, tag } => self.collection(span, Kind::Map(Vec::new()), anchor, tag)?,
            What::End => self.end(span),
            What::Alias(anchor) => {
                let id = self.alias(span, anchor);
                self.place(id);
            }
            What::UnknownAlias(name) => {
                let message =
                    format!("no anchor {} is defined before this alias", quoted(&format!("&{name}")));
                self.report.error("yaml::unknown_anchor", span, message, "", None);
                let id = self.null(span);
                self.place(id);
            }
            What::Anchor(name) => {
                if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
                    let message =
                        format!("the anchor name {} has characters that readers disagree on", quoted(&name));
                    let help = "use letters, digits, `_` and `-`".to_owned();
                    self.report.error("yaml::anchor", span, message, "", Some(help));
                }
            }
        }
        Some(())
    }

    fn push(&mut self, span: Span, kind: Kind<'t>, size: Size) -> Id {
        self.nodes.push(Node { span, kind });
        self.sizes.push(size);
        self.nodes.len() - 1
    }

    fn scalar(&mut self, span: Span, text: Cow<'t, str>, plain: bool) -> Id {
        let value = if plain { resolve(&text) } else { Scalar::Text };
        if value == Scalar::Unreadable {
            let message = format!("{} is outside of what a 64-bit number holds", quoted(&text));
            let help = "quote it if it is text".to_owned();
            self.report.error("yaml::number", span, message, "", Some(help));
        }
        let bytes = text.len() + VALUE;
        self.push(span, Kind::Scalar(ScalarNode { text, plain, value }), Size { bytes, height: 0 })
    }

    /// What stands in for a value that cannot be read. Its error is reported already.
    fn null(&mut self, span: Span) -> Id {
        let kind =
            Kind::Scalar(ScalarNode { text: Cow::Borrowed(""), plain: true, value: Scalar::Unreadable });
        self.push(span, kind, Size { bytes: VALUE, height: 0 })
    }

    fn collection(&mut self, span: Span, kind: Kind<'t>, anchor: usize, tag: Option<Span>) -> Option<()> {
        self.refuse_tag(tag);
        if self.open.len() >= self.limits.depth {
            self.too_deep(span);
            return None;
        }
        let id = self.push(span, kind, Size { bytes: VALUE, height: usize::MAX });
        self.anchors.insert(anchor, id);
        self.open.push(Open { id, key: None, keys: HashMap::new() });
        Some(())
    }

    /// Ends the innermost collection and puts it where it belongs.
    fn end(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        let id = open.id;
        let mut size = Size { bytes: VALUE, height: 1 };
        let children: Vec<Id> = match &self.nodes[id].kind {
            Kind::List(items) => items.clone(),
            Kind::Map(pairs) => pairs.iter().flat_map(|(key, value)| [*key, *value]).collect(),
            Kind::Scalar(_) | Kind::Alias(_) => Vec::new(),
        };
        for child in &children {
            size.bytes = size.bytes.saturating_add(self.sizes[*child].bytes);
            size.height = size.height.max(self.sizes[*child].height.saturating_add(1));
        }
        self.sizes[id] = size;
        // A flow collection ends with its bracket; a block collection with its last value.
        let last = children.last().map_or(0, |child| self.nodes[*child].span.end);
        let node = &mut self.nodes[id].span;
        node.end = if span.end > span.start { span.end } else { last.max(node.start) };
        self.place(id);
    }

    fn alias(&mut self, span: Span, anchor: usize) -> Id {
        let Some(&target) = self.anchors.get(&anchor) else { return self.null(span) };
        let size = self.sizes[target];
        if size.height == usize::MAX {
            let diagnostic = Diagnostic::new(
                "yaml::recursive_alias",
                Severity::Error,
                "this alias stands inside of what it repeats",
            )
            .label(self.report.at(span), "would never end");
            self.report.add(span, diagnostic);
            return self.null(span);
        }
        if self.open.len() + size.height > self.limits.depth {
            self.too_deep(span);
            return self.null(span);
        }
        self.aliased = self.aliased.saturating_add(size.bytes);
        if self.aliased > self.limits.alias_bytes {
            // Said once: with the first alias over the budget, all after it are over, too.
            if self.aliased != usize::MAX {
                self.aliased = usize::MAX;
                let message = format!("the aliases stand for more than {} bytes", self.limits.alias_bytes);
                let help = "write fewer aliases, or smaller anchors".to_owned();
                self.report.error(
                    "yaml::alias_budget",
                    span,
                    message,
                    "over the budget from here",
                    Some(help),
                );
            }
            return self.null(span);
        }
        self.push(span, Kind::Alias(target), size)
    }

    /// Puts an ended node where it belongs: under the pending key, into the list, or at the root.
    fn place(&mut self, id: Id) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(id);
            return;
        };
        let key = open.key.take();
        match (&mut self.nodes[open.id].kind, key) {
            (Kind::List(items), _) => items.push(id),
            (Kind::Map(pairs), Some(key)) => {
                pairs.push((key, id));
                self.check_pair(key, id);
            }
            _ => open.key = Some(id),
        }
    }

    /// Checks a key and its value, the last pair of the innermost mapping; takes out a pair whose key is unfit.
    fn check_pair(&mut self, key: Id, value: Id) {
        let span = self.nodes[key].span;
        let unfit = match &self.nodes[key].kind {
            Kind::Scalar(scalar) if scalar.value != Scalar::Text && scalar.value != Scalar::Unreadable => {
                let help = words::comma_in_braces(&scalar.text, &self.nodes[value])
                    .unwrap_or_else(|| format!("write {}", quoted(&format!("\"{}\"", scalar.text))));
                Some((format!("the key {} is no text", quoted(&scalar.text)), help))
            }
            Kind::Scalar(scalar) if scalar.text.len() > LONGEST_KEY => {
                Some((format!("this key has more than {LONGEST_KEY} bytes"), "shorten it".to_owned()))
            }
            Kind::Scalar(scalar) if scalar.value == Scalar::Text => None,
            // Reported already.
            Kind::Scalar(_) => {
                self.drop_pair();
                return;
            }
            _ => Some((
                "a list, mapping or alias is used as a key".to_owned(),
                "write the key out as text".to_owned(),
            )),
        };
        if let Some((message, help)) = unfit {
            self.report.error("yaml::key", span, message, "", Some(help));
            self.drop_pair();
            return;
        }
        self.check_duplicate(key, span);
        self.check_merge(key, value);
    }

    fn drop_pair(&mut self) {
        if let Some(open) = self.open.last()
            && let Kind::Map(pairs) = &mut self.nodes[open.id].kind
        {
            pairs.pop();
        }
    }

    fn check_duplicate(&mut self, key: Id, span: Span) {
        let (Kind::Scalar(scalar), Some(open)) = (&self.nodes[key].kind, self.open.last_mut()) else {
            return;
        };
        let Some(first) = open.keys.get(scalar.text.as_ref()) else {
            open.keys.insert(scalar.text.to_string(), span);
            return;
        };
        let diagnostic = Diagnostic::new(
            "yaml::duplicate_key",
            Severity::Error,
            format!("the key {} stands twice in this mapping", quoted(&scalar.text)),
        )
        .label(self.report.at(span), "again here")
        .label(self.report.at(*first), "first here");
        let help = if scalar.plain && scalar.text == "<<" {
            "merge several with `<<: [*a, *b]`"
        } else {
            "keep one of the two"
        };
        self.report.add(span, diagnostic.help(help));
        self.drop_pair();
    }

    /// What is merged must be a mapping or a list of mappings.
    fn check_merge(&mut self, key: Id, value: Id) {
        if !matches!(&self.nodes[key].kind, Kind::Scalar(scalar) if scalar.plain && scalar.text == "<<") {
            return;
        }
        let kind = |mut id: Id| {
            while let Kind::Alias(next) = self.nodes[id].kind {
                id = next;
            }
            &self.nodes[id].kind
        };
        // What could not be read is reported already.
        let is_map = |kind: &Kind<'_>| match kind {
            Kind::Map(_) => true,
            Kind::Scalar(scalar) => scalar.value == Scalar::Unreadable,
            Kind::List(_) | Kind::Alias(_) => false,
        };
        let value_kind = kind(value);
        let all_maps =
            matches!(value_kind, Kind::List(items) if items.iter().all(|item| is_map(kind(*item))));
        if !all_maps && !is_map(value_kind) {
            let span = self.nodes[value].span;
            let message = "`<<` merges a mapping or a list of mappings".to_owned();
            self.report.error("yaml::merge", span, message, "is neither", None);
        }
    }

    fn refuse_tag(&mut self, tag: Option<Span>) {
        if let Some(span) = tag {
            let help = "remove it; quote a value that shall be text".to_owned();
            let behind = self.text.text.get(span.end - self.text.offset..).unwrap_or_default();
            let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
            let edit = Edit::Text(Span::new(span.start, span.end + blanks), String::new());
            let fix = Some(Fix::suggested_by(vec![edit]));
            self.report.error_with("yaml::tag", span, "tags are not read".to_owned(), help, fix);
        }
    }

    /// Reports where reading stopped, and the bracket that is open there.
    fn syntax_error(&mut self, span: Span, message: String, help: Option<&str>) {
        let mut diagnostic = Diagnostic::new("yaml::syntax", Severity::Error, message)
            .label(self.report.at(span), "reading stopped here");
        // A block collection has no bracket: its start is a point.
        let bracket = self.open.last().map(|open| self.nodes[open.id].span);
        if let Some(bracket) = bracket.filter(|bracket| bracket.start < bracket.end) {
            diagnostic = diagnostic.label(self.report.at(bracket), "opened here");
        }
        diagnostic.help = help.map(str::to_owned);
        self.report.add(span, diagnostic);
    }

    fn too_deep(&mut self, span: Span) {
        let message = format!("lists and mappings are nested more than {} deep", self.limits.depth);
        // A block collection starts at a point.
        let place =
            if span.start == span.end { self.text.point(span.start - self.text.offset) } else { span };
        self.report.error("yaml::too_deep", place, message, "here", None);
    }
}
