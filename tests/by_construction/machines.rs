//! Random machines of every vendor, compiled, and their tables as raw words.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use topoc::{CompileError, HostProfile, decode};

use crate::support::{examples, golden_host::host_of};

/// One `struct kvm_cpuid_entry2`: function, index, flags, EAX, EBX, ECX, EDX, padding.
pub type Entry = [u32; 10];

/// `KVM_CPUID_FLAG_SIGNIFCANT_INDEX`.
const INDEXED: u32 = 1;

/// A valid row of a topology leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub shift: u32,
    pub count: u32,
    pub kind: u32,
}

/// Who makes the processor, as far as leaves differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    Intel,
    /// AMD and Hygon.
    Amd,
    /// Zhaoxin and Centaur.
    Centaur,
}

/// A compiled machine.
#[derive(Clone)]
pub struct Machine {
    /// The spec and the host, for messages.
    pub name: String,
    pub maker: Maker,
    /// Family of leaf 1.
    pub family: u32,
    /// Whether parts are unlike, so that counts and caches may be.
    pub is_uneven: bool,
    pub tables: Vec<Vec<Entry>>,
    /// What the VMM is told to pass to KVM_CREATE_VCPU.
    pub ids: Vec<u32>,
    /// The node of each vCPU, as the manifest says.
    pub nodes: Vec<Option<u32>>,
    /// The numbers of the manifest's nodes.
    pub node_numbers: Vec<u32>,
    pub host: &'static HostProfile,
}

impl Machine {
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// The registers of a leaf; zeros where there is none.
    pub fn get(&self, vcpu: usize, leaf: u32, subleaf: u32) -> [u32; 4] {
        self.entry(vcpu, leaf, subleaf).map_or([0; 4], |entry| [entry[3], entry[4], entry[5], entry[6]])
    }

    pub fn entry(&self, vcpu: usize, leaf: u32, subleaf: u32) -> Option<&Entry> {
        let is_it = |e: &&Entry| e[0] == leaf && (e[2] & INDEXED == 0 || e[1] == subleaf);
        self.tables[vcpu].iter().find(is_it)
    }

    pub fn has(&self, vcpu: usize, leaf: u32) -> bool {
        self.tables[vcpu].iter().any(|entry| entry[0] == leaf)
    }

    /// The rows of a topology leaf up to the first without a type or threads.
    pub fn rows(&self, vcpu: usize, leaf: u32) -> Vec<Row> {
        (0..32)
            .map(|subleaf| self.get(vcpu, leaf, subleaf))
            .take_while(|[_, ebx, ecx, _]| ecx >> 8 & 0xff != 0 && ebx & 0xffff != 0)
            .map(|[eax, ebx, ecx, _]| Row { shift: eax & 0x1f, count: ebx & 0xffff, kind: ecx >> 8 & 0xff })
            .collect()
    }

    /// The registers of the caches of the leaf that lists them.
    pub fn caches(&self, vcpu: usize) -> Vec<[u32; 4]> {
        let leaf = self.cache_leaf();
        (0..32).map(|n| self.get(vcpu, leaf, n)).take_while(|words| words[0] & 0x1f != 0).collect()
    }

    pub fn cache_leaf(&self) -> u32 {
        if self.maker == Maker::Amd { 0x8000_001d } else { 4 }
    }

    /// Whether a thread is a core, and 80000008H says the package.
    pub fn is_before_zen(&self) -> bool {
        self.maker == Maker::Amd && self.family < 0x17
    }

    pub fn core_shift(&self, vcpu: usize) -> u32 {
        self.rows(vcpu, 0xb).first().map_or(0, |row| row.shift)
    }

    pub fn package_shift(&self, vcpu: usize) -> u32 {
        match self.rows(vcpu, 0xb).last() {
            Some(row) => row.shift,
            None => self.get(vcpu, 0x8000_0008, 0)[2] >> 12 & 0xf,
        }
    }

    /// How many vCPUs share the ID's bits from this one on.
    pub fn population(&self, vcpu: usize, shift: u32) -> u32 {
        let near = |id: &&u32| u64::from(**id) >> shift == u64::from(self.ids[vcpu]) >> shift;
        u32::try_from(self.ids.iter().filter(near).count()).unwrap()
    }

    pub fn in_package(&self, vcpu: usize) -> u32 {
        self.population(vcpu, self.package_shift(vcpu))
    }

    // What breaches are made of.

    /// Changes one register of one table: EAX is 0.
    pub fn change(&mut self, vcpu: usize, at: (u32, u32), register: usize, to: impl Fn(u32) -> u32) {
        let is_it = |e: &&mut Entry| e[0] == at.0 && (e[2] & INDEXED == 0 || e[1] == at.1);
        let entry = self.tables[vcpu].iter_mut().find(is_it).unwrap_or_else(|| panic!("no {at:x?}"));
        entry[3 + register] = to(entry[3 + register]);
    }

    /// The same in every table.
    pub fn change_all(&mut self, at: (u32, u32), register: usize, to: impl Fn(u32) -> u32) {
        (0..self.len()).for_each(|vcpu| self.change(vcpu, at, register, &to));
    }

    /// Drops entries of every table.
    pub fn drop_all(&mut self, is_it: impl Fn(&Entry) -> bool) {
        self.tables.iter_mut().for_each(|table| table.retain(|entry| !is_it(entry)));
    }

    /// Adds an entry to every table.
    pub fn add_all(&mut self, entry: Entry) {
        self.tables.iter_mut().for_each(|table| table.push(entry));
    }

    /// The blobs again.
    pub fn blobs(&self) -> Vec<Vec<u8>> {
        let blob = |table: &Vec<Entry>| {
            let head = [u32::try_from(table.len()).unwrap(), 0];
            head.iter().chain(table.iter().flatten()).flat_map(|word| word.to_le_bytes()).collect()
        };
        self.tables.iter().map(blob).collect()
    }

    /// What the decoder says of the tables: the kinds of its findings, or `None` where it refuses the bytes.
    pub fn findings(&self) -> Option<Vec<&'static str>> {
        let read: Result<Vec<_>, _> =
            self.blobs().iter().map(|blob| decode::Answers::from_blob(blob)).collect();
        let mut kinds: Vec<_> =
            decode::machine(&read.ok()?).findings.iter().map(|found| found.kind.name()).collect();
        kinds.dedup();
        Some(kinds)
    }
}

/// An entry without an index.
pub fn plain(leaf: u32, words: [u32; 4]) -> Entry {
    [leaf, 0, 0, words[0], words[1], words[2], words[3], 0, 0, 0]
}

/// The hosts by name.
static HOSTS: LazyLock<BTreeMap<&str, HostProfile>> = LazyLock::new(|| {
    let golden = ["G3", "G9", "G13", "G14"].map(|name| (name, host_of(name)));
    let shipped = [
        "two-socket-intel-xeon-8480plus",
        "two-socket-hygon-c86-7185",
        "two-socket-zhaoxin-kh-40000",
        "one-socket-centaur-zx-d-4600",
        "two-socket-amd-opteron-6274",
        "two-socket-amd-opteron-6164he",
        "two-socket-amd-epyc-9654",
    ]
    .map(|name| (name, examples::host(name)));
    golden.into_iter().chain(shipped).collect()
});

/// Compiles a spec; `None` where a rule refuses it.
pub fn compile(host_name: &'static str, spec: &str) -> Option<Machine> {
    let host = &HOSTS[host_name];
    let text = format!("version: 1\nhost: {{ fidelity: none }}\nvmm: {{ x2apic_at_boot: true }}\n{spec}\n");
    let parsed =
        topoc::spec::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}{:?}", e.diagnostics()));
    let compiled = match topoc::compile(parsed.spec(), host) {
        Ok(compiled) => compiled,
        Err(CompileError::Refused(_)) => return None,
        Err(error) => panic!("{host_name}: {spec}: {error}"),
    };
    let words = |blob: &Vec<u8>| {
        let words: Vec<u32> =
            blob.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
        let entries: Vec<Entry> =
            words[2..].chunks_exact(10).map(|entry| entry.try_into().unwrap()).collect();
        assert_eq!((words[0], words[1]), (u32::try_from(entries.len()).unwrap(), 0), "nent and padding");
        entries
    };
    let tables: Vec<Vec<Entry>> = compiled.blobs().iter().map(words).collect();
    let manifest = compiled.manifest();
    let mut machine = Machine {
        name: format!("{spec} on {host_name}"),
        maker: Maker::Intel,
        family: 0,
        is_uneven: spec.contains("parts"),
        tables,
        ids: manifest.vcpus.iter().map(|vcpu| vcpu.vcpu_id).collect(),
        nodes: manifest.vcpus.iter().map(|vcpu| vcpu.node).collect(),
        node_numbers: manifest.nodes.iter().map(|node| node.node).collect(),
        host,
    };
    machine.maker = match &machine.get(0, 0, 0)[1].to_le_bytes() {
        b"Genu" => Maker::Intel,
        b"Auth" | b"Hygo" => Maker::Amd,
        b"Cent" | b"  Sh" => Maker::Centaur,
        other => panic!("{other:?}"),
    };
    let signature = machine.get(0, 1, 0)[0];
    let base = signature >> 8 & 0xf;
    machine.family = if base == 0xf { base + (signature >> 20 & 0xff) } else { base };
    Some(machine)
}

/// Numbers that are the same on each run: a failure names its spec, and stays.
struct Random(u64);

impl Random {
    /// A number below `end`. Knuth's MMIX generator; the high bits are the good ones.
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(end)).unwrap()
    }

    fn count(&mut self, most: u32) -> u32 {
        1 + self.below(most)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(u32::try_from(of.len()).unwrap())).unwrap()]
    }
}

/// A random spec that this host is likely to take.
fn spec(host: &str, random: &mut Random) -> String {
    let smt = random.one(&[1, 2, 2]);
    let levels: &[&str] = match host {
        "G3" | "two-socket-intel-xeon-8480plus" => &["sockets", "die_groups", "dies", "tiles", "modules"],
        "G9" => &["modules"],
        "G13" | "two-socket-amd-epyc-9654" | "two-socket-zhaoxin-kh-40000" => {
            &["sockets", "dies", "complexes"]
        }
        "G14" | "two-socket-hygon-c86-7185" => &["sockets", "complexes"],
        "one-socket-centaur-zx-d-4600" => &["sockets", "modules"],
        _ => &["sockets"],
    };
    let before_zen = host.contains("opteron");
    let mut counts = String::new();
    for level in levels {
        if random.below(2) == 0 {
            write!(counts, "{level}: {}, ", random.count(3)).unwrap();
        }
    }
    let (cores, more) = (random.count(7), random.count(7));
    let topology = match (host, random.below(4)) {
        ("G9" | "two-socket-intel-xeon-8480plus", 0) => format!(
            "topology: {{ parts: [{{ core_type: performance, cores: {cores}, threads: 2 }}, \
             {{ core_type: efficiency, modules: {}, cores: {more} }}] }}",
            random.count(3)
        ),
        ("G3", 0) => format!(
            "topology: {{ sockets: 2, parts: [{{ dies: {}, cores: {cores}, threads: {smt} }}, \
             {{ dies: 1, cores: {more} }}] }}",
            random.count(3)
        ),
        ("G13", 0) => format!(
            "topology: {{ sockets: 2, parts: [{{ complexes: {}, cores: {cores}, threads: 2 }}, \
             {{ complexes: 1, cores: {more}, threads: {smt} }}] }}",
            random.count(3)
        ),
        ("G3", 1) => format!(
            "topology: {{ {counts}cores: {cores}, threads: {smt}, id_bits: {{ core: {} }} }}",
            4 + random.below(3)
        ),
        _ if before_zen => format!("topology: {{ {counts}cores: {cores} }}"),
        _ => format!("topology: {{ {counts}cores: {cores}, threads: {smt} }}"),
    };
    let mut text = topology;
    if !text.contains("parts") {
        match random.below(4) {
            0 => text.push_str("\nnuma: { per: socket, memory: 1GiB }"),
            1 if text.contains("dies: ") => text.push_str("\nnuma: { per: die, memory: 1GiB }"),
            1 | 2 if host == "G13" && text.contains("complexes: 2") => {
                text.push_str("\nnuma: { per: complex }");
            }
            2 if host == "G14" && text.contains("complexes: 2") => text.push_str("\nnuma: { per: complex }"),
            _ => {}
        }
    }
    if host != "G9" && random.below(6) == 0 {
        text.push_str("\ncaches: { l3: { mode: none } }");
    }
    match random.below(5) {
        0 => text.push_str("\ncpu: { model: x86-64-v2, hypervisor: { msi_ext_dest_id: true } }"),
        1 => text.push_str("\ncpu: { disable: [avx], hypervisor: { msi_ext_dest_id: true } }"),
        2 => text.push_str("\ncpu: { migratable: true, hypervisor: { msi_ext_dest_id: true } }"),
        _ => text.push_str("\ncpu: { hypervisor: { msi_ext_dest_id: true } }"),
    }
    text
}

/// The machines: as many for each host as make every shape likely, those refused left out.
pub static MACHINES: LazyLock<Vec<Machine>> = LazyLock::new(|| {
    let mut random = Random(0x0070_6f63);
    let mut machines = Vec::new();
    for &host in HOSTS.keys() {
        let before = machines.len();
        machines.extend((0..32).filter_map(|_| compile(host, &spec(host, &mut random))));
        let taken = machines.len() - before;
        assert!(taken >= 16, "{host}: of 32 specs {taken} compiled");
    }
    machines
});
