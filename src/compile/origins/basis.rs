//! What a reason rests on, gathered path by path.

use serde_json::Value;

use crate::emit::origins::{DefaultValue, Ground};
use crate::topology::{Block, Domain};

use super::Teller;

/// The grounds of one reason, in the order in which they were named.
#[derive(Clone, Debug, Default)]
pub(super) struct Basis(pub(super) Vec<Ground>);

impl Basis {
    fn add(mut self, ground: Ground) -> Self {
        if !self.0.contains(&ground) {
            self.0.push(ground);
        }
        self
    }

    /// What the host's profile tells.
    pub(super) fn host(self, what: impl Into<String>) -> Self {
        self.add(Ground::Host(what.into()))
    }

    /// What is so for every spec.
    pub(super) fn always(self, why: &str) -> Self {
        self.add(Ground::Always(why.to_owned()))
    }

    /// A value of the spec, if it is written.
    pub(super) fn written(self, teller: &Teller<'_>, path: &str) -> Self {
        if teller.value(path).is_some() { self.add(Ground::Spec(path.to_owned())) } else { self }
    }

    /// A value of the spec, or what stands in for it.
    pub(super) fn or_default(self, teller: &Teller<'_>, path: &str, is: &str, reason: &str) -> Self {
        if teller.value(path).is_some() {
            return self.add(Ground::Spec(path.to_owned()));
        }
        let [path, is, reason] = [path, is, reason].map(str::to_owned);
        self.add(Ground::Default(DefaultValue { path, is, reason }))
    }

    /// A value of the spec, or the host's.
    pub(super) fn or_host(self, teller: &Teller<'_>, path: &str, what: impl Into<String>) -> Self {
        if teller.value(path).is_some() {
            return self.add(Ground::Spec(path.to_owned()));
        }
        self.host(what)
    }

    /// The counts of these domains, in the topology and in its parts.
    pub(super) fn counts(mut self, teller: &Teller<'_>, wanted: impl Fn(Domain) -> bool) -> Self {
        let root = Block::of(teller.spec);
        let blocks = root.all();
        // Where parts stand side by side, each of their counts moves the others.
        let parts = root.parts.is_some();
        for domain in Domain::ALL.into_iter().filter(|domain| parts || wanted(*domain)) {
            let written: Vec<_> =
                blocks.iter().filter(|block| block.counts[domain.rank()].is_some()).collect();
            if written.is_empty() {
                self =
                    self.or_default(teller, root.at(domain).as_str(), "1", "a count that is left out is 1");
            }
            for block in written.into_iter().take(MOST_PARTS) {
                self = self.add(Ground::Spec(block.at(domain).to_string()));
            }
        }
        self.written(teller, "topology.parts")
    }

    /// The counts of all domains.
    pub(super) fn all_counts(self, teller: &Teller<'_>) -> Self {
        self.counts(teller, |_| true)
    }

    /// What decides how many bits of an ID lie below a domain's.
    pub(super) fn layout(mut self, teller: &Teller<'_>, domain: Domain) -> Self {
        // A node's bits, and the eight IDs of an L3 that Linux takes for granted, depend on what is outside, too.
        let by_vendor = teller.is_amd_like() && (teller.value("numa").is_some() || teller.has_fixed_l3());
        self = self.counts(teller, |inner| by_vendor || inner < domain);
        for inner in Domain::ALL.into_iter().filter(|inner| *inner < domain) {
            self = self.written(teller, &format!("topology.id_bits.{}", inner.word()));
        }
        self.nodes(teller).processor(teller)
    }

    /// NUMA nodes, where CPUID tells of them.
    pub(super) fn nodes(self, teller: &Teller<'_>) -> Self {
        if teller.is_amd_like() {
            self.written(teller, "numa.per").written(teller, "numa.nodes")
        } else {
            self
        }
    }

    /// Which index has which place.
    pub(super) fn order(self, teller: &Teller<'_>) -> Self {
        self.written(teller, "topology.places").written(teller, "topology.order")
    }

    /// The family and model, where they decide which leaves there are.
    pub(super) fn processor(self, teller: &Teller<'_>) -> Self {
        if !teller.is_amd_like() {
            return self;
        }
        self.written(teller, "cpu.identity.family")
            .written(teller, "cpu.identity.model")
            .written(teller, "cpu.identity.stepping")
    }

    /// What chooses among the features that the host offers.
    pub(super) fn features(self, teller: &Teller<'_>) -> Self {
        let keys = ["baseline", "require", "disable", "migratable", "pmu"];
        let basis = self.or_default(teller, "cpu.model", "host", "a guest gets what its host offers");
        keys.iter().fold(basis, |basis, key| basis.written(teller, &format!("cpu.{key}")))
    }

    /// The types of core.
    pub(super) fn core_types(mut self, teller: &Teller<'_>) -> Self {
        let root = Block::of(teller.spec);
        for block in root.all().into_iter().filter(|block| block.core_type.is_some()).take(MOST_PARTS) {
            self = self.add(Ground::Spec(block.path.key("core_type").to_string()));
        }
        self.written(teller, "topology.parts")
    }
}

/// Of longer lists of parts the first ones are named one by one; the list as a whole stands beside them.
const MOST_PARTS: usize = 8;

/// The value at a path such as `numa.nodes[0].memory`.
pub(super) fn lookup<'v>(mut value: &'v Value, path: &str) -> Option<&'v Value> {
    for step in path.split('.') {
        let (key, items) = step.split_once('[').map_or((step, ""), |(key, items)| (key, items));
        value = value.get(key)?;
        for item in items.split('[').filter(|item| !item.is_empty()) {
            value = value.get(item.trim_end_matches(']').parse::<usize>().ok()?)?;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_value() {
        let value = serde_json::json!({"a": {"b": [{"c": 1}, [2, 3]]}});
        assert_eq!(lookup(&value, "a.b[0].c"), Some(&1.into()));
        assert_eq!(lookup(&value, "a.b[1][1]"), Some(&3.into()));
        for missing in ["a.c", "a.b[2]", "a.b[x]", "", "a.b[0].c.d"] {
            assert_eq!(lookup(&value, missing), None, "{missing}");
        }
    }
}
