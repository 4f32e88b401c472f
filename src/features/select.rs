//! What a guest gets of what the host offers.

use super::{Baseline, FeatureSet, every_guest, known, level, not_migratable, pmu, whole};
use crate::cpuid::feature::{self, Feature, all, dependents, find, roots};
use crate::cpuid::{CpuidTable, Key};
use crate::spec::{Cpu, CpuModel};

/// What the host offers, and what of it the guest gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What the host offers.
    pub offered: FeatureSet,
    /// What the guest gets.
    pub given: FeatureSet,
    /// What the host offers, as a table.
    pub host: CpuidTable,
    /// What the guest gets, as a table. Leaf 0DH still has the host's components and sizes: lowering
    /// computes them from the features.
    pub table: CpuidTable,
}

/// The features that a table offers. The local APIC and the hypervisor's bit belong to every guest of KVM.
#[must_use]
pub fn offered(table: &CpuidTable) -> FeatureSet {
    all().filter(|feature| feature.is_in(table) || matches!(feature.name, "apic" | "hypervisor")).collect()
}

/// Whether a guest gets performance counters, if the host has any: unless said otherwise, where it gets
/// all that the host offers.
#[must_use]
pub fn has_pmu(cpu: &Cpu, baseline: bool) -> bool {
    cpu.pmu.unwrap_or(cpu.model.unwrap_or_default() == CpuModel::Host && !baseline)
}

impl Selection {
    /// Chooses what a guest gets. `host` is what lowering lets through of what KVM supports.
    ///
    /// Nothing that a spec asks for makes this fail: what cannot be given is not, and rules say so.
    #[must_use]
    pub fn resolve(cpu: &Cpu, baseline: Option<&Baseline>, host: &CpuidTable) -> Self {
        let offered = offered(host);
        let model = cpu.model.unwrap_or_default();
        let common = baseline.map(Baseline::features);
        let mut given = offered.clone();
        if let Some(level) = level(model) {
            let always = every_guest();
            given.retain(|f| level.contains(f) || always.contains(f));
            for (_, required) in known(cpu.require.as_ref()) {
                given.extend(roots(required).into_iter().chain([required]).filter(|f| offered.contains(f)));
            }
        }
        if let Some(common) = &common {
            given.retain(|f| common.contains(f));
        }
        let migratable = cpu.migratable == Some(true);
        if migratable {
            given = &given - &not_migratable();
        }
        let pmu_wanted = has_pmu(cpu, baseline.is_some());
        if pmu_wanted && cpu.pmu.is_some() {
            given.extend(pmu().intersection(&offered));
        } else if !pmu_wanted {
            given = &given - &pmu();
        }
        for (_, disabled) in known(cpu.disable.as_ref()) {
            given.remove(disabled);
            given = &given - &dependents(disabled);
        }
        let given = whole(given);
        // A bit without a name: nobody knows what it brings, so it goes where someone has to know.
        let closed = model != CpuModel::Host || baseline.is_some() || migratable;
        let mut table = host.clone();
        words(&mut table, &offered, &given, closed);
        leaves(&mut table, &given, pmu_wanted, closed);
        if let Some(baseline) = baseline {
            baseline.limit(&mut table);
        }
        Self { offered, given, host: host.clone(), table }
    }

    /// Whether the guest gets a feature.
    #[must_use]
    pub fn gives(&self, name: &str) -> bool {
        find(name).is_some_and(|feature| self.given.contains(feature))
    }
}

/// Takes the bits of what is not given. `closed`: those without a name, too.
fn words(table: &mut CpuidTable, offered: &FeatureSet, given: &FeatureSet, closed: bool) {
    let dropped = offered - given;
    for (key, register, numbers) in feature::words() {
        let Some(words) = table.get_mut(key) else { continue };
        *words.get_mut(register) &= if closed {
            feature::word(given, key, register) | numbers
        } else {
            !feature::word(&dropped, key, register)
        };
    }
}

/// The last component of XSAVE that has a feature of a name.
const LAST_NAMED_COMPONENT: u32 = 19;

/// Takes the leaves and numbers that belong to a feature.
fn leaves(table: &mut CpuidTable, given: &FeatureSet, pmu: bool, closed: bool) {
    let has = |name: &str| given.iter().any(|feature: &&Feature| feature.name == name);
    if !pmu {
        table.remove_leaf(0xa);
    }
    for (leaf, feature) in [(0x24, "avx10"), (0x8000_000a, "svm"), (0x8000_0022, "perfmon_v2")] {
        if !has(feature) {
            table.remove_leaf(leaf);
        }
    }
    if let Some(sizes) = table.get_mut(Key::leaf(0x8000_0008))
        && matches!(sizes.eax >> 8 & 0xff, 48 | 57)
    {
        // SDM Vol. 3A, "5-level paging": 57 bits with LA57, else 48.
        let linear: u32 = if has("la57") { 57 } else { 48 };
        sizes.eax = sizes.eax & !0xff00 | linear << 8;
    }
    if closed {
        let named = (1 << (LAST_NAMED_COMPONENT + 1)) - 1;
        if let Some(user) = table.get_mut(Key::subleaf(0xd, 0)) {
            (user.eax, user.edx) = (user.eax & named, 0);
        }
        if let Some(supervisor) = table.get_mut(Key::subleaf(0xd, 1)) {
            (supervisor.ecx, supervisor.edx) = (supervisor.ecx & named, 0);
        }
        // Subleaves at the end that say nothing.
        for subleaf in [2, 1] {
            let key = Key::subleaf(0x7, subleaf);
            if table.get(key).is_some_and(|words| !words.is_zero()) {
                break;
            }
            table.retain(|other, _| other != key);
        }
    }
}
