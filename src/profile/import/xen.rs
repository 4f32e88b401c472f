//! `xen-cpuid -p`: Xen's policies, each a table: `00000004:00000001 -> 1c004122:01c0003f:0000003f:00000000` under
//! `Raw policy: 38 leaves, 1 MSRs`. Subleaf ffffffff is that of a leaf that takes none.
//!
//! The raw policy is what the processor says, the host policy what Xen uses of it. The others are what guests get.

use super::raw::{File, Raw};
use super::reading::{Entries, Mistakes, begins_with_any};
use super::text::{hex, lines};
use crate::cpuid::Registers;
use crate::source::quoted;

/// The subleaf of a leaf that takes none.
const NO_SUBLEAF: u32 = u32::MAX;

/// The policies that are of the machine, the nearest to the processor first.
const OF_THE_MACHINE: [&str; 2] = ["raw", "host"];

/// The most policies of one output; Xen has six.
const MOST_POLICIES: usize = 64;

/// Whether the file is of `xen-cpuid -p`.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    let [file] = files else { return false };
    begins_with_any(file, &[" policy: "]) && lines(file).any(|(_, line)| header(&line).is_some())
}

/// Reads the raw policy, else the host's, as the one CPU.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let mut raw = Raw::default();
    for file in files {
        let mut mistakes = Mistakes::of(file);
        let policies = policies(file, &mut mistakes);
        choose(policies, &mut raw, &mut mistakes);
        mistakes.into(&mut raw);
    }
    raw
}

/// One policy as it stands in the text.
struct Policy {
    /// Its name: `Raw`, `HVM Max`.
    name: String,
    /// The line of its heading.
    line: usize,
    /// How many leaves the heading counts.
    counted: usize,
    /// How many lines of leaves there are.
    there: usize,
    /// How many MSRs there are.
    msrs: usize,
    entries: Entries,
}

/// `Raw policy: 38 leaves, 1 MSRs`: the name and how many leaves follow.
fn header(line: &str) -> Option<(&str, usize)> {
    let (name, rest) = line.trim().split_once(" policy: ")?;
    let (leaves, rest) = rest.split_once(" leaves")?;
    let is_whole = rest.is_empty() || rest.starts_with(',');
    let is_decimal = !leaves.is_empty() && leaves.bytes().all(|byte| byte.is_ascii_digit());
    (is_whole && is_decimal).then_some((name.trim(), leaves.parse().ok()?))
}

fn policies(file: &File<'_>, mistakes: &mut Mistakes<'_>) -> Vec<Policy> {
    let mut policies: Vec<Policy> = Vec::new();
    for (number, line) in lines(file) {
        if let Some((name, counted)) = header(&line) {
            if policies.len() >= MOST_POLICIES {
                mistakes.wrong(Some(number), format_args!("more than {MOST_POLICIES} policies: Xen has six"));
                break;
            }
            let entries = Entries::default();
            let (name, there, msrs) = (name.to_owned(), 0, 0);
            policies.push(Policy { name, line: number, counted, there, msrs, entries });
            continue;
        }
        // What stands before the first policy is of other listings.
        let Some(policy) = policies.last_mut() else { continue };
        let line = line.trim();
        let is_heading = line.starts_with("leaf ") || line.starts_with("index ");
        if line.is_empty() || line == "CPUID:" || line == "MSRs:" || is_heading {
            continue;
        }
        if let Some((leaf, subleaf, words)) = entry(line) {
            policy.there += 1;
            let subleaf = Some(subleaf).filter(|subleaf| *subleaf != NO_SUBLEAF);
            if let Err(why) = policy.entries.put(leaf, subleaf, words) {
                mistakes.wrong(Some(number), why);
            }
        } else if is_msr(line) {
            policy.msrs += 1;
        } else {
            let found = quoted(line);
            mistakes.wrong(
                Some(number),
                format_args!("expected `LEAF:SUBLEAF -> EAX:EBX:ECX:EDX`, in hexadecimal, found {found}"),
            );
        }
    }
    policies
}

/// `00000004:00000001 -> 1c004122:01c0003f:0000003f:00000000`.
fn entry(line: &str) -> Option<(u32, u32, Registers)> {
    let (inputs, outputs) = line.split_once("->")?;
    let (leaf, subleaf) = inputs.trim().split_once(':')?;
    let words: [u32; 4] =
        outputs.trim().split(':').map(hex).collect::<Option<Vec<u32>>>()?.try_into().ok()?;
    Some((hex(leaf)?, hex(subleaf)?, words.into()))
}

/// `000000ce -> 0000000080000000`.
fn is_msr(line: &str) -> bool {
    let Some((index, value)) = line.split_once("->") else { return false };
    let value = value.trim();
    hex(index.trim()).is_some() && value.len() == 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn choose(policies: Vec<Policy>, raw: &mut Raw, mistakes: &mut Mistakes<'_>) {
    for policy in policies.iter().filter(|policy| policy.there != policy.counted) {
        mistakes.wrong(
            Some(policy.line),
            format_args!(
                "the {} policy has {} leaves by its heading, and {} lines of them",
                policy.name, policy.counted, policy.there
            ),
        );
    }
    let names: Vec<String> = policies.iter().map(|policy| policy.name.clone()).collect();
    let rank =
        |policy: &Policy| OF_THE_MACHINE.iter().position(|name| policy.name.eq_ignore_ascii_case(name));
    let chosen =
        policies.into_iter().filter(|policy| rank(policy).is_some()).min_by_key(|policy| rank(policy));
    let Some(policy) = chosen else {
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        mistakes.wrong(
            None,
            format_args!(
                "no raw or host policy, which are the machine's; there is {}: what guests get is no capture of a host",
                quoted(&there)
            ),
        );
        return;
    };
    if policy.entries.is_empty() {
        mistakes.wrong(Some(policy.line), format_args!("the {} policy has no leaf", policy.name));
        return;
    }
    let others: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| *name != policy.name.as_str()).collect();
    let left_out =
        if others.is_empty() { String::new() } else { format!("; left out: {}", others.join(", ")) };
    raw.notes.push(format!(
        "one CPU: Xen's {} policy of {} leaves{left_out}",
        policy.name.to_lowercase(),
        policy.entries.len()
    ));
    if policy.msrs > 0 {
        raw.notes.push(format!("{} MSR{} left out", policy.msrs, if policy.msrs == 1 { "" } else { "s" }));
    }
    raw.cpus.insert(0, policy.entries.into_table());
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Xen reports there are maximum 114 leaves and 1 MSRs
Raw policy: 4 leaves, 1 MSRs
 CPUID:
  leaf     subleaf  -> eax      ebx      ecx      edx
  00000000:ffffffff -> 00000016:756e6547:6c65746e:49656e69
  00000001:ffffffff -> 000906ea:00100800:7ffafbff:bfebfbff
  00000004:00000000 -> 1c004121:01c0003f:0000003f:00000000
  00000004:00000001 -> 1c004122:01c0003f:0000003f:00000000
 MSRs:
  index    -> value
  000000ce -> 0000000080000000
Host policy: 1 leaves, 0 MSRs
 CPUID:
  leaf     subleaf  -> eax      ebx      ecx      edx
  00000000:ffffffff -> 0000000d:756e6547:6c65746e:49656e69
HVM Max policy: 0 leaves, 0 MSRs
";

    fn of(text: &str) -> (Raw, Vec<String>) {
        let raw = read(&[File { name: "xen.txt", bytes: text.as_bytes() }]);
        let told = raw.mistakes.iter().map(|m| format!("{}: {}", m.line.unwrap_or(0), m.message)).collect();
        (raw, told)
    }

    #[test]
    fn the_raw_policy_is_the_machine_and_the_host_policy_where_it_is_not_there() {
        assert!(looks_like(&[File { name: "xen.txt", bytes: GOOD.as_bytes() }]));
        let (raw, told) = of(GOOD);
        assert_eq!(told, Vec::<String>::new());
        let keys: Vec<String> = raw.cpus[&0].iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(keys, ["0x00000000", "0x00000001", "0x00000004.0", "0x00000004.1"]);
        assert_eq!(
            raw.notes,
            ["one CPU: Xen's raw policy of 4 leaves; left out: Host, HVM Max", "1 MSR left out"]
        );
        let (_, host) = GOOD.split_at(GOOD.find("Host").unwrap());
        let (raw, told) = of(host);
        assert_eq!((told.len(), raw.cpus[&0].lookup(0, 0).eax), (0, 0xd));
        assert_eq!(raw.notes, ["one CPU: Xen's host policy of 1 leaves; left out: HVM Max"]);
    }

    #[test]
    fn all_mistakes_are_told_by_line() {
        let bad = GOOD
            .replace("00000001:ffffffff -> 000906ea:", "00000001:ffffffff -> ")
            .replace("00000004:00000001", "00000004:00000000")
            .replace("Host policy: 1 ", "Host policy: 2 ");
        let (raw, told) = of(&bad);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("6: expected `LEAF:SUBLEAF -> EAX:EBX:ECX:EDX`"), "{told:?}");
        assert!(told[1].starts_with("8: 0x00000004.0 stands twice"), "{told:?}");
        assert_eq!(told[2], "2: the Raw policy has 4 leaves by its heading, and 3 lines of them");
        assert_eq!(told[3], "12: the Host policy has 2 leaves by its heading, and 1 lines of them");
        assert_eq!(raw.cpus[&0].len(), 2);
    }

    #[test]
    fn guests_policies_alone_are_refused_with_the_reason() {
        let (_, guests) = GOOD.split_at(GOOD.find("HVM").unwrap());
        let (raw, told) = of(guests);
        assert!(told[0].contains("no raw or host policy") && told[0].contains("HVM Max"), "{told:?}");
        assert!(raw.cpus.is_empty());
        assert!(of("").1[0].contains("there is `none`"));
        assert!(of("Raw policy: 0 leaves, 0 MSRs\n").1[0].contains("has no leaf"));
        assert!(!looks_like(&[File { name: "x", bytes: b"Energy policy: 3" }]));
    }
}
