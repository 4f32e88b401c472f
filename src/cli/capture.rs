//! `topoc capture`: this machine as a host profile.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::console::Console;
use super::exit::Exit;
use super::{inputs, output};
use crate::profile::{self, CaptureOptions};

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc capture                          Print the profile
  topoc capture -o host.json             Write it to a file
  topoc capture --host-name -o host.json Name the host in it")]
pub struct Args {
    /// Where to write the profile; `-` or left out: standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,
    /// Put the host's name into the profile
    #[arg(long)]
    host_name: bool,
    /// Put the kernel's whole version into the profile, not major.minor alone
    #[arg(long)]
    full_kernel_version: bool,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let options = CaptureOptions { host_name: args.host_name, full_kernel_version: args.full_kernel_version };
    let mut profile = match profile::capture(&options) {
        Ok(profile) => profile,
        Err(error) => {
            inputs::capture_failed(&error, console);
            return Exit::NoKvm;
        }
    };
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    profile.origin.date = now.get(..10).map(str::to_owned);
    for what in &profile.unread {
        console.status(format!("warning: not read: {what}"));
    }
    let text = profile.to_json();
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => console.result(&text),
        Some(path) => match output::file(path, text.as_bytes(), args.force) {
            Ok(()) => console.status(format!("wrote {}", path.display())),
            Err(error) => console.error(error, Exit::Usage),
        },
    }
    Exit::Success
}
