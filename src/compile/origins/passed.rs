//! Reasons of what passes from the host's table, and of what is taken away on its way.

use super::{Basis, Teller, Told};
use crate::cpuid::feature::{self, Feature};
use crate::cpuid::{Key, Register, quirk};
use crate::features::{known, not_migratable, pmu};
use crate::lower::Lowered;
use crate::spec::CpuModel;

impl Teller<'_> {
    /// What of the tables no pass wrote: whole registers, and single bits where they are features. A register
    /// stands for those of its bits that no other coordinate names.
    pub(super) fn passed(&self, lowered: &Lowered<'_>) -> Vec<(String, Told)> {
        let table = lowered.shared();
        let mut told = Vec::new();
        for (key, _) in table.iter() {
            for register in Register::ALL {
                let owned = lowered
                    .reasons()
                    .iter()
                    .filter(|(field, subleaf, _)| field.key(*subleaf) == key && field.register == register);
                let owned = owned.fold(0, |mask, (field, ..)| mask | field.mask());
                if owned == u32::MAX {
                    continue;
                }
                for feature in features_of(key, register).filter(|feature| feature.mask() & owned == 0) {
                    told.push((feature_at(feature, key), self.feature(feature, key)));
                }
                told.push((register_at(key, register), self.register(key, register)));
            }
        }
        told
    }

    /// A single bit.
    fn feature(&self, feature: &'static Feature, key: Key) -> Told {
        let host = self.leaf_of_host(&leaf(key));
        let basis = Basis::default().host(host);
        if self.selection.given.contains(feature) && self.is_dropped(feature) {
            return (quirk::PERFCTR_CORE.why.to_owned(), basis.processor(self));
        }
        if self.selection.given.contains(feature) {
            let required = known(self.cpu().and_then(|cpu| cpu.require.as_ref()));
            let needed = required.filter(|(_, f)| *f == feature || feature::roots(f).contains(feature));
            let basis =
                needed.fold(basis, |basis, (at, _)| basis.written(self, &format!("cpu.require[{at}]")));
            let basis = self.limits(basis, feature);
            return ("the host offers it and nothing takes it away".to_owned(), basis);
        }
        if !self.selection.offered.contains(feature) {
            return ("the host does not offer it".to_owned(), basis);
        }
        self.taken(feature, basis)
    }

    fn cpu(&self) -> Option<&crate::spec::Cpu> {
        self.spec.cpu.as_ref()
    }

    /// What may take a feature away: the model, the baseline, the keys that are about it.
    fn limits(&self, basis: Basis, feature: &'static Feature) -> Basis {
        let basis = basis
            .or_default(self, "cpu.model", "host", "a guest gets what its host offers")
            .written(self, "cpu.baseline");
        let basis = if self.needs_any(feature, &pmu()) { basis.written(self, "cpu.pmu") } else { basis };
        if self.needs_any(feature, &not_migratable()) { basis.written(self, "cpu.migratable") } else { basis }
    }

    /// Whether a feature or what it needs is in a set.
    #[expect(clippy::unused_self, reason = "it is said of this machine's features")]
    fn needs_any(&self, feature: &'static Feature, set: &crate::features::FeatureSet) -> bool {
        set.contains(feature) || feature::roots(feature).iter().any(|root| set.contains(root))
    }

    /// Why a feature that the host offers is not the guest's.
    fn taken(&self, feature: &'static Feature, basis: Basis) -> Told {
        let cpu = self.cpu().cloned().unwrap_or_default();
        let basis = self.limits(basis, feature);
        let mut by = Vec::new();
        let mut grounds = basis;
        for (at, disabled) in known(cpu.disable.as_ref()) {
            let path = format!("cpu.disable[{at}]");
            if disabled == feature {
                by.push("the spec disables it".to_owned());
            } else if feature::dependents(disabled).contains(feature) {
                by.push(format!("the spec disables {}, which it needs", disabled.name));
            } else {
                continue;
            }
            grounds = grounds.written(self, &path);
        }
        if let Some(model) = cpu.model.filter(|model| *model != CpuModel::Host) {
            by.push(format!("it is not of model {}", model.word()));
            grounds = grounds.written(self, "cpu.require");
        }
        if cpu.baseline.is_some() {
            by.push("not every host of the baseline has it".to_owned());
        }
        if cpu.migratable == Some(true) && self.needs_any(feature, &not_migratable()) {
            by.push("a guest that migrates cannot have it".to_owned());
        }
        if self.needs_any(feature, &pmu()) {
            by.push("the guest has no performance counters".to_owned());
        }
        let missing = feature::missing(feature, &self.selection.given);
        if let Some(missing) = missing.filter(|_| by.is_empty()) {
            by.push(format!("it needs {}, which the guest has not", missing.name));
            grounds = grounds.features(self);
        }
        let why = if by.is_empty() {
            "the spec's choice of features leaves it out".to_owned()
        } else {
            by.join(", or ")
        };
        if by.is_empty() {
            grounds = grounds.features(self);
        }
        (format!("the host offers it; {why}"), grounds)
    }

    /// Whether lowering clears a feature for the processor's sake.
    fn is_dropped(&self, feature: &Feature) -> bool {
        feature.name == "perfctr_core" && quirk::PERFCTR_CORE.applies(&self.machine.processor)
    }

    /// What of a register is no feature with a name, and no field that a pass writes.
    fn register(&self, key: Key, register: Register) -> Told {
        let basis = Basis::default().host(self.leaf_of_host(&leaf(key)));
        if key.leaf == 0xd {
            let because = "the states are those that the guest's features need, where the host's silicon has them, and the sizes add up";
            return (because.to_owned(), basis.features(self));
        }
        if (key, register) == (Key::subleaf(0x7, 0), Register::Eax) {
            return ("it is the number of the last subleaf that follows".to_owned(), basis.features(self));
        }
        let because = if feature::words().iter().any(|(word, of, _)| (*word, *of) == (key, register)) {
            "bits without a name pass as the host has them, unless the spec closes the list of features"
        } else {
            "it passes from the host's table as far as it tells nothing of the CPU that was captured; other bits are 0"
        };
        (because.to_owned(), basis.features(self).processor(self))
    }
}

/// The features of a register. AMD repeats some of leaf 1 in 80000001H.
fn features_of(key: Key, register: Register) -> impl Iterator<Item = &'static Feature> {
    let repeated = (key, register) == (Key::leaf(0x8000_0001), Register::Edx);
    let own = feature::all().filter(move |f| (f.key(), f.register) == (key, register));
    let again = feature::all().filter(move |f| {
        let word = feature::word(&[*f], key, register);
        repeated && f.leaf == 0x1 && f.register == Register::Edx && word & f.mask() != 0
    });
    own.chain(again)
}

/// A feature's bit in an entry.
fn feature_at(feature: &'static Feature, key: Key) -> String {
    Feature { leaf: key.leaf, subleaf: key.subleaf, ..*feature }.to_string()
}

/// A register of an entry as the manuals write it.
fn register_at(key: Key, register: Register) -> String {
    match key.subleaf {
        Some(subleaf) => format!("CPUID.(EAX={:02X}H,ECX={subleaf}):{register}", key.leaf),
        None => format!("CPUID.(EAX={:02X}H):{register}", key.leaf),
    }
}

fn leaf(key: Key) -> String {
    format!("{:02X}H", key.leaf)
}
