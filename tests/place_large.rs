//! Large and hard machines are decided within the budget, in few steps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use topoc::place::{Answer, BUDGET, Demand, HostNode, HostShape, Level, Placement, Wish, WishNode, place};

/// Sockets of dies of an L3 and cores of two threads; a node for each socket. Second threads are numbered last.
fn host(sockets: usize, dies: usize, cores: usize) -> HostShape {
    let all = sockets * dies * cores;
    let by = |size: usize| (0..2 * all).map(|cpu| Some(cpu % all / size)).collect::<Vec<_>>();
    let mut units = BTreeMap::new();
    for level in [Level::Core, Level::L1d, Level::L1i, Level::L2] {
        units.insert(level, by(1));
    }
    for level in [Level::L3, Level::Complex, Level::Die] {
        units.insert(level, by(cores));
    }
    for level in [Level::Node, Level::Socket] {
        units.insert(level, by(dies * cores));
    }
    let nodes = (0..).take(sockets).map(|number| HostNode { number, memory: Some(1 << 40) }).collect();
    HostShape { cpus: (0..).take(2 * all).collect(), units, core_types: Vec::new(), nodes }
}

/// Sockets, each a list of L3s with so many cores.
fn wish(demand: Demand, sockets: &[&[usize]], threads: usize, memory: &dyn Fn(usize) -> u64) -> Wish {
    let mut rows: Vec<[usize; 3]> = Vec::new();
    let (mut core, mut l3) = (0, 0);
    for (socket, groups) in sockets.iter().enumerate() {
        for group in *groups {
            for _ in 0..*group {
                rows.extend(std::iter::repeat_n([core, l3, socket], threads));
                core += 1;
            }
            l3 += 1;
        }
    }
    let by = |at: usize| rows.iter().map(|row| Some(row[at])).collect::<Vec<_>>();
    let mut claims = BTreeMap::new();
    for level in [Level::Core, Level::L1d, Level::L1i, Level::L2] {
        claims.insert(level, by(0));
    }
    claims.insert(Level::L3, by(1));
    claims.insert(Level::Complex, by(1));
    claims.insert(Level::Socket, by(2));
    claims.insert(Level::Node, by(2));
    let nodes = (0..sockets.len()).map(|n| WishNode { memory: memory(n), host_node: None }).collect();
    Wish { demand, vcpus: rows.len(), claims, core_types: Vec::new(), nodes, allowed: None, pins: Vec::new() }
}

fn groups(of: &[(usize, usize)]) -> Vec<usize> {
    of.iter().flat_map(|(size, count)| std::iter::repeat_n(*size, *count)).collect()
}

fn answer(host: &HostShape, wish: &Wish) -> Result<Placement, String> {
    match place(wish, host, BUDGET).unwrap() {
        Answer::Fits(placement) => Ok(placement),
        Answer::DoesNotFit(reason) => Err(reason.to_string()),
        Answer::Undecided { steps } => Err(format!("undecided after {steps} steps")),
    }
}

const SMALL: fn(usize) -> u64 = |_| 1 << 30;

#[test]
fn uniform_machines() {
    let (eight, two) = (host(8, 8, 8), host(2, 32, 8));
    let full = groups(&[(8, 8)]);
    for demand in [Demand::Exact, Demand::Sharing] {
        let placement = answer(&eight, &wish(demand, &[&full[..]; 4], 2, &SMALL)).unwrap();
        assert_eq!((placement.cpu_of[511], placement.node_of[3]), (767, Some(3)));
        let die_more = wish(demand, &[&groups(&[(8, 9)])[..]; 3], 2, &SMALL);
        let says = "socket 0 has 72 cores, the host's largest socket (CPUs 0-63,512-575) has 64 cores";
        assert_eq!(answer(&eight, &die_more).unwrap_err(), says);
    }
    let four = |demand| wish(demand, &[&full[..]; 4], 2, &SMALL);
    let says = "the machine has 4 sockets, the host can take 2 of them at once";
    assert_eq!(answer(&two, &four(Demand::Exact)).unwrap_err(), says);
    assert_eq!(answer(&two, &four(Demand::Sharing)).unwrap().node_of, [Some(0); 4]);
}

/// L3s of 5 and 3 cores fill one of 8, and two of 4 do.
#[test]
fn packings() {
    let two = host(2, 32, 8);
    let sharing = |of: &[(usize, usize)]| wish(Demand::Sharing, &[&groups(of)[..]; 2], 1, &SMALL);
    answer(&two, &sharing(&[(5, 25), (4, 13), (3, 25)])).unwrap();
    answer(&two, &sharing(&[(7, 5), (6, 6), (5, 8), (4, 9), (3, 10), (2, 20), (1, 12)])).unwrap();
    // 254 of 256 cores, and yet the fifteenth of 4 finds a 5 beside it wherever it goes.
    let says = answer(&two, &sharing(&[(5, 25), (4, 15), (3, 23)])).unwrap_err();
    assert!(
        says.starts_with("node 0 has 63 complexes, the host's largest node (CPUs 0-255,512-767) can take"),
        "{says}"
    );
}

/// Memories that nodes share are packed too; what their sum says needs no search.
#[test]
fn memories() {
    let eight = host(8, 8, 8);
    let nodes = |memory: &dyn Fn(usize) -> u64| wish(Demand::Sharing, &[&[2_usize, 2][..]; 64], 2, memory);
    answer(&eight, &nodes(&|n| (60 + n as u64 % 13) << 30)).unwrap();
    let says = answer(&eight, &nodes(&|n| (97 + n as u64) << 30)).unwrap_err();
    assert!(says.starts_with("the machine has 64 nodes, the host can take "), "{says}");
}

#[test]
fn pins_are_no_burden() {
    let eight = host(8, 8, 8);
    let full = groups(&[(8, 8)]);
    let mut pinned = wish(Demand::Exact, &[&full[..]; 4], 2, &SMALL);
    pinned.pins = (0..512_u32).map(|vcpu| (vcpu, vcpu / 2 + vcpu % 2 * 512)).collect();
    let all = answer(&eight, &pinned).unwrap();
    pinned.pins.truncate(300);
    assert_eq!(answer(&eight, &pinned), Ok(all));
    pinned.pins = (0..256_u32).map(|vcpu| (vcpu, 8 + vcpu / 2 + vcpu % 2 * 512)).collect();
    let says = answer(&eight, &pinned).unwrap_err();
    assert!(says.starts_with("vCPUs 0 and 112 are of one socket, CPUs 8 and 64"), "{says}");
}

/// A budget that is spent is no answer.
#[test]
fn a_spent_budget_says_so() {
    let two = host(2, 32, 8);
    let hard = wish(Demand::Sharing, &[&groups(&[(5, 25), (4, 15), (3, 23)])[..]; 2], 1, &SMALL);
    assert_eq!(place(&hard, &two, 20), Ok(Answer::Undecided { steps: 21 }));
}
