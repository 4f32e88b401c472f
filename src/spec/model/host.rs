//! What the machine below must provide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::CpuList;
use crate::yaml;

/// What the machine below must really provide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    /// How true to the host the guest's shape must be. Left out: `counts`, as warnings.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub fidelity: Option<Fidelity>,
    /// The host's CPUs that this machine may use, such as `8-55`. Left out: all that are online.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub cpus: Option<CpuList>,
    /// Which vCPU runs on which CPU of the host. Left out: topoc finds a place at `exact` and `sharing`, and the host's
    /// scheduler chooses otherwise.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub pin: Option<Vec<Pin>>,
}

/// vCPUs and as many CPUs of the host, paired in ascending order: the first with the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pin {
    /// vCPUs by index, such as `0-7`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<CpuList>,
    /// CPUs of the host by the kernel's numbers, such as `8-15`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub cpus: Option<CpuList>,
}

/// How true to the host the guest's shape must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fidelity {
    /// Each core, cache, module, complex, die, socket and node lies on one of the host, and no two on the same.
    Exact,
    /// Threads and caches are shared as the guest is told; dies, sockets and nodes may be cut from larger ones.
    Sharing,
    /// The host has enough CPUs and memory.
    Counts,
    /// Nothing is asked of the host's shape or size: overcommit.
    None,
}

impl Host {
    /// The pairs of `pin` in written order: the entry's number, the vCPU and the host's CPU. At most as
    /// many as a machine may have vCPUs: what lies beyond is refused for other reasons.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, u32, u32)> + '_ {
        let entry = |(i, pin): (usize, &'_ Pin)| {
            let list = |list: &Option<CpuList>| list.clone().unwrap_or_default();
            let (vcpus, cpus) = (list(&pin.vcpus), list(&pin.cpus));
            let pairs: Vec<_> = vcpus.iter().zip(cpus.iter()).take(MOST_PAIRS).collect();
            pairs.into_iter().map(move |(vcpu, cpu)| (i, vcpu, cpu))
        };
        self.pin.iter().flatten().enumerate().flat_map(entry).take(MOST_PAIRS)
    }
}

/// As many vCPUs as topoc resolves.
const MOST_PAIRS: usize = 1 << 20;
