//! A `struct kvm_cpuid2` cut into its entries, by the kernel's header and nothing of topoc.

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `function`: the input in EAX.
    pub leaf: u32,
    /// `index`, the input in ECX, where `flags` say that it counts.
    pub subleaf: Option<u32>,
    /// EAX, EBX, ECX, EDX.
    pub words: [u32; 4],
}

/// The entries of a blob: u32 `nent`, u32 padding, then ten little-endian words each.
pub fn entries(blob: &[u8]) -> Vec<Entry> {
    let words: Vec<u32> =
        blob.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    let entries: Vec<Entry> = words[2..]
        .chunks_exact(10)
        .map(|e| Entry {
            leaf: e[0],
            subleaf: (e[2] & 1 == 1).then_some(e[1]),
            words: e[3..7].try_into().unwrap(),
        })
        .collect();
    assert_eq!(usize::try_from(words[0]).unwrap(), entries.len(), "nent");
    entries
}
