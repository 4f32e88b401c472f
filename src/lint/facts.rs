//! What is known when the rules run.

use super::reader::Reader;
use super::value;
use crate::cpuid::{Processor, Vendor};
use crate::decode;
use crate::diag::{At, Diagnostic, Fact};
use crate::features::{Baseline, Selection};
use crate::place::Answer;
use crate::profile::{Capabilities, NumaNode, PreparedHost};
use crate::source::{SpanIndex, SpecPath};
use crate::spec::{Clock, Hypervisor, Identity, Spec};
use crate::topology::{
    Block, CacheList, CachePath, Caches, CoreType, Domain, Numbered, Sharing, Topology, X2ApicId,
};

/// What is known when the rules run. Whatever is `None` keeps the rules that need it from running.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The spec as written.
    pub spec: &'a Spec,
    /// Where its values stand, if it came from a text: findings are sorted by it.
    pub spans: Option<&'a SpanIndex>,
    /// The resolved topology.
    pub topology: Option<&'a Topology>,
    /// Its IDs.
    pub numbered: Option<&'a Numbered>,
    /// Its caches.
    pub caches: Option<&'a Caches>,
    /// The vendor of the guest's CPU.
    pub vendor: Option<Vendor>,
    /// The guest's CPU itself, as far as it is known.
    pub processor: Option<Processor>,
    /// What the host offers, and what the guest gets of it.
    pub features: Option<&'a Selection>,
    /// The baseline that the spec names, or why it cannot be had.
    pub baseline: Option<Result<&'a Baseline, &'a str>>,
    /// The host, with what is derived of its profile.
    pub host: Option<&'a PreparedHost<'a>>,
    /// Whether the host can give the machine's shape; `None` where the spec does not ask.
    pub place: Option<&'a Answer>,
}

impl<'a> Facts<'a> {
    /// Nothing known but the spec.
    #[must_use]
    pub const fn of(spec: &'a Spec) -> Self {
        Self {
            spec,
            spans: None,
            topology: None,
            numbered: None,
            caches: None,
            vendor: None,
            processor: None,
            features: None,
            baseline: None,
            host: None,
            place: None,
        }
    }

    /// Whether this is known.
    #[must_use]
    pub fn has(&self, fact: Fact) -> bool {
        match fact {
            Fact::Spec => true,
            Fact::Vendor => self.vendor.is_some(),
            Fact::Topology => self.topology.is_some(),
            Fact::Numbered => self.topology.is_some() && self.numbered.is_some(),
            Fact::Caches => self.topology.is_some() && self.numbered.is_some() && self.caches.is_some(),
            Fact::Host => self.host.is_some(),
            Fact::Features => self.features.is_some(),
            Fact::HostCpus => self.host_cpus().is_some(),
            Fact::HostNodes => self.host_nodes().is_some(),
            Fact::HostMemory => self.host_memory().is_some(),
            Fact::NrVcpus => self.capabilities().is_some_and(|c| c.nr_vcpus.is_some()),
            Fact::MaxVcpus => self.capabilities().is_some_and(|c| c.max_vcpus.is_some()),
            Fact::MaxVcpuId => self.capabilities().is_some_and(|c| c.max_vcpu_id.is_some()),
            Fact::X2apicApi => self.capabilities().is_some_and(|c| c.x2apic_api.is_some()),
        }
    }

    pub(super) fn capabilities(&self) -> Option<&'a Capabilities> {
        Some(&self.host?.kvm.as_ref()?.capabilities)
    }

    /// Who reads the tables.
    pub(super) fn reader(&self) -> Reader {
        Reader::of(self.spec)
    }

    /// What the CPU is to say of itself.
    pub(super) fn identity(&self) -> Option<&'a Identity> {
        self.spec.cpu.as_ref()?.identity.as_ref()
    }

    /// What it is to say of its clocks.
    pub(super) fn clock(&self) -> Option<&'a Clock> {
        self.spec.cpu.as_ref()?.clock.as_ref()
    }

    /// What the hypervisor is to say of itself.
    pub(super) fn hypervisor(&self) -> Option<&'a Hypervisor> {
        self.spec.cpu.as_ref()?.hypervisor.as_ref()
    }

    /// The host's CPUs as their own CPUID tells; `None` where the profile does not have it.
    #[must_use]
    pub fn host_machine(&self) -> Option<&'a decode::Machine> {
        self.host.filter(|host| host.cpus.is_some()).map(PreparedHost::machine)
    }

    /// How many CPUs of the host were online.
    pub(super) fn host_cpus(&self) -> Option<u64> {
        let online = &self.host?.cpus.as_ref()?.online;
        let count = |(first, last, stride): &(u32, u32, u32)| {
            u64::from(last.saturating_sub(*first)) / u64::from((*stride).max(1)) + 1
        };
        Some(online.ranges.iter().map(count).sum())
    }

    /// The host's memory in bytes, where every node's is known.
    pub(super) fn host_memory(&self) -> Option<u64> {
        let nodes = &self.host?.numa.as_ref()?.nodes;
        let sum = |sum: u64, memory: Option<u64>| Some(sum.saturating_add(memory?));
        nodes.iter().map(|node| node.memory).try_fold(0, sum).filter(|_| !nodes.is_empty())
    }

    /// The host's NUMA nodes.
    pub(super) fn host_nodes(&self) -> Option<&'a [NumaNode]> {
        Some(self.host?.numa.as_ref()?.nodes.as_slice()).filter(|nodes| !nodes.is_empty())
    }

    /// Whether the guest's processor is AMD's or Hygon's.
    pub(super) fn is_amd_like(&self) -> bool {
        self.vendor.is_some_and(Vendor::is_amd_like)
    }

    /// Whether the guest's processor has leaf 80000026H, which enumerates AMD's complexes and dies.
    /// `None` where nothing tells.
    pub(super) fn enumerates_dies(&self) -> Option<bool> {
        self.processor?.has_extended_levels()
    }

    /// A key for sorting: where the label stands in the text, then its path.
    pub(super) fn position(&self, at: Option<&At>) -> (usize, String) {
        match at {
            Some(At::Value(path) | At::Key(path)) => {
                let spans = self.spans.and_then(|spans| spans.nearest(path));
                (spans.map_or(0, |spans| spans.value.start), path.to_string())
            }
            Some(At::Text(span)) => (span.start, String::new()),
            Some(At::Profile(_) | At::ProfileText(_) | At::Baseline(_) | At::Other(..)) | None => {
                (usize::MAX, String::new())
            }
        }
    }

    /// The counts that the spec writes, with those of its parts.
    pub(super) fn block(&self) -> Block {
        Block::of(self.spec)
    }

    /// Where the largest written count of `domain` stands; where it would stand if there is none.
    pub(super) fn count_at(&self, domain: Domain) -> At {
        let block = self.block();
        let written = block.all().into_iter().rev().filter(|block| block.counts[domain.rank()].is_some());
        At::Value(written.max_by_key(|block| block.count(domain)).unwrap_or(&block).at(domain))
    }

    /// The number of vCPUs that the counts make; it may not fit anything else.
    pub(super) fn vcpus(&self) -> u128 {
        self.block().vcpus()
    }

    /// The counts above 1 that make the most vCPUs by their product, the largest first: those of one
    /// part, and of what is around it.
    pub(super) fn largest_counts(&self) -> Vec<(SpecPath, Domain, u32)> {
        let root = self.block();
        let mut counts = Vec::new();
        let mut block = Some(&root);
        while let Some(around) = block {
            let written = around.written().filter(|(_, count)| *count > 1);
            counts.extend(written.map(|(domain, count)| (around.at(domain), domain, count)));
            block = around.parts.iter().flatten().rev().max_by_key(|part| part.vcpus());
        }
        counts.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        counts
    }

    /// Labels the counts whose product is in question, the largest first.
    pub(super) fn label_counts(&self, diagnostic: Diagnostic, guilty: &str) -> Diagnostic {
        let counts = self.largest_counts();
        if counts.is_empty() {
            return diagnostic.label(value("topology"), guilty);
        }
        counts.into_iter().enumerate().fold(diagnostic, |diagnostic, (i, (path, _, count))| {
            let text = if i == 0 { guilty.to_owned() } else { format!("times {count}") };
            diagnostic.label(At::Value(path), text)
        })
    }

    /// The largest ID and its vCPU, if it is at least `least`.
    pub(super) fn large_id(&self, least: u32) -> Option<X2ApicId> {
        self.numbered.map(Numbered::max_id).filter(|id| id.0 >= least)
    }

    /// The settled caches of each type of core, and those of the spec that say who shares them although
    /// something else of them could not be settled.
    pub(super) fn sharing(&self) -> Vec<SharedCache> {
        let none = [CacheList::default()];
        let lists = self.caches.map_or(none.as_slice(), |caches| caches.lists.as_slice());
        let of = |list: &CacheList, key: &'static str, level: u8| {
            let spec = self.spec.caches.as_ref();
            let written = spec.and_then(|caches| caches.written(list.core_type, key));
            let shared_by = written.as_ref().filter(|c| c.mode.is_none()).and_then(|c| c.shared_by);
            let sharing = match list.caches.iter().find(|settled| settled.key() == Some(key)) {
                Some(settled) => settled.sharing,
                None => Sharing::Domain(shared_by?.into()),
            };
            // The block that says it: the type's own before that for all cores.
            let says = |block: &CoreType| {
                let own = spec.and_then(|caches| caches.by_key(Some(*block), key));
                own.is_some_and(|own| shared_by.is_none() || own.shared_by.is_some())
            };
            let path = CachePath { block: list.core_type.filter(says), key };
            let says_who = shared_by.is_some();
            Some(SharedCache {
                path,
                core_type: list.core_type,
                level,
                sharing,
                written: written.is_some(),
                says_who,
            })
        };
        let keys = [("l1d", 1), ("l1i", 1), ("l2", 2), ("l3", 3)];
        lists
            .iter()
            .flat_map(|list| keys.into_iter().filter_map(|(key, level)| of(list, key, level)))
            .collect()
    }
}

/// A cache as far as the rules on sharing care.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedCache {
    /// Where the spec has it, or would.
    pub path: CachePath,
    /// The type of core that has it.
    pub core_type: Option<CoreType>,
    /// Its level.
    pub level: u8,
    /// Who shares one.
    pub sharing: Sharing,
    /// Whether the spec has it.
    pub written: bool,
    /// Whether the spec has its `shared_by`.
    pub says_who: bool,
}

impl SharedCache {
    /// Its name in messages: `L3`, `L1d`, `L2 of efficiency cores`.
    pub fn name(&self) -> String {
        let name = self.path.key.replacen('l', "L", 1);
        match self.path.block {
            Some(CoreType::Performance) => format!("{name} of performance cores"),
            Some(CoreType::Efficiency) => format!("{name} of efficiency cores"),
            None => name,
        }
    }

    /// The value that is to blame for its sharing; `None` if the spec does not speak of this cache.
    pub fn place(&self) -> Option<At> {
        match (self.written, self.says_who) {
            (_, true) => Some(value(&format!("caches.{}.shared_by", self.path))),
            (true, false) => Some(value(&format!("caches.{}", self.path))),
            (false, false) => None,
        }
    }
}
