//! What long loops and long waits hold: nothing that grows with them.

use std::sync::Arc;

use flow_compiler::value::Value;
use flow_runtime::engine::Answer;
use flow_runtime::ids::ApprovalId;
use flow_runtime::machine::NodeState;
use flow_runtime::store::memory::MemoryStore;
use serde_json::json;

use super::killed::Counted;
use super::support::{World, decide};

const LOOP: &str = r#"
workflow go(ns: [number]) {
  owner "boss@acme.example"
  for each n in ns at most 10 at once {
    require approval when n < 0
    step log(message: "item")
  }
}
workflow asks(ns: [number]) {
  owner "boss@acme.example"
  for each n in ns at most 10 at once {
    require approval within 1 hour, then approve
    step log(message: "item")
  }
}
workflow gated(ns: [number]) {
  owner "boss@acme.example"
  for each n in ns at most 10 at once {
    require approval
    step log(message: "item")
  }
}
workflow decides(ns: [number]) -> number {
  owner "boss@acme.example"
  let kept = for each n in ns at most 10 at once {
    step log(message: "item")
    require approval
    give n
  }
  return count(kept)
}
workflow rests() {
  owner "boss@acme.example"
  wait 30 days
}"#;

#[tokio::test]
async fn a_loop_that_has_ended_leaves_no_frames() {
    let world = World::new(LOOP).await;
    let ns: Vec<u32> = (0..2000).collect();
    let run = world.start("go", json!({"ns": ns})).await;
    assert_eq!(run.status, "completed", "{:?}", run.error);
    let (state, _) = world.engine.state(world.engine.parse_run(&run.id).unwrap()).await.unwrap();
    assert_eq!((state.questions.len(), state.busy, &state.body.nodes[0]), (0, 0, &NodeState::Done));
    let bytes = minicbor::to_vec(&state).unwrap().len();
    let input = minicbor::to_vec(&state.body.slots).unwrap().len();
    assert!(bytes < input + 500, "{bytes} bytes, of which {input} are its input");
}

#[tokio::test]
async fn a_loop_holds_the_questions_of_the_items_under_way_alone() {
    let world = World::new(LOOP).await;
    let ns: Vec<u32> = (0..300).collect();
    let run = world.start("asks", json!({"ns": ns})).await;
    let id = world.engine.parse_run(&run.id).unwrap();
    for _ in 0..30 {
        let (state, _) = world.engine.state(id).await.unwrap();
        let NodeState::Looping(looping) = &state.body.nodes[0] else { panic!("{:?}", state.body.nodes) };
        assert_eq!((state.questions.len(), looping.items.len()), (10, 10));
        world.clock.advance(jiff::SignedDuration::from_hours(1));
        world.engine.fire_due().await.unwrap();
        world.engine.idle().await;
    }
    let (state, _) = world.engine.state(id).await.unwrap();
    assert_eq!((state.questions.len(), state.asked, state.status().name()), (0, 300, "completed"));
}

/// What a run holds beside its input, the list of its loop and what its items gave: after each hundred items, in bytes as it is stored.
async fn held(workflow: &str, items: u32) -> Vec<usize> {
    let world = World::new(LOOP).await;
    // All numbers are written in as many bytes.
    let ns: Vec<u32> = (0..items).map(|n| 1_000_000 + n).collect();
    let run = world.start(workflow, json!({"ns": ns})).await;
    let id = world.engine.parse_run(&run.id).unwrap();
    let mut held = Vec::new();
    for n in 1..=items {
        if n % 100 == 0 {
            let (mut state, _) = world.engine.state(id).await.unwrap();
            let NodeState::Looping(looping) = &mut state.body.nodes[0] else { panic!("{:?}", state.body.nodes) };
            looping.list = Value::None;
            looping.given.clear();
            state.body.slots.clear();
            held.push(minicbor::to_vec(&state).unwrap().len());
        }
        let approval = world.engine.approval(ApprovalId { run: id, n }, None).await.unwrap();
        world.engine.decide(decide(&world.engine, &approval, "boss@acme.example", Answer::Approve, json!({}))).await.unwrap();
        world.engine.idle().await;
    }
    assert_eq!(world.settled(&run.id).await.status, "completed");
    held
}

#[tokio::test]
async fn a_loop_holds_nothing_of_the_items_that_have_ended_but_what_they_gave() {
    for workflow in ["gated", "decides"] {
        let held = held(workflow, 1000).await;
        let (first, most) = (held[0], held.iter().max().copied().unwrap_or_default());
        // A larger number of an item takes a byte or two more wherever it stands.
        assert!(most < first + first / 20, "{workflow}: {held:?}");
    }
}

/// What each hundred items of a loop cost, in the order in which they came: commits, bytes written, transitions and runs read.
async fn costs(workflow: &str, items: u32) -> Vec<[usize; 3]> {
    let store = Counted::over(Arc::new(MemoryStore::new()));
    let world = World::on(Arc::clone(&store) as _, LOOP).await;
    let ns: Vec<u32> = (0..items).map(|n| 1_000_000 + n).collect();
    let run = world.start(workflow, json!({"ns": ns})).await;
    let id = world.engine.parse_run(&run.id).unwrap();
    store.take();
    let mut costs = Vec::new();
    for n in 1..=items {
        let approval = world.engine.approval(ApprovalId { run: id, n }, None).await.unwrap();
        let decided = world.engine.decide(decide(&world.engine, &approval, "boss@acme.example", Answer::Approve, json!({}))).await.unwrap();
        assert_eq!((decided.status, decided.vote.by.as_str()), ("approved", "boss@acme.example"));
        world.engine.idle().await;
        if n % 100 == 0 {
            costs.push(store.take());
        }
    }
    assert_eq!(world.settled(&run.id).await.status, "completed");
    costs
}

#[tokio::test]
async fn an_item_costs_the_same_early_and_late() {
    for workflow in ["gated", "decides"] {
        let costs = costs(workflow, 2000).await;
        let sum = |part: &[[usize; 3]], what: usize| part.iter().map(|cost| cost[what]).sum::<usize>();
        let (early, late) = costs[..costs.len() - 1].split_at(costs.len() / 2 - 1);
        for (what, name) in [(0, "commits"), (1, "bytes written"), (2, "entries read")] {
            let (early, late) = (sum(early, what), sum(&late[..early.len()], what));
            assert!(late <= early + early / 5 + 2, "{workflow}: {name} of so many items grew from {early} to {late}: {costs:?}");
        }
    }
}

#[tokio::test]
async fn runs_that_wait_are_rows_and_not_memory() {
    let world = World::new(LOOP).await;
    for _ in 0..3000 {
        assert_eq!(world.start("rests", json!({})).await.status, "paused");
    }
    assert!(world.engine.in_memory() <= 1024 + 16, "{} runs are in memory", world.engine.in_memory());
}
