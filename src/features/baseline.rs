//! What the hosts of a fleet have in common: the file that `topoc baseline` writes and `cpu.baseline` names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{FeatureSet, decided, nested, not_migratable, offered, pmu, whole};
use crate::cpuid::feature::find;
use crate::cpuid::{CpuidTable, Key, Vendor};
use crate::source::{brief, quoted};
use crate::yaml;

/// The version of the baseline's form.
pub const BASELINE_VERSION: u32 = 1;

/// What every host of a fleet offers to a guest. A guest that has no more can migrate between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of this form: 1.
    pub topoc_baseline: u32,
    /// The vendor of every host.
    pub vendor: Vendor,
    /// The hosts.
    pub profiles: Vec<Profile>,
    /// The features that all of them offer, by the Linux kernel's names, in the order of their leaves.
    pub features: Vec<String>,
    /// The lowest of their highest basic leaves.
    pub max_basic_leaf: u32,
    /// The lowest of the highest extended leaves that KVM knows on them.
    pub max_extended_leaf: u32,
    /// The fewest bits of a physical address. Absent if leaf 80000008H is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_bits: Option<u32>,
    /// The lowest version of AVX10. Absent if a host has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avx10_version: Option<u32>,
    /// The layout of the XSAVE area, which is the same on all of them.
    pub xsave: Vec<Component>,
}

/// A host of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its file's name.
    pub name: String,
    /// SHA-256 of the profile's canonical form.
    pub sha256: String,
    /// What it offers and not all others do.
    pub loses: Vec<String>,
}

/// A component of the XSAVE area, as leaf 0DH has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its number: the bit of XCR0 or IA32_XSS.
    pub component: u32,
    /// Its size in bytes.
    pub size: u32,
    /// Where it begins; 0 for one of IA32_XSS.
    pub offset: u32,
    /// ECX of its subleaf: whether IA32_XSS has it, whether it is aligned to 64 bytes.
    pub flags: u32,
}

/// A host of a fleet, and what it offers to a guest.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What messages call it.
    pub name: String,
    /// SHA-256 of its profile.
    pub sha256: String,
    /// Its vendor.
    pub vendor: Vendor,
    /// What lowering lets through of what its KVM supports.
    pub table: CpuidTable,
}

/// Why bytes are no baseline, or hosts have none in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineError(pub String);

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BaselineError {}

fn error(message: impl Into<String>) -> BaselineError {
    BaselineError(message.into())
}

/// What tells a baseline from other JSON; the rest is skipped, not kept.
#[derive(Deserialize)]
struct Probe<T> {
    topoc_baseline: T,
}

impl Baseline {
    /// What hosts have in common. Performance counters, virtualisation within the guest, the invariant
    /// TSC and bits without a name are no part of it: none of them goes on on another host.
    ///
    /// # Errors
    /// There are none, they are of several vendors, or the XSAVE areas of two of them differ.
    pub fn common(hosts: &[Offer]) -> Result<Self, BaselineError> {
        let [first, others @ ..] = hosts else { return Err(error("a baseline takes one profile at least")) };
        let sets: Vec<FeatureSet> = hosts.iter().map(|host| migratable(&host.table)).collect();
        let mut common = sets.iter().skip(1).fold(sets[0].clone(), |common, set| &common & set);
        common = whole(common);
        common.retain(|feature| decided(feature).is_none());
        if let Some(other) = others.iter().find(|other| other.vendor != first.vendor) {
            return Err(error(format!(
                "{} is of {}, and {} of {}: no guest migrates between vendors",
                first.name, first.vendor, other.name, other.vendor
            )));
        }
        let mut xsave: BTreeMap<u32, (&str, Component)> = BTreeMap::new();
        for host in hosts {
            for component in layout(&host.table) {
                let known = xsave.entry(component.component).or_insert((&host.name, component));
                if known.1 != component {
                    return Err(error(format!(
                        "XSAVE component {} has {} bytes at {} on {}, and {} at {} on {}: a guest's saved state \
                         does not fit both",
                        component.component,
                        known.1.size,
                        known.1.offset,
                        known.0,
                        component.size,
                        component.offset,
                        host.name
                    )));
                }
            }
        }
        let on_all = |number: &u32| hosts.iter().all(|h| layout(&h.table).any(|c| c.component == *number));
        let lowest = |leaf: u32| hosts.iter().map(|h| h.table.lookup(leaf, 0).eax).min().unwrap_or(0);
        let names = |set: &FeatureSet| set.iter().map(|f| f.name.to_owned()).collect::<Vec<_>>();
        let has_avx10 = find("avx10").is_some_and(|avx10| common.contains(avx10));
        Ok(Self {
            topoc_baseline: BASELINE_VERSION,
            vendor: first.vendor,
            profiles: hosts
                .iter()
                .zip(&sets)
                .map(|(host, set)| Profile {
                    name: host.name.clone(),
                    sha256: host.sha256.clone(),
                    loses: names(
                        &set.iter()
                            .copied()
                            .filter(|f| !common.contains(f) && decided(f).is_none())
                            .collect(),
                    ),
                })
                .collect(),
            features: names(&common),
            max_basic_leaf: lowest(0),
            max_extended_leaf: lowest(0x8000_0000),
            physical_bits: Some(
                hosts.iter().map(|h| h.table.lookup(0x8000_0008, 0).eax & 0xff).min().unwrap_or(0),
            )
            .filter(|bits| *bits != 0),
            avx10_version: has_avx10
                .then(|| hosts.iter().map(|h| h.table.lookup(0x24, 0).ebx & 0xff).min().unwrap_or(0)),
            xsave: xsave
                .into_iter()
                .filter(|(n, _)| on_all(n))
                .map(|(_, (_, component))| component)
                .collect(),
        })
    }

    /// Its features.
    #[must_use]
    pub fn features(&self) -> FeatureSet {
        let known = self.features.iter().filter_map(|name| find(name));
        known.chain(["apic", "hypervisor"].into_iter().filter_map(find)).collect()
    }

    /// Brings the numbers of a table down to those of the fleet. What would tell the hosts apart and is
    /// no feature, such as the sizes of TLBs, is taken out.
    pub(super) fn limit(&self, table: &mut CpuidTable) {
        for (leaf, most) in [(0x0, self.max_basic_leaf), (0x8000_0000, self.max_extended_leaf)] {
            if let Some(words) = table.get_mut(Key::leaf(leaf)) {
                words.eax = words.eax.min(most);
            }
        }
        if let (Some(sizes), Some(most)) = (table.get_mut(Key::leaf(0x8000_0008)), self.physical_bits) {
            sizes.eax = sizes.eax & 0xff00 | (sizes.eax & 0xff).min(most);
        }
        if let (Some(avx10), Some(most)) = (table.get_mut(Key::subleaf(0x24, 0)), self.avx10_version) {
            avx10.ebx = avx10.ebx & !0xff | (avx10.ebx & 0xff).min(most);
        }
        for leaf in [0x8000_0005, 0x8000_0006, 0x8000_0019, 0x8000_001a] {
            table.remove_leaf(leaf);
        }
        let here: BTreeSet<u32> = self.xsave.iter().map(|component| component.component).collect();
        table.retain(|key, _| key.leaf != 0xd || key.subleaf.is_none_or(|n| n < 2 || here.contains(&n)));
        for (subleaf, user) in [(0, true), (1, false)] {
            let Some(words) = table.get_mut(Key::subleaf(0xd, subleaf)) else { continue };
            let word = if user { &mut words.eax } else { &mut words.ecx };
            *word &= here.iter().filter(|n| **n < 32).fold(0b11, |word, n| word | 1 << n);
        }
    }

    /// Reads a baseline. What is wrong is told without a word of a file that is none.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, BaselineError> {
        let baseline: Self = match serde_json::from_slice(bytes) {
            Ok(baseline) => baseline,
            Err(problem) => return Err(explain(bytes, &problem)),
        };
        if baseline.topoc_baseline != BASELINE_VERSION {
            return Err(other_version());
        }
        let mut seen = BTreeSet::new();
        for name in &baseline.features {
            let Some(feature) = find(name).filter(|feature| feature.name == name) else {
                let meant = super::nearest(name).map(|n| format!(": is `{n}` meant?")).unwrap_or_default();
                return Err(error(format!("{} is no feature that topoc knows{meant}", quoted(name))));
            };
            if let Some(decided) = decided(feature) {
                return Err(error(format!("`{name}` is no part of a baseline: {}", decided.why)));
            }
            if !seen.insert(feature) {
                return Err(error(format!("`{name}` stands twice")));
            }
        }
        if let Some(bits) = baseline.physical_bits.filter(|bits| !(32..=64).contains(bits)) {
            return Err(error(format!("{bits} bits of physical addresses: processors have 32 to 64")));
        }
        for pair in baseline.xsave.windows(2) {
            if pair[0].component >= pair[1].component {
                return Err(error("the components of `xsave` are not in ascending order"));
            }
        }
        match baseline.xsave.iter().find(|c| !(2..63).contains(&c.component) || c.size == 0) {
            Some(odd) => Err(error(format!("XSAVE component {} of {} bytes", odd.component, odd.size))),
            None => Ok(baseline),
        }
    }

    /// The baseline as it stands in a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with string keys: serialising cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What of a table another host can go on with.
fn migratable(table: &CpuidTable) -> FeatureSet {
    let left_out = &(&pmu() | &nested()) | &not_migratable();
    &whole(offered(table)) - &left_out
}

/// The components of the XSAVE area that a table has.
pub fn layout(table: &CpuidTable) -> impl Iterator<Item = Component> {
    let heads = [table.lookup(0xd, 0), table.lookup(0xd, 1)];
    let all = heads[0].eax | heads[1].ecx;
    table.leaf(0xd).filter_map(move |(key, words)| {
        let component = key.subleaf.filter(|n| (2..32).contains(n) && all >> n & 1 == 1)?;
        Some(Component { component, size: words.eax, offset: words.ebx, flags: words.ecx & 0b11 })
    })
}

fn other_version() -> BaselineError {
    error(format!("a baseline of another version; this topoc reads version {BASELINE_VERSION}"))
}

/// That it is of another format or version is worth more than the first member that is not known, and of
/// a file of another format nothing is told.
fn explain(bytes: &[u8], problem: &serde_json::Error) -> BaselineError {
    let foreign = || error("not a baseline of topoc: `topoc baseline PROFILE… -o FILE` makes one");
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return foreign();
    }
    match (serde_json::from_slice::<Probe<u32>>(bytes), serde_json::from_slice::<Probe<IgnoredAny>>(bytes)) {
        (Ok(Probe { topoc_baseline: BASELINE_VERSION }), _) => error(brief(&problem.to_string())),
        (_, Ok(_)) => other_version(),
        (_, Err(_)) => foreign(),
    }
}

/// The JSON Schema (draft-07) of a baseline, as checked in under `schema/`.
#[must_use]
pub fn baseline_schema() -> String {
    let schema = yaml::schema::<Baseline>("urn:topoc:schema:baseline:v1", "topoc baseline, version 1");
    format!("{:#}\n", schema.to_value())
}
