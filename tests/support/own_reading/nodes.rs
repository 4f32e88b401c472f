//! What a spec says of nodes.

use std::collections::BTreeSet;

use serde_yaml::Value;

use super::level::Level;
use super::places::Place;
use super::{Cpus, known, number, sets};

/// The nodes in order, and the distance of each to each.
pub fn of(numa: &Value, places: &[Place]) -> (Vec<Cpus>, Vec<Vec<u32>>) {
    known(numa, &["per", "memory", "nodes", "distances"]);
    let nodes: Vec<Cpus> = match numa.get("per") {
        Some(level) => sets(places, Level::of(level.as_str().unwrap())),
        None => numa["nodes"].as_sequence().unwrap().iter().map(|node| one(node, places)).collect(),
    };
    let sockets = sets(places, Level::Socket);
    let distances = match numa.get("distances") {
        Some(Value::Sequence(rows)) => rows.iter().map(numbers).collect(),
        Some(short) => {
            known(short, &["same_socket", "remote"]);
            let written = |key, default| short.get(key).map_or(default, number);
            by_socket(&nodes, &sockets, written("same_socket", 12), written("remote", 20))
        }
        None => by_socket(&nodes, &sockets, 12, 20),
    };
    (nodes, distances)
}

/// Nodes whose CPUs all lie in one and the same socket are near, all others far.
fn by_socket(nodes: &[Cpus], sockets: &[Cpus], near: u32, far: u32) -> Vec<Vec<u32>> {
    let home = |node: &Cpus| sockets.iter().position(|socket| !node.is_empty() && node.is_subset(socket));
    let distance = |(i, a): (usize, &Cpus), (j, b): (usize, &Cpus)| match (home(a), home(b)) {
        _ if i == j => 10,
        (Some(a), Some(b)) if a == b => near,
        _ => far,
    };
    let all = || nodes.iter().enumerate();
    all().map(|a| all().map(|b| distance(a, b)).collect()).collect()
}

/// `sockets: [0]`, `dies: [0/1]`, a die within a socket, `complexes: [0/1/0]`, or `vcpus: 0-3`.
fn one(node: &Value, places: &[Place]) -> Cpus {
    known(node, &["sockets", "dies", "complexes", "vcpus", "memory", "host_node"]);
    if let Some(vcpus) = node.get("vcpus") {
        return cpus(vcpus.as_str().unwrap());
    }
    let sockets = node.get("sockets").map(numbers).unwrap_or_default();
    let written = |key| node.get(key).and_then(Value::as_sequence).cloned().unwrap_or_default();
    let paths = ["dies", "complexes"].into_iter().flat_map(written).map(|path| {
        path.as_str().unwrap().split('/').map(|number| number.parse().unwrap()).collect::<Vec<u32>>()
    });
    let named: Vec<Vec<u32>> = sockets.into_iter().map(|socket| vec![socket]).chain(paths).collect();
    let is_named = |place: &Place| {
        // Dies count through the die groups of a socket, which no node here is within.
        assert_eq!(place.index[Level::DieGroup.depth()], 0);
        let at = |level: Level| place.index[level.depth()];
        let path = [at(Level::Socket), at(Level::Die), at(Level::Complex)];
        named.iter().any(|named| path.starts_with(named))
    };
    (0..).zip(places).filter(|(_, place)| is_named(place)).map(|(vcpu, _)| vcpu).collect()
}

fn numbers(value: &Value) -> Vec<u32> {
    value.as_sequence().unwrap().iter().map(number).collect()
}

/// The CPUs of a list as Linux writes it, without strides.
pub fn cpus(list: &str) -> BTreeSet<u32> {
    let number = |text: &str| text.parse::<u32>().unwrap_or_else(|e| panic!("{list:?}: {e}"));
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        number(first)..=number(last)
    };
    list.trim().split(',').filter(|part| !part.is_empty()).flat_map(range).collect()
}
