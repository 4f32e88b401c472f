//! The bytes of a `struct kvm_cpuid2`, read without trusting any of them.

use std::collections::HashMap;
use std::fmt;

use super::answers::{Answers, Entry};

/// Bytes of `struct kvm_cpuid2` before its entries: nent and padding.
const HEADER: usize = 8;
/// Bytes of one `struct kvm_cpuid_entry2`.
const ENTRY: usize = 40;
/// `KVM_MAX_CPUID_ENTRIES`
const MAX_ENTRIES: u32 = 256;
/// `KVM_CPUID_FLAG_SIGNIFCANT_INDEX`, in the kernel's spelling
const SIGNIFICANT_INDEX: u32 = 1;

/// Why bytes are no table that KVM would take and serve as written. Offsets count bytes from the start of the blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobError {
    /// Shorter than the 8-byte header
    NoHeader {
        /// Length of the blob
        len: usize,
    },
    /// The header's count is zero
    Empty,
    /// More entries than KVM takes
    TooMany {
        /// The header's count
        nent: u32,
    },
    /// The header counts more entries than the blob holds
    Truncated {
        /// The header's count
        nent: u32,
        /// Length that the count calls for
        needed: usize,
        /// Length of the blob
        len: usize,
    },
    /// Bytes after the last entry
    Trailing {
        /// Where they begin
        offset: usize,
        /// How many
        bytes: usize,
    },
    /// Padding that is not zero
    Padding {
        /// Where the word lies
        offset: usize,
        /// Its value
        value: u32,
    },
    /// Flags other than 0 and `KVM_CPUID_FLAG_SIGNIFCANT_INDEX`
    Flags {
        /// Where the word lies
        offset: usize,
        /// Its value
        flags: u32,
    },
    /// An index that KVM ignores, because the entry's flags do not make it significant
    StrayIndex {
        /// Where the word lies
        offset: usize,
        /// Its value
        index: u32,
    },
    /// An entry that no CPUID input can reach, because an earlier one answers first
    Shadowed {
        /// Where the unreachable entry begins
        offset: usize,
        /// Where the earlier entry begins
        by: usize,
        /// The leaf of both
        leaf: u32,
        /// The unreachable entry's subleaf, `None` where its flags make it answer every ECX
        subleaf: Option<u32>,
    },
}

impl fmt::Display for BlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlobError::NoHeader { len } => {
                write!(f, "{len} bytes are too short for the {HEADER}-byte header of struct kvm_cpuid2")
            }
            BlobError::Empty => write!(f, "byte 0: nent is 0, a table without entries"),
            BlobError::TooMany { nent } => {
                write!(f, "byte 0: nent is {nent}, but KVM takes at most {MAX_ENTRIES} entries")
            }
            BlobError::Truncated { nent, needed, len } => {
                write!(
                    f,
                    "byte 0: nent is {nent}, which takes {needed} bytes, but the blob ends at byte {len}"
                )
            }
            BlobError::Trailing { offset, bytes } => {
                write!(f, "byte {offset}: {bytes} bytes follow the last entry")
            }
            BlobError::Padding { offset, value } => {
                write!(f, "byte {offset}: padding is {value:#x}, not 0")
            }
            BlobError::Flags { offset, flags } => {
                write!(f, "byte {offset}: flags are {flags:#x}, not 0 or 1 (KVM_CPUID_FLAG_SIGNIFCANT_INDEX)")
            }
            BlobError::StrayIndex { offset, index } => {
                write!(f, "byte {offset}: index is {index:#x}, but flags of 0 make KVM ignore it")
            }
            BlobError::Shadowed { offset, by, leaf, subleaf: Some(subleaf) } => write!(
                f,
                "byte {offset}: the entry for leaf {leaf:#x} subleaf {subleaf:#x} is never reached: the one at byte {by} answers first"
            ),
            BlobError::Shadowed { offset, by, leaf, subleaf: None } => write!(
                f,
                "byte {offset}: the entry for every subleaf of leaf {leaf:#x} comes after the one for a single subleaf at byte {by}"
            ),
        }
    }
}

impl std::error::Error for BlobError {}

impl Answers {
    /// One raw `struct kvm_cpuid2`, little-endian: u32 nent, u32 padding, then nent entries of ten u32 words
    /// (function, index, flags, EAX, EBX, ECX, EDX, three of padding).
    ///
    /// # Errors
    ///
    /// The first fault in the bytes, with its offset. Stricter than `KVM_SET_CPUID2`, which takes unknown
    /// flags, padding, and entries that hide each other.
    pub fn from_blob(blob: &[u8]) -> Result<Answers, BlobError> {
        let word = |offset: usize| {
            blob.get(offset..)
                .and_then(|rest| rest.first_chunk::<4>())
                .map(|bytes| u32::from_le_bytes(*bytes))
        };
        let (Some(nent), Some(padding)) = (word(0), word(4)) else {
            return Err(BlobError::NoHeader { len: blob.len() });
        };
        match nent {
            0 => return Err(BlobError::Empty),
            1..=MAX_ENTRIES => {}
            _ => return Err(BlobError::TooMany { nent }),
        }
        let needed = HEADER + ENTRY * nent as usize;
        if blob.len() < needed {
            return Err(BlobError::Truncated { nent, needed, len: blob.len() });
        }
        if blob.len() > needed {
            return Err(BlobError::Trailing { offset: needed, bytes: blob.len() - needed });
        }
        if padding != 0 {
            return Err(BlobError::Padding { offset: 4, value: padding });
        }

        let mut seen = Seen::of(nent as usize);
        let mut entries = Vec::with_capacity(nent as usize);
        for (at, bytes) in blob[HEADER..].chunks_exact(ENTRY).enumerate() {
            let offset = HEADER + at * ENTRY;
            let entry = read_entry(bytes, offset)?;
            seen.add(&entry, offset)?;
            entries.push(entry);
        }
        Ok(Answers::served_by_kvm(entries))
    }
}

/// One 40-byte entry that begins at `offset` of the blob.
fn read_entry(bytes: &[u8], offset: usize) -> Result<Entry, BlobError> {
    let mut words = [0; ENTRY / 4];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        let mut le = [0; 4];
        le.copy_from_slice(chunk);
        *word = u32::from_le_bytes(le);
    }
    let [leaf, index, flags, eax, ebx, ecx, edx, padding @ ..] = words;
    if flags & !SIGNIFICANT_INDEX != 0 {
        return Err(BlobError::Flags { offset: offset + 8, flags });
    }
    let significant = flags == SIGNIFICANT_INDEX;
    if !significant && index != 0 {
        return Err(BlobError::StrayIndex { offset: offset + 4, index });
    }
    for (at, value) in padding.into_iter().enumerate() {
        if value != 0 {
            return Err(BlobError::Padding { offset: offset + 28 + 4 * at, value });
        }
    }
    Ok(Entry { leaf, subleaf: significant.then_some(index), registers: [eax, ebx, ecx, edx] })
}

/// Where each key was first seen.
struct Seen {
    /// By leaf: the first entry of any kind, and the one for every subleaf
    leaves: HashMap<u32, (usize, Option<usize>)>,
    keys: HashMap<(u32, u32), usize>,
}

impl Seen {
    fn of(entries: usize) -> Seen {
        Seen { leaves: HashMap::with_capacity(entries), keys: HashMap::with_capacity(entries) }
    }

    fn add(&mut self, entry: &Entry, offset: usize) -> Result<(), BlobError> {
        let &Entry { leaf, subleaf, .. } = entry;
        let by = match (self.leaves.get(&leaf), subleaf) {
            (Some(&(_, Some(every))), _) => Some(every),
            (Some(&(first, None)), None) => Some(first),
            (_, Some(subleaf)) => self.keys.get(&(leaf, subleaf)).copied(),
            (None, None) => None,
        };
        if let Some(by) = by {
            return Err(BlobError::Shadowed { offset, by, leaf, subleaf });
        }
        match subleaf {
            Some(subleaf) => {
                self.keys.insert((leaf, subleaf), offset);
                self.leaves.entry(leaf).or_insert((offset, None));
            }
            None => {
                self.leaves.insert(leaf, (offset, Some(offset)));
            }
        }
        Ok(())
    }
}
