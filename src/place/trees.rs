//! Host and guest as trees of blocks, one layer of blocks for each claim.

use std::collections::HashMap;

use super::layers::Layers;

/// How many blocks of each class, by class.
pub(super) type Bag = Vec<(usize, u32)>;

/// Adds blocks of a class to a bag.
pub(super) fn add(bag: &mut Bag, class: usize, count: u32) {
    match bag.binary_search_by_key(&class, |(known, _)| *known) {
        _ if count == 0 => {}
        Ok(at) => bag[at].1 += count,
        Err(at) => bag.insert(at, (class, count)),
    }
}

/// A block: what lies in one unit of its layer.
pub(super) struct Block {
    /// Blocks that can stand for each other have one class.
    pub class: usize,
    /// Its blocks of the next layer inward.
    pub inside: Vec<usize>,
    /// The least of all elements inside.
    pub first: usize,
    /// The elements that lie in no inner block: of a leaf its own, of a node its memories.
    pub own: Vec<usize>,
}

/// Blocks by layer: the whole first, then one layer for each claim, the single CPUs or vCPUs last.
pub(super) struct Tree {
    pub layers: Vec<Vec<Block>>,
}

impl Tree {
    /// From the unit of each element at each layer; the units of a layer nest in those of the one before it.
    fn grow(units: &[Vec<Option<usize>>]) -> Self {
        let mut layers: Vec<Vec<Block>> = units.iter().map(|_| Vec::new()).collect();
        let elements = units.first().map_or(0, Vec::len);
        // Units are numbered below the number of elements.
        let mut known: Vec<Vec<Option<usize>>> = vec![vec![None; elements]; units.len()];
        for element in 0..elements {
            let mut around: Option<usize> = None;
            for (at, layer) in units.iter().enumerate() {
                let Some(unit) = layer[element] else { break };
                let next = layers[at].len();
                let block = *known[at][unit].get_or_insert(next);
                if block == next {
                    layers[at].push(Block { class: 0, inside: Vec::new(), first: element, own: Vec::new() });
                    if let Some(around) = around {
                        layers[at - 1][around].inside.push(block);
                    }
                }
                if units.get(at + 1).is_none_or(|inner| inner[element].is_none()) {
                    layers[at][block].own.push(element);
                }
                around = Some(block);
            }
        }
        Self { layers }
    }

    /// The classes of the blocks of a list, with how many there are.
    pub fn bag(&self, layer: usize, blocks: &[usize]) -> Bag {
        let mut bag = Bag::new();
        for block in blocks {
            add(&mut bag, self.layers[layer][*block].class, 1);
        }
        bag
    }
}

/// What the guest's blocks of one class are.
pub(super) struct GuestClass {
    /// No two such blocks lie in one unit of the host.
    pub exclusive: bool,
    /// Whether a node's memory comes with it, or several.
    pub with_memory: bool,
    /// How much, in bytes.
    pub memory: u64,
    /// The memory of all nodes inside, itself if it is one.
    pub all_memory: u64,
    /// What is inside, by class.
    pub inside: Bag,
    /// The host's elements that vCPUs or memories inside are bound to.
    pub bound: Vec<usize>,
    /// How many vCPUs have each need.
    pub needs: Vec<u32>,
    /// By layer, how many exclusive blocks are inside.
    pub exclusives: Vec<u32>,
}

/// What the host's blocks of one class are.
pub(super) struct HostClass {
    /// Its layer in the tree.
    pub layer: usize,
    /// Whether it is a node.
    pub with_memory: bool,
    /// How much memory the node has, where known.
    pub memory: Option<u64>,
    /// The memory of all nodes inside, itself if it is one; `None` if it is not known of all.
    pub all_memory: Option<u64>,
    /// What is inside, by class.
    pub inside: Bag,
    /// The elements inside that something of the guest is bound to.
    pub bound: Vec<usize>,
    /// How many CPUs will do for each need.
    pub offers: Vec<u32>,
    /// By layer, how many blocks are inside.
    pub units: Vec<u32>,
}

/// Both trees, with their classes.
pub(super) struct Trees {
    pub guest: Tree,
    pub host: Tree,
    pub guest_classes: Vec<GuestClass>,
    pub host_classes: Vec<HostClass>,
}

/// What tells classes apart: the layer, what is inside, and properties of the block itself.
type Key = (usize, Bag, Vec<u64>);

impl Trees {
    /// `None` where units that must lie in two places are held together by what is inside of them.
    pub fn of(layers: &Layers) -> Option<Self> {
        let (joined, exclusive) = join(layers)?;
        let depth = layers.layers.len() + 2;
        let (vcpus, cpus) = (layers.vcpus, layers.cpus.len());
        let mut guest_units = vec![vec![Some(0); vcpus + layers.wanted.len()]];
        guest_units.extend(joined);
        guest_units.push(leaves(vcpus, layers.wanted.len()));
        let mut host_units = vec![vec![Some(0); cpus + layers.room.len()]];
        host_units.extend(layers.layers.iter().map(|layer| layer.host.clone()));
        host_units.push(leaves(cpus, layers.room.len()));
        let (mut guest, mut host) = (Tree::grow(&guest_units), Tree::grow(&host_units));
        let guest_classes = guest_classes(&mut guest, layers, &exclusive, depth);
        let host_classes = host_classes(&mut host, layers, depth);
        Some(Self { guest, host, guest_classes, host_classes })
    }
}

/// Each vCPU or CPU by itself; memories are none.
fn leaves(cpus: usize, memories: usize) -> Vec<Option<usize>> {
    (0..cpus).map(Some).chain(std::iter::repeat_n(None, memories)).collect()
}

/// The number of each element's set, and by number whether it is exclusive; each a list by layer.
type Joined = (Vec<Vec<Option<usize>>>, Vec<Vec<bool>>);

/// For each layer what must lie together: its own units, joined with those of all inner layers, which lie in units of
/// this one on the host. The sets nest, whatever the guest's units do.
fn join(layers: &Layers) -> Option<Joined> {
    let elements = layers.vcpus + layers.wanted.len();
    let mut parent: Vec<usize> = (0..elements).collect();
    let mut joined = Vec::new();
    let mut exclusive = Vec::new();
    for layer in layers.layers.iter().rev() {
        let mut first: HashMap<usize, usize> = HashMap::new();
        for (element, unit) in layer.guest.iter().enumerate() {
            if let Some(unit) = unit {
                let with = *first.entry(*unit).or_insert(element);
                let (a, b) = (find(&mut parent, with), find(&mut parent, element));
                parent[a.max(b)] = a.min(b);
            }
        }
        let mut is_exclusive = vec![false; elements];
        if layer.distinct {
            for element in first.values() {
                let set = find(&mut parent, *element);
                if std::mem::replace(&mut is_exclusive[set], true) {
                    return None;
                }
            }
        }
        // Inside of the nodes there are no memories.
        let is_there = |element: usize| element < layers.vcpus || ends_outside(layers, layer.level);
        joined.push((0..elements).map(|e| is_there(e).then(|| find(&mut parent, e))).collect());
        exclusive.push(is_exclusive);
    }
    joined.reverse();
    exclusive.reverse();
    Some((joined, exclusive))
}

/// Whether memories are elements of this layer: it is that of the nodes, or around it.
fn ends_outside(layers: &Layers, level: super::Level) -> bool {
    let at = |level| layers.layers.iter().position(|layer| layer.level == level);
    at(level) <= at(super::Level::Node)
}

fn find(parent: &mut [usize], mut element: usize) -> usize {
    while parent[element] != element {
        parent[element] = parent[parent[element]];
        element = parent[element];
    }
    element
}

fn guest_classes(tree: &mut Tree, layers: &Layers, exclusive: &[Vec<bool>], depth: usize) -> Vec<GuestClass> {
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut classes: Vec<GuestClass> = Vec::new();
    for at in (0..depth).rev() {
        for block in 0..tree.layers[at].len() {
            let Block { inside, own, first, .. } = &tree.layers[at][block];
            let bag = if at + 1 < depth { tree.bag(at + 1, inside) } else { Bag::new() };
            let is_leaf = at + 1 == depth;
            let is_exclusive = is_leaf || (at > 0 && exclusive[at - 1].get(*first).copied().unwrap_or(false));
            let memory = own
                .iter()
                .filter_map(|element| layers.wanted.get(element.checked_sub(layers.vcpus)?))
                .fold(0, |sum: u64, memory| sum.saturating_add(*memory));
            let mut bound: Vec<usize> = own.iter().filter_map(|element| layers.bound[*element]).collect();
            let with_memory = own.iter().any(|element| *element >= layers.vcpus);
            let mut tag = vec![u64::from(is_exclusive), memory, u64::from(with_memory)];
            if is_leaf {
                tag.extend(own.iter().map(|vcpu| layers.needs[*vcpu] as u64));
            }
            tag.extend(bound.iter().map(|element| *element as u64));
            let class = *known.entry((at, bag.clone(), tag)).or_insert(classes.len());
            if class == classes.len() {
                let mut needs = vec![0; layers.takes.len()];
                let mut exclusives = vec![0; depth];
                if is_leaf {
                    own.iter().for_each(|vcpu| needs[layers.needs[*vcpu]] += 1);
                }
                let mut all_memory = memory;
                for (inner, count) in &bag {
                    let inner = &classes[*inner];
                    all_memory =
                        all_memory.saturating_add(inner.all_memory.saturating_mul(u64::from(*count)));
                    add_all(&mut needs, &inner.needs, *count);
                    add_all(&mut exclusives, &inner.exclusives, *count);
                    bound.extend(&inner.bound);
                }
                exclusives[at] += u32::from(is_exclusive);
                bound.sort_unstable();
                bound.dedup();
                classes.push(GuestClass {
                    exclusive: is_exclusive,
                    with_memory,
                    memory,
                    all_memory,
                    inside: bag,
                    bound,
                    needs,
                    exclusives,
                });
            }
            tree.layers[at][block].class = class;
        }
    }
    classes
}

fn host_classes(tree: &mut Tree, layers: &Layers, depth: usize) -> Vec<HostClass> {
    let mut targets = vec![false; layers.cpus.len() + layers.room.len()];
    layers.bound.iter().flatten().for_each(|element| targets[*element] = true);
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut classes: Vec<HostClass> = Vec::new();
    for at in (0..depth).rev() {
        for block in 0..tree.layers[at].len() {
            let Block { inside, own, .. } = &tree.layers[at][block];
            let bag = if at + 1 < depth { tree.bag(at + 1, inside) } else { Bag::new() };
            let is_leaf = at + 1 == depth;
            let mut bound: Vec<usize> = own.iter().filter(|element| targets[**element]).copied().collect();
            let memories: Vec<usize> =
                own.iter().filter_map(|element| element.checked_sub(layers.cpus.len())).collect();
            let memory = memories.first().and_then(|node| layers.room[*node]);
            let mut tag = vec![memories.len() as u64, memory.map_or(0, |_| 1), memory.unwrap_or(0)];
            if is_leaf {
                tag.extend(own.iter().map(|cpu| layers.kinds[*cpu] as u64));
            }
            tag.extend(bound.iter().map(|element| *element as u64));
            let class = *known.entry((at, bag.clone(), tag)).or_insert(classes.len());
            if class == classes.len() {
                let mut offers = vec![0; layers.takes.len()];
                let mut units = vec![0; depth];
                if let Some(cpu) = own.first().filter(|_| is_leaf) {
                    for (need, offer) in offers.iter_mut().enumerate() {
                        *offer = u32::from(layers.takes[need][layers.kinds[*cpu]]);
                    }
                }
                let mut all_memory = if memories.is_empty() { Some(0) } else { memory };
                for (inner, count) in &bag {
                    let inner = &classes[*inner];
                    all_memory = all_memory
                        .zip(inner.all_memory)
                        .map(|(sum, each)| sum.saturating_add(each.saturating_mul(u64::from(*count))));
                    add_all(&mut offers, &inner.offers, *count);
                    add_all(&mut units, &inner.units, *count);
                    bound.extend(&inner.bound);
                }
                units[at] += 1;
                bound.sort_unstable();
                let with_memory = !memories.is_empty();
                classes.push(HostClass {
                    layer: at,
                    with_memory,
                    memory,
                    all_memory,
                    inside: bag,
                    bound,
                    offers,
                    units,
                });
            }
            tree.layers[at][block].class = class;
        }
    }
    classes
}

fn add_all(to: &mut [u32], from: &[u32], times: u32) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from * times);
}
