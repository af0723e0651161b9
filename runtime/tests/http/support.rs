//! An engine with two workflows, people with tokens, and requests in one line.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use flow_compiler::{Sources, check};
use flow_runtime::actions::{Executor, Settings};
use flow_runtime::config::{Config, LiveConfig};
use flow_runtime::engine::{Engine, ManualClock, Options};
use flow_runtime::http::{HttpOptions, Peer, router};
use flow_runtime::ids::At;
use flow_runtime::people::{NewToken, Person};
use flow_runtime::store::Store;
use flow_runtime::store::memory::MemoryStore;
use http_body_util::BodyExt;
use serde_json::Value as Json;
use tower::ServiceExt;

use super::replayed;

/// The file of secrets, where a project file says so.
pub(crate) const SECRETS: &str = "ORDERS = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";

pub(crate) const FLOW: &str = r#"
record Line {
  item: text
  amount: money
}

# Sends money to a supplier.
irreversible action pay(to: text, amount: money) -> text {
  exec "echo" ["paid {amount} to {to}"]
}

# Ends without saying whether it did anything.
irreversible action vanish(what: text) -> text {
  exec "sh" ["-c", "kill -9 $$"]
}

# Pays a supplier.
workflow pay_supplier(to: text, amount: money, lines: [Line] = [], change: text = "") -> text {
  owner "ana@acme.example"
  require approval as review when amount > 1000 EUR {
    title "Pay {amount} to {to}"
    show to as "Supplier", amount, lines as table "Lines", change as diff "Change"
    within 2 hours, then reject
    reason required on reject
  }
  step receipt = pay(to, amount)
  return receipt
}

workflow lose(what: text) -> text {
  owner "ana@acme.example"
  step receipt = vanish(what)
  return receipt
}
"#;

/// Everything that a test needs.
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) options: HttpOptions,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) router: Router,
    store: Arc<dyn Store>,
    mail: bool,
    pub(crate) folder: tempfile::TempDir,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| unreachable!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Whether the status is this, with the whole answer when it is not.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        if self.status.is_client_error() && self.header("content-type").contains("json") {
            assert_eq!(self.header("content-type"), "application/problem+json");
            assert_eq!(self.json()["status"], status);
            assert_eq!(self.header("cache-control"), "no-store");
        }
        self
    }
}

/// How a world is set up.
pub(crate) struct Setting {
    pub(crate) flow: &'static str,
    pub(crate) mail: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self { flow: FLOW, mail: false }
    }
}

/// Whatever was asked of it: its journals say the same once more.
impl Drop for World {
    fn drop(&mut self) {
        let config = Config::load(self.folder.path()).unwrap_or_default();
        let groups = config.groups.keys().map(|group| (group.clone(), config.addresses(group))).collect();
        let project = replayed::Project { zone: self.engine.options().zone.clone(), calendar: config.calendar.days(), groups };
        replayed::check(&self.store, &project, Some(&self.engine));
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut HttpOptions)) -> Self {
        Self::made(Setting::default(), change).await
    }

    pub(crate) async fn set(setting: Setting) -> Self {
        Self::made(setting, |_| {}).await
    }

    /// On a store of the test's, with the usual workflows.
    pub(crate) async fn over(store: Arc<dyn Store>) -> Self {
        Self::built(store, noon(), tempfile::tempdir().unwrap(), Setting::default(), |_| {}).await
    }

    async fn made(setting: Setting, change: impl FnOnce(&mut HttpOptions)) -> Self {
        Self::built(Arc::new(MemoryStore::new()), noon(), tempfile::tempdir().unwrap(), setting, change).await
    }

    /// On a store that is there already, at its time, with other workflows and another project file.
    pub(crate) async fn on(store: Arc<dyn Store>, clock: Arc<ManualClock>, flow: &'static str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hitl.toml"), config).unwrap();
        std::fs::write(folder.path().join("secrets.toml"), SECRETS).unwrap();
        Self::built(store, clock, folder, Setting { flow, mail: false }, |_| {}).await
    }

    async fn built(
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        folder: tempfile::TempDir,
        setting: Setting,
        change: impl FnOnce(&mut HttpOptions),
    ) -> Self {
        let engine = open(&store, &clock, folder.path(), setting.flow, setting.mail).await;
        let mut options = HttpOptions::new(&engine);
        change(&mut options);
        let router = router(Arc::clone(&engine), options.clone());
        Self { engine, options, clock, router, store, mail: setting.mail, folder }
    }

    /// The server ends, and another takes up its store, with another text of the flow.
    pub(crate) async fn reopen(&mut self, flow: &str) {
        self.engine = open(&self.store, &self.clock, self.folder.path(), flow, self.mail).await;
        self.router = router(Arc::clone(&self.engine), self.options.clone());
    }

    /// A token of somebody.
    pub(crate) async fn token(&self, person: &str, scopes: &str) -> String {
        self.issue(person, scopes, false).await
    }

    pub(crate) async fn issue(&self, person: &str, scopes: &str, agent: bool) -> String {
        let new = NewToken { person: Person::new(person), scopes: scopes.parse().unwrap(), agent, expires: None };
        self.options.tokens.issue(new).await.unwrap().secret
    }

    /// `ask("GET /path", &["name: value"], "body")`
    pub(crate) async fn ask(&self, line: &str, headers: &[&str], body: impl Into<Body>) -> Answer {
        self.ask_from(Some(Peer::Network(IpAddr::V4(Ipv4Addr::LOCALHOST))), line, headers, body).await
    }

    pub(crate) async fn ask_from(&self, peer: Option<Peer>, line: &str, headers: &[&str], body: impl Into<Body>) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for header in headers {
            let (name, value) = header.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let mut request = request.body(body.into()).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A run that waits at its gate: its id, its approval's id and the digest of what is shown.
    pub(crate) async fn paused(&self) -> (String, String, String) {
        self.start("pay_supplier", r#"{"input": {"to": "Vendor", "amount": "1500.00 EUR"}}"#).await
    }

    /// A run that waits for an answer.
    pub(crate) async fn start(&self, workflow: &str, body: &str) -> (String, String, String) {
        let token = self.token("rob@acme.example", "start,read").await;
        let line = format!("POST /api/v1/workflows/{workflow}/runs");
        let auth = bearer(&token);
        let run = self.ask(&line, &[&auth, JSON, "prefer: wait=20"], body.to_owned()).await.expect(201).json();
        let text = |json: &Json| json.as_str().unwrap_or_else(|| unreachable!("{run}")).to_owned();
        let approval = text(&run["approvals"][0]["id"]);
        let seen = self.ask(&format!("GET /api/v1/approvals/{approval}"), &[&auth], "").await.expect(200);
        (text(&run["id"]), approval, seen.header("etag").to_owned())
    }
}

pub(crate) const JSON: &str = "content-type: application/json";
pub(crate) const FORM: &str = "content-type: application/x-www-form-urlencoded";

fn noon() -> Arc<ManualClock> {
    let start: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    Arc::new(ManualClock::at(At::from(start)))
}

pub(crate) fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

async fn open(store: &Arc<dyn Store>, clock: &Arc<ManualClock>, folder: &Path, flow: &str, mail: bool) -> Arc<Engine> {
    let config = Arc::new(Config::load(folder).unwrap());
    let groups = config.groups.keys().map(|group| (group.clone(), config.addresses(group))).collect();
    let live = Arc::new(LiveConfig::watching(folder, Arc::clone(&config)));
    let settings = Settings { live, ..Settings::new(config, folder, &folder.join(".hitl")) };
    let executor = Executor::new(settings).unwrap();
    let options = Options {
        public_url: "http://127.0.0.1:7420".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        mail,
        webhooks: Vec::new(),
        groups: BTreeMap::new(),
        clock: clock.clone(),
    };
    let engine = Engine::open(Arc::clone(store), Arc::new(executor), options).await.unwrap();
    let mut sources = Sources::new();
    sources.set_groups(groups);
    let file = sources.add("pay.flow", flow);
    let checked = check(&sources);
    assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
    let names: Vec<String> = checked.workflows().map(|workflow| workflow.name.to_owned()).collect();
    for name in names {
        engine.arm(checked.plan(file, &name).unwrap()).await.unwrap();
    }
    engine
}
