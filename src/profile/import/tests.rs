//! What holds for all importers: each knows its own files alone, and no bytes upset any.

use super::{File, Format};

/// A small file of each form.
const FILES: &[(&str, &str)] = &[
    (
        "firecracker",
        "{\"guest_cpu_config\": {\"cpuid_modifiers\": [{\"leaf\": \"0x0\", \"subleaf\": \"0x0\", \"flags\": 0, \
         \"modifiers\": [{\"register\": \"eax\", \"bitmap\": \"0b00000000000000000000000000000001\"}]}]}}",
    ),
    (
        "libvirt-capabilities",
        "<capabilities><host><topology><cells num='1'><cell id='0'><memory unit='KiB'>4</memory>\
         <distances><sibling id='0' value='10'/></distances><cpus num='1'>\
         <cpu id='0' socket_id='0' core_id='0'/></cpus></cell></cells></topology></host></capabilities>",
    ),
    (
        "libvirt-cpu",
        "<cpudata arch='x86'><cpuid eax_in='0x0' ecx_in='0x0' eax='0x1' ebx='0x2' ecx='0x3' edx='0x4'/></cpudata>",
    ),
    ("propolis", "eax:0 -> 1 2 3 4\neax:7 ecx:0 -> 1 2 3 4\n"),
    ("propolis", "[cpuid]\n\"0\" = [0x1, 0x2, 0x3, 0x4]\n\"7-0\" = [1, 2, 3, 4]\n\"7-\" = [0, 0, 0, 0]\n"),
    (
        "xen",
        "Raw policy: 2 leaves, 0 MSRs\n CPUID:\n  00000000:ffffffff -> 1:2:3:4\n  00000007:0 -> 1:2:3:4\n",
    ),
];

#[test]
fn each_form_is_known_by_its_own_importer_alone() {
    for (name, text) in FILES {
        let file = [File { name: "x", bytes: text.as_bytes() }];
        let known: Vec<&str> = Format::of(&file).into_iter().map(Format::name).collect();
        assert_eq!(known, [*name]);
    }
}

/// A step of a linear congruential generator (Knuth's MMIX): the same bytes on every run.
fn step(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

#[test]
fn no_cut_and_no_damage_upsets_an_importer() {
    let run = |bytes: &[u8]| {
        let file = [File { name: "x", bytes }];
        let _ = Format::of(&file);
        for (name, _) in FILES {
            let raw = Format::named(name).unwrap().read(&file);
            let is_something = !raw.cpus.is_empty() || raw.kvm.is_some() || raw.numa.is_some();
            assert!(
                is_something || !raw.mistakes.is_empty(),
                "{name} says nothing of {:?}",
                bytes.escape_ascii().to_string()
            );
            assert!(raw.mistakes.len() <= 100, "{name}");
        }
        let several = Format::of(&[file[0], file[0]]);
        assert!(FILES.iter().all(|(name, _)| several.iter().all(|format| format.name() != *name)));
    };
    let mut seed = 7;
    for (_, text) in FILES {
        let whole = text.as_bytes();
        (0..=whole.len()).for_each(|end| run(&whole[..end]));
        for _ in 0..400 {
            let mut bytes = whole.to_vec();
            for _ in 0..=step(&mut seed) % 4 {
                let at = step(&mut seed) % bytes.len();
                match step(&mut seed) % 4 {
                    0 => bytes[at] = u8::try_from(step(&mut seed) % 256).unwrap(),
                    1 => bytes[at] = b"<>\"'[]{}:,-x09\n "[step(&mut seed) % 16],
                    2 => _ = bytes.remove(at),
                    _ => {
                        let piece = whole[step(&mut seed) % whole.len()..].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            run(&bytes);
        }
    }
}
