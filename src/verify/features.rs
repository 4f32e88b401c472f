//! Features read back: the table names those that the guest was to get, and no others.

use std::collections::BTreeSet;

use super::Disagreement;
use crate::cpuid::Register;
use crate::cpuid::feature::{Feature, find};
use crate::decode::Answers;
use crate::decode::fields::{self, LeafView, describe};
use crate::features::decided;
use crate::lower::Machine;
use crate::spec::Irqchip;

/// Reads a table back and compares its features with those that were meant. All vCPUs have the same.
///
/// # Errors
/// Every difference, in words.
pub fn verify_features(
    machine: &Machine<'_>,
    meant: &BTreeSet<&'static Feature>,
    blob: &[u8],
) -> Result<(), Disagreement> {
    let answers =
        Answers::from_blob(blob).map_err(|error| Disagreement { differences: vec![error.to_string()] })?;
    let views = describe(&answers);
    let mut differences = Vec::new();
    for feature in meant.iter().filter(|feature| is_decided_here(machine, feature)) {
        if feature.leaf <= highest(&answers, feature.leaf) && !reads(&views, feature) {
            differences.push(format!("{feature}: `{}` was meant and is not there", feature.name));
        }
    }
    for feature in views.iter().flat_map(named) {
        if is_decided_here(machine, feature) && !meant.contains(feature) {
            differences.push(format!("{feature}: `{}` is there and was not meant", feature.name));
        }
    }
    differences.extend(xsave(&answers));
    if differences.is_empty() { Ok(()) } else { Err(Disagreement { differences }) }
}

/// Whether the choice of features alone decides this one. KVM's own have a pass that knows more.
fn is_decided_here(machine: &Machine<'_>, feature: &Feature) -> bool {
    let by_apic = matches!(feature.name, "x2apic" | "tsc_deadline_timer")
        && (machine.irqchip == Irqchip::User || !machine.processor.has_leaf_b());
    feature.leaf != 0x4000_0001 && decided(feature).is_none() && !by_apic
}

fn highest(answers: &Answers, leaf: u32) -> u32 {
    answers.get(leaf & 0xc000_0000, 0)[0]
}

const fn counterpart(register: Register) -> fields::Register {
    match register {
        Register::Eax => fields::Register::Eax,
        Register::Ebx => fields::Register::Ebx,
        Register::Ecx => fields::Register::Ecx,
        Register::Edx => fields::Register::Edx,
    }
}

/// Whether the decoder finds the feature where it belongs. Where it has no name for the bit, the bit counts;
/// a register that it does not read as flags is left to others.
fn reads(views: &[LeafView], feature: &Feature) -> bool {
    let at = format!("{:#x}", feature.leaf);
    let Some(view) = views.iter().find(|v| v.leaf == at && v.subleaf == feature.subleaf) else {
        return false;
    };
    let Some(flags) = view.flags.iter().find(|f| f.register == counterpart(feature.register)) else {
        return true;
    };
    flags.unnamed.contains(&feature.bit) || flags.set.iter().any(|name| find(name) == Some(feature))
}

/// The features of an entry, by the decoder's names. AMD's second copies of leaf 1's belong to leaf 1.
fn named(view: &LeafView) -> Vec<&'static Feature> {
    let names = view.flags.iter().flat_map(|flags| &flags.set);
    names.filter_map(|name| find(name)).filter(|f| format!("{:#x}", f.leaf) == view.leaf).collect()
}

/// Leaf 0DH as the manual has it: each component has its subleaf, and the size holds them all.
fn xsave(answers: &Answers) -> Vec<String> {
    let mut differences = Vec::new();
    // Beyond the highest leaf KVM answers from that one.
    if answers.max_basic() < 0xd {
        return differences;
    }
    let [user, _, size, more] = answers.get(0xd, 0);
    let user = u64::from(user) | u64::from(more) << 32;
    if user == 0 {
        return differences;
    }
    let mut end = 576;
    for component in (2..64_u32).filter(|component| user >> component & 1 == 1) {
        let [bytes, offset, ..] = answers.get(0xd, component);
        if bytes == 0 {
            differences
                .push(format!("CPUID.(EAX=0DH,ECX={component}): XCR0 has the component, and no bytes"));
        }
        end = end.max(offset.saturating_add(bytes));
    }
    if size != end {
        differences.push(format!("CPUID.(EAX=0DH,ECX=0):ECX: {size} bytes, and the components end at {end}"));
    }
    differences
}
