//! How far a long run is, for people at a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::{Console, Format};

/// A bar on standard error while `count` things are done. Nothing is drawn where standard error is no terminal or
/// the result is for programs, and nothing is left when the bar goes.
pub struct Progress(ProgressBar);

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
        Self(bar)
    }

    /// So many more are done.
    pub fn add(&self, done: usize) {
        self.0.inc(u64::try_from(done).unwrap_or(u64::MAX));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
