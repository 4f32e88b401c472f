//! What a mirrored spec says of itself: its name, and its comments.

use super::Mirrored;
use super::chosen::Chosen;
use crate::decode::Domain;
use crate::spec::{CpuList, Pin};

/// The widest line of comment, without its `# `.
const WIDTH: usize = 98;

/// The most lines of pairs that a comment has.
const PAIRS: usize = 8;

/// The host's model: its brand, else vendor, family and model.
pub(super) fn model(chosen: &Chosen) -> String {
    let words: Vec<&str> = chosen.brand.split_whitespace().collect();
    if !words.is_empty() {
        return words.join(" ");
    }
    let signature = chosen.machine.signature;
    let numbers =
        signature.map_or(String::new(), |s| format!(" family {:X}h model {:02X}h", s.family, s.model));
    format!("{}{numbers}", chosen.processor.vendor)
}

/// A spec's name from a model: `intel-xeon-platinum-8480plus` of `Intel(R) Xeon(R) Platinum 8480+`.
pub(super) fn name(model: &str) -> String {
    let mut plain = model.to_ascii_lowercase();
    for mark in ["(r)", "(tm)", "®", "™"] {
        plain = plain.replace(mark, " ");
    }
    let plain = plain.replace('+', "plus");
    // What follows is a rate or a graphics processor.
    let cut = ["@", " w/ ", " with "].iter().filter_map(|mark| plain.find(mark)).min().unwrap_or(plain.len());
    let words = plain[..cut].split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let filler = |word: &&str| !matches!(*word, "cpu" | "processor");
    let mut words: Vec<&str> = words.filter(filler).collect();
    // `96-Core Processor`
    if let Some(at) = words.iter().position(|word| *word == "core").filter(|at| *at > 0)
        && words[at - 1].bytes().all(|b| b.is_ascii_digit())
    {
        words.drain(at - 1..=at);
    }
    let mut name = String::new();
    for word in words {
        let dash = usize::from(!name.is_empty());
        if name.len() + dash + word.len() > 64 {
            break;
        }
        if dash == 1 {
            name.push('-');
        }
        name.push_str(word);
    }
    if name.is_empty() { "host".to_owned() } else { name }
}

/// Of which host and CPUs a spec is.
pub(super) fn origin(chosen: &Chosen, model: &str) -> String {
    let count = |domain| chosen.machine.sets(domain).len();
    let which = match chosen.len() {
        1 => "CPU ",
        _ if chosen.whole => "all CPUs, ",
        _ => "CPUs ",
    };
    let many = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let counts =
        [(count(Domain::Package), "socket"), (count(Domain::Core), "core"), (chosen.len(), "thread")];
    let shape = counts.map(|(n, one)| many(n, one)).join(", ");
    format!("In the shape of a host: {model}, {which}{}: {shape}.", chosen.all())
}

/// The lines at the head of the text.
pub(super) fn about(mirrored: &Mirrored) -> Vec<String> {
    let mut lines = wrapped(&mirrored.origin);
    if mirrored.spec.host.as_ref().is_none_or(|host| host.pin.is_none()) {
        lines.extend(pairs(&mirrored.pins));
    }
    if !mirrored.unlike.is_empty() {
        lines.push("What a guest cannot have of it:".to_owned());
    }
    for unlike in &mirrored.unlike {
        let item = wrapped(unlike);
        lines.extend(
            item.iter()
                .zip(std::iter::once("-").chain(std::iter::repeat(" ")))
                .map(|(line, dash)| format!("{dash} {line}")),
        );
    }
    lines
}

/// Which vCPU stands for which CPU.
fn pairs(pins: &[Pin]) -> Vec<String> {
    let list = |list: &Option<CpuList>| list.as_ref().map(ToString::to_string).unwrap_or_default();
    match pins {
        [Pin { vcpus, cpus }] if vcpus == cpus => {
            vec!["Each vCPU stands for the CPU of its number.".to_owned()]
        }
        pins if pins.len() <= PAIRS => {
            let pairs: Vec<String> =
                pins.iter().map(|pin| format!("{} for {}", list(&pin.vcpus), list(&pin.cpus))).collect();
            wrapped(&format!("vCPUs stand for CPUs in ascending order: {}.", pairs.join("; ")))
        }
        _ => vec!["`topoc mirror --pin` writes which vCPU stands for which CPU.".to_owned()],
    }
}

/// The comment on `numa` or `memory`.
pub(super) fn memory(of_nodes: bool) -> String {
    let whose = if of_nodes { "Each node has all memory of the host's" } else { "All memory of the host" };
    format!("{whose}, in whole MiB: write less where the host needs some itself.")
}

/// Words in lines.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::is_file_name;

    #[test]
    fn names_are_plain() {
        for (model, plain) in [
            ("Intel(R) Xeon(R) Platinum 8480+", "intel-xeon-platinum-8480plus"),
            ("AMD EPYC 9654 96-Core Processor", "amd-epyc-9654"),
            ("Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz", "intel-xeon-e5-2660-v3"),
            ("AMD Ryzen AI 9 HX 370 w/ Radeon 890M", "amd-ryzen-ai-9-hx-370"),
            ("ZHAOXIN KaiSheng KH-40000/32@2.2GHz", "zhaoxin-kaisheng-kh-40000-32"),
            ("Intel family 6h model 8Fh", "intel-family-6h-model-8fh"),
            ("@", "host"),
            ("\u{202e}\n ü", "host"),
        ] {
            assert_eq!(name(model), plain);
            assert!(is_file_name(plain), "{plain}");
        }
        assert!(is_file_name(&name(&"x".repeat(60).repeat(3))));
        assert!(is_file_name(&name(&"word ".repeat(40))));
    }
}
