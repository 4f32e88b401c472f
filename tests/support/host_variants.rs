//! The shipped hosts as they are and as others may look.

use std::sync::LazyLock;

use topoc::compile::offered;
use topoc::features::{Baseline, Offer};
use topoc::profile::{HostProfile, KvmPart, base_table};

/// The shipped hosts, with and without what KVM says, so that its limits do not hide other rules.
pub static HOSTS: LazyLock<Vec<HostProfile>> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let hosts = paths.iter().map(|path| HostProfile::from_slice(&std::fs::read(path).unwrap()).unwrap());
    let variants = |host: HostProfile| {
        [HostProfile { kvm: None, ..host.clone() }, without_caches(&host), with_kvms_table(&host), host]
    };
    hosts.flat_map(variants).collect()
});

/// The host with a table of KVM's, which is then what a guest's is made from.
fn with_kvms_table(host: &HostProfile) -> HostProfile {
    let supported_cpuid = Some(base_table(host).unwrap().table);
    HostProfile { kvm: Some(KvmPart { supported_cpuid, ..KvmPart::default() }), ..host.clone() }
}

/// The host as a nested one may look: no leaf tells of a cache.
fn without_caches(host: &HostProfile) -> HostProfile {
    let mut bare = HostProfile { kvm: None, ..host.clone() };
    if let Some(part) = &mut bare.cpus {
        for leaf in [0x2, 0x4, 0x8000_0005, 0x8000_0006, 0x8000_001d] {
            part.cpuid.remove_leaf(leaf);
            part.differences.values_mut().for_each(|own| own.retain(|key, _| key.leaf != leaf));
        }
    }
    bare
}

/// What hosts that stand side by side have in common, and what each offers alone.
pub static BASELINES: LazyLock<Vec<Baseline>> = LazyLock::new(|| {
    let offers = HOSTS.iter().filter_map(|host| {
        let (vendor, table) = (host.processor()?.vendor, offered(host).ok()?);
        Some(Offer { name: "host".to_owned(), sha256: host.digest(), vendor, table })
    });
    let offers: Vec<Offer> = offers.collect();
    let mut baselines: Vec<Baseline> =
        offers.iter().map(|offer| Baseline::common(std::slice::from_ref(offer)).unwrap()).collect();
    for some in offers.windows(5) {
        // None where vendors differ.
        baselines.extend(Baseline::common(some));
    }
    baselines
});
