//! `topoc features`: the names of CPU features, and which of them a host offers.

use std::fmt::Write;

use serde_json::{Value, json};

use super::console::Console;
use super::exit::Exit;
use super::inputs::{self, HostArg};
use super::is_json;
use crate::compile::offered;
use crate::cpuid::CpuidTable;
use crate::cpuid::feature::{Feature, all, find, prerequisites};
use crate::features::{decided, nearest};
use crate::profile::base_table;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc features                               All features that have a name
  topoc features avx512-vnni sse4.1            These, in any spelling
  topoc features --host host.json              Which of them a host offers to a guest
  topoc features --host live --format json     The same of this machine, for programs")]
pub struct Args {
    /// Names of features, in the kernel's, QEMU's or the manuals' spelling; left out, all
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    host: HostArg,
}

/// What a host says of a feature, in the words of the last column.
struct Offered {
    /// The CPU's own answer.
    cpu: Option<CpuidTable>,
    /// What KVM supports, or is assumed to.
    kvm: CpuidTable,
    /// What of that a guest can have.
    guest: CpuidTable,
}

impl Offered {
    fn word(&self, feature: &Feature) -> &'static str {
        if decided(feature).is_some_and(|decided| decided.always) || feature.is_in(&self.guest) {
            "yes"
        } else if decided(feature).is_some() {
            "by topology"
        } else if feature.is_in(&self.kvm) {
            "no: KVM does"
        } else if self.cpu.as_ref().is_some_and(|cpu| feature.is_in(cpu)) {
            "no: the CPU does"
        } else {
            "no"
        }
    }
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let mut list: Vec<&'static Feature> = Vec::new();
    for name in &args.names {
        match find(name) {
            Some(feature) => list.push(feature),
            None => {
                let help = nearest(name)
                    .map(|meant| format!("\n  help: topoc features {meant}"))
                    .unwrap_or_default();
                console.error(format!("{name} is no CPU feature that topoc knows{help}"), Exit::Usage);
            }
        }
    }
    if list.len() < args.names.len() {
        return Exit::Usage;
    }
    if args.names.is_empty() {
        list.extend(all());
    }
    let host = match &args.host.host {
        None => None,
        Some(path) => {
            let Some(host) = inputs::host(path, console) else { return Exit::Success };
            let cpu = host.profile.cpus.as_ref().map(|cpus| cpus.cpuid.clone());
            match (offered(&host.profile), base_table(&host.profile)) {
                (Ok(guest), Ok(base)) => Some(Offered { cpu, kvm: base.table, guest }),
                (Err(why), _) => {
                    console.error(format!("{}: {why}", inputs::name(path)), Exit::Findings);
                    return Exit::Findings;
                }
                (_, Err(why)) => {
                    console.error(format!("{}: {why}", inputs::name(path)), Exit::Findings);
                    return Exit::Findings;
                }
            }
        }
    };
    if is_json(console.format()) {
        let features: Vec<Value> = list.iter().map(|feature| object(feature, host.as_ref())).collect();
        console.json(&json!({ "features": features }));
    } else {
        console.result(&table(&list, host.as_ref()));
    }
    Exit::Success
}

fn object(feature: &Feature, host: Option<&Offered>) -> Value {
    let mut object = json!({
        "name": feature.name,
        "aliases": feature.aliases,
        "summary": feature.summary,
        "leaf": format!("0x{:08x}", feature.leaf),
        "register": feature.register.to_string().to_lowercase(),
        "bit": feature.bit,
        "needs": prerequisites(feature).map(|needed| needed.name).collect::<Vec<_>>(),
    });
    if let Some(subleaf) = feature.subleaf {
        object["subleaf"] = json!(subleaf);
    }
    if let Some(decided) = decided(feature) {
        object["decided"] = json!(decided.why);
    }
    if let Some(host) = host {
        object["offered"] = json!(host.word(feature) == "yes");
        object["kvm"] = json!(feature.is_in(&host.kvm));
        if let Some(cpu) = &host.cpu {
            object["cpu"] = json!(feature.is_in(cpu));
        }
    }
    object
}

fn table(list: &[&'static Feature], host: Option<&Offered>) -> String {
    let mut rows: Vec<[String; 5]> =
        vec![["feature", "bit", "offered", "is", "also called"].map(str::to_owned)];
    rows.extend(list.iter().map(|feature| {
        [
            feature.name.to_owned(),
            feature.to_string(),
            host.map(|host| host.word(feature).to_owned()).unwrap_or_default(),
            feature.summary.to_owned(),
            feature.aliases.join(", "),
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column != 2 || host.is_some() {
                // Writing to a string cannot fail.
                let _ = write!(line, "{cell:width$}  ");
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
