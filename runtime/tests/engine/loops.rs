//! What long loops and long waits hold: nothing that grows with them.

use flow_runtime::machine::NodeState;
use serde_json::json;

use super::support::World;

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

#[tokio::test]
async fn runs_that_wait_are_rows_and_not_memory() {
    let world = World::new(LOOP).await;
    for _ in 0..3000 {
        assert_eq!(world.start("rests", json!({})).await.status, "paused");
    }
    assert!(world.engine.in_memory() <= 1024 + 16, "{} runs are in memory", world.engine.in_memory());
}
