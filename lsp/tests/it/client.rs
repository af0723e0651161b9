//! A client in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use flow_compiler::Level;
use flow_lsp::{End, Host, Settings, serve};
use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings of a kind that a test can write in a line: `group finance ana@acme.example`, `deny unused-value`, `policy rules.flow`, `panic`, `wrong`.
pub(crate) struct Lines;

impl Host for Lines {
    const SETTINGS: &'static str = "settings.txt";

    fn settings(&self, folder: &Path) -> Result<Settings, String> {
        let mut settings = Settings::default();
        for line in fs::read_to_string(folder.join(Self::SETTINGS)).unwrap_or_default().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["group", name, members @ ..] => {
                    settings.groups.insert((*name).to_owned(), members.iter().map(|member| (*member).to_owned()).collect());
                }
                ["deny", lint] => settings.levels.set(lint, Level::Deny).unwrap(),
                ["policy", file] => settings.policies.push((*file).to_owned()),
                ["panic"] => panic!("the settings panic, as the test wants it"),
                _ => return Err("the settings are wrong".to_owned()),
            }
        }
        Ok(settings)
    }
}

/// The server, and what it has said.
pub(crate) struct Client {
    folder: TempDir,
    connection: Option<Connection>,
    server: Option<JoinHandle<End>>,
    next: i32,
    /// What was last published of each file, by its path in the folder: its version and its diagnostics.
    pub(crate) published: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    /// Notifications and requests of other kinds.
    pub(crate) said: Vec<(String, Value)>,
    versions: BTreeMap<String, i64>,
}

impl Client {
    /// A server for a folder with these files that knows of no client yet.
    pub(crate) fn silent(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (server, client) = Connection::memory();
        let server = std::thread::spawn(move || serve(&server, &Lines));
        let client = Self {
            folder,
            connection: Some(client),
            server: Some(server),
            next: 0,
            published: BTreeMap::new(),
            said: Vec::new(),
            versions: BTreeMap::new(),
        };
        files.iter().for_each(|(path, text)| client.write(path, text));
        client
    }

    /// The same, initialized.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self::able(files, json!({}))
    }

    /// The same, by a client that can do this.
    pub(crate) fn able(files: &[(&str, &str)], capabilities: Value) -> Self {
        let mut client = Self::silent(files);
        client.initialize(capabilities);
        client
    }

    pub(crate) fn initialize(&mut self, capabilities: Value) -> Value {
        let root = self.uri("");
        let answer = self.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": capabilities })).unwrap();
        self.tell("initialized", json!({}));
        answer
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("file://{}", self.path(path).display()).trim_end_matches('/').to_owned()
    }

    pub(crate) fn send(&self, message: Message) {
        self.connection.as_ref().unwrap().sender.send(message).unwrap();
    }

    pub(crate) fn tell(&self, method: &str, params: Value) {
        self.send(Message::Notification(Notification { method: method.to_owned(), params }));
    }

    /// Sends a request and does not wait.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> i32 {
        self.next += 1;
        self.send(Message::Request(Request { id: RequestId::from(self.next), method: method.to_owned(), params }));
        self.next
    }

    /// The answer to a request, or the code of the error. What comes before it is kept.
    pub(crate) fn ended(&mut self, id: i32) -> Result<Value, i32> {
        loop {
            if let Message::Response(response) = self.receive() {
                assert_eq!(response.id, RequestId::from(id), "answers come in order");
                return response.response_result.map_err(|error| error.code);
            }
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, i32> {
        let id = self.begin(method, params);
        self.ended(id)
    }

    fn receive(&mut self) -> Message {
        let message = self.connection.as_ref().unwrap().receiver.recv_timeout(PATIENCE).expect("the server says something");
        match &message {
            Message::Notification(notification) if notification.method == "textDocument/publishDiagnostics" => {
                let params = &notification.params;
                let path = params["uri"].as_str().unwrap().strip_prefix(&format!("{}/", self.uri(""))).unwrap_or("outside").to_owned();
                let diagnostics = params["diagnostics"].as_array().unwrap().clone();
                self.published.insert(path, (params["version"].as_i64(), diagnostics));
            }
            Message::Notification(notification) => self.said.push((notification.method.clone(), notification.params.clone())),
            Message::Request(request) => self.said.push((request.method.clone(), request.params.clone())),
            Message::Response(_) => {}
        }
        message
    }

    pub(crate) fn open(&mut self, path: &str, text: &str) {
        self.versions.insert(path.to_owned(), 1);
        let item = json!({ "uri": self.uri(path), "languageId": "flow", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
    }

    /// Opens a document as it is on disk.
    pub(crate) fn edit(&mut self, path: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        self.open(path, &text);
    }

    pub(crate) fn change(&mut self, path: &str, changes: Value) -> i64 {
        let version = self.versions.get_mut(path).unwrap();
        *version += 1;
        let version = *version;
        let document = json!({ "uri": self.uri(path), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
        version
    }

    pub(crate) fn close(&mut self, path: &str) {
        self.versions.remove(path);
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": self.uri(path) } }));
    }

    /// A file changed on disk.
    pub(crate) fn watched(&mut self, path: &str) {
        let change = json!({ "uri": self.uri(path), "type": 2 });
        self.tell("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    }

    /// Waits until the server has said what a test waits for.
    pub(crate) fn until(&mut self, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            self.receive();
        }
    }

    /// Waits until a version of a document was looked at.
    pub(crate) fn looked_at(&mut self, path: &str, version: i64) -> Vec<Value> {
        self.until(|client| client.published.get(path).and_then(|(version, _)| *version) == Some(version));
        self.published[path].1.clone()
    }

    /// Waits until something is published of a file.
    pub(crate) fn news_of(&mut self, path: &str) -> Vec<Value> {
        self.published.remove(path);
        self.until(|client| client.published.contains_key(path));
        self.published[path].1.clone()
    }

    /// A request about a place.
    pub(crate) fn at(&mut self, method: &str, path: &str, line: usize, character: usize) -> Result<Value, i32> {
        let position = json!({ "line": line, "character": character });
        let mut params = json!({ "textDocument": { "uri": self.uri(path) }, "position": position });
        params["range"] = json!({ "start": position, "end": position });
        params["options"] = json!({ "tabSize": 2, "insertSpaces": true });
        if method.ends_with("codeAction") {
            params["context"] = json!({ "diagnostics": [] });
        }
        self.ask(method, params)
    }

    /// Lets the server end as it should.
    pub(crate) fn end(&mut self) -> End {
        assert_eq!(self.ask("shutdown", Value::Null), Ok(Value::Null));
        self.tell("exit", Value::Null);
        self.server.take().unwrap().join().unwrap()
    }

    /// Goes away without a word.
    pub(crate) fn leave(&mut self) -> End {
        self.connection = None;
        self.server.take().unwrap().join().unwrap()
    }
}

/// The codes of diagnostics.
pub(crate) fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|found| found["code"].as_str().unwrap()).collect()
}
