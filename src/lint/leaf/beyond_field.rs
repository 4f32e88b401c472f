//! `leaf::beyond_field`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, set, suggested};
use crate::lint::{Facts, value};
use crate::spec::{Clock, Frequency, Identity};

const NAME: &str = "leaf::beyond_field";

/// The brand string's 48 bytes end in a NUL.
const BRAND: usize = 47;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    if let Some(identity) = facts.identity() {
        signature(identity, out);
        if let Some(brand) = &identity.brand {
            check_brand(brand, out);
        }
    }
    if let Some(clock) = facts.clock() {
        ratio(facts, clock, out);
        for (key, written) in [("base", clock.base), ("max", clock.max), ("bus", clock.bus)] {
            mhz(key, written, out);
        }
    }
}

fn error(path: &str, message: String, label: String, help: &str) -> Diagnostic {
    Diagnostic::new(NAME, Severity::Error, message).label(value(path), label).help(help)
}

fn signature(identity: &Identity, out: &mut Vec<Diagnostic>) {
    // Below family 6 the extended model does not count.
    let models = if identity.family.is_some_and(|family| family < 6) { (15, 4) } else { (255, 8) };
    let fields = [
        ("family", identity.family, (270, "family 15 and its extension of 8 bits")),
        ("model", identity.model, (models.0, if models.1 == 4 { "4 bits" } else { "8 bits" })),
        ("stepping", identity.stepping, (15, "4 bits")),
    ];
    for (key, written, (most, width)) in fields {
        let Some(number) = written.filter(|number| *number > most) else { continue };
        out.push(error(
            &format!("cpu.identity.{key}"),
            format!("{key} {number}, CPUID.(EAX=01H):EAX says {most} at most"),
            format!("the field is {width}"),
            "write it as Linux prints it in `/proc/cpuinfo`",
        ));
    }
}

fn check_brand(brand: &str, out: &mut Vec<Diagnostic>) {
    let path = "cpu.identity.brand";
    if let Some(stranger) = brand.chars().find(|c| !matches!(c, ' '..='~')) {
        out.push(error(
            path,
            format!("the brand string has the character {stranger:?}, CPUID has ASCII alone"),
            "not in ASCII".to_owned(),
            "write letters, digits, spaces and punctuation of ASCII",
        ));
    } else if brand.len() > BRAND {
        out.push(error(
            path,
            format!("the brand string has {} characters, 80000002H to 80000004H hold {BRAND}", brand.len()),
            "48 bytes, the last one 0".to_owned(),
            "write a shorter one",
        ));
    }
}

fn ratio(facts: &Facts<'_>, clock: &Clock, out: &mut Vec<Diagnostic>) {
    let apic_bus = facts.spec.vmm.as_ref().and_then(|vmm| vmm.apic_bus);
    for (path, written) in
        [("cpu.clock.tsc", clock.tsc), ("cpu.clock.crystal", clock.crystal), ("vmm.apic_bus", apic_bus)]
    {
        if written == Some(Frequency(0)) {
            out.push(
                error(
                    path,
                    format!("`{path}` is 0, which leaf 15H has for a rate that it does not tell"),
                    "no clock stands still".to_owned(),
                    "leave it out, or write a rate such as `25MHz`",
                )
                .fix(suggested([remove(path)])),
            );
        }
    }
    let Some(ratio) = clock.ratio(apic_bus) else { return };
    let crystal = clock.crystal(apic_bus);
    let written = if clock.crystal.is_some() { "cpu.clock.crystal" } else { "cpu.clock.tsc" };
    let fields = [
        (written, ratio.crystal, format!("a crystal of {} Hz, CPUID.(EAX=15H):ECX says", ratio.crystal)),
        (
            "cpu.clock.tsc",
            ratio.numerator.max(ratio.denominator),
            format!(
                "{} / {} times the crystal's {crystal}, EBX and EAX of leaf 15H say",
                ratio.numerator, ratio.denominator
            ),
        ),
    ];
    let most = u64::from(u32::MAX);
    if let Some((path, _, what)) = fields.into_iter().find(|(_, number, _)| *number > most) {
        out.push(error(
            path,
            format!("{what} {most} at most"),
            "a field of 32 bits".to_owned(),
            "write rates in whole MHz",
        ));
    }
}

fn mhz(key: &str, written: Option<Frequency>, out: &mut Vec<Diagnostic>) {
    let Some(frequency) = written else { return };
    let path = format!("cpu.clock.{key}");
    match frequency.mhz() {
        Some(1..=0xffff) => {}
        Some(0) | None => {
            let nearest = Frequency((frequency.0 / 1_000_000).max(1) * 1_000_000);
            out.push(
                error(
                    &path,
                    format!("`{key}` is {frequency}, leaf 16H counts in whole MHz from 1 on"),
                    "not a whole number of MHz".to_owned(),
                    &format!("write `{nearest}`"),
                )
                .fix(suggested([set(&path, nearest)])),
            );
        }
        Some(mhz) => out.push(error(
            &path,
            format!("`{key}` is {mhz} MHz, leaf 16H says 65535 at most"),
            "a field of 16 bits".to_owned(),
            "write the rate of one core's clock",
        )),
    }
}
