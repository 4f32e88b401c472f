//! `topoc mirror`: the spec of a guest in the shape of a host's CPUs.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::console::Console;
use super::exit::Exit;
use super::{inputs, is_json, output};
use crate::mirror::{MirrorError, Mirrored, mirror};
use crate::spec::CpuList;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc mirror host.json -o whole.topoc.yaml      A guest that looks like the whole host
  topoc mirror host.json --cpus 0-31              These CPUs alone, printed
  topoc mirror host.json --cpus 0-31 --pin        And which vCPU runs on which of them
  topoc mirror live -o - | topoc check - --host live
  topoc mirror host.json --format json | jq .cpus The host's CPU of each vCPU, by index")]
pub struct Args {
    /// Host profile: a file, `-` for standard input, or `live` to capture this machine through /dev/kvm
    #[arg(value_name = "PROFILE")]
    profile: PathBuf,
    /// The host's CPUs to mirror, by its kernel's numbers, such as `0-15,32-47`; left out: all that were online
    #[arg(long, value_name = "LIST")]
    cpus: Option<CpuList>,
    /// Pin each vCPU to the CPU that it stands for
    #[arg(long)]
    pin: bool,
    /// Where to write the spec; `-` or left out: standard output
    #[arg(short, long, value_name = "SPEC")]
    output: Option<PathBuf>,
    /// Replace SPEC if it exists
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let Some(host) = inputs::host(&args.profile, console) else { return Exit::Success };
    let mut mirrored = match mirror(&host.profile, args.cpus.as_ref()) {
        Ok(mirrored) => mirrored,
        Err(error) => {
            let asked = matches!(error, MirrorError::NotOnline { .. });
            let exit = if asked { Exit::Usage } else { Exit::Findings };
            console.error(format!("{}: {error}", inputs::name(&args.profile)), exit);
            return Exit::Success;
        }
    };
    if args.pin {
        mirrored.pin();
    }
    write(args, &mirrored, console)
}

fn write(args: &Args, mirrored: &Mirrored, console: &Console) -> Exit {
    let text = mirrored.text();
    let file = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if let Some(path) = file
        && let Err(why) = output::file(path, text.as_bytes(), args.force)
    {
        console.error(why, Exit::Usage);
        return Exit::Usage;
    }
    if is_json(console.format()) {
        let Mirrored { spec, cpus, unlike, .. } = mirrored;
        console.json(&json!({ "written": file, "spec": spec, "cpus": cpus, "unlike": unlike }));
        return Exit::Success;
    }
    if file.is_none() {
        console.result(&text);
    }
    for unlike in &mirrored.unlike {
        console.status(format!("note: not as on the host: {unlike}"));
    }
    if let Some(path) = file {
        console.status(format!("wrote {}: {} vCPUs", path.display(), mirrored.cpus.len()));
    }
    Exit::Success
}
