//! NUMA nodes and their distances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::{CpuList, DiePath, Size};
use crate::yaml;

/// NUMA nodes: a list of them, or one per socket or die.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Numa {
    /// The nodes, in order of their numbers.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<Node>>,
    /// One node per socket or per die, in place of `nodes`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub per: Option<NodePer>,
    /// Memory of each node, with `per`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// The SLIT: row i, column j is the distance from node i to node j; 10 on the diagonal.
    #[serde(deserialize_with = "yaml::table", skip_serializing_if = "Option::is_none")]
    pub distances: Option<Vec<Vec<u32>>>,
}

/// What has one node each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodePer {
    /// Each socket.
    Socket,
    /// Each die.
    Die,
}

/// One node. Its CPUs are named by sockets, by dies or by vCPUs; without any, it has memory alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    /// Sockets by index.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub sockets: Option<Vec<u32>>,
    /// Dies as `socket/die`, such as `0/1`.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub dies: Option<Vec<DiePath>>,
    /// vCPUs by index, such as `0-7`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<CpuList>,
    /// Memory, with a binary unit: `64GiB`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
}
