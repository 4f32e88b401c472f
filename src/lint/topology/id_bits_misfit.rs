//! `topology::id_bits_misfit`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{remove, set, suggested};
use crate::lint::words::many;
use crate::source::SpecPath;
use crate::topology::{Domain, WidthFault};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let bits = SpecPath::from("topology.id_bits");
    let path = |domain: Domain| bits.key(domain.word());
    let at = |domain: Domain| At::Value(path(domain));
    let bits_of = |bits: u32| many(bits, "bit", "bits");
    let error = |message: String| Diagnostic::new("topology::id_bits_misfit", Severity::Error, message);
    if facts.spec.topology.as_ref().is_none_or(|topology| topology.id_bits.is_none()) {
        return;
    }
    for fault in numbered.width_faults() {
        out.push(match fault {
            WidthFault::Narrow { domain, asked, needed } => {
                let count = topology.count(*domain);
                error(format!("{} of an ID for `{}`, {count} need {needed}", bits_of(*asked), domain.key()))
                    .label(at(*domain), bits_of(*asked))
                    .label(facts.count_at(*domain), format!("{count} in one parent"))
                    .help(format!("write `{}: {needed}` or more, or leave it out", domain.word()))
                    .fix(suggested([set(path(*domain).as_str(), needed)]))
            }
            WidthFault::Alone { domain, asked } => {
                error(format!("{} of an ID for `{}`, of which there is one", bits_of(*asked), domain.key()))
                    .label(at(*domain), "no leaf says where they would end")
                    .help("leave it out, or widen `core`")
                    .fix(suggested([remove(path(*domain).as_str())]))
            }
            WidthFault::Node { domain, asked, needed } => error(format!(
                "{} for `{}`, {needed} are there: AMD's nodes are the top of the socket's part of an ID",
                bits_of(*asked),
                domain.key()
            ))
            .label(at(*domain), "would lie above the node")
            .help(format!("write `{}: {needed}`, or leave it out", domain.word()))
            .fix(suggested([set(path(*domain).as_str(), needed)])),
            WidthFault::Wide { below_package, package } => {
                let widest = Domain::ALL.into_iter().filter(|d| topology.id_bits(*d).is_some());
                let widest = widest.max_by_key(|d| topology.id_bits(*d)).unwrap_or(Domain::Core);
                error(format!(
                    "the fields take {below_package} bits below the socket's {package}, an ID has 32, and \
                     CPUID.(EAX=0BH,ECX=1):EAX[4:0] says 31 at most"
                ))
                .label(at(widest), "the widest")
                .help("write fewer bits, or leave `id_bits` out")
            }
        });
    }
}
