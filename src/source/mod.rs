//! Text and places in it: files, spans, spec paths. Knows nothing of topology.

mod file;
mod load;
mod path;
mod printable;
mod span;

pub use file::{LineColumn, SourceFile};
pub use load::{LoadError, load};
pub use path::SpecPath;
pub use printable::{brief, is_unprintable, printable, quoted};
pub use span::{Span, SpanIndex, Spans};
