//! `struct kvm_cpuid2` as bytes: one, or a directory of one a vCPU.
//!
//! One alone is what an ioctl of KVM gave: it is taken for what KVM supports, of which it is a part in any case. A
//! directory, such as one that `topoc compile` wrote, is a machine: its vCPUs become the profile's CPUs.

use super::listing::{CPUS_END, Listing};
use super::raw::{File, Raw};
use super::text::decimal;
use crate::cpuid::{CpuidTable, Key};
use crate::decode::{Answers, BlobError};

/// The end of the names that a directory's tables have.
const SUFFIX: &str = ".cpuid2";

/// Bytes of the header and of an entry.
const HEADER: usize = 8;
const ENTRY: usize = 40;

/// Whether a file has the length that its count calls for, or a directory has tables by name.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    match files {
        [file] => has_form(file.bytes),
        _ => files.iter().any(|file| file.name.ends_with(SUFFIX)),
    }
}

fn has_form(bytes: &[u8]) -> bool {
    let Some((count, _)) = bytes.split_first_chunk::<4>() else { return false };
    let count = usize::try_from(u32::from_le_bytes(*count)).unwrap_or(usize::MAX);
    count > 0 && count.checked_mul(ENTRY).and_then(|all| all.checked_add(HEADER)) == Some(bytes.len())
}

/// Reads one table, or a directory's.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let mut raw = Raw::default();
    if let [file] = files {
        one(file, &mut raw);
        return raw;
    }
    let mut listing = Listing::default();
    for file in files.iter().filter(|file| file.name.ends_with(SUFFIX)) {
        let Some(vcpu) = vcpu(file.name) else {
            raw.wrong(
                file.name,
                None,
                "expected the vCPU's index at the end of the name, as in `vcpu-0003.cpuid2`",
            );
            continue;
        };
        let table = match table(file.bytes) {
            Ok(table) => table,
            Err(error) => {
                raw.wrong(file.name, None, error);
                continue;
            }
        };
        if listing.begin(vcpu) != Ok(true) {
            raw.wrong(file.name, None, format_args!("vCPU {vcpu} has a table already"));
            continue;
        }
        for (key, words) in table.iter() {
            // A blob has at most 256 entries, none twice.
            let _ = listing.put(vcpu, key.leaf, key.subleaf.unwrap_or(0), *words);
        }
    }
    raw.cpus = listing.into_cpus().0;
    raw.notes.push("the CPUs are a guest's, by the vCPUs' indices".to_owned());
    raw
}

fn one(file: &File<'_>, raw: &mut Raw) {
    match table(file.bytes) {
        Ok(table) => {
            raw.kvm = Some(table);
            raw.notes.push(
                "one table of KVM's is taken for what KVM supports; one that was a guest's may have less"
                    .to_owned(),
            );
        }
        Err(error) => raw.wrong(file.name, None, error),
    }
}

fn table(bytes: &[u8]) -> Result<CpuidTable, BlobError> {
    let answers = Answers::from_blob(bytes)?;
    let mut table = CpuidTable::new();
    for entry in answers.entries() {
        // The decoder refuses entries that another one hides.
        let _ = table.insert(Key { leaf: entry.leaf, subleaf: entry.subleaf }, entry.registers.into());
    }
    Ok(table)
}

/// The vCPU of `vcpu-0003.cpuid2`.
fn vcpu(name: &str) -> Option<u32> {
    let stem = name.strip_suffix(SUFFIX)?;
    let digits = &stem[stem.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
    decimal(digits).filter(|vcpu| *vcpu < CPUS_END)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `nent`, padding, and entries of function, index, flags, registers, padding.
    fn blob(entries: &[[u32; 7]]) -> Vec<u8> {
        let mut words = vec![u32::try_from(entries.len()).unwrap(), 0];
        for entry in entries {
            words.extend(entry);
            words.extend([0; 3]);
        }
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    fn of(files: &[(&str, &[u8])]) -> (Raw, Vec<String>) {
        let files: Vec<File<'_>> = files.iter().map(|(name, bytes)| File { name, bytes }).collect();
        assert!(looks_like(&files));
        let raw = read(&files);
        let told = raw.mistakes.iter().map(ToString::to_string).collect();
        (raw, told)
    }

    #[test]
    fn one_is_kvms_and_a_directory_a_machine() {
        let bytes = blob(&[[0, 0, 0, 0xd, 1, 2, 3], [4, 1, 1, 0x122, 0, 0, 0]]);
        let (raw, told) = of(&[("supported.bin", &bytes)]);
        let table = raw.kvm.unwrap();
        assert_eq!((told, raw.cpus.len(), table.len(), table.lookup(4, 1).eax), (vec![], 0, 2, 0x122));
        let (raw, told) =
            of(&[("manifest.json", b"{}"), ("vcpu-0000.cpuid2", &bytes), ("vcpu-0010.cpuid2", &bytes)]);
        assert_eq!((told, raw.kvm), (vec![], None));
        assert_eq!(raw.cpus.keys().collect::<Vec<_>>(), [&0, &10]);
        let (raw, told) =
            of(&[("vcpu-0000.cpuid2", &bytes), ("x.cpuid2", &bytes), ("vcpu-1.cpuid2", &bytes[..60])]);
        assert_eq!((raw.cpus.len(), told.len()), (1, 2), "{told:?}");
        assert!(
            told[0].starts_with("x.cpuid2: expected the vCPU's index")
                && told[1].starts_with("vcpu-1.cpuid2: ")
        );
    }

    #[test]
    fn other_bytes_are_none() {
        for bytes in [&b""[..], b"\0\0\0\0\0\0\0\0", b"{\"a\": 1}", &blob(&[[0; 7]])[1..]] {
            assert!(!looks_like(&[File { name: "x", bytes }]), "{bytes:?}");
        }
    }
}
