//! Reading files and standard input, never more than a cap.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why nothing was read.
#[derive(Debug)]
pub enum LoadError {
    /// The operating system says so.
    Io(io::Error),
    /// There is more than the cap, in bytes.
    TooLarge(u64),
    /// It is a directory.
    Directory,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::TooLarge(cap) if *cap < 1 << 20 => write!(f, "larger than {cap} bytes"),
            Self::TooLarge(cap) => write!(f, "larger than {} MiB", cap >> 20),
            Self::Directory => f.write_str("is a directory"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::IsADirectory { Self::Directory } else { Self::Io(error) }
    }
}

/// All bytes of a file, or of standard input for `-`, at most `cap` of them.
///
/// # Errors
/// It cannot be opened or read, or there is more.
pub fn load(path: &Path, cap: u64) -> Result<Vec<u8>, LoadError> {
    if path == Path::new("-") {
        return read(io::stdin().lock(), cap);
    }
    let file = File::open(path)?;
    // What a device or pipe holds is known only by reading it.
    if file.metadata()?.is_file() && file.metadata()?.len() > cap {
        return Err(LoadError::TooLarge(cap));
    }
    read(file, cap)
}

fn read(reader: impl Read, cap: u64) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    reader.take(cap.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len > cap) {
        return Err(LoadError::TooLarge(cap));
    }
    Ok(bytes)
}
