//! What is held against a boot: what Linux made of the machine, its warnings, and whether the tables reached it.

use std::collections::BTreeMap;

use super::guest::Guest;
use super::seen::{Seen, Version};
use super::view::{self, Facts, View};
use crate::support::words::entries;

/// What came of a boot.
pub struct Boot {
    pub kernel: Version,
    pub view: View,
    /// The kernel's warnings, without those of the emulation.
    pub warnings: Vec<String>,
    /// Answers of CPUID that are not the table's.
    pub strayed: Vec<String>,
}

impl Boot {
    /// Reads what a guest printed.
    pub fn new(guest: &Guest, output: &str) -> Self {
        let seen = Seen::new(output);
        Self {
            kernel: seen.kernel(),
            view: seen.view(),
            warnings: warnings(&seen),
            strayed: strayed(guest, &seen),
        }
    }

    /// All that is held against it.
    pub fn complaints(&self, meant: &Facts) -> Vec<String> {
        let differences = view::differences(meant, &view::facts(&self.view));
        let warnings = self.warnings.iter().map(|line| format!("warning: {line}"));
        differences.into_values().chain(warnings).chain(self.strayed.iter().cloned()).collect()
    }
}

/// How lines begin with which Linux warns of the emulation, whatever the tables say.
pub const EMULATION: [(&str, &[&str]); 7] = [
    (
        "Emulated time runs unevenly",
        &[
            "tsc: ",
            "APIC calibration not consistent with PM-Timer",
            "clocksource: ",
            "hrtimer: interrupt took",
            "rcu: INFO: ",
            "sched: DL replenish lagged too much",
            "workqueue: ",
            "Unstable clock detected",
            "If you want to keep using the local clock",
            "\"trace_clock=local\"",
            "on the kernel command line",
        ],
    ),
    ("A long list of CPUs comes in pieces, which have no severity of their own", &["#"]),
    ("The emulation starts the other CPUs without memory types", &["mtrr: your CPUs had inconsistent"]),
    (
        "QEMU's own ACPI tables say neither the node of the PCI bus nor how the serial port interrupts",
        &["pci_bus 0000:00: Unknown NUMA node", "ACPI: IRQ 4 override"],
    ),
    (
        "There are no performance counters, and on Zhaoxin and Centaur this comes in a piece too",
        &["no PMU driver, software events only"],
    ),
    (
        "The VMM says the revision of the microcode, and QEMU says none with which Zen 5's RDSEED is right",
        &["RDSEED32 is broken. Disabling the corresponding CPUID bit."],
    ),
    (
        "There is no power management, which Linux expects of this CPU model",
        &["amd_pstate: ", "Please enable it if your BIOS has the CPPC option"],
    ),
];

/// A line of this severity or a graver one is a warning.
const WARNING: u32 = 4;

fn warnings(seen: &Seen) -> Vec<String> {
    let of_emulation = |line: &str| {
        EMULATION.iter().flat_map(|(_, begin)| *begin).any(|begin| line.trim_start().starts_with(begin))
    };
    seen.log()
        .filter(|(severity, line)| *severity <= WARNING || line.contains("[Firmware Bug]"))
        .filter(|(_, line)| !line.trim().is_empty() && !of_emulation(line))
        .map(|(_, line)| line.to_owned())
        .collect()
}

/// The registers of a leaf that the guest must read as they stand in the table. The emulation keeps a say in
/// features, and the other leaves are no matter of topology.
fn held(leaf: u32) -> Option<[u32; 4]> {
    const ALL: [u32; 4] = [u32::MAX; 4];
    match leaf {
        0x0 | 0x2 | 0x4 | 0xB | 0x1F | 0x8000_0000 | 0x8000_0005 | 0x8000_0006 | 0x8000_001D
        | 0x8000_001E | 0x8000_0026 | 0xC000_0000 => Some(ALL),
        0x1 => Some([u32::MAX, u32::MAX, 0, 1 << 28]),
        0x8000_0008 => Some([0, 0, u32::MAX, 0]),
        _ => None,
    }
}

/// What programs on each CPU read that its table does not say: then the plugin failed, and the boot proves nothing.
fn strayed(guest: &Guest, seen: &Seen) -> Vec<String> {
    let mut strayed = Vec::new();
    for (cpu, table) in (0..).zip(&guest.tables) {
        for entry in entries(table) {
            let Some(mask) = held(entry.leaf) else { continue };
            let read = seen.cpuid.get(&(cpu, entry.leaf, entry.subleaf.unwrap_or(0)));
            let differs = |read: &[u32; 4]| (0..4).any(|at| (read[at] ^ entry.words[at]) & mask[at] != 0);
            if read.is_none_or(differs) {
                strayed.push(format!("CPU {cpu} reads {read:X?}, its table has {entry:X?}"));
            }
        }
    }
    strayed
}

/// The machine as it was seen and the first warning, in lines that a test reads again without booting.
pub fn record(boot: &Boot) -> String {
    let (major, minor) = boot.kernel;
    let mut text = format!("kernel: {major}.{minor}\n");
    for (name, said) in view::facts(&boot.view) {
        text += &format!("{name}: {said}\n");
    }
    if let Some(warning) = boot.warnings.first() {
        text += &format!("warning: {warning}\n");
    }
    text
}

/// A record: the kernel, the facts and whether there were warnings.
pub fn read_record(text: &str) -> (Version, Facts, bool) {
    let lines = text.lines().map(|line| line.split_once(": ").unwrap());
    let (is_warning, facts): (Vec<_>, Vec<_>) = lines.partition(|(name, _)| *name == "warning");
    let mut facts: BTreeMap<_, _> =
        facts.into_iter().map(|(name, said)| (name.to_owned(), said.to_owned())).collect();
    let kernel = facts.remove("kernel").unwrap();
    let (major, minor) = kernel.split_once('.').unwrap();
    ((major.parse().unwrap(), minor.parse().unwrap()), facts, !is_warning.is_empty())
}
