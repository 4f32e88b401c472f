//! A profile as JSON.

use super::json::Json;
use crate::cpuid::{Key, Registers};
use crate::profile::{Capabilities, CpusPart, HostProfile, KvmPart, NumaPart, Origin, OriginKind};

/// The whole file.
pub(super) fn profile(profile: &HostProfile) -> Json {
    let texts = |texts: &[String]| Json::List(texts.iter().map(|text| Json::Text(text.clone())).collect());
    Json::object([
        ("topoc_host_profile", Some(Json::Number(super::VERSION))),
        ("origin", Some(origin(&profile.origin))),
        ("kernel", Json::text(profile.kernel.as_ref())),
        ("kvm", profile.kvm.as_ref().map(kvm)),
        ("cpus", profile.cpus.as_ref().map(cpus_part)),
        ("numa", profile.numa.as_ref().map(numa)),
        ("unread", (!profile.unread.is_empty()).then(|| texts(&profile.unread))),
    ])
}

fn origin(origin: &Origin) -> Json {
    let kind = match origin.kind {
        OriginKind::Captured => "captured",
        OriginKind::Imported => "imported",
        OriginKind::Assembled => "assembled",
    };
    Json::object([
        ("kind", Some(Json::Text(kind.to_owned()))),
        ("date", Json::text(origin.date.as_ref())),
        ("host_name", Json::text(origin.host_name.as_ref())),
        ("note", Json::text(origin.note.as_ref())),
    ])
}

fn kvm(kvm: &KvmPart) -> Json {
    Json::object([
        ("module", Json::text(kvm.module.as_ref())),
        ("api_version", Json::number(kvm.api_version)),
        ("capabilities", Some(capabilities(&kvm.capabilities))),
        ("supported_cpuid", kvm.supported_cpuid.as_ref().map(|table| entries(table.iter()))),
        ("emulated_cpuid", kvm.emulated_cpuid.as_ref().map(|table| entries(table.iter()))),
    ])
}

fn capabilities(capabilities: &Capabilities) -> Json {
    let Capabilities {
        nr_vcpus,
        max_vcpus,
        max_vcpu_id,
        x2apic_api,
        irqchip,
        split_irqchip,
        tsc_deadline_timer,
        x86_disable_exits,
        enforce_pv_feature_cpuid,
    } = *capabilities;
    Json::object([
        ("nr_vcpus", Json::number(nr_vcpus)),
        ("max_vcpus", Json::number(max_vcpus)),
        ("max_vcpu_id", Json::number(max_vcpu_id)),
        ("x2apic_api", Json::number(x2apic_api)),
        ("irqchip", Json::number(irqchip)),
        ("split_irqchip", Json::number(split_irqchip)),
        ("tsc_deadline_timer", Json::number(tsc_deadline_timer)),
        ("x86_disable_exits", Json::number(x86_disable_exits)),
        ("enforce_pv_feature_cpuid", Json::number(enforce_pv_feature_cpuid)),
    ])
}

fn cpus_part(part: &CpusPart) -> Json {
    let differences = part
        .differences
        .iter()
        .map(|(cpu, changed)| (cpu.to_string(), entries(changed.iter().map(|(key, words)| (*key, words)))));
    Json::object([
        ("online", Some(Json::Text(part.online.to_string()))),
        ("cpuid", Some(entries(part.cpuid.iter()))),
        ("differences", (!part.differences.is_empty()).then(|| Json::Object(differences.collect()))),
    ])
}

fn numa(part: &NumaPart) -> Json {
    let nodes = part.nodes.iter().map(|node| {
        Json::object([
            ("id", Json::number(Some(node.id))),
            ("cpus", Some(Json::Text(node.cpus.to_string()))),
            ("memory", Json::number(node.memory)),
        ])
    });
    let rows = part
        .distances
        .iter()
        .map(|row| Json::Row(row.iter().map(|distance| Json::Number((*distance).into())).collect()));
    Json::object([
        ("nodes", Some(Json::List(nodes.collect()))),
        ("distances", (!part.distances.is_empty()).then(|| Json::List(rows.collect()))),
    ])
}

fn entries<'a>(entries: impl Iterator<Item = (Key, &'a Registers)>) -> Json {
    Json::Object(entries.map(|(key, words)| (key.to_string(), Json::Text(words.to_string()))).collect())
}
