//! The ACPI tables that a VMM writes from the manifest: MADT, SRAT and SLIT.
//!
//! Linux takes a table of the initrd in place of the firmware's if its OEM IDs are the same and its revision is
//! higher (drivers/acpi/tables.c). The layouts are ACPI 6.5, chapter 5.2.

use super::guest::Guest;

/// A name in the initrd, and the bytes of a table.
pub type Table = (&'static str, Vec<u8>);

const LOCAL_APIC: u32 = 0xFEE0_0000;
const IO_APIC: u32 = 0xFEC0_0000;

/// All tables of a guest with this many bytes of memory.
pub fn tables(guest: &Guest, memory: u64) -> Vec<Table> {
    let mut tables = vec![("APIC", madt(guest))];
    if !guest.nodes.is_empty() {
        tables.push(("SRAT", srat(guest, memory)));
        tables.push(("SLIT", slit(&guest.distances)));
    }
    tables
}

/// The common header, with the OEM IDs of QEMU's own tables and a later revision.
fn table(signature: &str, revision: u8, body: &[u8]) -> Vec<u8> {
    let length = 36 + u32::try_from(body.len()).unwrap();
    let mut table = signature.as_bytes().to_vec();
    table.extend(length.to_le_bytes());
    table.extend([revision, 0]);
    table.extend(b"BOCHS BXPC    ");
    table.extend(0x7FFF_0001_u32.to_le_bytes());
    table.extend(b"test\x01\0\0\0");
    table.extend(body);
    table[9] = table.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
    table
}

/// Whether an ID fits the 8-bit structures: 255 is xAPIC's broadcast.
fn short(id: u32) -> Option<u8> {
    u8::try_from(id).ok().filter(|id| *id < 255)
}

/// CPUs in order of their indices, which is the order in which Linux numbers them.
fn madt(guest: &Guest) -> Vec<u8> {
    let mut body = [LOCAL_APIC.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    for (index, id) in (0_u32..).zip(&guest.ids) {
        match short(*id) {
            Some(short) => body.extend([0, 8, short, short, 1, 0, 0, 0]),
            None => {
                body.extend([9, 16, 0, 0]);
                [*id, 1, index].iter().for_each(|word| body.extend(word.to_le_bytes()));
            }
        }
    }
    body.extend([1, 12, 0, 0]);
    body.extend([IO_APIC.to_le_bytes(), [0; 4]].concat());
    // The interrupts of QEMU's q35: the timer's is number 2, and 5, 9, 10 and 11 are level-triggered.
    for (irq, global, flags) in [(0, 2, 0), (5, 5, 13), (9, 9, 13), (10, 10, 13), (11, 11, 13)] {
        body.extend([2, 10, 0, irq, global, 0, 0, 0, flags, 0]);
    }
    // LINT1 is every CPU's NMI.
    body.extend([4, 6, 255, 0, 0, 1]);
    table("APIC", 3, &body)
}

fn srat(guest: &Guest, memory: u64) -> Vec<u8> {
    let mut body = [1_u32.to_le_bytes().as_slice(), &[0; 8]].concat();
    for (id, node) in guest.ids.iter().zip(&guest.nodes) {
        match short(*id) {
            Some(id) => {
                let [low, high @ ..] = node.to_le_bytes();
                body.extend([0, 16, low, id, 1, 0, 0, 0, 0]);
                body.extend(high);
                body.extend([0; 4]);
            }
            None => {
                body.extend([2, 24, 0, 0]);
                [*node, *id, 1, 0, 0].iter().for_each(|word| body.extend(word.to_le_bytes()));
            }
        }
    }
    // Equal shares in units of 2 MiB: the nodes' own sizes are no matter of CPUID.
    let count = u64::try_from(guest.distances.len()).unwrap();
    let share = memory / count / (2 << 20) * (2 << 20);
    for (number, node) in (0..count).zip(0_u32..) {
        let size = if number + 1 == count { memory - number * share } else { share };
        body.extend([1, 40]);
        body.extend(node.to_le_bytes());
        body.extend([0; 2]);
        [number * share, size].iter().for_each(|bytes| body.extend(bytes.to_le_bytes()));
        body.extend([[0; 4], [1, 0, 0, 0], [0; 4], [0; 4]].concat());
    }
    table("SRAT", 3, &body)
}

fn slit(distances: &[Vec<u8>]) -> Vec<u8> {
    let mut body = u64::try_from(distances.len()).unwrap().to_le_bytes().to_vec();
    distances.iter().for_each(|row| body.extend(row));
    table("SLIT", 1, &body)
}
