//! CPU lists of profiles: the kernel's notation, within what a kernel can have.

use crate::spec::CpuList;

/// Every CPU's number lies below it: more than any Linux kernel is built for (`CONFIG_NR_CPUS` ends
/// at 8192). A list beyond it is a mistake, and refusing it keeps every walk over a list short.
const END: u32 = 65_536;

/// Reads `0-3,8`, `0-31:2` or nothing at all, which is no CPU.
pub(super) fn parse(text: &str) -> Result<CpuList, String> {
    let list: CpuList = text.trim().parse().map_err(|error| format!("{error}"))?;
    match list.max() {
        Some(last) if last >= END => {
            Err(format!("CPU {last} lies beyond {}, the last that a profile may have", END - 1))
        }
        _ => Ok(list),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_the_kernels_and_end_where_kernels_end() {
        assert_eq!(parse("0-3,8\n").map(|list| list.len()), Ok(5));
        assert_eq!(parse("").map(|list| list.is_empty()), Ok(true));
        assert!(parse("0-65535").is_ok());
        assert!(parse("0-65536").unwrap_err().contains("65536 lies beyond 65535"));
        assert!(parse("0-4294967295").is_err());
        assert!(parse("3-0").is_err());
    }
}
