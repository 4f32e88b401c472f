use super::*;
use crate::cpuid::{CpuidTable, Key, Registers};
use crate::profile::{Capabilities, CpusPart, KvmPart, NumaNode, NumaPart, Origin, OriginKind, cpus};

fn table(entries: &[(Key, [u32; 4])]) -> CpuidTable {
    let mut table = CpuidTable::new();
    for (key, words) in entries {
        table.insert(*key, (*words).into()).unwrap();
    }
    table
}

/// A profile with every part and every member.
fn full() -> HostProfile {
    let intel = [0xb, 0x756e_6547, 0x6c65_746e, 0x4965_6e69];
    let cpuid = table(&[
        (Key::leaf(0), intel),
        (Key::leaf(1), [0x0008_06f8, 0, 0, 0]),
        (Key::subleaf(0xb, 0), [0, 1, 0x100, 0]),
        (Key::subleaf(0xb, 1), [1, 2, 0x201, 0]),
    ]);
    HostProfile {
        origin: Origin {
            kind: OriginKind::Captured,
            note: Some("two \"quoted\" words\nand ü".to_owned()),
            date: Some("2026-11-22".to_owned()),
            host_name: Some("rack7".to_owned()),
        },
        kernel: Some("6.18".to_owned()),
        kvm: Some(KvmPart {
            module: Some("kvm_intel".to_owned()),
            api_version: Some(12),
            capabilities: Capabilities {
                nr_vcpus: Some(2),
                max_vcpus: Some(1024),
                max_vcpu_id: Some(4096),
                x2apic_api: Some(15),
                irqchip: Some(1),
                split_irqchip: Some(1),
                tsc_deadline_timer: Some(1),
                x86_disable_exits: Some(14),
                enforce_pv_feature_cpuid: Some(1),
            },
            supported_cpuid: Some(table(&[
                (Key::leaf(0), intel),
                (Key::leaf(1), [0x0008_06f8, 0, 0, 0]),
                (Key::subleaf(4, 0), [0x121, 0, 0, 0]),
            ])),
            emulated_cpuid: Some(table(&[(Key::leaf(1), [0, 0, 0x0040_0000, 0])])),
        }),
        cpus: Some(CpusPart {
            online: cpus::parse("0-1,4-8:2").unwrap(),
            cpuid,
            differences: [(4, [(Key::subleaf(0xb, 0), Registers::new(0, 1, 0x100, 1))].into())].into(),
        }),
        numa: Some(NumaPart {
            nodes: vec![
                NumaNode { id: 0, cpus: cpus::parse("0-1").unwrap(), memory: Some(68_719_476_736) },
                NumaNode { id: 3, cpus: cpus::parse("").unwrap(), memory: None },
            ],
            distances: vec![vec![10, 21], vec![21, 10]],
        }),
        unread: vec!["CPU 9: no permission".to_owned()],
    }
}

/// The mistakes of a text that is no profile, one a line.
fn mistakes(text: impl AsRef<[u8]>) -> String {
    HostProfile::from_slice(text.as_ref()).expect_err("the profile should be refused").to_string()
}

/// The full profile's text with one change, and the mistakes that it has then.
fn changed(from: &str, to: &str) -> String {
    let text = full().to_json();
    assert!(text.contains(from), "{from} is not in the text");
    mistakes(text.replacen(from, to, 1))
}

#[test]
fn a_profile_reads_back_as_itself() {
    for profile in [full(), HostProfile::default()] {
        let text = profile.to_json();
        let read = HostProfile::from_slice(text.as_bytes()).unwrap();
        assert_eq!(read, profile);
        assert_eq!(read.to_json(), text);
    }
}

#[test]
fn the_layout_is_one_entry_a_line_in_a_stable_order() {
    insta::assert_snapshot!(full().to_json());
}

#[test]
fn yaml_is_read_as_well() {
    let text = "# a comment\ntopoc_host_profile: 1\norigin: { kind: assembled }\ncpus:\n  online: 0\n  cpuid:\n    \
                0x00000000: 0000000b 756e6547 6c65746e 49656e69\n    0x00000004.0: 00000121 02c0003f 0000003f \
                00000000\n";
    let profile = HostProfile::from_slice(text.as_bytes()).unwrap();
    let cpuid = &profile.cpus.as_ref().unwrap().cpuid;
    assert_eq!(cpuid.lookup(4, 0).ebx, 0x02c0_003f);
    // And the same profile as JSON has the same digest.
    assert_eq!(HostProfile::from_slice(profile.to_json().as_bytes()).unwrap().digest(), profile.digest());
    // A BOM and leading space do not make YAML of JSON.
    HostProfile::from_slice(format!("\u{feff}\n {}", full().to_json()).as_bytes()).unwrap();
}

#[test]
fn a_digest_tells_profiles_apart_and_layouts_not() {
    let text = full().to_json();
    let packed = text.replace("\n", " ");
    assert_eq!(HostProfile::from_slice(packed.as_bytes()).unwrap().digest(), full().digest());
    let other = HostProfile { kernel: Some("6.19".to_owned()), ..full() };
    assert_ne!(other.digest(), full().digest());
    assert_eq!(full().digest().len(), 64);
}

#[test]
fn files_that_are_no_profile_say_what_they_are() {
    assert_eq!(mistakes(""), "the file is empty");
    assert_eq!(mistakes("\u{feff} \n"), "the file is empty");
    assert_eq!(mistakes([1, 0, 0, 0]), "a binary file, and no host profile");
    assert_eq!(mistakes(b"a: b\nc: \xff"), "2:4: the text is not UTF-8");
    let missing = "not a topoc host profile: `topoc_host_profile: 1` is missing";
    assert_eq!(mistakes(r#"{"guest_cpu_config": {}}"#), missing);
    assert_eq!(mistakes("version: 1\nname: web\n"), missing);
    let other = "topoc_host_profile: host profile of form 2: this topoc reads form 1";
    assert_eq!(mistakes(r#"{"topoc_host_profile": 2, "origin": {"made": "differently"}}"#), other);
    assert_eq!(mistakes(r#"{"topoc_host_profile": 2, "origin": {"kind": "captured"}}"#), other);
    assert_eq!(mistakes("topoc_host_profile: 2\nnodes: []\n"), other);
    assert_eq!(
        mistakes(vec![b' '; MAX_BYTES + 1]),
        format!("{} bytes: a host profile has at most {MAX_BYTES}", MAX_BYTES + 1)
    );
}

#[test]
fn a_file_cut_anywhere_is_refused_with_its_place() {
    let text = full().to_json();
    for end in 1..text.trim_end().len() {
        if text.is_char_boundary(end) {
            let message = mistakes(&text[..end]);
            assert!(message.ends_with("is it cut short?") && message.contains(':'), "{end}: {message}");
        }
    }
}

#[test]
fn each_mistake_names_its_path() {
    let cases = [
        (
            "0000000b 756e6547",
            "0000000g 756e6547",
            "kvm.supported_cpuid.0x00000000: `0000000g 756e6547 6c65746e 49656e69`: expected four eight-digit hexadecimal words, EAX EBX ECX EDX",
        ),
        ("\"0x0000000b.1\"", "\"0x0000000b.0\"", "cpus.cpuid.0x0000000b.0: 0x0000000b.0 stands twice"),
        (
            "\"0x0000000b.1\"",
            "\"0x0000000b\"",
            "cpus.cpuid.0x0000000b: 0x0000000b stands beside an entry of the same leaf that is with a subleaf",
        ),
        (
            "\"0x00000004.0\"",
            "\"4.0\"",
            "kvm.supported_cpuid.4.0: expected a leaf such as `0x00000001`, or leaf and subleaf such as `0x00000004.3`",
        ),
        (
            "\"000806f8 ",
            "\"000806f9 ",
            "kvm.supported_cpuid.0x00000001: the signature is 000806f9, and 000806f8 in `cpus.cpuid`",
        ),
        (
            "\"0x00000001\": \"000806f8",
            "\"0x00000002\": \"000806f8",
            "kvm.supported_cpuid.0x00000001: is missing, and `cpus.cpuid` has it",
        ),
        (
            "\"0000000b ",
            "\"00000000 ",
            "kvm.supported_cpuid.0x00000000: EAX is 0: every processor has leaf 1",
        ),
        (
            "\"0x00000004.0\": \"",
            "\"0x80000008\": \"0000ff30 00000000 00000000 00000000\",\n\"0x00000004.0\": \"",
            "kvm.supported_cpuid.0x80000008: 255 bits of virtual addresses: processors have 48 or 57",
        ),
        ("0-1,4-8:2", "0-1,4-3", "cpus.online: `4-3` descends; write `3-4`"),
        (
            "0-1,4-8:2",
            "",
            "cpus.online: no CPU: a host has at least one\ncpus.differences.4: CPU 4 is not among the online CPUs",
        ),
        ("\"4\": {", "\"3\": {", "cpus.differences.3: CPU 3 is not among the online CPUs"),
        ("\"4\": {", "\"04\": {", "cpus.differences.04: expected the number of a CPU"),
        (
            "\"4\": {",
            "\"0\": {",
            "cpus.differences.0: CPU 0 is the first online CPU: `cpuid` is its own table",
        ),
        ("\"4\": {", "\"4\": {},\n \"4\": {", "cpus.differences.4: stands twice"),
        ("2026-11-22", "2026-22-11", "origin.date: `2026-22-11` is no date: write YYYY-MM-DD"),
        ("\"id\": 3", "\"id\": 0", "numa.nodes[1].id: node 0 stands twice"),
        ("\"cpus\": \"\"", "\"cpus\": \"1\"", "numa.nodes[1].cpus: CPU 1 is already in node 0"),
        ("[10, 21],", "", "numa.distances: 1 rows for 2 nodes"),
        ("[10, 21]", "[10]", "numa.distances[0]: 1 columns for 2 nodes"),
        ("[10, 21]", "[10, 9]", "numa.distances[0]: distance 9 lies outside 10 to 255"),
        (
            "\"captured\"",
            "\"made up\"",
            "4:21: unknown variant `made up`, expected one of `captured`, `imported`, `assembled`",
        ),
        (
            "\"kernel\"",
            "\"kernal\"",
            "9:10: unknown field `kernal`, expected one of `topoc_host_profile`, `origin`, `kernel`, `kvm`, `cpus`, `numa`, `unread`",
        ),
        (
            "\"kernel\": \"6.18\",",
            "\"kernel\": \"6.18\", \"kernel\": \"6.18\",",
            "9:28: duplicate field `kernel`",
        ),
    ];
    for (from, to, message) in cases {
        assert_eq!(changed(from, to), message, "{from} -> {to}");
    }
}

#[test]
fn a_difference_keeps_the_form_of_its_leaf() {
    let text = full().to_json();
    let at = text.find("\"differences\"").unwrap();
    let text = format!("{}{}", &text[..at], text[at..].replacen("0x0000000b.0", "0x0000000b", 1));
    assert_eq!(mistakes(text), "cpus.differences.4.0x0000000b: `cpus.cpuid` has this leaf with subleaves");
}

#[test]
fn all_mistakes_come_in_one_run() {
    let text = full()
        .to_json()
        .replace("49656e69", "4965 6e69")
        .replace("2026-11-22", "today")
        .replace("0-1", "0-x");
    let told = mistakes(text);
    for part in [
        "origin.date",
        "cpus.online",
        "cpus.cpuid.0x00000000",
        "kvm.supported_cpuid.0x00000000",
        "numa.nodes[0].cpus",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}

#[test]
fn vendors_are_known_and_agree() {
    let transmeta = [0xd, 0x756e_6547, 0x3638_784d, 0x5465_6e69];
    let amd = [0xd, 0x6874_7541, 0x444d_4163, 0x6974_6e65];
    let with = |words: [u32; 4]| {
        let mut profile = full();
        profile.cpus.as_mut().unwrap().cpuid.set(Key::leaf(0), words.into()).unwrap();
        mistakes(profile.to_json())
    };
    assert_eq!(with(transmeta), "kvm.supported_cpuid: is of Intel, and `cpus.cpuid` of \"GenuineTMx86\"");
    assert_eq!(with(amd), "kvm.supported_cpuid: is of Intel, and `cpus.cpuid` of AMD");
    let mut unknown = full();
    for table in [
        &mut unknown.cpus.as_mut().unwrap().cpuid,
        unknown.kvm.as_mut().unwrap().supported_cpuid.as_mut().unwrap(),
    ] {
        table.set(Key::leaf(0), transmeta.into()).unwrap();
    }
    assert_eq!(HostProfile::from_slice(unknown.to_json().as_bytes()), Ok(unknown), "no mistake of the file");
    let mut headless = full();
    headless.cpus.as_mut().unwrap().cpuid.remove_leaf(0);
    assert_eq!(
        mistakes(headless.to_json()),
        "cpus.cpuid: without 0x00000000, the leaf that names the vendor"
    );
}

#[test]
fn hostile_files_end_soon_and_print_harmlessly() {
    let told = changed("\"kernel\"", "\"ker\\u001b[31m\u{202e}nel\"");
    assert!(told.contains("\\u{1b}[31m\\u{202e}") && !told.contains('\u{1b}'), "{told}");
    let told = changed("\"4\": {", "\"\u{9b}4\": {");
    assert!(told.starts_with("cpus.differences.\\u{9b}4"), "{told}");
    assert_eq!(mistakes("[".repeat(100_000)), "1:66: nested more than 64 deep: not a host profile");
    assert_eq!(mistakes("[]"), "1:1: invalid type: sequence, expected a host profile");
    assert!(mistakes("{\"origin\":".repeat(100_000)).len() < 1000);
    // An alias bomb: each line ten times the one before.
    let bomb = (1..12).fold("topoc_host_profile: 1\na0: &a0 [x]\n".to_owned(), |text, n| {
        let ten = vec![format!("*a{}", n - 1); 10].join(", ");
        text + &format!("a{n}: &a{n} [{ten}]\n")
    });
    assert_eq!(mistakes(bomb), "3:10: an alias: a host profile is written out in full");
    // A fat scalar: read as it stands, it would be gigabytes.
    let fat = format!(
        "topoc_host_profile: 1\norigin: {{ kind: imported }}\nkernel: &a {}\nunread: [{}]\n",
        "x".repeat(1_000_000),
        "*a,".repeat(5000)
    );
    assert_eq!(mistakes(fat), "4:10: an alias: a host profile is written out in full");
    let dashes = format!("topoc_host_profile: 1\nunread: {}", "\n- ".repeat(2_000_000));
    assert!(mistakes(dashes).ends_with("has more than 1048576 values"));
    // What is told of a file is short, however much is wrong in it.
    let told = changed("\"kernel\"", &format!("\"{}\"", "k".repeat(1_000_000)));
    assert!(told.len() < 1000, "{} bytes", told.len());
    let told = changed(
        "\"topoc_host_profile\": 1",
        &format!("\"topoc_host_profile\": \"{}\"", "k".repeat(1_000_000)),
    );
    assert!(told.len() < 1000, "{} bytes", told.len());
    let wrong: Vec<String> = (0..100_000).map(|n| format!("\"x{n}\": {{}},")).collect();
    let told = changed("\"4\": {", &format!("{} \"4\": {{", wrong.concat()));
    assert_eq!(told.lines().count(), 101);
    assert!(told.ends_with("\n99900 more mistakes like these"), "{}", told.lines().last().unwrap());
    // Sixty thousand CPUs of two thousand entries each are gigabytes, from a file of kilobytes.
    let entries: Vec<String> =
        (0x20..0x800).map(|n| format!("\"0x{n:08x}\": \"00000000 00000000 00000000 00000000\",")).collect();
    let text = full().to_json();
    let at = text.find("\"cpus\": {").unwrap();
    let cpus = text[at..]
        .replacen("\"cpuid\": {", &format!("\"cpuid\": {{{}", entries.concat()), 1)
        .replacen("0-1,4-8:2", "0-60000", 1);
    assert!(
        mistakes(format!("{}{cpus}", &text[..at])).contains("for each of 60001 CPUs: no host has as many")
    );
    // Descending keys are the costly order for a sorted table.
    let many: Vec<String> = (0..100_000).rev().map(|n| format!("\"0x{n:08x}\": \"0\"")).collect();
    let told = mistakes(format!(
        "{{\"topoc_host_profile\": 1, \"origin\": {{\"kind\": \"imported\"}}, \"cpus\": {{\"online\": \"0\", \"cpuid\": {{{}}}}}}}",
        many.join(",")
    ));
    assert_eq!(told, "cpus.cpuid: 100000 entries: no table has more than 2048");
}

#[test]
fn the_checked_in_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/host-profile.v1.schema.json");
    if std::env::var_os("TOPOC_UPDATE").is_some() {
        std::fs::write(path, schema()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), schema(), "run with TOPOC_UPDATE=1 to write it anew");
}

/// Every property of the schema is described.
#[test]
fn the_schema_describes_every_member() {
    fn undescribed(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        let Some(object) = value.as_object() else { return };
        for (name, member) in
            object.get("properties").and_then(serde_json::Value::as_object).into_iter().flatten()
        {
            if member.get("description").is_none() {
                found.push(format!("{path}/{name}"));
            }
        }
        for (name, member) in object {
            undescribed(member, &format!("{path}/{name}"), found);
        }
    }
    let mut found = Vec::new();
    undescribed(&serde_json::from_str(&schema()).unwrap(), "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}
