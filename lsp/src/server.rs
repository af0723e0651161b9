//! The loop: message after message, in order.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use gen_lsp_types::{self as lsp, Notification as _, Request as _};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::convert::Encoding;
use crate::requests::{self, Refusal};
use crate::world::{Client, World};
use crate::{Host, uri};

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As it was asked to: `shutdown`, then `exit`.
    Asked,
    /// Its client went away without a word, or said `exit` without `shutdown`.
    Left,
}

/// Answers a client until it ends.
pub fn serve<H: Host>(connection: &Connection, host: &H) -> End {
    Server { connection, host, world: None, shut_down: false, watches: false, waiting: VecDeque::new() }.run()
}

struct Server<'c, H: Host> {
    connection: &'c Connection,
    host: &'c H,
    /// There once the client has said what it can.
    world: Option<World<'c, H>>,
    shut_down: bool,
    /// Whether the client can be asked to watch files.
    watches: bool,
    /// Messages that have arrived and are not dealt with.
    waiting: VecDeque<Message>,
}

impl<H: Host> Server<'_, H> {
    fn run(mut self) -> End {
        loop {
            self.waiting.extend(self.connection.receiver.try_iter());
            let Some(message) = self.waiting.pop_front() else {
                // Nobody waits for anything: what is new can be said, once for all changes that came at once.
                self.guarded(Self::publish);
                match self.connection.receiver.recv() {
                    Ok(message) => self.waiting.push_back(message),
                    Err(_) => return End::Left,
                }
                continue;
            };
            match message {
                Message::Request(request) => self.request(request),
                Message::Notification(notification) if notification.method == lsp::ExitNotification::METHOD.as_str() => {
                    return if self.shut_down { End::Asked } else { End::Left };
                }
                Message::Notification(notification) => {
                    self.guarded(|server| server.notification(notification));
                }
                // The server asks nothing to whose answer something follows.
                Message::Response(_) => {}
            }
        }
    }

    /// Does something; after a panic the server goes on. `None` says that there was one.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        catch_unwind(AssertUnwindSafe(|| work(self))).ok()
    }

    fn send(&self, message: impl Into<Message>) {
        // A client that is gone is found out by the loop.
        let _ = self.connection.sender.send(message.into());
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, why: impl Into<String>) {
        self.send(Response::new_err(id, code as i32, why.into()));
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        if self.is_cancelled(&id) {
            return self.refuse(id, ErrorCode::RequestCanceled, "cancelled");
        }
        if self.shut_down {
            return self.refuse(id, ErrorCode::InvalidRequest, "the server is shut down");
        }
        if method == lsp::InitializeRequest::METHOD.as_str() {
            return self.initialize(id, params);
        }
        if method == lsp::ShutdownRequest::METHOD.as_str() {
            self.shut_down = true;
            return self.send(Response::new_ok(id, Value::Null));
        }
        if self.world.is_none() {
            return self.refuse(id, ErrorCode::ServerNotInitialized, "`initialize` comes first");
        }
        let answered = self.guarded(|server| match &mut server.world {
            Some(world) => requests::answer(world, &method, params),
            None => Err(Refusal::Unknown),
        });
        match answered {
            Some(Ok(answer)) => self.send(Response::new_ok(id, answer)),
            Some(Err(Refusal::Unknown)) => self.refuse(id, ErrorCode::MethodNotFound, format!("`{method}` is not known")),
            Some(Err(Refusal::Unreadable(why))) => self.refuse(id, ErrorCode::InvalidParams, why),
            None => self.refuse(id, ErrorCode::InternalError, format!("`{method}` failed; the server goes on")),
        }
    }

    /// Whether the client has taken a request back before its turn came.
    fn is_cancelled(&mut self, id: &RequestId) -> bool {
        self.waiting.extend(self.connection.receiver.try_iter());
        self.waiting.iter().any(|message| match message {
            Message::Notification(notification) if notification.method == lsp::CancelNotification::METHOD.as_str() => {
                let cancelled = notification.params.get("id").cloned().and_then(|id| serde_json::from_value::<RequestId>(id).ok());
                cancelled.as_ref() == Some(id)
            }
            _ => false,
        })
    }

    fn initialize(&mut self, id: RequestId, params: Value) {
        if self.world.is_some() {
            return self.refuse(id, ErrorCode::InvalidRequest, "the server is initialized already");
        }
        let params: lsp::InitializeParams = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(error) => return self.refuse(id, ErrorCode::InvalidParams, error.to_string()),
        };
        let client = client(&params.capabilities);
        let mut capabilities = lsp::ServerCapabilities {
            position_encoding: Some(client.encoding.kind()),
            text_document_sync: Some(lsp::TextDocumentSync::Options(lsp::TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(lsp::TextDocumentSyncKind::Incremental),
                save: Some(true.into()),
                ..Default::default()
            })),
            ..lsp::ServerCapabilities::default()
        };
        requests::offer::<H>(&mut capabilities);
        self.world = Some(World::new(self.host, client, folders(&params)));
        let server_info = Some(lsp::ServerInfo { name: "hitlc".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) });
        let result = lsp::InitializeResult { capabilities, server_info };
        self.send(Response::new_ok(id, result));
        self.watches = watches(&params.capabilities);
    }

    /// Asks the client to say when files change on disk.
    fn watch(&self) {
        let watcher = |pattern: String| serde_json::json!({ "globPattern": pattern });
        let watchers = [watcher("**/*.flow".to_owned()), watcher(format!("**/{}", H::SETTINGS))];
        let params = serde_json::json!({ "registrations": [{
            "id": "files",
            "method": lsp::DidChangeWatchedFilesNotification::METHOD.as_str(),
            "registerOptions": { "watchers": watchers },
        }] });
        let method = lsp::RegistrationRequest::METHOD.as_str().to_owned();
        self.send(Request { id: RequestId::from("files".to_owned()), method, params });
    }

    /// What a client says; what nobody knows, or cannot be read, is nothing.
    fn notification(&mut self, notification: Notification) {
        if self.watches && notification.method == lsp::InitializedNotification::METHOD.as_str() {
            return self.watch();
        }
        let Some(world) = &mut self.world else { return };
        let Notification { method, params } = notification;
        if let Some(params) = read::<lsp::DidChangeTextDocumentNotification>(&method, &params) {
            world.change(params);
        } else if let Some(params) = read::<lsp::DidOpenTextDocumentNotification>(&method, &params) {
            world.open(params.text_document);
        } else if let Some(params) = read::<lsp::DidCloseTextDocumentNotification>(&method, &params) {
            world.close(&params.text_document.uri);
        } else if let Some(params) = read::<lsp::DidSaveTextDocumentNotification>(&method, &params) {
            uri::to_path(&params.text_document.uri).iter().for_each(|path| world.disk(path));
        } else if let Some(params) = read::<lsp::DidChangeWatchedFilesNotification>(&method, &params) {
            params.changes.iter().filter_map(|change| uri::to_path(&change.uri)).for_each(|path| world.disk(&path));
        }
    }

    fn publish(&mut self) {
        let Some(world) = &mut self.world else { return };
        let (news, faults) = (world.news(), world.faults());
        for params in news {
            self.send(Notification::new(lsp::PublishDiagnosticsNotification::METHOD.as_str().to_owned(), params));
        }
        for message in faults {
            let params = lsp::ShowMessageParams { kind: lsp::MessageType::Warning, message };
            self.send(Notification::new(lsp::ShowMessageNotification::METHOD.as_str().to_owned(), params));
        }
    }
}

/// What a notification says, if it is of this kind.
fn read<N: lsp::Notification>(method: &str, params: &Value) -> Option<N::Params>
where
    N::Params: DeserializeOwned,
{
    (method == N::METHOD.as_str()).then(|| serde_json::from_value(params.clone()).ok())?
}

fn client(capabilities: &lsp::ClientCapabilities) -> Client {
    let encodings = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
    let documents = capabilities.text_document.as_ref();
    let completion = documents.and_then(|documents| documents.completion.as_ref()).and_then(|found| found.completion_item.as_ref());
    let hover = documents.and_then(|documents| documents.hover.as_ref()).and_then(|hover| hover.content_format.as_ref());
    Client {
        encoding: Encoding::chosen(encodings.unwrap_or_default()),
        snippets: completion.and_then(|item| item.snippet_support).unwrap_or_default(),
        markdown: hover.is_some_and(|formats| formats.contains(&lsp::MarkupKind::Markdown)),
    }
}

/// Whether the client can be asked to watch files.
fn watches(capabilities: &lsp::ClientCapabilities) -> bool {
    let workspace = capabilities.workspace.as_ref().and_then(|workspace| workspace.did_change_watched_files.as_ref());
    workspace.and_then(|watched| watched.dynamic_registration).unwrap_or_default()
}

/// The folders that the client has open.
#[expect(deprecated, reason = "older clients say it in this way alone")]
fn folders(params: &lsp::InitializeParams) -> Vec<PathBuf> {
    let folders = serde_json::to_value(&params.workspace_folders_initialize_params).unwrap_or_default();
    let named = folders.get("workspaceFolders").and_then(Value::as_array).into_iter().flatten();
    let named = named.filter_map(|folder| Some(lsp::Uri(folder.get("uri")?.as_str()?.to_owned())));
    let mut found: Vec<PathBuf> = named.chain(params.root_uri.clone()).filter_map(|uri| uri::to_path(&uri)).collect();
    found.dedup();
    found
}
