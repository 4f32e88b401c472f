//! `apic::x2apic_missing`

use crate::diag::{Diagnostic, Severity};
use crate::features::known;
use crate::lint::mend::{remove, set, suggested};
use crate::lint::{Facts, profile, value};
use crate::spec::Irqchip;

const NAME: &str = "apic::x2apic_missing";

/// CPUID.01H:ECX[21].
const X2APIC: u32 = 1 << 21;
/// KVM_X2APIC_API_USE_32BIT_IDS.
const USE_32BIT_IDS: u32 = 1 << 0;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(id) = facts.large_id(255) else { return };
    let error =
        |what: &str| Diagnostic::new(NAME, Severity::Error, format!("the largest x2APIC ID is {id}, {what}"));
    let irqchip = facts.spec.vmm.as_ref().and_then(|vmm| vmm.irqchip);
    if irqchip == Some(Irqchip::User) {
        let diagnostic =
            error("`irqchip: user` reaches 254: KVM has x2APIC with a local APIC of its own only")
                .label(value("vmm.irqchip"), "no x2APIC with this");
        out.push(
            facts
                .label_counts(diagnostic, &format!("takes IDs up to {id}"))
                .help("write `irqchip: kernel` or `irqchip: split`")
                .fix(suggested([set("vmm.irqchip", "kernel")])),
        );
    }
    let list = facts.spec.cpu.as_ref().and_then(|cpu| cpu.disable.as_ref());
    let disabled = known(list).find(|(_, feature)| feature.name == "x2apic");
    if let Some((at, _)) = disabled {
        let diagnostic = error("and `x2apic` is disabled: IDs end at 254")
            .label(value(&format!("cpu.disable[{at}]")), "no x2APIC with this");
        out.push(
            facts
                .label_counts(diagnostic, &format!("takes IDs up to {id}"))
                .help("take `x2apic` out of `disable`")
                .fix(suggested([remove(format!("cpu.disable[{at}]"))])),
        );
    }
    if let Some(processor) = facts.processor.filter(|processor| !processor.has_leaf_b()) {
        let diagnostic =
            error(&format!("{} before family 17h has no x2APIC: IDs end at 254", processor.vendor));
        out.push(
            facts
                .label_counts(diagnostic, &format!("takes IDs up to {id}"))
                .help("write fewer `sockets` or `cores`"),
        );
    }
    let kvm = facts.host.and_then(|host| host.kvm.as_ref());
    let supported = kvm.and_then(|kvm| kvm.supported_cpuid.as_ref());
    let offers_32_bits = kvm.and_then(|kvm| kvm.capabilities.x2apic_api).map(|api| api & USE_32BIT_IDS != 0);
    let lacks = [
        (
            supported.is_some_and(|table| table.lookup(1, 0).ecx & X2APIC == 0),
            "KVM offers no x2APIC: IDs end at 254",
            ("kvm.supported_cpuid.0x00000001", "CPUID.01H:ECX[21] is 0"),
        ),
        (
            offers_32_bits == Some(false),
            "KVM takes IDs of 8 bits only: they end at 254",
            ("kvm.capabilities.x2apic_api", "KVM_X2APIC_API_USE_32BIT_IDS, bit 0, is missing"),
        ),
    ];
    for (_, what, (path, text)) in lacks.into_iter().filter(|(lacks, ..)| *lacks) {
        out.push(
            facts
                .label_counts(error(what), &format!("takes IDs up to {id}"))
                .label(profile(path), text)
                .help("write fewer `sockets` or `cores`: IDs up to 254 do without x2APIC"),
        );
    }
}
