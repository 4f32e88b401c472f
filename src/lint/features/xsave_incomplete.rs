//! `features::xsave_incomplete`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

/// Features and the components of the XSAVE area that they need.
const STATES: [(&str, &[u32]); 4] = [("avx", &[2]), ("mpx", &[3, 4]), ("avx512f", &[5, 6, 7]), ("pku", &[9])];

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(selection) = facts.features else { return };
    if !selection.gives("xsave") {
        return;
    }
    let user = selection.host.lookup(0xd, 0).eax;
    let lacks = |n: &u32| user >> n & 1 == 0 || selection.host.lookup(0xd, *n).eax == 0;
    let part = facts.host.and_then(|host| host.kvm.as_ref()?.supported_cpuid.as_ref());
    let part = if part.is_some() { "kvm.supported_cpuid" } else { "cpus.cpuid" };
    let mut found = |what: String| {
        out.push(
            Diagnostic::new("features::xsave_incomplete", Severity::Error, what)
                .label(profile(part), format!("CPUID.(EAX=0DH,ECX=0):EAX is {user:08x}"))
                .help("capture the profile again: no processor and no KVM answers so"),
        );
    };
    if user & 0b11 != 0b11 {
        found("the host's table has `xsave` without the states of x87 and SSE".to_owned());
    }
    for (name, components) in STATES.into_iter().filter(|(name, _)| selection.gives(name)) {
        if let Some(component) = components.iter().find(|n| lacks(n)) {
            found(format!("the host's table has `{name}` without XSAVE component {component}"));
        }
    }
}
