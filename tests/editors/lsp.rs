//! A client of yaml-language-server: JSON-RPC over its standard input and output.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long any one answer may take: Node's start on a busy machine is the longest.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line and a character of it, both from 0.
pub type Position = (usize, usize);

/// A running server. It ends with this value.
pub struct Server {
    child: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    /// What the server is told when it asks for its configuration.
    settings: Value,
    /// The last diagnostics of each document.
    published: HashMap<String, Vec<Value>>,
    last_id: u64,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One message; none at the end of the stream.
fn message(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

impl Server {
    /// Starts `program` in a folder that is open, with settings by the names of their sections.
    pub fn start(program: &str, folder: &str, settings: Value) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = message(&mut stdout) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { child, stdin, messages, settings, published: HashMap::new(), last_id: 0 };
        let capabilities = json!({
            "workspace": {"configuration": true, "didChangeConfiguration": {"dynamicRegistration": true}},
            "textDocument": {
                "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]},
            },
        });
        let parameters = json!({
            "processId": std::process::id(), "rootUri": folder,
            "workspaceFolders": [{"uri": folder, "name": "specs"}], "capabilities": capabilities,
        });
        server.request("initialize", &parameters);
        server.notify("initialized", &json!({}));
        // It asks for its configuration then.
        server.notify("workspace/didChangeConfiguration", &json!({"settings": server.settings.clone()}));
        Ok(server)
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.stdin.flush().unwrap();
    }

    fn notify(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}));
    }

    /// Takes the next message: answers the server's requests, keeps diagnostics, returns answers to ours.
    fn take(&mut self, until: Instant) -> Option<Value> {
        let patience = until.saturating_duration_since(Instant::now());
        let message =
            self.messages.recv_timeout(patience).unwrap_or_else(|_| panic!("no answer from the server"));
        match (message.get("method").and_then(Value::as_str), message.get("id")) {
            (Some("workspace/configuration"), Some(id)) => {
                let items = message["params"]["items"].as_array().unwrap();
                let section = |item: &Value| match item["section"].as_str() {
                    Some(section) => self.settings.get(section).cloned().unwrap_or(Value::Null),
                    None => self.settings.clone(),
                };
                let result: Vec<Value> = items.iter().map(section).collect();
                self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
                None
            }
            (Some(_), Some(id)) => {
                self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}));
                None
            }
            (Some("textDocument/publishDiagnostics"), None) => {
                let uri = message["params"]["uri"].as_str().unwrap().to_owned();
                let found = message["params"]["diagnostics"].as_array().unwrap().clone();
                self.published.insert(uri, found);
                None
            }
            (Some(_), None) => None,
            (None, _) => Some(message),
        }
    }

    /// The result of a request.
    pub fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.take(until).filter(|answer| answer["id"] == id) {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// Opens a document.
    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.notify("textDocument/didOpen", &json!({"textDocument": document}));
    }

    /// Opens a document and waits until the server finds a mistake in it: before it has its settings it finds none.
    pub fn wait_for_a_mistake(&mut self, uri: &str, text: &str) {
        self.open(uri, text);
        let until = Instant::now() + PATIENCE;
        while self.published.get(uri).is_none_or(Vec::is_empty) {
            self.take(until);
        }
    }

    /// What the server has to say of a document that is open.
    pub fn diagnostics(&mut self, uri: &str) -> Vec<Value> {
        let until = Instant::now() + PATIENCE;
        while !self.published.contains_key(uri) {
            self.take(until);
        }
        self.published[uri].clone()
    }

    /// What is proposed at a position: the labels with their documentation.
    pub fn completion(&mut self, uri: &str, position: Position) -> Vec<(String, String)> {
        let result = self.request("textDocument/completion", &place(uri, position));
        let items = result.get("items").unwrap_or(&result).as_array().unwrap();
        let item =
            |item: &Value| (item["label"].as_str().unwrap().to_owned(), markup(&item["documentation"]));
        items.iter().map(item).collect()
    }

    /// What is told at a position.
    pub fn hover(&mut self, uri: &str, position: Position) -> String {
        markup(&self.request("textDocument/hover", &place(uri, position))["contents"])
    }
}

fn place(uri: &str, (line, character): Position) -> Value {
    json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})
}

/// The text of markup, or a plain one.
fn markup(value: &Value) -> String {
    value.get("value").unwrap_or(value).as_str().unwrap_or_default().to_owned()
}
