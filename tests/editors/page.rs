//! `docs/editors.md`: its settings work as they stand there.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::root;
use crate::need;
use crate::server::start;

/// The one block of the page in this language that contains `word`.
fn block(language: &str, word: &str) -> String {
    let page = fs::read_to_string(root().join("docs/editors.md")).unwrap().replace("\r\n", "\n");
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    let found: Vec<_> = blocks.filter(|text| text.contains(word)).collect();
    let [only] = found.as_slice() else { panic!("{} {language} blocks with {word}", found.len()) };
    (*only).to_owned()
}

/// The lines, from 0, that a server with these settings for YAML underlines.
fn underlined(yaml: &Value, uri: &str, text: &str) -> Option<Vec<u64>> {
    let mut server = start(serde_json::json!({"yaml": yaml}))?;
    server.wait_for_a_mistake(uri, text);
    let found = server.diagnostics(uri);
    Some(found.iter().map(|found| found["range"]["start"]["line"].as_u64().unwrap()).collect())
}

/// A file of this name, as if it lay in the examples' folder.
fn uri(name: &str) -> String {
    format!("file://{}/examples/{name}", root().display())
}

const WRONG: &str = "version: 1\ntopology: { cores: 4 }\nvmm: { irqchip: qemu }\n";

/// Each setting by its dotted name, as VS Code has them: the server asks for what is below `yaml`.
#[test]
fn the_settings_of_vs_code_find_a_mistake() {
    let settings: Value = serde_json::from_str(&block("json", "yaml.schemas")).unwrap();
    let yaml = serde_json::json!({"schemas": settings["yaml.schemas"], "schemaStore": {"enable": false}});
    let Some(lines) = underlined(&yaml, &uri("wrong.topoc.yaml"), WRONG) else { return };
    assert_eq!(lines, [2]);
}

/// The table of Lua, written as JSON, is what Neovim sends.
#[test]
fn the_settings_of_neovim_find_a_mistake() {
    let lua = block("lua", "yamlls");
    let table = lua.lines().find_map(|line| line.trim().strip_prefix("settings = ")).unwrap();
    let json = table.replace("yaml =", "\"yaml\":").replace("schemas =", "\"schemas\":");
    let json = json.replace("[\"", "\"").replace("\"] =", "\":");
    let mut settings: Value = serde_json::from_str(&json).unwrap_or_else(|why| panic!("{json}: {why}"));
    settings["yaml"]["schemaStore"] = serde_json::json!({"enable": false});
    let Some(lines) = underlined(&settings["yaml"], &uri("wrong.topoc.yaml"), WRONG) else { return };
    assert_eq!(lines, [2]);
}

/// The line in the spec alone, in a file whose name says nothing.
#[test]
fn the_first_line_finds_a_mistake() {
    let page = fs::read_to_string(root().join("docs/editors.md")).unwrap();
    let modeline = page.split('`').find(|text| text.starts_with("# yaml-language-server:")).unwrap();
    let text = format!("{modeline}\n{WRONG}");
    let yaml = serde_json::json!({"schemaStore": {"enable": false}});
    let Some(lines) = underlined(&yaml, &uri("wrong.yaml"), &text) else { return };
    assert_eq!(lines, [3]);
}

/// The hook as pre-commit runs it: its arguments, then the files whose names match.
#[test]
fn the_hook_takes_the_examples_and_refuses_a_mistake() {
    let hooks: serde_yaml::Value = serde_yaml::from_str(&block("yaml", "check-jsonschema")).unwrap();
    let repository = &hooks["repos"][0];
    let setup = fs::read_to_string(root().join("tests/editors/setup.sh")).unwrap();
    let pinned = format!("check_jsonschema={}\n", repository["rev"].as_str().unwrap());
    assert!(setup.contains(&pinned), "tests/editors/setup.sh installs another version");
    let hook = &repository["hooks"][0];
    assert_eq!(hook["files"].as_str(), Some(r"\.topoc\.yaml$"));
    let arguments: Vec<&str> =
        hook["args"].as_sequence().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let run = |file: &str| {
        let mut command = Command::new("check-jsonschema");
        command.current_dir(root()).args(&arguments).arg(file).output().map(|output| output.status.success())
    };
    match run("examples/one-socket.topoc.yaml") {
        Ok(accepted) => assert!(accepted),
        Err(why) => {
            return need::skip("check-jsonschema", &format!("check-jsonschema does not start: {why}"));
        }
    }
    assert!(!run("tests/ui/spec/unknown_key/fail.topoc.yaml").unwrap());
}
