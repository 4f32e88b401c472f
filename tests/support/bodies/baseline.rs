//! Any bytes as a baseline: read, written, and compiled with where it is one.

use std::sync::LazyLock;

use topoc::compile::{Origin, compile_from};
use topoc::features::Baseline;
use topoc::spec::{self, Spec};
use topoc::{CompileError, HostProfile};

/// Hosts of two vendors, so that one is of the baseline's.
static HOSTS: LazyLock<[HostProfile; 2]> = LazyLock::new(|| {
    [
        &include_bytes!("../../../examples/hosts/two-socket-intel-xeon-8480plus.json")[..],
        &include_bytes!("../../../examples/hosts/two-socket-amd-epyc-9654.json")[..],
    ]
    .map(|text| HostProfile::from_slice(text).expect("a good profile"))
});

static SPEC: LazyLock<Spec> = LazyLock::new(|| {
    let text = b"{version: 1, topology: {cores: 2}, cpu: {baseline: fleet.json}}";
    spec::parse(text).expect("a good spec").into_parts().0
});

/// Holds what must be so of any bytes.
pub fn baseline(bytes: &[u8]) {
    let baseline = match Baseline::from_slice(bytes) {
        Ok(baseline) => baseline,
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(topoc::source::is_unprintable), "{line:?}");
            assert!(line.len() < 600, "a message of {} bytes", line.len());
            return;
        }
    };
    let again = Baseline::from_slice(baseline.to_json().as_bytes()).expect("what was written");
    assert_eq!(again, baseline, "writing and reading");
    for host in HOSTS.iter() {
        let origin = Origin { baseline: Some(Ok(&baseline)), ..Origin::default() };
        if let Err(CompileError::Bug(what)) = compile_from(&SPEC, origin, host) {
            panic!("a bug of topoc: {what}");
        }
    }
}
