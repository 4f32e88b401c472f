//! Whatever the text, reading it does not panic, points inside it, and agrees with serde_yaml.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod any_document;
    pub mod language;
    pub mod values;
}

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_yaml::Value;
use support::any_document::documents;
use support::language::Language;
use topoc::diag::{At, Severity};
use topoc::spec::{CpuList, Size, Spec, parse};

static LANGUAGE: LazyLock<Language> = LazyLock::new(Language::of_the_spec);

const TEXTS: [&str; 4] = [
    "version: 1\ntopology: {cores: 4}\n",
    "version: 1\nname: \"db ü\"\nx-c: &c { size: 2MiB, ways: 16 }\ntopology:\n  sockets: 2\n  cores: 6\n  threads: 2 # two\ncaches:\n  l1d: *c\n  l2: { <<: *c, shared_by: core }\n  l3: { size: 30MiB, ways: 0xf, line: 64 }\n",
    "version: 1\ntopology: {sockets: 2, cores: 8}\nnuma:\n  nodes:\n    - { sockets: [0], memory: 64GiB }\n    - vcpus: 8-15\n      memory: >-\n        1TiB\n    - dies: [0/1, '1/0']\n  distances: [[10, 21], [21, 10]]\ncpu: { vendor: intel, hypervisor: { msi_ext_dest_id: true } }\nhost: { fidelity: none }\nvmm: { irqchip: split, x2apic_at_boot: yes }\n",
    "{\"version\": 1, \"topology\": {\"dies\": 3, \"cores\": 6},\n\t\"vmm\": {\"interrupt_remapping\": false}}\n",
];

const PIECES: [&str; 48] = [
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    ",",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "&a ",
    "*a",
    "*c",
    "<<: *c",
    "? ",
    "!!str ",
    "| ",
    ">\n",
    "#",
    " # c",
    "%",
    "@",
    "`",
    "~",
    "null",
    "yes",
    "010",
    "0b1",
    "-1",
    "1.5",
    "18446744073709551616",
    "1_000",
    "---\n",
    "...\n",
    "\r\n",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "ü",
    "\0",
    "cores: 4\n",
    "x-a: 1\n",
    "version: 1\n",
    "{?a: b}",
    "0-3,8",
];

/// serde_yaml's own reading: merges applied, `x-` keys left out.
fn theirs(text: &str) -> Option<Spec> {
    let mut value: Value = serde_yaml::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()?;
    value.apply_merge().ok()?;
    value.as_mapping_mut()?.retain(|key, _| !key.as_str().is_some_and(|key| key.starts_with("x-")));
    serde_yaml::from_value(value).ok()
}

fn check(text: &str) {
    let (spans, diagnostics) = match parse(text.as_bytes()) {
        Ok(parsed) => {
            assert_eq!(Some(parsed.spec()), theirs(text).as_ref(), "{text:?}");
            (parsed.spans().clone(), parsed.warnings().to_vec())
        }
        Err(failed) => {
            assert!(failed.diagnostics().iter().any(|d| d.severity == Severity::Error), "{text:?}");
            // What serde_yaml takes is refused only for what the language forbids on top.
            let strict_yaml = failed.diagnostics().iter().any(|d| d.rule.starts_with("yaml::"));
            if !strict_yaml && theirs(text).is_some() {
                let stricter = |rule: &str, message: &str| {
                    matches!(rule, "spec::missing_key" | "spec::unknown_version")
                        || message.ends_with("not a list")
                        || message.contains("has no value")
                };
                assert!(
                    failed.diagnostics().iter().all(|d| stricter(d.rule, &d.message)),
                    "{text:?}: {failed:#?}"
                );
            }
            (failed.spans().clone(), failed.diagnostics().to_vec())
        }
    };
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.contains(|c: char| c.is_control()), "{diagnostic:?}");
        for label in diagnostic.labels {
            let At::Text(span) = label.at else { panic!("{:?}", label.at) };
            assert!(text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
        }
    }
    for path in ["", "version", "topology", "topology.cores", "caches.l2.size", "numa.nodes[0]", "name"] {
        if let Some(found) = spans.get(&path.into()) {
            assert!(text.get(found.value.start..found.value.end).is_some(), "{path} of {text:?}");
            // A bare word stands exactly under its key's span.
            let key = found.key.map(|key| text[key.start..key.end].trim_matches(['"', '\'']).to_owned());
            assert!(key.is_none_or(|key| path.ends_with(&key) || key.contains('\\')), "{path} of {text:?}");
        }
    }
}

/// An edit: where (in 1/65536 of the text), how many characters go, which piece comes.
fn mutate(text: &str, edits: &[(u16, usize, usize)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (place, gone, piece) in edits {
        let at = usize::from(*place) * chars.len() / 65536;
        let end = (at + gone).min(chars.len());
        chars.splice(at..end, PIECES.get(*piece).copied().unwrap_or_default().chars());
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutants_are_read_as_serde_yaml_reads_them(
        text in 0..TEXTS.len(),
        edits in prop::collection::vec((any::<u16>(), 0usize..4, 0..PIECES.len() + 8), 1..5),
    ) {
        check(&mutate(TEXTS[text], &edits));
    }

    #[test]
    fn pieces_in_any_order_are_read_as_serde_yaml_reads_them(pieces in prop::collection::vec(0..PIECES.len(), 0..24)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        check(&text);
        check(&format!("version: 1\ntopology: {{cores: 1}}\nx-a: &c {{ways: 1}}\n{text}\n"));
    }

    #[test]
    fn bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = parse(&bytes);
    }

    #[test]
    fn a_spec_written_by_serde_reads_back(document in documents(&LANGUAGE, &["version", "topology"])) {
        let text = document.to_string();
        let parsed = parse(text.as_bytes());
        prop_assume!(parsed.is_ok());
        let spec = parsed.unwrap().spec().clone();
        let yaml = serde_yaml::to_string(&spec).unwrap();
        let parsed = parse(yaml.as_bytes()).map_err(topoc::spec::Failed::into_diagnostics);
        prop_assert_eq!(parsed.as_ref().map(topoc::spec::Parsed::spec), Ok(&spec), "{}", yaml);
        let json = serde_json::to_string(&spec).unwrap();
        let parsed = parse(json.as_bytes()).map_err(topoc::spec::Failed::into_diagnostics);
        prop_assert_eq!(parsed.as_ref().map(topoc::spec::Parsed::spec), Ok(&spec), "{}", json);
    }

    #[test]
    fn sizes_of_the_schema_are_sizes(text in "(0|[1-9][0-9]{0,9})(B|KiB|MiB|GiB|TiB|PiB)") {
        let fits = text.parse::<Size>().map_or_else(|error| error.message.ends_with("is 16 EiB or more"), |_| true);
        prop_assert!(fits, "{}", text);
    }

    #[test]
    fn cpu_lists_keep_their_members(cpus in prop::collection::btree_set(0u32..64, 0..40), stride in 1u32..9) {
        let list: CpuList = cpus.iter().copied().collect();
        prop_assert_eq!(list.iter().collect::<Vec<_>>(), cpus.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(list.to_string().parse(), Ok(list.clone()));
        prop_assert_eq!(list.len(), cpus.len() as u64);
        prop_assert!((0..64).all(|cpu| list.contains(cpu) == cpus.contains(&cpu)));
        let strided: CpuList = format!("3-60:{stride}").parse().unwrap();
        prop_assert_eq!(strided.iter().collect::<Vec<_>>(), (3..=60).step_by(stride as usize).collect::<Vec<_>>());
        prop_assert!((0..64).all(|cpu| strided.contains(cpu) == strided.iter().any(|member| member == cpu)));
    }
}
