//! Whenever the process is killed, the run goes on from there: after each of its commits in turn, on a real store.

use std::sync::Arc;

use flow_runtime::engine::Answer;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use flow_runtime::view;
use serde_json::{Value as Json, json};

use super::killed::Killed;
use super::support::{World, decide, engine, serve, start};

/// A workflow that can be taken from its start to its end.
struct Play {
    flow: &'static str,
    input: Json,
    /// Who answers each question in turn, and how.
    answers: &'static [(&'static str, Answer)],
    /// How it ends.
    status: &'static str,
    /// What its calls did, in this order.
    effects: &'static [&'static str],
    /// Whether that happens in parallel, in whatever order.
    parallel: bool,
}

/// Plays it to its end, killed after the first commit, after the second, and so on until it is not killed any more. Says how often it was.
async fn whenever_it_is_killed(play: &Play) -> usize {
    for commits in 1.. {
        if !killed_after(play, commits).await {
            return usize::try_from(commits).unwrap() - 1;
        }
    }
    unreachable!("a run has an end");
}

/// Whether it was killed at all.
async fn killed_after(play: &Play, commits: i64) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let killed = Killed::after(open(), commits);
    let mut world = World::on(Arc::clone(&killed) as _, play.flow).await;
    let id = world.engine.start(start("go", play.input.clone())).await.expect("the first commit is taken").id;
    let mut dead = false;
    for _ in 0..100 {
        world.engine.idle().await;
        if killed.is_dead() && !dead {
            dead = true;
            // Nothing of the process is left but what it committed.
            world.engine = engine(open(), world.dir.path(), &world.clock).await;
            serve(&world.engine, play.flow).await;
            world.engine.recover().await.unwrap();
            continue;
        }
        let run = world.engine.run(world.engine.parse_run(&id).unwrap()).await.unwrap();
        if run.ended_at.is_some() {
            let mut effects = lines(&world);
            if play.parallel {
                effects.sort_unstable();
            }
            let expected: Vec<String> = play.effects.iter().map(ToString::to_string).collect();
            assert_eq!((run.status, effects), (play.status, expected), "after {commits} commits: {run:?}");
            return dead;
        }
        // What is refused because the process is dead is asked again of the next one.
        let done = go_on(&world, play, &run).await;
        assert!(done.is_ok() || killed.is_dead(), "after {commits}: {done:?}");
    }
    panic!("it does not end after {commits} commits");
}

/// Answers what is asked, or lets time pass.
async fn go_on(world: &World, play: &Play, run: &view::Run) -> Result<(), String> {
    let Some(open) = run.approvals.iter().find(|approval| approval.status == "pending") else {
        world.clock.advance(jiff::SignedDuration::from_hours(24));
        return world.engine.fire_due().await.map(drop).map_err(|error| error.to_string());
    };
    let approval = world.engine.approval(world.engine.parse_approval(&open.id).unwrap(), None).await.unwrap();
    let (by, answer) = if approval.kind == "in_doubt" {
        ("boss@acme.example", in_doubt(world, &approval))
    } else {
        let gates = run.approvals.iter().filter(|gate| gate.gate == open.gate).count() - 1;
        let votes = approval.votes.len();
        *play.answers.get(gates + votes).or(play.answers.last()).unwrap()
    };
    let decided = world.engine.decide(decide(&world.engine, &approval, by, answer, json!({}))).await;
    decided.map(drop).map_err(|error| error.to_string())
}

/// Somebody who looks whether it happened.
fn in_doubt(world: &World, approval: &view::Approval) -> Answer {
    let call = approval.will_run.first().expect("a call");
    let effect = format!("pay {}", call.arguments.get("n").expect("its argument"));
    if lines(world).contains(&effect) { Answer::Done } else { Answer::NotDone }
}

fn lines(world: &World) -> Vec<String> {
    let text = std::fs::read_to_string(world.dir.path().join("effects")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn in_a_loop() {
    let play = Play {
        flow: r#"
irreversible action pay(n: number) { exec "sh" ["-c", "echo pay {n} >> effects"] }
workflow go(ns: [number]) {
  owner "boss@acme.example"
  for each n in ns {
    require approval when n == 3
    step pay(n)
  }
}"#,
        input: json!({"ns": [1, 2, 3, 4, 5]}),
        answers: &[("boss@acme.example", Answer::Approve)],
        status: "completed",
        effects: &["pay 1", "pay 2", "pay 3", "pay 4", "pay 5"],
        parallel: false,
    };
    let kills = whenever_it_is_killed(&play).await;
    assert!(kills >= 6, "{kills}");
}

#[tokio::test]
async fn in_parallel_branches() {
    let play = Play {
        flow: r#"
action put(name: text) -> text { exec "sh" ["-c", "mkdir $HITL_IDEMPOTENCY_KEY 2>/dev/null && echo {name} >> effects; true"] }
workflow go() {
  owner "boss@acme.example"
  parallel {
    branch {
      step put(name: "a")
      require approval
      step put(name: "b")
    }
    branch {
      step put(name: "c")
      step put(name: "d")
    }
  }
}"#,
        input: json!({}),
        answers: &[("boss@acme.example", Answer::Approve)],
        status: "completed",
        effects: &["a", "b", "c", "d"],
        parallel: true,
    };
    let kills = whenever_it_is_killed(&play).await;
    assert!(kills >= 5, "{kills}");
}

#[tokio::test]
async fn around_a_wait() {
    let play = Play {
        flow: r#"
action put(name: text) -> text { exec "sh" ["-c", "mkdir $HITL_IDEMPOTENCY_KEY 2>/dev/null && echo {name} >> effects; true"] }
workflow go() {
  owner "boss@acme.example"
  step put(name: "before")
  wait 30 days
  step put(name: "behind")
}"#,
        input: json!({}),
        answers: &[],
        status: "completed",
        effects: &["before", "behind"],
        parallel: false,
    };
    let kills = whenever_it_is_killed(&play).await;
    assert!(kills >= 2, "{kills}");
}

#[tokio::test]
async fn between_two_undos() {
    let play = Play {
        flow: r#"
action put(name: text) -> text { exec "sh" ["-c", "mkdir $HITL_IDEMPOTENCY_KEY 2>/dev/null && echo put {name} >> effects; echo {name}"] }
action take(name: text) { exec "sh" ["-c", "mkdir $HITL_IDEMPOTENCY_KEY 2>/dev/null && echo take {name} >> effects; true"] }
workflow go() {
  owner "boss@acme.example"
  step a = put(name: "a") { undo take(name: a) }
  step b = put(name: "b") { undo take(name: b) }
  require approval
  on reject { step put(name: "handler") }
}"#,
        input: json!({}),
        answers: &[("boss@acme.example", Answer::Reject)],
        status: "rejected",
        effects: &["put a", "put b", "take b", "take a", "put handler"],
        parallel: false,
    };
    let kills = whenever_it_is_killed(&play).await;
    assert!(kills >= 6, "{kills}");
}

#[tokio::test]
async fn between_two_stages() {
    let play = Play {
        flow: r#"
irreversible action pay(n: number) { exec "sh" ["-c", "echo pay {n} >> effects"] }
workflow go(n: number) {
  owner "boss@acme.example"
  require approval by "dan@acme.example", then "eve@acme.example"
  step pay(n)
}"#,
        input: json!({"n": 7}),
        answers: &[("dan@acme.example", Answer::Approve), ("eve@acme.example", Answer::Approve)],
        status: "completed",
        effects: &["pay 7"],
        parallel: false,
    };
    let kills = whenever_it_is_killed(&play).await;
    assert!(kills >= 2, "{kills}");
}
