//! `topoc decode`: what a guest would conclude.

use super::console::Console;
use super::exit::Exit;

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, _console: &Console) -> Exit {
    Exit::Success
}
