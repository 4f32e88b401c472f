//! Paths into a document, such as `numa.nodes[0].memory`.

use std::fmt;

/// The path of a value in a spec or profile, written as in `numa.nodes[0].memory`.
///
/// The empty path is the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecPath(String);

impl SpecPath {
    /// The whole document.
    #[must_use]
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// The value under `key` of this mapping.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        if self.0.is_empty() { Self(key.to_owned()) } else { Self(format!("{}.{key}", self.0)) }
    }

    /// The item at `index` of this list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The mapping or list around this value; `None` for the whole document.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        let cut = self.0.rfind(['.', '[']).unwrap_or(0);
        Some(Self(self.0[..cut].to_owned()))
    }

    /// The path as text; empty for the whole document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SpecPath {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for SpecPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_back_to_the_root() {
        let path = SpecPath::root().key("numa").key("nodes").index(0).key("memory");
        assert_eq!(path.as_str(), "numa.nodes[0].memory");
        let up: Vec<_> = std::iter::successors(Some(path), SpecPath::parent).map(|p| p.to_string()).collect();
        assert_eq!(up, ["numa.nodes[0].memory", "numa.nodes[0]", "numa.nodes", "numa", ""]);
    }
}
