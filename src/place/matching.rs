//! Who goes with whom, one to one, where alike are counted together.

use std::collections::VecDeque;

/// Gives every left one a right one that it may have, each right one to at most one. `supply` and `capacity` say how
/// many there are of each sort, `may` by left sort which right sorts will do; earlier right sorts are taken first.
/// Answers with how many of each left sort go to each right sort, and how many go at all: all of `supply` if that
/// can be.
///
/// Augmenting paths (Ford and Fulkerson; Edmonds and Karp's breadth first order), over sorts in place of single ones.
pub(super) fn pair_up(supply: &[u32], capacity: &[u32], may: &[Vec<bool>]) -> (Vec<Vec<u32>>, u32) {
    let (lefts, rights) = (supply.len(), capacity.len());
    let mut flow = vec![vec![0; rights]; lefts];
    let mut left_over: Vec<u32> = supply.to_vec();
    let mut room: Vec<u32> = capacity.to_vec();
    for left in 0..lefts {
        for right in (0..rights).filter(|right| may[left][*right]) {
            let count = left_over[left].min(room[right]);
            flow[left][right] += count;
            left_over[left] -= count;
            room[right] -= count;
        }
    }
    for (start, left_over) in left_over.iter_mut().enumerate() {
        while *left_over > 0 {
            let Some(path) = augmenting(start, &flow, &room, may) else { break };
            // Lefts and rights in turn, from `start` to a right one with room.
            let last = path[path.len() - 1];
            let give_back = path.windows(3).step_by(2).map(|step| flow[step[2]][step[1]]);
            let count = give_back.fold((*left_over).min(room[last]), u32::min);
            for (i, step) in path.windows(2).enumerate() {
                if i % 2 == 0 {
                    flow[step[0]][step[1]] += count;
                } else {
                    flow[step[1]][step[0]] -= count;
                }
            }
            *left_over -= count;
            room[last] -= count;
        }
    }
    let matched = supply.iter().sum::<u32>() - left_over.iter().sum::<u32>();
    (flow, matched)
}

/// A path from a left sort to a right one with room: it gains a right one, and each left on the way gives one up for
/// the next.
fn augmenting(start: usize, flow: &[Vec<u32>], room: &[u32], may: &[Vec<bool>]) -> Option<Vec<usize>> {
    let mut from_left: Vec<Option<usize>> = vec![None; room.len()];
    let mut from_right: Vec<Option<usize>> = vec![None; flow.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(left) = queue.pop_front() {
        for right in 0..room.len() {
            if !may[left][right] || from_left[right].is_some() {
                continue;
            }
            from_left[right] = Some(left);
            if room[right] > 0 {
                let mut path = vec![right, left];
                let mut at = left;
                while let Some(right) = from_right[at].filter(|_| at != start) {
                    let Some(left) = from_left[right] else { break };
                    path.extend([right, left]);
                    at = left;
                }
                path.reverse();
                return Some(path);
            }
            for other in 0..flow.len() {
                if flow[other][right] > 0 && other != start && from_right[other].is_none() {
                    from_right[other] = Some(right);
                    queue.push_back(other);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greedy_choice_is_taken_back() {
        // The first would take what only the second may have.
        let (flow, matched) = pair_up(&[1, 1], &[1, 1], &[vec![true, true], vec![true, false]]);
        assert_eq!((flow, matched), (vec![vec![0, 1], vec![1, 0]], 2));
    }

    #[test]
    fn paths_run_through_several_and_count_together() {
        let may = [vec![true, true, false], vec![true, false, true], vec![true, false, false]];
        assert_eq!(pair_up(&[3, 3, 3], &[3, 3, 3], &may).1, 9);
        let (flow, matched) = pair_up(&[4, 4], &[5, 2], &[vec![true, true], vec![true, false]]);
        assert_eq!(matched, 7);
        assert_eq!(flow.iter().map(|row| row[0]).sum::<u32>(), 5);
    }

    #[test]
    fn what_may_have_nothing_gets_nothing() {
        assert_eq!(pair_up(&[2], &[], &[vec![]]).1, 0);
        assert_eq!(pair_up(&[], &[2], &[]).1, 0);
        assert_eq!(pair_up(&[2, 1], &[9], &[vec![false], vec![true]]).1, 1);
    }
}
