//! `virsh capabilities`: the nodes of a host, with their CPUs, memory and distances. No CPUID: it goes beside a
//! capture that has it.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::raw::{File, Raw};
use super::reading::Mistakes;
use super::xml;
use crate::profile::{NumaNode, NumaPart};
use crate::source::quoted;

/// Every CPU's number lies below it, as in a profile.
const CPUS_END: u32 = 65_536;

/// The most nodes: Linux is built for 1024 at most (`CONFIG_NODES_SHIFT`).
const MOST_NODES: usize = 1024;

/// Whether the file is of `virsh capabilities`.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    let [file] = files else { return false };
    xml::root_name(file) == Some("capabilities")
}

/// Reads the host's topology.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let mut raw = Raw::default();
    for file in files {
        let mut mistakes = Mistakes::of(file);
        let mut topology = Topology::default();
        if let Some(document) =
            xml::text(file, &mut mistakes).and_then(|text| xml::parse(text, &mut mistakes))
        {
            topology.host(document.root_element(), &mut mistakes);
        }
        mistakes.into(&mut raw);
        topology.into(&mut raw);
    }
    raw
}

/// What the document says of the machine.
#[derive(Default)]
struct Topology {
    nodes: Vec<NumaNode>,
    /// By node, the distances that it lists.
    distances: Vec<BTreeMap<u32, u32>>,
    /// CPUs of any node.
    cpus: BTreeSet<u32>,
    /// Numbers of socket, die and core as libvirt gives them.
    sockets: BTreeSet<u32>,
    dies: BTreeSet<(u32, u32)>,
    cores: BTreeSet<(u32, u32, u32)>,
    /// The host's model and vendor, by libvirt.
    model: Option<String>,
}

impl Topology {
    fn host(&mut self, root: Node<'_, '_>, mistakes: &mut Mistakes<'_>) {
        if !root.has_tag_name("capabilities") {
            let found = quoted(root.tag_name().name());
            let line = xml::line_of(root, mistakes);
            mistakes.wrong(line, format_args!("expected `<capabilities>`, found {found}"));
            return;
        }
        let host = child(root, "host");
        let cpu = host.and_then(|host| child(host, "cpu"));
        let word = |name| cpu.and_then(|cpu| child(cpu, name)).and_then(|node| node.text()).map(str::trim);
        if let Some(arch) = word("arch").filter(|arch| !matches!(*arch, "x86_64" | "i686")) {
            let line = cpu.and_then(|cpu| xml::line_of(cpu, mistakes));
            mistakes.wrong(line, format_args!("the host is of {}: topoc is for x86", quoted(arch)));
            return;
        }
        self.model = word("model").map(str::to_owned);
        let cells =
            host.and_then(|host| child(host, "topology")).and_then(|topology| child(topology, "cells"));
        let Some(cells) = cells else {
            let line = xml::line_of(root, mistakes);
            mistakes.wrong(line, "no `<host><topology><cells>`: this libvirt did not see the host's nodes");
            return;
        };
        counted(cells, "cell", mistakes);
        for cell in elements(cells, "cell") {
            if self.nodes.len() >= MOST_NODES {
                mistakes.wrong(xml::line_of(cell, mistakes), format_args!("more than {MOST_NODES} nodes"));
                break;
            }
            self.cell(cell, mistakes);
        }
    }

    fn cell(&mut self, cell: Node<'_, '_>, mistakes: &mut Mistakes<'_>) {
        let Some(id) = number(cell, "id", mistakes) else { return };
        if self.nodes.iter().any(|node| node.id == id) {
            mistakes.wrong(xml::line_of(cell, mistakes), format_args!("cell {id} stands twice"));
            return;
        }
        let memory = child(cell, "memory").and_then(|memory| bytes(memory, mistakes));
        let mut cpus = Vec::new();
        if let Some(list) = child(cell, "cpus") {
            counted(list, "cpu", mistakes);
            for cpu in elements(list, "cpu") {
                cpus.extend(self.cpu(cpu, mistakes));
            }
        }
        let mut distances = BTreeMap::new();
        for sibling in child(cell, "distances").into_iter().flat_map(|list| elements(list, "sibling")) {
            let pair = (number(sibling, "id", mistakes), number(sibling, "value", mistakes));
            if let (Some(to), Some(value)) = pair {
                distances.insert(to, value);
            }
        }
        self.nodes.push(NumaNode { id, cpus: cpus.into_iter().collect(), memory });
        self.distances.push(distances);
    }

    /// One CPU of a node; an offline one has no more than its number.
    fn cpu(&mut self, cpu: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<u32> {
        let id = number(cpu, "id", mistakes)?;
        let line = xml::line_of(cpu, mistakes);
        if id >= CPUS_END {
            mistakes.wrong(line, format_args!("CPU {id}: CPUs are numbered from 0 to {}", CPUS_END - 1));
            return None;
        }
        if !self.cpus.insert(id) {
            mistakes.wrong(line, format_args!("CPU {id} is in a cell already"));
            return None;
        }
        if cpu.has_attribute("socket_id") {
            let socket = number(cpu, "socket_id", mistakes)?;
            let die = if cpu.has_attribute("die_id") { number(cpu, "die_id", mistakes)? } else { 0 };
            let core = number(cpu, "core_id", mistakes)?;
            self.sockets.insert(socket);
            self.dies.insert((socket, die));
            self.cores.insert((socket, die, core));
        }
        Some(id)
    }

    fn into(self, raw: &mut Raw) {
        if self.nodes.is_empty() {
            return;
        }
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let mut note = format!("by libvirt {}", count(self.cpus.len(), "CPU"));
        if !self.cores.is_empty() {
            note = format!(
                "by libvirt {}, {}, {}, {}",
                count(self.sockets.len(), "socket"),
                count(self.dies.len(), "die"),
                count(self.cores.len(), "core"),
                count(self.cpus.len(), "CPU")
            );
        }
        if let Some(model) = &self.model {
            note.push_str(&format!(", of model {}", quoted(model)));
        }
        raw.notes.push(note);
        let row = |row: &BTreeMap<u32, u32>| -> Option<Vec<u32>> {
            self.nodes.iter().map(|node| row.get(&node.id).copied()).collect()
        };
        let distances: Option<Vec<Vec<u32>>> = self.distances.iter().map(row).collect();
        if distances.is_none() && self.distances.iter().any(|row| !row.is_empty()) {
            raw.notes.push("distances left out: not every cell has one to every other".to_owned());
        }
        raw.numa = Some(NumaPart { nodes: self.nodes, distances: distances.unwrap_or_default() });
    }
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

fn elements<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// Holds `num` to the elements that are there: a document that was cut out of another is told by it.
fn counted(list: Node<'_, '_>, name: &'static str, mistakes: &mut Mistakes<'_>) {
    let there = elements(list, name).count();
    if let Some(num) = list.attribute("num").filter(|num| num.parse() != Ok(there)) {
        let line = xml::line_of(list, mistakes);
        mistakes.wrong(line, format_args!("num is {}, but there are {there} `<{name}>`", quoted(num)));
    }
}

/// A decimal attribute.
fn number(node: Node<'_, '_>, name: &str, mistakes: &mut Mistakes<'_>) -> Option<u32> {
    let text = node.attribute(name);
    let is_decimal = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.filter(is_decimal).and_then(|text| text.parse().ok());
    if value.is_none() {
        let found = text.map_or("nothing".to_owned(), quoted);
        let (line, tag) = (xml::line_of(node, mistakes), node.tag_name().name());
        mistakes.wrong(line, format_args!("{name} of `<{tag}>` is {found}: expected a number"));
    }
    value
}

/// `<memory unit='KiB'>65842280</memory>` in bytes. KiB is libvirt's unit where none is written.
fn bytes(memory: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<u64> {
    let unit = memory.attribute("unit").unwrap_or("KiB");
    let factor: Option<u64> = match unit {
        "b" | "bytes" => Some(1),
        "KB" => Some(1_000),
        "k" | "KiB" => Some(1 << 10),
        "MB" => Some(1_000_000),
        "M" | "MiB" => Some(1 << 20),
        "GB" => Some(1_000_000_000),
        "G" | "GiB" => Some(1 << 30),
        "TB" => Some(1_000_000_000_000),
        "T" | "TiB" => Some(1 << 40),
        _ => None,
    };
    let text = memory.text().unwrap_or_default().trim();
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value: Option<u64> = Some(text).filter(|_| is_decimal).and_then(|text| text.parse().ok());
    let total = value.zip(factor).and_then(|(value, factor)| value.checked_mul(factor));
    if total.is_none() {
        let line = xml::line_of(memory, mistakes);
        let (text, unit) = (quoted(text), quoted(unit));
        mistakes.wrong(
            line,
            format_args!("memory is {text} {unit}: expected a number of KiB, MiB, GiB or bytes"),
        );
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<capabilities>
  <host>
    <uuid>0</uuid>
    <cpu><arch>x86_64</arch><model>Skylake-Server</model><vendor>Intel</vendor></cpu>
    <topology>
      <cells num='2'>
        <cell id='0'>
          <memory unit='KiB'>65842280</memory>
          <pages unit='KiB' size='4'>16460570</pages>
          <distances>
            <sibling id='0' value='10'/>
            <sibling id='2' value='21'/>
          </distances>
          <cpus num='3'>
            <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0,4'/>
            <cpu id='4' socket_id='0' die_id='0' core_id='0' siblings='0,4'/>
            <cpu id='5'/>
          </cpus>
        </cell>
        <cell id='2'>
          <memory unit='GiB'>64</memory>
          <distances><sibling id='0' value='21'/><sibling id='2' value='10'/></distances>
          <cpus num='1'><cpu id='1' socket_id='1' die_id='0' core_id='0' siblings='1'/></cpus>
        </cell>
      </cells>
      <cache><bank id='0' level='3' type='both' size='24' unit='MiB' cpus='0,4'/></cache>
    </topology>
  </host>
  <guest/>
</capabilities>
";

    fn of(text: &str) -> (Raw, Vec<String>) {
        let raw = read(&[File { name: "caps.xml", bytes: text.as_bytes() }]);
        let told = raw.mistakes.iter().map(|m| format!("{}: {}", m.line.unwrap_or(0), m.message)).collect();
        (raw, told)
    }

    #[test]
    fn nodes_are_read_with_all_that_they_have() {
        assert!(looks_like(&[File { name: "caps.xml", bytes: GOOD.as_bytes() }]));
        let (raw, told) = of(GOOD);
        assert_eq!(told, Vec::<String>::new());
        let numa = raw.numa.unwrap();
        let nodes: Vec<_> = numa.nodes.iter().map(|n| (n.id, n.cpus.to_string(), n.memory)).collect();
        assert_eq!(
            nodes,
            [(0, "0,4-5".to_owned(), Some(65_842_280 << 10)), (2, "1".to_owned(), Some(64 << 30))]
        );
        assert_eq!(numa.distances, [[10, 21], [21, 10]]);
        assert_eq!(raw.notes, ["by libvirt 2 sockets, 2 dies, 2 cores, 4 CPUs, of model `Skylake-Server`"]);
        assert!(raw.cpus.is_empty() && raw.kvm.is_none());
    }

    #[test]
    fn all_mistakes_are_told_by_line() {
        let bad = GOOD
            .replace("<cells num='2'>", "<cells num='3'>")
            .replace("<memory unit='GiB'>64", "<memory unit='pages'>64")
            .replace("<cpu id='5'/>", "<cpu id='x'/>")
            .replace("<cpu id='1' ", "<cpu id='4' ")
            .replace("<sibling id='2' value='21'/>", "<sibling id='2'/>");
        let (raw, told) = of(&bad);
        assert_eq!(
            told,
            [
                "6: num is `3`, but there are 2 `<cell>`",
                "17: id of `<cpu>` is `x`: expected a number",
                "12: value of `<sibling>` is nothing: expected a number",
                "21: memory is `64` `pages`: expected a number of KiB, MiB, GiB or bytes",
                "23: CPU 4 is in a cell already",
            ]
        );
        assert!(raw.numa.unwrap().distances.is_empty());
        assert_eq!(raw.notes[1], "distances left out: not every cell has one to every other");
    }

    #[test]
    fn what_has_no_nodes_is_refused_with_the_reason() {
        assert_eq!(
            of("<capabilities><host/></capabilities>").1,
            ["1: no `<host><topology><cells>`: this libvirt did not see the host's nodes"]
        );
        let arm = "<capabilities><host><cpu><arch>aarch64</arch></cpu></host></capabilities>";
        assert_eq!(of(arm).1, ["1: the host is of `aarch64`: topoc is for x86"]);
        assert_eq!(of("<domain/>").1, ["1: expected `<capabilities>`, found `domain`"]);
        let (raw, told) = of(&GOOD.replace("<cell id='2'>", "<cell id='0'>"));
        assert_eq!((told, raw.numa.unwrap().nodes.len()), (vec!["20: cell 0 stands twice".to_owned()], 1));
        let far = GOOD.replace("<cpu id='5'/>", "<cpu id='65536'/>");
        assert_eq!(of(&far).1, ["17: CPU 65536: CPUs are numbered from 0 to 65535"]);
    }
}
