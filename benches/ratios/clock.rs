//! Time, as the least of many runs: what else the machine does can only add to it.

use std::time::{Duration, Instant};

/// The time of one run.
#[derive(Clone, Copy)]
pub struct Time(Duration);

impl Time {
    /// Nanoseconds of one of `count` items that a run handles.
    pub fn per(self, count: usize) -> f64 {
        self.0.as_secs_f64() * 1e9 / f64::from(u32::try_from(count).unwrap())
    }
}

/// The least time of each of two things, run in turn so that both see the same machine.
pub fn compare(rounds: u32, mut one: impl FnMut(), mut other: impl FnMut()) -> (Time, Time) {
    let mut least = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        least.0 = least.0.min(time(&mut one));
        least.1 = least.1.min(time(&mut other));
    }
    (Time(least.0), Time(least.1))
}

/// The least time of one thing.
pub fn least<T>(rounds: u32, mut run: impl FnMut() -> T) -> Time {
    Time((0..rounds).map(|_| time(|| drop(run()))).min().unwrap())
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}
