//! Engines on real stores and real actions, from the text of flows, in virtual time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::{Sources, check};
use flow_runtime::actions::{Executor, Settings};
use flow_runtime::config::Config;
use flow_runtime::engine::{Answer, Decide, Engine, EngineError, ManualClock, Options, Start};
use flow_runtime::ids::{At, Digest};
use flow_runtime::machine::Calendar;
use flow_runtime::machine::event::Channel;
use flow_runtime::people::{Caller, Person, Scopes};
use flow_runtime::store::Store;
use flow_runtime::store::memory::MemoryStore;
use flow_runtime::view;
use serde_json::{Map, Value as Json};

use super::replayed;

pub(crate) const SECONDS: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dir: tempfile::TempDir,
}

/// Whatever a test did: its journals say the same once more.
impl Drop for World {
    fn drop(&mut self) {
        let project = replayed::Project {
            zone: self.engine.options().zone.clone(),
            calendar: Calendar::default(),
            groups: self.engine.options().groups.clone(),
        };
        replayed::check(self.engine.store(), &project, Some(&self.engine));
    }
}

impl World {
    pub(crate) async fn new(flow: &str) -> Self {
        Self::on(Arc::new(MemoryStore::new()), flow).await
    }

    pub(crate) async fn on(store: Arc<dyn Store>, flow: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(At(1_790_000_000_000_000)));
        let engine = engine(store, dir.path(), &clock).await;
        serve(&engine, flow).await;
        Self { engine, clock, dir }
    }

    pub(crate) async fn start(&self, workflow: &str, input: Json) -> view::Run {
        let run = self.engine.start(start(workflow, input)).await.unwrap();
        self.settled(&run.id).await
    }

    pub(crate) async fn settled(&self, id: &str) -> view::Run {
        let run = self.engine.parse_run(id).unwrap();
        self.engine.settled(run, SECONDS).await.unwrap()
    }

    pub(crate) async fn approval(&self, run: &view::Run) -> view::Approval {
        let id = run.approvals.last().expect("the run asks").id.clone();
        self.engine.approval(self.engine.parse_approval(&id).unwrap(), None).await.unwrap()
    }

    pub(crate) async fn decide(&self, run: &view::Run, by: &str, answer: Answer, values: Json) -> Result<view::Decided, EngineError> {
        let approval = self.approval(run).await;
        self.engine.decide(decide(&self.engine, &approval, by, answer, values)).await
    }
}

pub(crate) async fn engine(store: Arc<dyn Store>, dir: &Path, clock: &Arc<ManualClock>) -> Arc<Engine> {
    let settings = Settings::new(Arc::new(Config::default()), dir, &dir.join(".hitl"));
    let executor = Arc::new(Executor::new(settings).unwrap());
    let options = Options {
        public_url: "http://localhost:1".into(),
        zone: jiff::tz::TimeZone::UTC,
        mail: true,
        webhooks: vec!["slack".to_owned()],
        groups: BTreeMap::new(),
        clock: Arc::clone(clock) as _,
    };
    Engine::open(store, executor, options).await.unwrap()
}

pub(crate) async fn serve(engine: &Engine, flow: &str) {
    let mut sources = Sources::new();
    let file = sources.add("test.flow", flow);
    let checked = check(&sources);
    assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
    let names: Vec<String> = checked.workflows().map(|workflow| workflow.name.to_string()).collect();
    for name in names {
        engine.serve_plan(checked.plan(file, &name).unwrap()).await.unwrap();
    }
}

pub(crate) fn caller(person: &str) -> Caller {
    let scopes = Scopes { start: true, decide: true, read: true, ..Scopes::default() };
    Caller { person: Person::new(person), scopes, agent: false, channel: Channel::Api, os_user: None }
}

pub(crate) fn start(workflow: &str, input: Json) -> Start {
    let Json::Object(input) = input else { panic!("an object") };
    Start { workflow: workflow.into(), input, caller: caller("ana@acme.example"), on_behalf_of: None, callback: None, key: None }
}

pub(crate) fn decide(engine: &Engine, approval: &view::Approval, by: &str, answer: Answer, values: Json) -> Decide {
    let values = values.as_object().cloned().unwrap_or_else(Map::new);
    Decide {
        approval: engine.parse_approval(&approval.id).unwrap(),
        caller: caller(by),
        answer,
        comment: None,
        values,
        digest: Digest::parse(&approval.digest).unwrap(),
        key: None,
    }
}

pub(crate) const REFUND: &str = r#"
irreversible action refund(customer: text, amount: number) -> text {
  exec "sh" ["-c", "echo done >> effects; echo refunded"]
}

workflow refund_customer(customer: text, amount: number) -> text {
  owner "boss@acme.example"
  require approval when amount > 1000 {
    within 2 days
  }
  step receipt = refund(customer, amount)
  return receipt
}
"#;

pub(crate) fn effects(world: &World) -> usize {
    std::fs::read_to_string(world.dir.path().join("effects")).map_or(0, |text| text.lines().count())
}

/// Fires timers until the run has settled.
pub(crate) async fn finish(world: &World, mut run: view::Run) -> view::Run {
    for _ in 0..20 {
        if run.ended_at.is_some() {
            break;
        }
        world.engine.fire_due().await.unwrap();
        run = world.engine.settled(world.engine.parse_run(&run.id).unwrap(), Duration::from_millis(500)).await.unwrap();
    }
    run
}
