//! The corpus: captures of real machines, and the partitions that several readers found in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use topoc::decode::Answers;

/// What the readers found in one capture.
#[derive(Debug, Deserialize)]
pub struct Expectation {
    pub path: String,
    pub ncpu: usize,
    pub vendor: String,
    pub sig: String,
    /// Bytes of each cache, by name
    pub cachesizes: BTreeMap<String, Vec<u64>>,
    /// cpulists by object
    pub expected: BTreeMap<String, Vec<String>>,
    /// AMD nodes of the machine, 0 where none are told
    pub nodes: usize,
}

/// Every expectation by the name of its capture.
pub fn expectations() -> BTreeMap<String, Expectation> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected");
    let mut all = BTreeMap::new();
    for file in folder.read_dir().expect("tests/expected") {
        let path = file.expect("entry").path();
        let name = path.file_stem().expect("name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        all.insert(name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}")));
    }
    all
}

/// The captures' folder, or `None` after a printed skip.
pub fn captures() -> Option<PathBuf> {
    if let Some(corpus) = std::env::var_os("TOPOC_CORPUS") {
        return Some(PathBuf::from(corpus).join("captures"));
    }
    let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|part| part == "corpus"), "TOPOC_CORPUS is not set, but required");
    println!("skipped: TOPOC_CORPUS is not set");
    None
}

/// One capture, every CPU, by the name of its expectation.
pub fn tables(captures: &Path, name: &str) -> Vec<Answers> {
    let hwloc = captures.join("hwloc").join(name);
    let aida = captures.join("libcpuid").join(format!("{name}.aida64.txt"));
    let jcurl = captures.join("jcurl").join(format!("{name}.xml"));
    let cpus = if hwloc.is_dir() {
        super::hwloc::read(&hwloc)
    } else if aida.exists() {
        super::aida::read(&aida)
    } else {
        super::jcurl::read(&jcurl)
    };
    cpus.into_iter().map(Answers::from_entries).collect()
}
