//! What an item of a loop costs, and what a loop holds in memory, as it gets longer: in one process, on a real store, with a gate and without.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flow_compiler::{Sources, check};
use flow_runtime::actions::{Executor, Settings};
use flow_runtime::config::Config;
use flow_runtime::engine::{Answer, Decide, Engine, Options, Start, SystemClock};
use flow_runtime::ids::{ApprovalId, Digest, RunId};
use flow_runtime::machine::event::Channel;
use flow_runtime::people::{Caller, Person, Scopes};
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use serde_json::{Map, Value as Json};

use crate::row;

const FLOW: &str = r#"
workflow plain(ns: [number]) {
  owner "bench@localhost"
  for each n in ns at most 10 at once { step log(message: "item") }
}
workflow gated(ns: [number]) {
  owner "bench@localhost"
  for each n in ns at most 10 at once {
    require approval
    step log(message: "item")
  }
}
"#;

/// Items of a loop that is not measured: the store keeps up to 4 MB of its pages in memory, whatever it is used for, and these fill them.
const WARMING: u32 = 20_000;

/// How long a loop may take.
const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) async fn run() {
    println!("\nloops, 10 items at once");
    let dir = tempfile::tempdir().expect("a folder");
    let engine = open(dir.path()).await;
    play(&engine, "plain", WARMING).await;
    for workflow in ["plain", "gated"] {
        for items in [1000, 10_000] {
            let before = memory();
            let began = Instant::now();
            let (run, most) = play(&engine, workflow, items).await;
            let each = began.elapsed().as_secs_f64() * 1e6 / f64::from(items);
            let (state, _) = engine.state(run).await.expect("it is there");
            assert!(state.ended.is_some() && state.questions.is_empty(), "the loop has not ended");
            row(&format!("{workflow}, {items} items"), format!("{each:.0} µs an item; memory {before:.0}, at most {most:.0} MB"));
        }
    }
    engine.shut_down(PATIENCE).await;
}

/// Starts the run and answers what it asks until it asks nothing more. Gives the most memory that there was.
async fn play(engine: &Arc<Engine>, workflow: &str, items: u32) -> (RunId, f64) {
    let input = Map::from_iter([("ns".to_owned(), (0..items).map(Json::from).collect())]);
    let start = Start { workflow: workflow.into(), input, caller: caller(), on_behalf_of: None, callback: None, key: None };
    let id = engine.start(start).await.expect("it starts").id;
    let run = engine.parse_run(&id).expect("an id");
    let mut most = memory();
    loop {
        engine.idle().await;
        most = most.max(memory());
        let open = engine.store().asked(None, None, 100).await.expect("the open questions");
        if open.is_empty() {
            return (run, most);
        }
        for (run, n) in open {
            let approval = ApprovalId { run, n };
            let digest = Digest::parse(&engine.approval(approval, None).await.expect("it is there").digest).expect("a digest");
            let decide =
                Decide { approval, caller: caller(), answer: Answer::Approve, comment: None, values: Map::new(), digest, key: None };
            engine.decide(decide).await.expect("it is decided");
        }
    }
}

fn caller() -> Caller {
    let scopes = Scopes { start: true, decide: true, read: true, ..Scopes::default() };
    Caller { person: Person::new("bench@localhost"), scopes, agent: false, channel: Channel::Api, os_user: None }
}

async fn open(dir: &Path) -> Arc<Engine> {
    let store = SqliteStore::open(dir.join("state.db"), &SqliteOptions::default()).expect("a store");
    let settings = Settings::new(Arc::new(Config::default()), dir, &dir.join(".hitl"));
    let options = Options {
        public_url: "http://localhost:1".into(),
        zone: jiff::tz::TimeZone::UTC,
        mail: false,
        webhooks: Vec::new(),
        groups: BTreeMap::new(),
        clock: Arc::new(SystemClock),
    };
    let executor = Arc::new(Executor::new(settings).expect("an executor"));
    let engine = Engine::open(Arc::new(store), executor, options).await.expect("an engine");
    let mut sources = Sources::new();
    let file = sources.add("loops.flow", FLOW);
    let checked = check(&sources);
    for workflow in ["plain", "gated"] {
        engine.serve_plan(checked.plan(file, workflow).expect("a plan")).await.expect("it is served");
    }
    engine
}

/// The memory of this process, in MB, without what is only mapped from files.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("RssAnon"));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}
