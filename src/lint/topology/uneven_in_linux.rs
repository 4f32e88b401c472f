//! `topology::uneven_in_linux`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::reader::Reader;
use crate::lint::words::many;
use crate::topology::{Domain, Topology, VcpuIndex};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(vendor)) = (facts.topology, facts.vendor) else { return };
    // From 6.9 on domains are counted by their IDs, and not from leaf 1FH's numbers of threads.
    let reader = Reader::of(facts.spec);
    if reader.may_be_linux_before(6, 9) {
        out.extend(dies(facts, topology, vendor));
        out.extend(sockets(facts, topology));
    }
    if reader.may_be_linux_from(6, 9) {
        out.extend(threads(facts, topology));
    }
}

fn warning(facts: &Facts<'_>, domain: Domain, message: String, label: &str) -> Diagnostic {
    Diagnostic::new("topology::uneven_in_linux", Severity::Warning, message)
        .label(facts.count_at(domain), label)
}

/// `__max_die_per_package` is the threads of the package over those of a die, on the first vCPU.
fn dies(facts: &Facts<'_>, topology: &Topology, vendor: Vendor) -> Option<Diagnostic> {
    let first = VcpuIndex(0);
    let there = topology.in_package(first, Domain::Die);
    let (all, of_die) =
        (topology.population(first, Domain::Package), topology.population(first, Domain::Die));
    let counted = all / of_die;
    // On AMD no leaf that these kernels read has dies.
    if vendor != Vendor::Intel || topology.is_even(Domain::Die) || counted == there {
        return None;
    }
    let dies = |count| many(count, "die", "dies");
    let message = format!(
        "a socket has {}, Linux up to 6.8 counts {}: {all} threads over the {of_die} of the first die",
        dies(there),
        dies(counted)
    );
    let help = if of_die < topology.most(Domain::Die) {
        "write the largest part first, or go on: the IDs tell dies apart"
    } else {
        "go on if the guest's kernel is 6.9 or later, and say so: `guest: { os: linux, kernel: \"6.12\" }`"
    };
    Some(warning(facts, Domain::Die, message, "dies are unlike").help(help))
}

/// `__max_logical_packages` is all vCPUs over those of the first package, rounded up.
fn sockets(facts: &Facts<'_>, topology: &Topology) -> Option<Diagnostic> {
    let there = topology.count(Domain::Package);
    let of_first = topology.population(VcpuIndex(0), Domain::Package);
    let all = topology.vcpu_count();
    let counted = all.div_ceil(of_first);
    if counted >= there {
        return None;
    }
    let message = format!(
        "{there} sockets, Linux up to 6.8 expects {counted}: {all} vCPUs over the {of_first} of the first socket"
    );
    Some(warning(facts, Domain::Package, message, "sockets are unlike").help(
        "give the sockets like parts, or say that the kernel is later: `guest: { os: linux, kernel: \"6.12\" }`",
    ))
}

/// Threads per core are those of the machine over its cores, rounded up; a first thread is one whose ID is a
/// multiple of that.
fn threads(facts: &Facts<'_>, topology: &Topology) -> Option<Diagnostic> {
    let most = topology.count(Domain::Thread);
    let cores = u32::try_from(topology.instances(Domain::Core).count()).unwrap_or(u32::MAX);
    let all = topology.vcpu_count();
    let counted = all.div_ceil(cores);
    if topology.is_even(Domain::Core) || counted == most {
        return None;
    }
    let message = format!(
        "cores have up to {most} threads, Linux from 6.9 on takes them to have {counted}: {all} threads over {cores} cores"
    );
    Some(
        warning(facts, Domain::Thread, message, "not as many on every core")
            .help("give the cores 1 or 2 threads, or all cores as many")
            .note("a Linux guest takes a thread for a core's first if `id & (threads - 1)` is 0"),
    )
}
