//! The figures in docs/performance.md.

use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- figures -->\n";
const END: &str = "<!-- end of figures -->";

/// With `TOPOC_UPDATE=1`, puts the tables into the page, with the class of this machine.
pub fn update(tables: &str) {
    if std::env::var_os("TOPOC_UPDATE").is_none() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    fs::write(&path, format!("{head}{BEGIN}{}\n\n{tables}{END}{tail}", machine())).unwrap();
}

/// Such as `2 CPUs (AMD EPYC), Linux 6.18`.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let models: Vec<_> = cpuinfo.lines().filter_map(|line| line.strip_prefix("model name\t: ")).collect();
    let release = read("/proc/sys/kernel/osrelease");
    let release: Vec<_> = release.trim().split(['.', '-']).take(2).collect();
    format!(
        "Measured on {} CPUs ({}), Linux {}.",
        models.len(),
        models.first().unwrap_or(&"unknown"),
        release.join(".")
    )
}
