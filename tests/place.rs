//! Places on the shipped hosts, and what is said where there is none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use topoc::HostProfile;
use topoc::cpuid::Processor;
use topoc::decode;
use topoc::place::{
    Answer, BUDGET, Counted, Demand, HostNode, HostShape, Level, Obstacle, Placement, Reason, Shortage,
    Subject, Wish, nearest, place,
};
use topoc::profile::answers;
use topoc::spec::{self, Spec};
use topoc::topology::{Caches, Numbered, Topology};

struct Host {
    profile: HostProfile,
    shape: HostShape,
}

fn host(name: &str) -> Host {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/hosts/{name}.json"));
    let profile = HostProfile::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let tables: Vec<_> = profile.cpu_tables().map(|(_, table)| answers(&table)).collect();
    let shape = HostShape::of(&profile, &decode::machine(&tables)).unwrap();
    Host { profile, shape }
}

fn parse(text: &str) -> Spec {
    let text = format!("version: 1\n{text}");
    spec::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{text}")).spec().clone()
}

fn wish(spec: &Spec, host: &Host, demand: Demand) -> (Wish, Caches, Option<Processor>) {
    let processor = host.profile.processor();
    let topology = Topology::resolve(spec).unwrap();
    let numbered = Numbered::number(&topology, processor);
    let caches = Caches::resolve(spec, &topology, &numbered, processor, &host.profile.caches());
    (Wish::of(spec, &topology, &numbered, &caches, demand), caches, processor)
}

fn answer(text: &str, host: &Host, demand: Demand) -> Answer {
    place(&wish(&parse(text), host, demand).0, &host.shape, BUDGET).unwrap()
}

fn placed(text: &str, host: &Host, demand: Demand) -> Placement {
    match answer(text, host, demand) {
        Answer::Fits(placement) => placement,
        other => panic!("{text}: {other:?}"),
    }
}

fn reason(text: &str, host: &Host, demand: Demand) -> Reason {
    match answer(text, host, demand) {
        Answer::DoesNotFit(reason) => *reason,
        other => panic!("{text}: {other:?}"),
    }
}

fn proposed(text: &str, host: &Host, demand: Demand) -> Option<String> {
    let spec = parse(text);
    let (_, caches, processor) = wish(&spec, host, demand);
    nearest(&spec, &caches, processor, &host.shape, demand, BUDGET).map(|shape| shape.to_string())
}

const EPYC: &str = "two-socket-amd-epyc-9654";
const HYBRID: &str = "one-socket-intel-core-i7-1370p";
const XEON: &str = "two-socket-intel-xeon-gold-6140";

/// Second threads are numbered after all first ones there.
#[test]
fn a_host_holds_its_own_shape() {
    let epyc = host(EPYC);
    let whole = placed("topology: { sockets: 2, dies: 12, cores: 8, threads: 2 }", &epyc, Demand::Exact);
    let expected: Vec<u32> = (0..192).flat_map(|core| [core, core + 192]).collect();
    assert_eq!(whole.cpu_of, expected);
    let hygon = host("two-socket-hygon-c86-7185");
    let text = "topology: { sockets: 2, dies: 4, complexes: 2, cores: 4, threads: 2 }\n\
                numa: { per: die, memory: 64GiB }";
    let whole = placed(text, &hygon, Demand::Exact);
    assert_eq!(whole.node_of, (0..8).map(Some).collect::<Vec<_>>());
    assert_eq!(whole.cpu_of[..4], [0, 64, 1, 65]);
    let more = reason(&text.replace("64GiB", "65GiB"), &hygon, Demand::Exact);
    assert_eq!((more.subject, more.wanted, more.available), (Subject::Memory, 65 << 30, 64 << 30));
}

#[test]
fn dies_are_dies_or_cut_from_them() {
    let epyc = host(EPYC);
    let text = "topology: { sockets: 2, dies: 3, cores: 4 }";
    let of = |die: u32| (8 * die..8 * die + 4).collect::<Vec<u32>>();
    let exact = placed(text, &epyc, Demand::Exact).cpu_of;
    assert_eq!(exact, [of(0), of(1), of(2), of(12), of(13), of(14)].concat());
    assert_eq!(placed(text, &epyc, Demand::Sharing).cpu_of, (0..24).collect::<Vec<u32>>());
    let glued = reason("topology: { dies: 2, cores: 10 }", &epyc, Demand::Sharing);
    assert_eq!(
        glued.to_string(),
        "die 0 of socket 0 has 10 cores, the host's largest die (CPUs 0-7,192-199) has 8 cores"
    );
    let three = "topology: { sockets: 3, cores: 8 }";
    assert_eq!(
        reason(three, &epyc, Demand::Exact).to_string(),
        "the machine has 3 sockets, the host can take 2 of them at once"
    );
    assert_eq!(placed(three, &epyc, Demand::Sharing).cpu_of, (0..24).collect::<Vec<u32>>());
}

#[test]
fn an_l3_is_no_larger_than_the_hosts() {
    let epyc = host(EPYC);
    for demand in [Demand::Exact, Demand::Sharing] {
        let wide = reason("topology: { cores: 16 }", &epyc, demand);
        assert_eq!((wide.subject, wide.shortage), (Subject::Level(Level::L3), Shortage::TooLarge));
        assert_eq!((wide.wanted, wide.available, wide.in_the_way), (16, 8, None));
        assert_eq!(wide.unit.unwrap().vcpus.to_string(), "0-15");
        assert_eq!(wide.best.unwrap().cpus.to_string(), "0-7,192-199");
    }
}

/// The P-cores are CPUs 0 to 11, the E-cores 12 to 19, four of them with one L2.
#[test]
fn types_of_cores_and_their_l2s_are_real() {
    let hybrid = host(HYBRID);
    let parts = |big: u32, modules: u32, cores: u32| {
        format!(
            "topology: {{ parts: [{{ core_type: performance, cores: {big}, threads: 2 }}, \
             {{ core_type: efficiency, modules: {modules}, cores: {cores} }}] }}"
        )
    };
    assert_eq!(placed(&parts(6, 2, 4), &hybrid, Demand::Exact).cpu_of, (0..20).collect::<Vec<u32>>());
    let small = placed(&parts(1, 2, 2), &hybrid, Demand::Exact).cpu_of;
    assert_eq!(small, [0, 1, 12, 13, 16, 17]);
    assert_eq!(placed(&parts(1, 2, 2), &hybrid, Demand::Sharing).cpu_of, [0, 1, 12, 13, 14, 15]);
    let wide = reason(&parts(1, 1, 6), &hybrid, Demand::Sharing);
    assert_eq!(
        wide.to_string(),
        "the L2 of vCPUs 2-7 has 6 cores, the host's largest L2 (CPUs 12-15) has 4 cores"
    );
    let many = reason(&parts(1, 3, 4), &hybrid, Demand::Sharing);
    assert_eq!((many.subject, many.wanted, many.available), (Subject::CoreType, 12, 8));
    let threads = reason("topology: { cores: 8, threads: 2 }", &hybrid, Demand::Sharing);
    assert_eq!((threads.subject, threads.wanted, threads.available), (Subject::Threads(2), 8, 6));
    // A host with one type is no place for a guest with two, unless sharing is all that is asked.
    let epyc = host(EPYC);
    let two =
        "topology: { parts: [{ core_type: performance, cores: 2 }, { core_type: efficiency, cores: 2 }] }";
    assert_eq!(reason(two, &epyc, Demand::Exact).subject, Subject::CoreType);
    placed(two, &epyc, Demand::Sharing);
}

/// Sub-NUMA clustering: two nodes in each socket, and an L3 around both.
#[test]
fn nodes_within_sockets_are_the_hosts() {
    let plain = host(XEON);
    let mut split = Host { profile: plain.profile.clone(), shape: plain.shape.clone() };
    let half = |cpu: u32| usize::try_from(cpu % 36 / 9).unwrap();
    let halves = split.shape.cpus.iter().map(|cpu| Some(half(*cpu))).collect();
    split.shape.units.insert(Level::Node, halves);
    let node = |number| HostNode { number, memory: Some(96 << 30) };
    split.shape.nodes = (0..4).map(node).collect();
    let text = "topology: { sockets: 2, cores: 8 }\nnuma: { nodes: [{ vcpus: 0-3, memory: 8GiB }, \
                { vcpus: 4-7, memory: 8GiB }, { vcpus: 8-11, memory: 8GiB }, { vcpus: 12-15, memory: 8GiB }] }";
    let exact = placed(text, &split, Demand::Exact);
    assert_eq!(exact.node_of, [Some(0), Some(1), Some(2), Some(3)]);
    assert_eq!(exact.cpu_of[..8], [0, 1, 2, 3, 9, 10, 11, 12]);
    // A node for each socket cannot tell two nodes apart.
    let held = reason(text, &plain, Demand::Exact);
    assert_eq!(held.subject, Subject::Level(Level::Node));
    assert_eq!(placed(text, &plain, Demand::Sharing).node_of, [Some(0); 4]);
    // Without `numa` nothing is asked of nodes, and yet the vCPUs stay in one.
    let eight = placed("topology: { cores: 8 }\nhost: { cpus: 4-35 }", &split, Demand::Exact).cpu_of;
    assert_eq!(eight, (9..17).collect::<Vec<u32>>());
    // A memory-only node goes where there is room, and takes a node for itself in exact.
    let far = "topology: { cores: 2 }\nnuma: { nodes: [{ sockets: [0], memory: 90GiB }, { memory: 90GiB }] }";
    assert_eq!(placed(far, &split, Demand::Sharing).node_of, [Some(0), Some(1)]);
    let large = reason(&far.replace("90", "97"), &split, Demand::Sharing);
    assert_eq!((large.subject, large.counts), (Subject::Memory, Counted::Bytes));
    let bound = far.replace("memory: 90GiB }]", "memory: 1GiB, host_node: 3 }]");
    assert_eq!(placed(&bound, &split, Demand::Exact).node_of, [Some(0), Some(3)]);
}

#[test]
fn what_the_spec_narrows_is_said_to_be_in_the_way() {
    let epyc = host(EPYC);
    let few = reason("topology: { dies: 4, cores: 8 }\nhost: { cpus: 0-23 }", &epyc, Demand::Exact);
    assert_eq!((few.subject, few.in_the_way), (Subject::Cpus, Some(Obstacle::Allowed)));
    assert_eq!(few.to_string(), "the machine has 32 CPUs, of the host it may use 24 CPUs");
    let cut = reason("topology: { dies: 3, cores: 8 }\nhost: { cpus: 1-30 }", &epyc, Demand::Exact);
    assert_eq!((cut.subject, cut.in_the_way), (Subject::Level(Level::Die), Some(Obstacle::Allowed)));
    assert_eq!((cut.wanted, cut.available), (3, 2), "dies 1 and 2 are whole: {cut}");
}

#[test]
fn pins_that_contradict_the_shape_are_named() {
    let epyc = host(EPYC);
    let pinned = |vcpus: &str, cpus: &str| {
        format!(
            "topology: {{ cores: 2, threads: 2 }}\nhost: {{ pin: [{{ vcpus: \"{vcpus}\", cpus: \"{cpus}\" }}] }}"
        )
    };
    let split = reason(&pinned("0-3", "0-3"), &epyc, Demand::Sharing);
    assert_eq!((split.pins, split.in_the_way), (Some([(0, 0), (1, 1)]), Some(Obstacle::Pins)));
    assert_eq!(
        split.to_string(),
        "vCPUs 0 and 1 are of one core, CPUs 0 and 1, to which they are pinned, of two"
    );
    let glued = reason(&pinned("0,2", "5,197"), &epyc, Demand::Sharing);
    assert!(glued.to_string().starts_with("vCPUs 0 and 2 are of two cores, CPUs 5 and 197"), "{glued}");
    assert_eq!(placed(&pinned("1,2", "5,6"), &epyc, Demand::Sharing).cpu_of, [197, 5, 6, 198]);
    let absent = reason(&pinned("0", "400"), &epyc, Demand::Sharing);
    assert_eq!((absent.subject, absent.in_the_way), (Subject::Named, Some(Obstacle::Pins)));
}

#[test]
fn shapes_are_proposed_that_fit() {
    let (epyc, hybrid) = (host(EPYC), host(HYBRID));
    let sharing = |text: &str, host: &Host| proposed(text, host, Demand::Sharing);
    assert_eq!(sharing("topology: { cores: 16 }", &epyc).as_deref(), Some("complexes: 2, cores: 8"));
    assert_eq!(
        proposed("topology: { sockets: 3, dies: 2, cores: 8 }", &epyc, Demand::Exact).as_deref(),
        Some("sockets: 2, dies: 3, cores: 8")
    );
    assert_eq!(sharing("topology: { cores: 200 }", &epyc).as_deref(), Some("sockets: 2, dies: 12, cores: 8"));
    assert_eq!(
        proposed("topology: { cores: 8, threads: 2 }", &hybrid, Demand::Exact).as_deref(),
        Some("cores: 6, threads: 2")
    );
    assert_eq!(
        sharing("topology: { cores: 21, core_type: performance }", &hybrid).as_deref(),
        Some("cores: 6")
    );
    for silent in [
        "topology: { parts: [{ cores: 90 }, { cores: 300 }] }",
        "topology: { cores: 2, threads: 2 }\nhost: { pin: [{ vcpus: 0-3, cpus: 0-3 }] }",
    ] {
        assert_eq!(sharing(silent, &epyc), None, "{silent}");
    }
}

/// What is proposed has a place and compiles, for hosts and shapes of all sorts.
#[test]
fn what_is_proposed_compiles() {
    let mut proposals = 0;
    for name in [
        EPYC,
        HYBRID,
        XEON,
        "two-socket-hygon-c86-7185",
        "two-socket-amd-epyc-7742",
        "two-socket-amd-opteron-6274",
        "two-socket-zhaoxin-kh-40000",
        "two-socket-intel-xeon-8480plus",
    ] {
        let host = host(name);
        for text in [
            "topology: { cores: 20 }",
            "topology: { sockets: 3, cores: 12, threads: 2 }",
            "topology: { sockets: 4, cores: 60 }\nnuma: { per: socket, memory: 1GiB }",
            "topology: { cores: 6, threads: 4 }",
            "topology: { sockets: 2, cores: 30 }\nnuma: { nodes: [{ sockets: [0], memory: 1GiB }, { sockets: [1], memory: 1GiB }] }",
            "topology: { cores: 48 }\nhost: { cpus: 0-15 }",
        ] {
            let spec = parse(text);
            for demand in [Demand::Exact, Demand::Sharing] {
                let (wish_of, caches, processor) = wish(&spec, &host, demand);
                if matches!(place(&wish_of, &host.shape, BUDGET), Ok(Answer::Fits(_))) {
                    continue;
                }
                let Some(shape) = nearest(&spec, &caches, processor, &host.shape, demand, BUDGET) else {
                    continue;
                };
                proposals += 1;
                let spec = shape.applied(&spec);
                let again = place(&wish(&spec, &host, demand).0, &host.shape, BUDGET).unwrap();
                assert!(matches!(again, Answer::Fits(_)), "{name} {text} {shape}: {again:?}");
                let compiled = topoc::compile(&spec, &host.profile);
                assert!(
                    compiled.is_ok(),
                    "{name}: {text}: {shape}: {:?}",
                    compiled.err().map(|e| e.to_string())
                );
            }
        }
    }
    assert!(proposals > 30, "{proposals}");
}
