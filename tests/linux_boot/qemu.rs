//! One boot: QEMU's software emulation with the plugin that answers CPUID from the tables.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use super::guest::Guest;
use super::{acpi, initrd};
use crate::support::words::entries;

/// About one boot in a hundred hangs while the other CPUs start.
const ATTEMPTS: u32 = 3;

/// What `setup.sh` filled.
pub struct Setup {
    folder: PathBuf,
}

/// The suites of Debian whose kernels are booted, oldest kernel first.
pub const SUITES: [&str; 3] = ["bookworm", "trixie", "trixie-backports"];

impl Setup {
    /// The folder that `TOPOC_LINUX_BOOT` names, or why there is none.
    pub fn find() -> Result<Self, String> {
        let folder = std::env::var_os("TOPOC_LINUX_BOOT").ok_or(
            "no Linux is booted: TOPOC_LINUX_BOOT is to name a folder that tests/linux_boot/setup.sh filled",
        )?;
        let folder = PathBuf::from(folder);
        if folder.join("ready").exists() {
            Ok(Self { folder })
        } else {
            Err(format!("no Linux is booted: tests/linux_boot/setup.sh did not fill {}", folder.display()))
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Boots the kernel of a suite and gives what the guest printed. A time-out is tried again, in print; any
    /// other end without an answer is the result.
    pub fn boot(&self, guest: &Guest, suite: &str, name: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let mut command = self.command(guest, suite, folder.path());
        let mut failed = String::new();
        for attempt in 1..=ATTEMPTS {
            let started = Instant::now();
            let status = run(&mut command, folder.path());
            let seconds = started.elapsed().as_secs();
            println!("{name}: attempt {attempt}, {seconds} s");
            let output = read(&folder.path().join("output"));
            if output.ends_with("\nend\n") {
                return Ok(output);
            }
            failed = report(folder.path(), status, seconds);
            if status.is_some() {
                break;
            }
        }
        Err(format!("{name}: {failed}"))
    }

    fn command(&self, guest: &Guest, suite: &str, folder: &Path) -> Command {
        let memory = 512 + 8 * u64::try_from(guest.ids.len()).unwrap();
        let init = fs::read(self.file("init")).unwrap();
        let archive = initrd::build(&acpi::tables(guest, memory << 20), &init);
        fs::write(folder.join("initrd"), archive).unwrap();
        fs::write(folder.join("map"), map(guest, folder)).unwrap();
        // timeout(1) ends QEMU even if the test itself is killed.
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", &time_limit(guest)]).arg(self.file("qemu"));
        command.args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]);
        command.args(["-accel", "tcg,thread=multi,tb-size=256"]);
        command.args(["-machine", "q35,smm=off,sata=off,usb=off,hpet=off,i8042=off"]);
        command.args(processors(guest));
        command.args(["-m", &format!("{memory}M"), "-append", COMMAND_LINE]);
        command.arg("-kernel").arg(self.file(&format!("vmlinuz-{suite}")));
        command.arg("-initrd").arg(folder.join("initrd"));
        command.arg("-plugin").arg(format!(
            "{},map={}",
            self.file("cpuidov.so").display(),
            folder.join("map").display()
        ));
        for (name, device) in [("serial", "isa-serial"), ("output", "isa-debugcon,iobase=0xe9")] {
            let path = folder.join(name);
            command.arg("-chardev").arg(format!("file,id={name},path={}", path.display()));
            command.arg("-device").arg(format!("{device},chardev={name}"));
        }
        command
    }
}

/// Emulated time runs unevenly, the more so on a busy machine: nothing is to measure it, or to watch others by it.
const COMMAND_LINE: &str = "console=ttyS0 panic=-1 nokaslr mitigations=off log_buf_len=8M random.trust_cpu=on \
                            lpj=4000000 no_timer_check tsc=nowatchdog nowatchdog \
                            rcupdate.rcu_cpu_stall_suppress=1";

/// Writes the tables, and the plugin's map from QEMU's index of a vCPU, its place among the possible ones, which
/// here is its ID, to the file of its table.
fn map(guest: &Guest, folder: &Path) -> String {
    let mut map = String::new();
    for (id, table) in guest.ids.iter().zip(&guest.tables) {
        let path = folder.join(format!("table-{id}"));
        fs::write(&path, table).unwrap();
        map += &format!("{id} {}\n", path.display());
    }
    map
}

/// CPUs with the IDs of the vCPUs: to QEMU each is a socket of its own, and the ID is the socket's number.
fn processors(guest: &Guest) -> Vec<String> {
    assert_eq!(guest.ids.first(), Some(&0), "QEMU starts the CPU with ID 0");
    let possible = guest.ids.iter().max().unwrap() + 1;
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut arguments =
        words(&["-smp", &format!("1,maxcpus={possible},sockets={possible}"), "-cpu", &model(guest)]);
    for id in &guest.ids[1..] {
        arguments
            .extend(words(&["-device", &format!("max-x86_64-cpu,socket-id={id},core-id=0,thread-id=0")]));
    }
    arguments
}

/// The CPU model: all that the emulation can do, with the vendor and the signature of the tables, which decide
/// what else QEMU itself does.
fn model(guest: &Guest) -> String {
    let table = entries(&guest.tables[0]);
    let leaf = |leaf| table.iter().find(|entry| entry.leaf == leaf).unwrap().words;
    let [_, ebx, ecx, edx] = leaf(0);
    let vendor: Vec<u8> = [ebx, edx, ecx].iter().flat_map(|word| word.to_le_bytes()).collect();
    let vendor = String::from_utf8(vendor).unwrap();
    let signature = leaf(1)[0];
    let family = (signature >> 8 & 0xF) + (signature >> 20 & 0xFF);
    let model = signature >> 4 & 0xF | signature >> 12 & 0xF0;
    let stepping = signature & 0xF;
    // AMD's CPUs before Zen have no x2APIC.
    let x2apic = if leaf(1)[2] >> 21 & 1 == 1 { "on" } else { "off" };
    format!(
        "max,vendor={vendor},family={family},model={model},stepping={stepping},x2apic={x2apic},\
         level=0x1f,xlevel=0x80000026,xlevel2=0xc0000001"
    )
}

/// In seconds. Generous: the machine may be busy with other work.
fn time_limit(guest: &Guest) -> String {
    let count = guest.ids.len();
    (90 + 3 * count + count * count / 50).to_string()
}

/// Runs QEMU to its end. `None`: it did not come in time.
fn run(command: &mut Command, folder: &Path) -> Option<ExitStatus> {
    let errors = File::create(folder.join("errors")).unwrap();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).status().unwrap();
    (status.code() != Some(TIMED_OUT)).then_some(status)
}

/// What timeout(1) exits with when it had to end the command.
const TIMED_OUT: i32 = 124;

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// Why there is no answer: QEMU's own words, and the end of the console.
fn report(folder: &Path, status: Option<ExitStatus>, seconds: u64) -> String {
    let how =
        status.map_or_else(|| format!("no answer after {seconds} s"), |status| format!("QEMU: {status}"));
    let console = read(&folder.join("serial"));
    let lines: Vec<&str> = console.lines().collect();
    let tail = &lines[lines.len().saturating_sub(25)..];
    format!("{how}\n{}\n{}", read(&folder.join("errors")), tail.join("\n"))
}
