//! The shipped examples: specs of `examples/` and hosts of `examples/hosts/`.

use std::fs;
use std::path::{Path, PathBuf};

use topoc::compile::{CompileError, Compiled, Origin, check_from, compile_from};
use topoc::features::Baseline;
use topoc::lint::Report;
use topoc::spec::{self, Parsed};
use topoc::{HostProfile, Spec};

/// One spec as it is shipped.
pub struct Example {
    /// The file's name without `.topoc.yaml`.
    pub name: String,
    /// The whole file.
    pub text: String,
    /// What the file says.
    pub parsed: Parsed,
}

impl Example {
    /// The spec.
    pub fn spec(&self) -> &Spec {
        self.parsed.spec()
    }

    /// What the rules say of the spec, without a host.
    pub fn check(&self) -> Report {
        self.with_origin(|origin| check_from(self.spec(), origin, None))
    }

    /// Compiles the spec for a host.
    pub fn compile(&self, host: &HostProfile) -> Result<Compiled, CompileError> {
        self.with_origin(|origin| compile_from(self.spec(), origin, host))
    }

    /// Hands in the file's text, and the baseline that the spec names.
    fn with_origin<T>(&self, run: impl FnOnce(Origin<'_>) -> T) -> T {
        let named = self.spec().cpu.as_ref().and_then(|cpu| cpu.baseline.as_ref());
        let read = |named: &String| Baseline::from_slice(&fs::read(folder().join(named)).unwrap()).unwrap();
        let baseline = named.map(read);
        run(Origin {
            text: Some(self.text.as_bytes()),
            spans: Some(self.parsed.spans()),
            baseline: baseline.as_ref().map(Ok),
            ..Origin::default()
        })
    }
}

/// The folder of the examples.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The files of a folder whose names end in `ending`: names without it, and texts, by name.
fn files(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.strip_suffix(ending)?.to_owned();
            Some((name, fs::read_to_string(&path).unwrap()))
        })
        .collect();
    files.sort();
    files
}

/// All specs, by name.
pub fn specs() -> Vec<Example> {
    files(&folder(), ".topoc.yaml")
        .into_iter()
        .map(|(name, text)| {
            let parsed = spec::parse(text.as_bytes())
                .unwrap_or_else(|failed| panic!("{name}: {:?}", failed.diagnostics()));
            Example { name, text, parsed }
        })
        .collect()
}

/// All hosts, by name.
pub fn hosts() -> Vec<(String, HostProfile)> {
    files(&folder().join("hosts"), ".json")
        .into_iter()
        .map(|(name, text)| {
            let host = HostProfile::from_slice(text.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, host)
        })
        .collect()
}

/// The host of this name.
pub fn host(name: &str) -> HostProfile {
    hosts().into_iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("no host {name}")).1
}

/// Holds a generated file to what is checked in, or rewrites it with `TOPOC_UPDATE=1`.
pub fn is_current(file: &str, generated: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("TOPOC_UPDATE").is_some() {
        fs::write(&path, generated).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let line = written.lines().zip(generated.lines()).position(|(a, b)| a != b).map(|at| at + 1);
    assert!(
        written == generated,
        "{file} is out of date, from line {line:?} on: TOPOC_UPDATE=1 cargo test --test {test}"
    );
}

/// Holds the part of a page between `<!-- NAME -->` and `<!-- end -->` to what it is made of, or rewrites it.
pub fn is_current_part(file: &str, name: &str, generated: &str, test: &str) {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let page = page.replace("\r\n", "\n");
    let (before, rest) = page.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (_, after) = rest.split_once("<!-- end -->\n").unwrap();
    is_current(file, &format!("{before}<!-- {name} -->\n\n{generated}\n<!-- end -->\n{after}"), test);
}
