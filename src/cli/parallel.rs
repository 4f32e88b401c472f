//! Work on all processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` makes of each of `count` things, by number, in order. `done` hears how many were finished at a time;
/// both are called from several threads.
pub fn map<R: Send>(count: usize, done: impl Fn(usize) + Sync, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(count.max(1));
    // Small enough that threads end together, large enough that they seldom meet.
    let chunk = (count / (threads * 16)).clamp(1, 256);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut own = Vec::new();
        loop {
            let start = next.fetch_add(chunk, Ordering::Relaxed);
            let end = start.saturating_add(chunk).min(count);
            if start >= end {
                return own;
            }
            own.extend((start..end).map(|at| (at, work(at))));
            done(end - start);
        }
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(own) => all.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_each_is_counted_once() {
        for count in [0, 1, 7, 5000] {
            let counted = AtomicUsize::new(0);
            let add = |n| {
                counted.fetch_add(n, Ordering::Relaxed);
            };
            assert_eq!(map(count, add, |at| at * 2), (0..count).map(|at| at * 2).collect::<Vec<_>>());
            assert_eq!(counted.into_inner(), count);
        }
    }
}
