//! A text with a name, and its lines.

/// A place in a text as a person counts: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A text that diagnostics point into.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: String,
    text: String,
    lines: Vec<usize>,
}

impl SourceFile {
    /// A text and the name to call it by (a path, or `<stdin>`).
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text, lines }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Byte offsets at which the lines start, ascending; the first is 0.
    #[must_use]
    pub fn line_starts(&self) -> &[usize] {
        &self.lines
    }

    /// Line and column of a byte offset. An offset past the end is the end.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= offset);
        let column = self.text[self.lines[line - 1]..offset].chars().count() + 1;
        LineColumn { line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let file = SourceFile::new("x", "a: ü β\nb");
        assert_eq!(file.line_column(6), LineColumn { line: 1, column: 6 });
        assert_eq!(file.line_column(9), LineColumn { line: 2, column: 1 });
        assert_eq!(file.line_column(99), LineColumn { line: 2, column: 2 });
    }
}
