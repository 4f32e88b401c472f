//! `golden.json`: machines worked out by hand, register by register.

use std::collections::BTreeMap;

use serde::Deserialize;
use topoc::decode::Answers;

use super::{Answer, blob, is_indexed};

/// One machine.
#[derive(Clone, Debug, Deserialize)]
pub struct Golden {
    pub name: String,
    pub vendor: String,
    pub signature: u32,
    /// Bits of each field: thread, core, module (AMD: complex), die
    pub widths: BTreeMap<String, u32>,
    /// Lowest bit of each field, and of the package's
    pub offsets: BTreeMap<String, u32>,
    /// By vCPU index, of all vCPUs
    pub apic_ids: Vec<u32>,
    /// By vCPU index, of the vCPUs that are listed
    vcpus: BTreeMap<usize, BTreeMap<String, [String; 4]>>,
    /// By vCPU index, of some
    pub linux_6_19: BTreeMap<usize, Linux>,
}

/// What Linux 6.19 makes of one vCPU.
#[derive(Clone, Debug, Deserialize)]
pub struct Linux {
    pub apic: u32,
    pub shifts: Vec<u32>,
    pub pkg: u32,
    pub die: u32,
    pub core: u32,
    pub llc: u32,
    pub l2c: Option<u32>,
    pub node: Option<u32>,
    pub nodes_per_pkg: Option<u32>,
}

/// Hexadecimal with its prefix.
fn hex(text: &str) -> u32 {
    super::hex(text.trim_start_matches("0x"))
}

impl Golden {
    /// All machines, by name.
    pub fn all() -> BTreeMap<String, Golden> {
        serde_json::from_str(include_str!("../golden.json")).expect("golden.json")
    }

    /// One machine.
    pub fn get(name: &str) -> Golden {
        Golden::all().remove(name).unwrap_or_else(|| panic!("no machine {name}"))
    }

    /// Whether every vCPU's registers are listed.
    pub fn is_whole(&self) -> bool {
        self.vcpus.len() == self.apic_ids.len()
    }

    /// The vCPU indices whose registers are listed.
    pub fn listed(&self) -> Vec<usize> {
        self.vcpus.keys().copied().collect()
    }

    /// The registers of the listed vCPUs, in vCPU order.
    pub fn tables(&self) -> Vec<Vec<Answer>> {
        let table = |registers: &BTreeMap<String, [String; 4]>| {
            let mut table: Vec<Answer> = registers
                .iter()
                .map(|(key, registers)| {
                    let (leaf, subleaf) = key.split_once('.').expect("leaf.subleaf");
                    let leaf = hex(leaf);
                    let subleaf = subleaf.parse().expect("subleaf");
                    (leaf, is_indexed(leaf).then_some(subleaf), registers.clone().map(|value| hex(&value)))
                })
                .collect();
            table.sort_by_key(|(leaf, subleaf, _)| (*leaf, *subleaf));
            table
        };
        self.vcpus.values().map(table).collect()
    }

    /// The tables as captures.
    pub fn captures(&self) -> Vec<Answers> {
        self.tables().into_iter().map(Answers::from_entries).collect()
    }

    /// The tables as blobs, with the leaves added that a whole guest table has beside its topology.
    pub fn blobs(&self) -> Vec<Vec<u8>> {
        self.tables().iter().map(|table| blob::encode(&blob::completed(table))).collect()
    }
}
