//! Numbers as messages say them.

/// A size with the largest binary unit that divides it: `48KiB`.
pub(super) fn size(bytes: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    units
        .into_iter()
        .find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift)
        .map_or_else(|| format!("{bytes} bytes"), |(shift, unit)| format!("{}{unit}", bytes >> shift))
}

/// Ascending numbers as the kernel lists CPUs: `0-3,8`.
pub(super) fn list(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    let words = runs.map(|run| match run {
        [one] => one.to_string(),
        _ => format!("{}-{}", run[0], run[run.len() - 1]),
    });
    words.collect::<Vec<_>>().join(",")
}

/// `1 core`, `2 cores`.
pub(super) fn many(count: impl Into<u128>, one: &str, more: &str) -> String {
    let count = count.into();
    format!("{count} {}", if count == 1 { one } else { more })
}

/// `vCPU 3`, `vCPUs 3-5`.
pub(super) fn vcpus(numbers: &[u32]) -> String {
    format!("vCPU{} {}", if numbers.len() == 1 { "" } else { "s" }, list(numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_every_byte() {
        assert_eq!(size(48 << 10), "48KiB");
        assert_eq!(size((1 << 20) + 1024), "1025KiB");
        assert_eq!(size(100), "100 bytes");
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(u64::MAX), format!("{} bytes", u64::MAX));
    }

    #[test]
    fn runs_are_joined() {
        assert_eq!(list(&[0, 1, 2, 3, 8, u32::MAX - 1, u32::MAX]), "0-3,8,4294967294-4294967295");
        assert_eq!((vcpus(&[3]).as_str(), vcpus(&[3, 4]).as_str()), ("vCPU 3", "vCPUs 3-4"));
        assert_eq!(
            (many(1_u32, "core", "cores"), many(0_u32, "core", "cores")),
            ("1 core".into(), "0 cores".into())
        );
    }
}
