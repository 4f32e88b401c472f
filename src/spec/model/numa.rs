//! NUMA nodes and their distances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Distances;
use crate::spec::{ComplexPath, CpuList, DiePath, Size};
use crate::yaml;

/// NUMA nodes: a list of them, or one per socket, die or complex.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Numa {
    /// The nodes, in order of their numbers.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<Node>>,
    /// One node per socket, die or complex, in place of `nodes`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub per: Option<NodePer>,
    /// Memory of each node, with `per`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// How far apart the nodes lie: the SLIT, in row i and column j from node i to node j with 10 on the diagonal,
    /// or `same_socket` and `remote`. Left out: 12 and 20.
    #[serde(deserialize_with = "super::distances::read", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Distances>")]
    pub distances: Option<Distances>,
}

/// What has one node each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodePer {
    /// Each socket.
    Socket,
    /// Each die.
    Die,
    /// Each complex: cores that share an L3.
    Complex,
}

/// One node. Its CPUs are named by sockets, dies, complexes or vCPUs; without any, it has memory alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    /// Sockets by index.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub sockets: Option<Vec<u32>>,
    /// Dies as `socket/die`, such as `0/1`.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub dies: Option<Vec<DiePath>>,
    /// Complexes as `socket/die/complex`, such as `0/1/0`.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub complexes: Option<Vec<ComplexPath>>,
    /// vCPUs by index, such as `0-7`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<CpuList>,
    /// Memory, with a binary unit: `64GiB`. Left out while other nodes have some: CPUs alone.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// The host's node whose memory and CPUs are to back this one, by the host kernel's number.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub host_node: Option<u32>,
}
