//! The file form as serde reads it: strings and numbers, not yet checked.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What topoc knows of a host: form version 1. Parts that could not be read are absent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a host profile")]
#[schemars(title = "topoc host profile")]
pub(super) struct Form {
    /// The version of this form: 1.
    #[schemars(extend("const" = 1))]
    pub(super) topoc_host_profile: u64,
    /// Where the profile comes from.
    pub(super) origin: Origin,
    /// The kernel's version, major.minor unless more was asked for.
    pub(super) kernel: Option<String>,
    /// What KVM says of itself. Absent in an imported or assembled profile.
    pub(super) kvm: Option<Kvm>,
    /// What each CPU answers to CPUID itself.
    pub(super) cpus: Option<Cpus>,
    /// The host's NUMA nodes.
    pub(super) numa: Option<Numa>,
    /// What capture could not read, in words.
    #[serde(default)]
    pub(super) unread: Vec<String>,
}

/// Where a profile comes from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an origin, such as { \"kind\": \"captured\" }")]
pub(super) struct Origin {
    /// How the profile was made: read from the machine by topoc, read from another program's
    /// capture, or put together from published figures.
    pub(super) kind: Kind,
    /// When it was captured: YYYY-MM-DD.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub(super) date: Option<String>,
    /// The host's name; only when asked for.
    pub(super) host_name: Option<String>,
    /// Of what machine, from which sources, in words.
    pub(super) note: Option<String>,
}

/// How a profile was made.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Read from the machine by topoc.
    Captured,
    /// Read from another program's capture.
    Imported,
    /// Put together from published figures.
    Assembled,
}

/// What KVM says of itself.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "KVM's part")]
pub(super) struct Kvm {
    /// The vendor module, such as kvm_intel.
    pub(super) module: Option<String>,
    /// KVM_GET_API_VERSION.
    pub(super) api_version: Option<u32>,
    /// KVM_CHECK_EXTENSION of what bears on topology; absent where it is not known.
    #[serde(default)]
    pub(super) capabilities: Capabilities,
    /// KVM_GET_SUPPORTED_CPUID.
    pub(super) supported_cpuid: Option<Entries>,
    /// KVM_GET_EMULATED_CPUID.
    pub(super) emulated_cpuid: Option<Entries>,
}

/// The capabilities that bear on topology.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "capabilities")]
pub(super) struct Capabilities {
    /// KVM_CAP_NR_VCPUS: the recommended number of vCPUs.
    pub(super) nr_vcpus: Option<u32>,
    /// KVM_CAP_MAX_VCPUS: the most vCPUs of a VM.
    pub(super) max_vcpus: Option<u32>,
    /// KVM_CAP_MAX_VCPU_ID: every vcpu_id lies below it.
    pub(super) max_vcpu_id: Option<u32>,
    /// KVM_CAP_X2APIC_API: flags.
    pub(super) x2apic_api: Option<u32>,
    /// KVM_CAP_IRQCHIP.
    pub(super) irqchip: Option<u32>,
    /// KVM_CAP_SPLIT_IRQCHIP.
    pub(super) split_irqchip: Option<u32>,
    /// KVM_CAP_TSC_DEADLINE_TIMER.
    pub(super) tsc_deadline_timer: Option<u32>,
    /// KVM_CAP_X86_DISABLE_EXITS: flags.
    pub(super) x86_disable_exits: Option<u32>,
    /// KVM_CAP_ENFORCE_PV_FEATURE_CPUID.
    pub(super) enforce_pv_feature_cpuid: Option<u32>,
}

/// Every online CPU's own CPUID: stored once, with what differs per CPU.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "the CPUs' part")]
pub(super) struct Cpus {
    /// The CPUs that were read, by the kernel's numbers: 0-3,8-11.
    pub(super) online: String,
    /// The first of these CPUs' whole table.
    pub(super) cpuid: Entries,
    /// By CPU number: the entries in which the other CPUs differ from the first.
    #[serde(default)]
    pub(super) differences: Members<Entries>,
}

/// The host's NUMA nodes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "the NUMA part")]
pub(super) struct Numa {
    /// The nodes.
    pub(super) nodes: Vec<Node>,
    /// Row i, column j: the distance from the i-th to the j-th of the nodes, 10 to 255. Absent or
    /// empty where it is not known.
    #[serde(default)]
    pub(super) distances: Vec<Vec<u32>>,
}

/// One NUMA node.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a NUMA node")]
pub(super) struct Node {
    /// The kernel's number.
    pub(super) id: u32,
    /// Its CPUs: 0-3,8-11; empty for a node of memory alone.
    pub(super) cpus: String,
    /// Its memory in bytes, where known.
    pub(super) memory: Option<u64>,
}

/// An object's members in the order of the file, with those that stand twice.
pub(super) struct Members<T>(pub(super) Vec<(String, T)>);

/// CPUID entries: leaf, or leaf and subleaf, to the four words.
pub(super) type Entries = Members<String>;

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect(std::marker::PhantomData))
    }
}

impl JsonSchema for Members<String> {
    fn schema_name() -> Cow<'static, str> {
        "CpuidEntries".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "CPUID entries. The key is the leaf, or leaf and subleaf: 0x00000004.3; \
                            the value EAX EBX ECX EDX.",
            "type": "object",
            "patternProperties": {
                "^0x[0-9a-fA-F]{8}(\\.[0-9]+)?$": {
                    "type": "string",
                    "pattern": "^[0-9a-fA-F]{8}( [0-9a-fA-F]{8}){3}$",
                },
            },
            "additionalProperties": false,
        })
    }
}

impl JsonSchema for Members<Entries> {
    fn schema_name() -> Cow<'static, str> {
        "CpuDifferences".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "By CPU number, the entries in which that CPU differs from the first.",
            "type": "object",
            "patternProperties": { "^[0-9]+$": generator.subschema_for::<Entries>() },
            "additionalProperties": false,
        })
    }
}
