//! `topoc decode`: what a guest would conclude.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::console::{Console, Format, one_of};
use super::exit::Exit;
use super::export::{self, ExportArgs};
use super::{compiled, inputs, is_json};
use crate::decode::{self, Answers, Machine, NumaNode, fields, render};
use crate::emit::Manifest;
use crate::profile::{self, HostProfile};
use crate::source::{LoadError, load};

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc decode out                          A compiled directory
  topoc decode out/vcpu-0003.cpuid2 --leaves  One table, register by register
  topoc decode host.json                    A host: its CPUs by the kernel's numbers, its nodes
  topoc decode out --leaves --vcpu 3        One vCPU of a directory
  topoc decode out --format json | jq .domains
  topoc decode out --format cpuid-r -o out.cpuid      For cpuid -f out.cpuid
  topoc decode out --format libcpuid -o out.raw       For cpuid_tool --load=out.raw
  topoc decode out --format hwloc -o out-hwloc        For lstopo, with HWLOC_CPUID_PATH=out-hwloc,
                                                      HWLOC_COMPONENTS=x86,stop and HWLOC_THISSYSTEM=0")]
pub struct Args {
    /// A table (struct kvm_cpuid2), a compiled directory, or a host profile; `-` for standard input
    #[arg(value_name = "FILE|DIR|PROFILE")]
    input: PathBuf,
    /// Every register, its fields named, in place of the tree
    #[arg(long)]
    leaves: bool,
    /// With --leaves, this vCPU or CPU alone; left out: all
    #[arg(long, value_name = "N", requires = "leaves")]
    vcpu: Option<u32>,
    /// How to write findings and results, or the form of another program
    #[arg(long, value_parser = formats(), default_value = "human", value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    export: ExportArgs,
}

/// All but what `fit` alone has.
fn formats() -> impl clap::builder::TypedValueParser<Value = Format> {
    one_of(&[
        Format::Human,
        Format::Concise,
        Format::Json,
        Format::Hwloc,
        Format::CpuidR,
        Format::Aida64,
        Format::Libcpuid,
    ])
}

/// The tables of an input, and what their CPUs are called.
struct Tables {
    /// vCPU index or the host's CPU number, and its table.
    cpus: Vec<(u32, Answers)>,
    /// Whether these are all CPUs of a machine, so that counts can be held against them.
    whole: bool,
    /// `vCPU` or `CPU`.
    word: &'static str,
    /// The nodes of a host; `None` for tables of a guest.
    numa: Option<Vec<NumaNode>>,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    if let Some(error) = export::misused(&args.export, args.format, args.leaves) {
        console.error(error, Exit::Usage);
        return Exit::Success;
    }
    let Some(tables) = read(&args.input, console) else { return Exit::Success };
    if export::is_export(args.format) {
        export::run(&args.export, args.format, &tables.cpus, console);
        return Exit::Success;
    }
    if args.leaves {
        leaves(args, &tables, console);
        return Exit::Success;
    }
    let Tables { cpus, whole, numa, .. } = tables;
    if let Some(numa) = numa {
        let host = decode::host(cpus, numa);
        show(&host, || render::host(&host), &host.machine, console);
    } else {
        let answers: Vec<Answers> = cpus.into_iter().map(|(_, answers)| answers).collect();
        let machine = if whole { decode::machine(&answers) } else { decode::part_of_machine(&answers) };
        show(&machine, || render::tree(&machine), &machine, console);
    }
    Exit::Success
}

fn show(json: &impl Serialize, tree: impl FnOnce() -> String, machine: &Machine, console: &Console) {
    if is_json(console.format()) {
        console.json(json);
        return;
    }
    console.result(&tree());
    if !machine.findings.is_empty() {
        console.status(format!(
            "What does not fit together:\n{}",
            render::findings(&machine.findings, &machine.names).trim_end()
        ));
    }
}

fn leaves(args: &Args, tables: &Tables, console: &Console) {
    let chosen: Vec<_> =
        tables.cpus.iter().filter(|(cpu, _)| args.vcpu.is_none_or(|wanted| wanted == *cpu)).collect();
    if let (Some(wanted), true) = (args.vcpu, chosen.is_empty()) {
        console.error(format!("there is no {} {wanted}", tables.word), Exit::Usage);
        return;
    }
    if is_json(console.format()) {
        let list: Vec<_> = chosen
            .iter()
            .map(|(cpu, answers)| json!({ "cpu": cpu, "leaves": fields::describe(answers) }))
            .collect();
        console.json(&list);
        return;
    }
    for (cpu, answers) in chosen {
        if tables.cpus.len() > 1 {
            console.result(&format!("{} {cpu}:\n", tables.word));
        }
        console.result(&render::leaves(answers));
    }
}

fn read(path: &Path, console: &Console) -> Option<Tables> {
    if path.is_dir() {
        return match compiled::blobs(path) {
            Ok(blobs) => all(blobs.iter().map(Vec::as_slice), &inputs::name(path), console),
            Err(errors) => {
                errors.iter().for_each(|error| console.error(error, Exit::Findings));
                None
            }
        };
    }
    let cap = u64::try_from(profile::MAX_BYTES).unwrap_or(u64::MAX);
    let shown = inputs::name(path);
    let bytes = match load(path, cap) {
        Ok(bytes) => bytes,
        Err(error) => {
            let exit = if matches!(error, LoadError::TooLarge(_)) { Exit::Findings } else { Exit::Usage };
            console.error(format!("cannot read {shown}: {error}"), exit);
            return None;
        }
    };
    // A table begins with a count below 257, so that its second byte is 0 or 1; no text does.
    if bytes.get(..8).is_none_or(|header| header[1] < 2) {
        return all([bytes.as_slice()], &shown, console).map(|tables| Tables { whole: false, ..tables });
    }
    if Manifest::from_slice(&bytes).is_ok() {
        console.error(format!("{shown} is a manifest\n  help: give its directory"), Exit::Usage);
        return None;
    }
    match HostProfile::from_slice(&bytes) {
        Ok(profile) => host(&profile, &shown, console),
        Err(error) => {
            for mistake in error.mistakes {
                console.error(format!("{shown}:{mistake}"), Exit::Findings);
            }
            None
        }
    }
}

fn all<'a>(blobs: impl IntoIterator<Item = &'a [u8]>, shown: &str, console: &Console) -> Option<Tables> {
    let mut cpus = Vec::new();
    let mut whole = true;
    for (vcpu, blob) in (0..).zip(blobs) {
        match Answers::from_blob(blob) {
            Ok(answers) => cpus.push((vcpu, answers)),
            Err(error) => {
                console.error(format!("{shown}: vCPU {vcpu}: {error}"), Exit::Findings);
                whole = false;
            }
        }
    }
    whole.then_some(Tables { cpus, whole, word: "vCPU", numa: None })
}

fn host(profile: &HostProfile, shown: &str, console: &Console) -> Option<Tables> {
    let mut cpus: Vec<(u32, Answers)> =
        profile.cpu_tables().map(|(cpu, table)| (cpu, profile::answers(&table))).collect();
    if cpus.is_empty() {
        let supported = profile.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref());
        cpus.extend(supported.map(|table| (0, profile::answers(table))));
        if cpus.is_empty() {
            console.error(format!("{shown}: the profile has no CPUID at all"), Exit::Findings);
            return None;
        }
        console.status("note: the profile has no CPUID of its CPUs; this is what KVM supports");
    }
    Some(Tables { cpus, whole: true, word: "CPU", numa: Some(profile.decoded_nodes()) })
}
