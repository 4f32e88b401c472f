//! From counts to a placement: which block goes where.

use std::collections::{HashMap, VecDeque};

use super::layers::Layers;
use super::packing::{Search, Spent};
use super::trees::{Tree, Trees};

/// For each element of the guest its element of the host; `None` if there is no placement.
pub(super) fn lay_out(
    layers: &Layers,
    trees: &Trees,
    search: &mut Search<'_>,
) -> Result<Option<Vec<usize>>, Spent> {
    let mut laid = vec![usize::MAX; layers.vcpus + layers.wanted.len()];
    let (Some(guest), Some(host)) = (trees.guest.layers[0].first(), trees.host.layers[0].first()) else {
        return Ok((layers.vcpus == 0).then_some(laid));
    };
    let bag = trees.guest.bag(1, &guest.inside);
    if search.fits(host.class, &bag)?.is_none() {
        return Ok(None);
    }
    let mut open = vec![(0, 0, guest.inside.clone())];
    while let Some((layer, block, blocks)) = open.pop() {
        let bag = trees.guest.bag(layer + 1, &blocks);
        let Some(shares) = search.fits(trees.host.layers[layer][block].class, &bag)? else {
            return Ok(None);
        };
        let mut there = by_class(&trees.host, layer + 1, &trees.host.layers[layer][block].inside);
        let mut here = by_class(&trees.guest, layer + 1, &blocks);
        for (class, bags) in shares.iter() {
            // Of blocks alike the first ones go to the first ones.
            let mut groups: Vec<Vec<usize>> = Vec::new();
            for bag in bags {
                let mut group: Vec<usize> = Vec::new();
                for (class, count) in bag {
                    let Some(blocks) = here.get_mut(class) else { return Ok(None) };
                    let count = usize::try_from(*count).unwrap_or(usize::MAX).min(blocks.len());
                    group.extend(blocks.drain(..count));
                }
                group.sort_unstable();
                groups.push(group);
            }
            groups.sort();
            let Some(places) = there.get_mut(class) else { return Ok(None) };
            let first = |place: &usize| trees.host.layers[layer + 1][*place].first;
            let near = near(places.make_contiguous(), groups.len(), &first, &layers.unclaimed);
            for (group, place) in groups.into_iter().zip(near) {
                let mut inside = Vec::new();
                for block in group {
                    let block = &trees.guest.layers[layer + 1][block];
                    // A leaf's own element or a node's memory.
                    if let Some(own) = trees.host.layers[layer + 1][place].own.first() {
                        block.own.iter().for_each(|element| laid[*element] = *own);
                    }
                    inside.extend(&block.inside);
                }
                if !inside.is_empty() {
                    open.push((layer + 1, place, inside));
                }
            }
        }
    }
    Ok(Some(laid))
}

/// So many of some like places, in order, that lie near each other: in as few units as can be of the levels of which
/// nothing is claimed, from outside to inside.
fn near(
    places: &[usize],
    count: usize,
    first: &dyn Fn(&usize) -> usize,
    unclaimed: &[Vec<Option<usize>>],
) -> Vec<usize> {
    let Some((level, inner)) = unclaimed.split_first().filter(|_| count < places.len()) else {
        return places.iter().copied().take(count).collect();
    };
    let mut groups: Vec<(Option<usize>, Vec<usize>)> = Vec::new();
    let mut known: HashMap<Option<usize>, usize> = HashMap::new();
    for place in places {
        let unit = level.get(first(place)).copied().flatten();
        let at = *known.entry(unit).or_insert(groups.len());
        if at == groups.len() {
            groups.push((unit, Vec::new()));
        }
        groups[at].1.push(*place);
    }
    let mut chosen = Vec::new();
    let mut left = count;
    while left > 0 {
        // The smallest that has enough, else the largest; the first of several.
        let enough =
            groups.iter().filter(|(_, group)| group.len() >= left).map(|(_, group)| group.len()).min();
        let size = enough.or_else(|| groups.iter().map(|(_, group)| group.len()).max());
        let Some(at) = groups.iter().position(|(_, group)| Some(group.len()) == size) else { break };
        let (_, group) = groups.remove(at);
        let here = near(&group, left.min(group.len()), first, inner);
        left -= here.len().max(1).min(left);
        chosen.extend(here);
    }
    chosen.sort_unstable();
    chosen
}

/// Blocks by class, in order.
fn by_class(tree: &Tree, layer: usize, blocks: &[usize]) -> HashMap<usize, VecDeque<usize>> {
    let mut by_class: HashMap<usize, VecDeque<usize>> = HashMap::new();
    for block in blocks {
        by_class.entry(tree.layers[layer][*block].class).or_default().push_back(*block);
    }
    by_class
}
