//! A made-up fleet: the shipped specs and hosts, varied.

use std::fs;
use std::path::Path;

use topoc::HostProfile;
use topoc::profile::OriginKind;

/// Kernels that hosts of one kind differ by.
const KERNELS: [&str; 5] = ["5.15", "6.1", "6.8", "6.12", "6.18"];

/// The texts of the files of a folder with this suffix, by name.
fn texts(folder: &str, suffix: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_str().unwrap().ends_with(suffix));
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Writes `specs/` and `hosts/` below `folder`: so many specs and profiles, no two of the same bytes, the
/// profiles of at most `kinds` kinds (and of no more than there are to vary).
pub fn write(folder: &Path, specs: usize, profiles: usize, kinds: usize) {
    for name in ["specs", "hosts"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let mut shapes = texts("examples", ".topoc.yaml");
    // What a spec names lies beside it.
    shapes.retain(|text| !text.contains("baseline:"));
    for (at, text) in shapes.iter().cycle().take(specs).enumerate() {
        let path = folder.join(format!("specs/{at:05}.topoc.yaml"));
        fs::write(path, format!("# Spec {at} of a made-up fleet\n{text}")).unwrap();
    }
    let hosts: Vec<HostProfile> = texts("examples/hosts", ".json")
        .iter()
        .map(|text| HostProfile::from_slice(text.as_bytes()).unwrap())
        .collect();
    let kinds = kinds.min(hosts.len() * KERNELS.len());
    for at in 0..profiles {
        let kind = at % kinds;
        let mut host = hosts[kind % hosts.len()].clone();
        host.kernel = Some(KERNELS[kind / hosts.len()].to_owned());
        host.origin.kind = OriginKind::Captured;
        host.origin.host_name = Some(format!("host-{at}"));
        host.origin.date = Some("2026-01-31".to_owned());
        fs::write(folder.join(format!("hosts/{at:05}.json")), host.to_json()).unwrap();
    }
}
