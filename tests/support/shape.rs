//! Plain Intel machines of any size, by the rules of the SDM: sockets of cores of threads, an L3 per socket.

use topoc::decode::Answers;

use super::Answer;

/// One capture per vCPU, threads first.
pub fn intel(sockets: u32, cores: u32, threads: u32) -> Vec<Answers> {
    let bits = |n: u32| n.next_power_of_two().trailing_zeros();
    let core_shift = bits(threads);
    let package_shift = core_shift + bits(cores);
    let mut tables = Vec::new();
    for socket in 0..sockets {
        for core in 0..cores {
            for thread in 0..threads {
                let id = socket << package_shift | core << core_shift | thread;
                tables.push(Answers::from_entries(table(
                    id,
                    core_shift,
                    package_shift,
                    [threads, cores * threads],
                )));
            }
        }
    }
    tables
}

fn table(id: u32, core: u32, package: u32, counts: [u32; 2]) -> Vec<Answer> {
    let is_multi = u32::from(package > 0);
    let ids = (1 << package).min(255) * is_multi;
    let core_ids = ((1 << (package - core)) - 1).min(63);
    let cache = |shift: u32, kind: u32, ways: u32, sets: u32| {
        let share: u32 = (1 << shift) - 1;
        [core_ids << 26 | share.min(4095) << 14 | kind, (ways - 1) << 22 | 63, sets - 1, 0]
    };
    let mut table = vec![
        (0, None, [0x1F, 0x756E_6547, 0x6C65_746E, 0x4965_6E69]),
        (1, None, [0x806F8, (id & 0xFF) << 24 | ids << 16 | 0x800, 0, is_multi << 28]),
        (4, Some(0), cache(core, 0x121, 12, 64)),
        (4, Some(1), cache(core, 0x122, 8, 64)),
        (4, Some(2), cache(core, 0x143, 16, 2048)),
        (4, Some(3), cache(package, 0x163, 16, 32768)),
    ];
    for leaf in [0xB, 0x1F] {
        table.push((leaf, Some(0), [core, counts[0], 0x100, id]));
        table.push((leaf, Some(1), [package, counts[1], 0x201, id]));
        table.push((leaf, Some(2), [0, 0, 2, id]));
    }
    table
}

/// A Zen machine: counts per parent, and whether it has leaf 80000026H.
#[derive(Clone, Copy, Debug)]
pub struct Zen {
    pub sockets: u32,
    /// 1, 2, 4 or 8
    pub nodes: u32,
    pub dies: u32,
    pub complexes: u32,
    pub cores: u32,
    pub threads: u32,
    pub has_26: bool,
}

impl Zen {
    /// One capture per vCPU, threads first. The node's bits lie at the top of the package's field.
    pub fn tables(self) -> Vec<Answers> {
        let bits = |n: u32| n.next_power_of_two().trailing_zeros();
        let fields = [self.threads, self.cores, self.complexes, self.dies, self.nodes, self.sockets];
        let mut shifts = [0; 6];
        for at in 1..6 {
            shifts[at] = shifts[at - 1] + bits(fields[at - 1]);
        }
        let mut tables = Vec::new();
        for vcpu in 0..fields.iter().product() {
            let mut rest = vcpu;
            let mut id = 0;
            let mut place = [0; 6];
            for at in 0..6 {
                place[at] = rest % fields[at];
                id |= place[at] << shifts[at];
                rest /= fields[at];
            }
            tables.push(Answers::from_entries(self.table(id, shifts, place[5] * self.nodes + place[4])));
        }
        tables
    }

    fn table(self, id: u32, shifts: [u32; 6], node: u32) -> Vec<Answer> {
        let [_, core, complex, die, _, package] = shifts;
        let in_complex = self.cores * self.threads;
        let in_die = in_complex * self.complexes;
        let in_package = in_die * self.dies * self.nodes;
        let l3s = self.complexes * self.dies * self.nodes;
        let is_multi = u32::from(in_package > 1);
        let vendor = [0x6874_7541, 0x444D_4163, 0x6974_6E65];
        let eax = if self.has_26 { 0x00A1_0F11 } else { 0x0083_0F10 };
        let max_extended = if self.has_26 { 0x8000_0026 } else { 0x8000_0020 };
        let cache = |shift: u32, kind: u32, ways: u32, sets: u32| {
            [((1 << shift) - 1) << 14 | kind, (ways - 1) << 22 | 63, sets - 1, 0]
        };
        let core_id = ((id & ((1 << package) - 1)) >> core) & 0xFF;
        let l3_code = if l3s > 1 { 9 } else { 8 };
        let mut table = vec![
            (0, None, [0x10, vendor[0], vendor[1], vendor[2]]),
            (1, None, [eax, (id & 0xFF) << 24 | in_package.min(255) << 16 | 0x800, 0, is_multi << 28]),
            (0xB, Some(0), [core, self.threads, 0x100, id]),
            (0xB, Some(1), [package, in_package, 0x201, id]),
            (0xB, Some(2), [0, 0, 2, id]),
            (0x8000_0000, None, [max_extended, vendor[0], vendor[1], vendor[2]]),
            (0x8000_0001, None, [eax, 0, 1 << 22 | is_multi << 1, 0]),
            (0x8000_0005, None, [0, 0, 0x2008_0140, 0x2008_0140]),
            (0x8000_0006, None, [0, 0, 0x0200_6140, (32 * l3s) << 18 | l3_code << 12 | 0x140]),
            (0x8000_0008, None, [0x3030, 0, package << 12 | (in_package.min(256) - 1), 0]),
            (0x8000_001D, Some(0), cache(core, 0x121, 8, 64)),
            (0x8000_001D, Some(1), cache(core, 0x122, 8, 64)),
            (0x8000_001D, Some(2), cache(core, 0x143, 8, 1024)),
            (0x8000_001D, Some(3), cache(complex, 0x163, 16, 16384)),
            (0x8000_001D, Some(4), [0; 4]),
            (
                0x8000_001E,
                None,
                [id, (self.threads - 1) << 8 | core_id, (self.nodes - 1) << 8 | node & 0xFF, 0],
            ),
        ];
        if self.has_26 {
            let rows = [(core, self.threads), (complex, in_complex), (die, in_die), (package, in_package)];
            for (at, (shift, count)) in (0..).zip(rows) {
                table.push((0x8000_0026, Some(at), [shift, count, (at + 1) << 8 | at, id]));
            }
            table.push((0x8000_0026, Some(4), [0, 0, 4, id]));
        }
        table
    }
}
