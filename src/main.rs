//! The `topoc` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    topoc::cli::main()
}
