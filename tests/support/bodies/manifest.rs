//! Any bytes as the manifest of a compiled directory.

use std::collections::HashSet;
use std::path::{Component, Path};

use topoc::emit::Manifest;

/// Holds what must be so of any bytes.
pub fn manifest(bytes: &[u8]) {
    let manifest = match Manifest::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(topoc::source::is_unprintable), "{line:?}");
            assert!(line.len() < 600, "a message of {} bytes", line.len());
            return;
        }
    };
    let mut files = HashSet::new();
    for vcpu in &manifest.vcpus {
        let parts: Vec<Component<'_>> = Path::new(&vcpu.file).components().collect();
        assert!(
            matches!(parts[..], [Component::Normal(name)] if name == vcpu.file.as_str()),
            "{:?}",
            vcpu.file
        );
        assert!(files.insert(&vcpu.file), "{:?} twice", vcpu.file);
    }
    let text = manifest.to_json();
    let again = Manifest::from_slice(text.as_bytes()).expect("what was written");
    assert_eq!(again, manifest, "writing and reading");
    assert_eq!(again.to_json(), text);
}
