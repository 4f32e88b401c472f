//! The search for a place: large machines, those that fit and those that do not, and packings that are hard.

use std::hint::black_box;

use topoc::HostProfile;
use topoc::decode::{self, Answers};
use topoc::place::{Answer, BUDGET, Demand, HostShape, Wish, place};
use topoc::profile::{CpusPart, NumaNode, NumaPart};
use topoc::spec::{self, CpuList};
use topoc::topology::{Caches, Numbered, Topology};

use crate::clock::{compare, least};
use crate::machine::{Prepared, host_text};
use crate::row::Row;

/// The most that a search may take, in milliseconds.
const LIMIT: f64 = 50.0;

/// A host with 1,024 CPUs: a guest of as many, whose tables are read as the host's own.
struct Host {
    tables: Vec<Answers>,
    profile: HostProfile,
    shape: HostShape,
}

impl Host {
    /// Sockets of dies of 8 cores of 2 threads that share an L3, one node of 1 TiB each.
    fn new(sockets: u32, dies: u32) -> Self {
        let text = format!(
            "version: 1\ntopology: {{ sockets: {sockets}, dies: {dies}, cores: 8, threads: 2 }}\n\
             vmm: {{ x2apic_at_boot: true, interrupt_remapping: true }}\nhost: {{ fidelity: none }}\n"
        );
        let compiled = Prepared::of("two-socket-amd-epyc-9654", text).compile();
        let tables: Vec<Answers> =
            compiled.blobs().iter().map(|blob| Answers::from_blob(blob).unwrap()).collect();
        let cpus: u32 = tables.len().try_into().unwrap();
        let each = cpus / sockets;
        let node = |id: u32| NumaNode {
            id,
            cpus: CpuList { ranges: vec![(id * each, (id + 1) * each - 1, 1)] },
            memory: Some(1 << 40),
        };
        let profile = HostProfile {
            cpus: Some(CpusPart {
                online: CpuList { ranges: vec![(0, cpus - 1, 1)] },
                ..CpusPart::default()
            }),
            numa: Some(NumaPart { nodes: (0..sockets).map(node).collect(), distances: Vec::new() }),
            ..HostProfile::default()
        };
        let shape = HostShape::of(&profile, &decode::machine(&tables)).unwrap();
        Self { tables, profile, shape }
    }
}

fn wish(topology: &str, rest: &str, demand: Demand) -> Wish {
    let text = format!("version: 1\ntopology: {topology}\n{rest}");
    let (spec, _, _) = spec::parse(text.as_bytes()).unwrap().into_parts();
    let host = HostProfile::from_slice(host_text("two-socket-amd-epyc-9654").as_bytes()).unwrap();
    let topology = Topology::resolve(&spec).unwrap();
    let numbered = Numbered::number(&topology, host.processor());
    let caches = Caches::resolve(&spec, &topology, &numbered, host.processor(), &host.caches());
    Wish::of(&spec, &topology, &numbered, &caches, demand)
}

/// The rows: one against the decoding of the host, and each named case against the limit.
pub fn rows() -> Vec<Row> {
    let (eight, two) = (Host::new(8, 8), Host::new(2, 32));
    let per_socket = "numa: { per: socket, memory: 512GiB }\n";
    let full = wish("{ sockets: 4, dies: 8, cores: 8, threads: 2 }", per_socket, Demand::Exact);
    let (own, peer) = compare(
        15,
        || drop(black_box(place(&full, &eight.shape, BUDGET))),
        || drop(HostShape::of(&eight.profile, &decode::machine(black_box(&eight.tables)))),
    );
    let mut rows = vec![Row::of(
        "place of 512 vCPUs on 1024 CPUs",
        "decoding of the 1024 CPUs",
        own.per(1),
        peer.per(1),
        1.0,
    )];
    // Three sizes of complexes in a socket with 32 L3s of 8 cores: 5 and 3 go together, and two of 4.
    let sizes = |fives: u32, fours: u32, threes: u32| {
        let part = |count: u32, cores: u32| format!("{{ complexes: {count}, cores: {cores} }}");
        format!("{{ sockets: 2, parts: [{}, {}, {}] }}", part(fives, 5), part(fours, 4), part(threes, 3))
    };
    let pins = "host: { pin: [{ vcpus: 0-511, cpus: 16-527 }] }\n";
    let cases = [
        ("four full sockets, exact: fits", &eight, full),
        (
            "four full sockets, sharing: fits",
            &eight,
            wish("{ sockets: 4, dies: 8, cores: 8, threads: 2 }", per_socket, Demand::Sharing),
        ),
        (
            "a core too many for a die, exact",
            &eight,
            wish("{ sockets: 4, dies: 7, cores: 9, threads: 2 }", per_socket, Demand::Exact),
        ),
        (
            "a die too many for a socket, sharing",
            &eight,
            wish("{ sockets: 3, dies: 9, cores: 8, threads: 2 }", per_socket, Demand::Sharing),
        ),
        (
            "two sockets too many, exact",
            &two,
            wish("{ sockets: 4, dies: 8, cores: 8, threads: 2 }", per_socket, Demand::Exact),
        ),
        ("complexes of three sizes, sharing: fits", &two, wish(&sizes(25, 13, 25), "", Demand::Sharing)),
        (
            "complexes of three sizes, sharing: one too many",
            &two,
            wish(&sizes(25, 15, 23), "", Demand::Sharing),
        ),
        (
            "all pinned, across sockets",
            &eight,
            wish("{ sockets: 4, dies: 8, cores: 8, threads: 2 }", pins, Demand::Exact),
        ),
    ];
    for (name, host, wish) in cases {
        let fits = matches!(place(&wish, &host.shape, BUDGET).unwrap(), Answer::Fits(_));
        assert_eq!(fits, name.ends_with("fits"), "{name}");
        let time = least(9, || place(&wish, &host.shape, BUDGET));
        let what = format!("place of {} vCPUs: {name}", wish.vcpus);
        rows.push(Row::limit(&what, "ms", time.per(1) / 1e6, LIMIT));
    }
    rows
}
