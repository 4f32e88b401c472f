//! Several captures of one machine: each gives what the others lack.

use super::error::ImportError;
use super::raw::Raw;

/// Puts captures together, each with its name.
///
/// # Errors
/// Two have the same part: whichever was taken, the other would be lost.
pub(super) fn merge(captures: Vec<(&str, Raw)>) -> Result<Raw, ImportError> {
    type Has = fn(&Raw) -> bool;
    let parts: [(&str, Has); 4] = [
        ("the CPUs' own CPUID", |raw| !raw.cpus.is_empty()),
        ("a table of KVM's", |raw| raw.kvm.is_some()),
        ("NUMA nodes", |raw| raw.numa.is_some()),
        ("a kernel's version", |raw| raw.kernel.is_some()),
    ];
    for (what, has) in parts {
        let names: Vec<String> =
            captures.iter().filter(|(_, raw)| has(raw)).map(|(name, _)| (*name).to_owned()).collect();
        if names.len() > 1 {
            return Err(ImportError::Contradictory { what: what.to_owned(), names });
        }
    }
    let mut whole = Raw::default();
    for (_, raw) in captures {
        whole.cpus.extend(raw.cpus);
        whole.kvm = whole.kvm.or(raw.kvm);
        whole.numa = whole.numa.or(raw.numa);
        whole.kernel = whole.kernel.or(raw.kernel);
        whole.notes.extend(raw.notes);
        whole.more_mistakes += raw.more_mistakes;
        whole.mistakes.extend(raw.mistakes);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::CpuidTable;
    use crate::profile::NumaPart;

    #[test]
    fn parts_complement_each_other_or_contradict() {
        let cpus = Raw { cpus: [(0, CpuidTable::new())].into(), ..Raw::default() };
        let nodes =
            Raw { numa: Some(NumaPart::default()), notes: vec!["a note".to_owned()], ..Raw::default() };
        let whole = merge(vec![("a", cpus.clone()), ("b", nodes)]).unwrap();
        assert_eq!((whole.cpus.len(), whole.numa.is_some(), whole.notes.len()), (1, true, 1));
        let error = merge(vec![("a", cpus.clone()), ("x", Raw::default()), ("b", cpus)]).unwrap_err();
        assert_eq!(error.to_string(), "each of these has the CPUs' own CPUID: a, b");
    }
}
