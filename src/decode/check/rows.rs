//! The extended topology leaves: each by itself, then against each other.

use super::{View, coordinate};
use crate::decode::bits::{bits, power};
use crate::decode::domain::Domain;
use crate::decode::finding::FindingKind;
use crate::decode::rows::{LEAF_1F, LEAF_26, LEAF_B, MAX_ROWS, Row};

pub(super) fn check(view: &mut View<'_>) {
    presence(view);
    for leaf in [LEAF_B, LEAF_1F, LEAF_26] {
        if !view.ground.reads(leaf) {
            continue;
        }
        let rows: Vec<Row> = view.cpu.rows_of(leaf).copied().collect();
        unreachable(view, leaf, rows.len());
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            types(view, &rows, first);
            order(view, &rows);
            counts(view, &rows, first);
            rows.iter().for_each(|row| reserved(view, row));
            terminator(view, last);
        }
    }
    agreement(view);
}

/// A leaf that the maximum reaches is valid on Intel, and 1FH is on Intel alone.
fn presence(view: &mut View<'_>) {
    let empty = |leaf| view.ground.max_basic >= leaf && view.cpu.rows_of(leaf).next().is_none();
    let [is_b_empty, is_1f_empty] = [LEAF_B, LEAF_1F].map(empty);
    if view.ground.vendor.is_amd_like() {
        if view.cpu.rows_of(LEAF_1F).next().is_some() {
            view.say(
                FindingKind::Leaf1fOnAmd,
                "CPUID.(EAX=1FH) is valid, but AMD processors have 80000026H in its place".to_owned(),
            );
        }
        if view.ground.max_extended >= LEAF_26 && view.cpu.rows_of(LEAF_26).next().is_none() {
            view.say(
                FindingKind::FirstRow,
                "CPUID.(EAX=80000000H):EAX reaches 80000026H, but CPUID.(EAX=80000026H,ECX=0) has no type or no threads".to_owned(),
            );
        }
        return;
    }
    let maximum = view.ground.max_basic;
    if is_b_empty {
        view.say(
            FindingKind::FirstRow,
            format!(
                "CPUID.(EAX=00H):EAX is {maximum:#x}, but CPUID.(EAX=0BH,ECX=0) has no type or no threads"
            ),
        );
    }
    if is_1f_empty {
        view.say(
            FindingKind::Leaf1fEmpty,
            format!(
                "CPUID.(EAX=00H):EAX is {maximum:#x}, but CPUID.(EAX=1FH,ECX=0) has no type or no threads"
            ),
        );
    }
}

/// Types known, the innermost first, the required ones there.
fn types(view: &mut View<'_>, rows: &[Row], first: &Row) {
    if first.kind != 1 {
        let at = coordinate(first.leaf, Some(0));
        view.say(FindingKind::FirstRow, format!("{at}:ECX[15:8] is {}, not 1", first.kind));
    }
    for row in rows.iter().filter(|row| row.domain().is_none()) {
        let at = coordinate(row.leaf, Some(row.subleaf));
        view.say(
            FindingKind::DomainTypeUnknown,
            format!("{at}:ECX[15:8] is {}, a type that the leaf does not have", row.kind),
        );
    }
    let required = if first.leaf == LEAF_26 { Domain::Package } else { Domain::Core };
    if !rows.iter().any(|row| row.domain() == Some(required)) {
        let at = coordinate(first.leaf, None);
        view.say(FindingKind::RowMissing, format!("{at} has no subleaf of type {}", required.name()));
    }
}

/// Types and shifts rise from row to row.
fn order(view: &mut View<'_>, rows: &[Row]) {
    for pair in rows.windows(2) {
        let [inner, outer] = pair else { continue };
        let at = coordinate(outer.leaf, Some(outer.subleaf));
        if outer.kind <= inner.kind {
            view.say(
                FindingKind::DomainOrder,
                format!("{at}:ECX[15:8] is {}, after {} in the subleaf before", outer.kind, inner.kind),
            );
        }
        if outer.shift < inner.shift {
            view.say(
                FindingKind::ShiftDecreases,
                format!("{at}:EAX[4:0] is {}, less than {} in the subleaf before", outer.shift, inner.shift),
            );
        }
        if outer.count < inner.count {
            view.say(
                FindingKind::CountImplausible,
                format!("{at}:EBX[15:0] is {}, less than {} in the subleaf before", outer.count, inner.count),
            );
        }
    }
}

/// No more threads than IDs.
fn counts(view: &mut View<'_>, rows: &[Row], first: &Row) {
    if first.shift == 0 && first.count > 1 {
        let at = coordinate(first.leaf, Some(0));
        view.say(
            FindingKind::ThreadsWithoutBit,
            format!("{at}:EBX[15:0] counts {} threads, but EAX[4:0] is 0", first.count),
        );
    }
    for row in rows.iter().filter(|row| row.count > power(row.shift)) {
        let at = coordinate(row.leaf, Some(row.subleaf));
        view.say(
            FindingKind::CountImplausible,
            format!("{at}:EBX[15:0] counts {} threads, but EAX[4:0] is {}", row.count, row.shift),
        );
    }
}

/// `ECX[7:0]` echoes the subleaf, and what the manuals reserve is zero.
fn reserved(view: &mut View<'_>, row: &Row) {
    let [eax, ebx, ecx, _] = row.registers;
    let at = coordinate(row.leaf, Some(row.subleaf));
    if bits(ecx, 7, 0) != row.subleaf & 0xFF {
        view.say(FindingKind::SubleafEcho, format!("{at}:ECX[7:0] is {}", bits(ecx, 7, 0)));
    }
    let amd = row.leaf == LEAF_26;
    let eax = if amd { bits(eax, 28, 5) } else { bits(eax, 31, 5) };
    // 80000026H keeps ranking, native model and core type in EBX[31:16] of subleaf 0 alone (APM Vol. 3).
    let ebx = if amd && row.subleaf == 0 { 0 } else { bits(ebx, 31, 16) };
    if eax | ebx | bits(ecx, 31, 16) != 0 {
        view.say(FindingKind::ReservedBits, format!("{at} has reserved bits set in EAX, EBX or ECX"));
    }
}

/// Readers stop at the first subleaf without type or threads: what stands behind it is never read.
fn unreachable(view: &mut View<'_>, leaf: u32, rows: usize) {
    let maximum = if leaf < 0x8000_0000 { view.ground.max_basic } else { view.ground.max_extended };
    if maximum < leaf {
        return;
    }
    let end = u32::try_from(rows).unwrap_or(MAX_ROWS);
    let answers = view.ground.answers;
    for entry in answers.entries().iter().filter(|entry| entry.leaf == leaf) {
        let [_, ebx, ecx, _] = entry.registers;
        let (kind, count) = (bits(ecx, 15, 8), bits(ebx, 15, 0));
        if let Some(subleaf) = entry.subleaf.filter(|subleaf| *subleaf > end && kind != 0 && count != 0) {
            let (at, end) = (coordinate(leaf, Some(subleaf)), coordinate(leaf, Some(end)));
            view.say(
                FindingKind::RowUnreachable,
                format!("{at}:ECX[15:8] is {kind}, but {end} ends the leaf before it"),
            );
        }
    }
}

/// A subleaf of type 0 after the last one.
fn terminator(view: &mut View<'_>, last: &Row) {
    let next = last.subleaf + 1;
    let at = coordinate(last.leaf, Some(next));
    if next == MAX_ROWS {
        view.say(FindingKind::NoTerminator, format!("{} has no last subleaf", coordinate(last.leaf, None)));
        return;
    }
    let is_there = view.ground.answers.has(last.leaf, next);
    if view.ground.answers.is_blob() && !is_there {
        view.say(FindingKind::NoTerminator, format!("{at} is not in the table: no subleaf ends the leaf"));
        return;
    }
    let [eax, ebx, ecx, _] = view.get(last.leaf, next);
    if is_there && (eax | ebx != 0 || ecx != next & 0xFF) {
        view.say(
            FindingKind::NoTerminator,
            format!("{at} is {eax:#x} {ebx:#x} {ecx:#x}: the subleaf after the last holds its own number in ECX and nothing else"),
        );
    }
}

/// The leaves lead to the same core and the same package.
fn agreement(view: &mut View<'_>) {
    let leaves: Vec<u32> =
        [LEAF_B, LEAF_1F, LEAF_26].into_iter().filter(|&leaf| view.ground.reads(leaf)).collect();
    let first = |leaf| view.cpu.rows_of(leaf).next().copied();
    let last = |leaf| view.cpu.rows_of(leaf).next_back().copied();
    let [oldest, newest] = leaves.as_slice() else { return };
    if let (Some(a), Some(b)) = (last(*oldest), last(*newest)) {
        let (at_a, at_b) = (coordinate(a.leaf, Some(a.subleaf)), coordinate(b.leaf, Some(b.subleaf)));
        if a.shift != b.shift {
            view.say(
                FindingKind::PackageShiftDiffers,
                format!("{at_a}:EAX[4:0] is {}, but {at_b}:EAX[4:0] is {}", a.shift, b.shift),
            );
        }
        if a.count != b.count {
            view.say(
                FindingKind::CountImplausible,
                format!("{at_a}:EBX[15:0] is {}, but {at_b}:EBX[15:0] is {}", a.count, b.count),
            );
        }
    }
    if let (Some(a), Some(b)) = (first(*oldest), first(*newest)) {
        let (at_a, at_b) = (coordinate(a.leaf, Some(0)), coordinate(b.leaf, Some(0)));
        if a.shift != b.shift {
            view.say(
                FindingKind::CoreShiftDiffers,
                format!("{at_a}:EAX[4:0] is {}, but {at_b}:EAX[4:0] is {}", a.shift, b.shift),
            );
        }
        if a.count != b.count {
            view.say(
                FindingKind::ThreadsPerCore,
                format!("{at_a}:EBX[15:0] is {}, but {at_b}:EBX[15:0] is {}", a.count, b.count),
            );
        }
    }
}
