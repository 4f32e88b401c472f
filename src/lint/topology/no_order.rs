//! `topology::no_order`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{remove, suggested};
use crate::lint::words::many;
use crate::source::SpecPath;
use crate::topology::PlaceFault;

const NAME: &str = "topology::no_order";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(written)) = (facts.topology, &facts.spec.topology) else { return };
    let Some(places) = &written.places else { return };
    let list = SpecPath::from("topology.places");
    let error = |message: String| Diagnostic::new(NAME, Severity::Error, message);
    if written.order.is_some() {
        out.push(
            error("`order` and `places` are 2 orders of the same vCPUs, 1 is needed".to_owned())
                .label(At::Value(SpecPath::from("topology.order")), "one order")
                .label(At::Value(list.clone()), "another")
                .help("leave `order` out")
                .fix(suggested([remove("topology.order")])),
        );
    }
    let vcpus = topology.vcpu_count();
    let levels = topology.path(topology.place(crate::topology::VcpuIndex(0)));
    for fault in topology.place_faults() {
        let place = |index: usize| places.get(index).map(ToString::to_string).unwrap_or_default();
        out.push(match fault {
            PlaceFault::Nowhere { index } => error(format!(
                "`{}` is no place of the machine: its {vcpus} vCPUs begin at `{levels}`",
                place(*index)
            ))
            .label(At::Value(list.index(*index)), "no vCPU lies there")
            .help("write an index for the socket, for every level of which a parent holds several, core and thread"),
            PlaceFault::Twice { index, first } => {
                error(format!("`{}` is the place of vCPU {first} and of vCPU {index}", place(*index)))
                    .label(At::Value(list.index(*index)), "once more")
                    .label(At::Value(list.index(*first)), "the first time")
                    .help("write each place once")
            }
            PlaceFault::Unlisted { place, count } => error(format!(
                "`places` lacks {count} of {vcpus} places, the first of them `{place}`"
            ))
            .label(At::Value(list.clone()), many(u32::try_from(places.len()).unwrap_or(u32::MAX), "place", "places"))
            .help(format!("add `{place}`{}", if *count > 1 { " and the others" } else { "" })),
            PlaceFault::NotFirst { place: first } => {
                error(format!("vCPU 0 lies at `{}`, the vCPU with ID 0 at `{first}`: it boots", place(0)))
                    .label(At::Value(list.index(0)), "has another ID than 0")
                    .help(format!("write `{first}` first"))
                    .note("a Linux guest prints \"APIC enumeration order not specification compliant\"")
            }
        });
    }
}
