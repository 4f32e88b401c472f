//! How far a long run is, for people at a terminal.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::{Console, Format};

/// How long a run may take before people want to know how far it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar on standard error while `count` things are done. Nothing is drawn where standard error is no terminal or
/// the result is for programs, and nothing is left when the bar goes.
pub struct Progress {
    bar: ProgressBar,
    /// When the bar is drawn, if it is not yet.
    from: Mutex<Option<Instant>>,
}

impl Progress {
    pub fn new(console: &Console, what: &'static str, count: usize) -> Self {
        let target = match console.format() {
            Format::Human => ProgressDrawTarget::stderr(),
            _ => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(u64::try_from(count).ok(), target);
        // Without colours of its own, so that NO_COLOR has nothing to forbid.
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos} of {len}, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        Self { bar, from: Mutex::new(None) }
    }

    /// As [`Progress::new`], drawn only if the work takes longer than a second.
    pub fn when_slow(console: &Console, what: &'static str, count: usize) -> Self {
        let progress = Self::new(console, what, count);
        progress.bar.set_draw_target(ProgressDrawTarget::hidden());
        if matches!(console.format(), Format::Human) {
            *progress.from.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PATIENCE);
        }
        progress
    }

    /// So many more are done.
    pub fn add(&self, done: usize) {
        let mut from = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        if from.is_some_and(|from| Instant::now() >= from) {
            *from = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        drop(from);
        self.bar.inc(u64::try_from(done).unwrap_or(u64::MAX));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
