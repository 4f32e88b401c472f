//! `topoc prove`: compiled tables against KVM and a guest.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::console::Console;
use super::exit::Exit;
use super::{compiled, inputs, is_json};
use crate::decode::Answers;
use crate::prove::{Coordinate, Report, Vcpu, prove};

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc prove out                           Every table of a compiled directory
  topoc prove out/*                         Several machines
  topoc prove out --format json | jq .directories[0].unproven

Each vCPU is created in a VM of its own, with the vcpu_id of the manifest. A guest executes
CPUID for every leaf and subleaf; what it reads, what KVM_GET_CPUID2 says and the table must
agree.

Exit codes: 0 proven; 1 something differs, KVM refuses a table, or a directory is not as topoc
compile wrote it; 2 usage, or no directory; 3 /dev/kvm cannot be used.")]
pub struct Args {
    /// Compiled directories
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
}

/// How many differences are written out for people; JSON has all.
const SHOWN: usize = 20;

/// From this many vCPUs on a run takes seconds, and says how far it is.
const MANY: usize = 50;

pub fn run(args: &Args, console: &Console) -> Exit {
    let machines: Vec<_> = args.dirs.iter().map(|dir| read(dir, console)).collect();
    let mut proven = Vec::new();
    for (dir, machine) in args.dirs.iter().zip(machines) {
        let Some(vcpus) = machine else { continue };
        let name = inputs::name(dir);
        let progress = |done| {
            if vcpus.len() >= MANY {
                console.progress(&format!("{name}: vCPU"), done, vcpus.len());
            }
        };
        let result = prove(&vcpus, progress);
        // Where it failed midway, its last line is still there.
        progress(vcpus.len());
        match result {
            Ok(report) => proven.push((dir, report)),
            Err(error) => {
                let help = error.help().map(|help| format!("\n  help: {help}")).unwrap_or_default();
                let exit = if error.is_no_kvm() { Exit::NoKvm } else { Exit::Findings };
                console.error(format!("{name}: {error}{help}"), exit);
                if error.is_no_kvm() {
                    break;
                }
            }
        }
    }
    for (dir, report) in &proven {
        tell(&inputs::name(dir), report, console);
    }
    if is_json(console.format()) {
        let list: Vec<_> =
            proven.iter().map(|(dir, report)| json!({ "directory": dir, "report": report })).collect();
        console.json(&json!({ "directories": list }));
    }
    Exit::Success
}

/// The vCPUs of a compiled directory. What is wrong with it is told.
fn read(dir: &Path, console: &Console) -> Option<Vec<Vcpu>> {
    if dir == Path::new("-") {
        console.error("prove reads directories, so it cannot read standard input", Exit::Usage);
        return None;
    }
    if dir.is_file() {
        let name = inputs::name(dir);
        console
            .error(format!("{name} is a file: prove reads what `topoc compile -o DIR` wrote"), Exit::Usage);
        return None;
    }
    let exit = if dir.is_dir() { Exit::Findings } else { Exit::Usage };
    let (manifest, blobs) = compiled::machine(dir)
        .map_err(|errors| errors.iter().for_each(|error| console.error(error, exit)))
        .ok()?;
    let mut vcpus = Vec::with_capacity(blobs.len());
    for (vcpu, blob) in manifest.vcpus.iter().zip(&blobs) {
        match Answers::from_blob(blob) {
            Ok(table) => vcpus.push(Vcpu { index: vcpu.index, vcpu_id: vcpu.vcpu_id, table }),
            Err(error) => {
                let file = inputs::name(&dir.join(&vcpu.file));
                console.error(format!("{file}: {error}"), exit);
            }
        }
    }
    if blobs.is_empty() {
        console.error(format!("{}: the manifest has no vCPUs", inputs::name(dir)), exit);
    }
    (!blobs.is_empty() && vcpus.len() == blobs.len()).then_some(vcpus)
}

fn tell(name: &str, report: &Report, console: &Console) {
    let differences = &report.differences;
    for difference in differences.iter().take(SHOWN) {
        console.error(format!("{name}: {difference}"), Exit::Findings);
    }
    if differences.len() > SHOWN {
        let more = differences.len() - SHOWN;
        console.error(format!("{name}: {more} more; --format json has all"), Exit::Findings);
    }
    if !is_json(console.format()) {
        console.result(&summary(name, report));
    }
}

fn summary(name: &str, report: &Report) -> String {
    let counts = &report.counts;
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let verdict = match report.differences.len() {
        0 => "proven".to_owned(),
        n => format!("not proven, {}", plural(n, "difference")),
    };
    let mut text = format!(
        "{name}: {verdict}: {}, KVM module {}\n",
        plural(counts.vcpus, "vCPU"),
        report.module.as_deref().unwrap_or("not known")
    );
    let mut line = |line: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {line}");
    };
    line(format!("{} of the guest compared with KVM_GET_CPUID2", plural(counts.answers, "answer")));
    line(format!("{} in the tables equal to the vcpu_id", plural(counts.ids, "ID")));
    line(format!("{} held strictly and equal", plural(counts.strict, "register")));
    line(format!("{} beside these equal", plural(counts.equal, "register")));
    line(format!("{} unproven, for KVM writes bits of its own there:", plural(counts.unproven, "register")));
    let mut leaves: BTreeMap<_, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for ((at, register), row) in &report.unproven {
        let (rewritten, kept) = leaves.entry(*at).or_default();
        if row.rewritten == 0 {
            kept.push(register.to_string());
        } else {
            let vcpus = if row.rewritten == counts.vcpus {
                String::new()
            } else {
                format!(" in {}", plural(row.rewritten, "vCPU"))
            };
            rewritten.push(format!("{register} {}{vcpus}", row.fields.join(", ")));
        }
    }
    for (at, (mut parts, kept)) in leaves {
        if !kept.is_empty() {
            parts.push(format!("{} as in the table", kept.join(", ")));
        }
        line(format!("  {}: {}", Coordinate(at), parts.join("; ")));
    }
    text
}
