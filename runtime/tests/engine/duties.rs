//! Duties at run time, believed by nobody: the proof is left out by adding the duty to a plan that was made without it.

use std::sync::Arc;

use flow_compiler::plan::{Approvers, Duty, Expr, Plan, Term, Who};
use flow_compiler::value::Value;
use flow_compiler::{Sources, check};
use flow_runtime::engine::Answer;
use flow_runtime::store::memory::MemoryStore;
use flow_runtime::view;
use serde_json::json;

use super::support::{REFUND, World, effects, serve};

const BOSS: &str = "boss@acme.example";
const CFO: &str = "cfo@acme.example";

fn plan(flow: &str, workflow: &str) -> Plan {
    let mut sources = Sources::new();
    let file = sources.add("test.flow", flow);
    let checked = check(&sources);
    assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
    checked.plan(file, workflow).unwrap()
}

fn by(address: &str) -> Option<Approvers> {
    let who = Who::Address(Expr::Const(Value::Text(address.into())));
    Some(Approvers { stages: vec![vec![Term::Any(who)]], except: Vec::new() })
}

/// The same flow, whose action demands more than its gates promise. Its condition is that of a gate, which sees the same slots.
async fn demanding(flow: &str, workflow: &str, by: Option<Approvers>, when: Option<Expr>) -> World {
    let world = World::on(Arc::new(MemoryStore::new()), "workflow other() { step log(message: \"x\") }").await;
    let mut plan = plan(flow, workflow);
    let text = "only after approval, which nobody proved".to_owned();
    plan.actions[0].duties.push(Duty { by, when, text, policy: Some("the rule".into()) });
    world.engine.serve_plan(plan).await.unwrap();
    world
}

async fn approve(world: &World, run: &view::Run, person: &str) -> view::Run {
    world.decide(run, person, Answer::Approve, json!({})).await.unwrap();
    world.settled(&run.id).await
}

#[tokio::test]
async fn an_unasked_call_does_not_run() {
    let world = demanding(REFUND, "refund_customer", None, None).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 20})).await;
    assert_eq!((run.status, effects(&world)), ("failed", 0), "{run:?}");
    let error = run.error.clone().unwrap();
    assert!(error.contains("demands") && error.contains("the rule"), "{error}");
    // Asked and approved, it runs.
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 2000})).await;
    let run = approve(&world, &run, BOSS).await;
    assert_eq!((run.status, effects(&world)), ("completed", 1), "{run:?}");
}

#[tokio::test]
async fn a_duty_that_does_not_apply_demands_nothing() {
    let large = Expr::Compare(
        flow_compiler::plan::Comparison::Greater,
        Box::new(Expr::Slot { frame: 0, index: 1 }),
        Box::new(Expr::Const(Value::Number(1000.into()))),
    );
    let world = demanding(REFUND, "refund_customer", by(CFO), Some(large)).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 20})).await;
    assert_eq!((run.status, effects(&world)), ("completed", 1), "{run:?}");
    // The owner's approval is not the one that is demanded.
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 2000})).await;
    let run = approve(&world, &run, BOSS).await;
    assert_eq!((run.status, effects(&world)), ("failed", 1), "{run:?}");
}

#[tokio::test]
async fn a_condition_that_cannot_be_evaluated_applies() {
    let broken = Expr::Compare(
        flow_compiler::plan::Comparison::Greater,
        Box::new(Expr::Arithmetic(
            flow_compiler::plan::Arithmetic::Divide,
            Box::new(Expr::Slot { frame: 0, index: 1 }),
            Box::new(Expr::Const(Value::Number(0.into()))),
        )),
        Box::new(Expr::Const(Value::Number(1.into()))),
    );
    let world = demanding(REFUND, "refund_customer", None, Some(broken)).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 20})).await;
    assert_eq!((run.status, effects(&world)), ("failed", 0), "{run:?}");
}

const BATCH: &str = r#"
irreversible action pay(to: text, amount: number)
  only after approval by "cfo@acme.example" when amount > 100
{
  exec "sh" ["-c", "echo {to} {amount} >> effects"]
}

record Payment { to: text, amount: number }

workflow pay_all(payments: [Payment]) {
  owner "boss@acme.example"
  require approval by "cfo@acme.example" when any(payment.amount > 100 for payment in payments) within 2 days
  for each payment in payments {
    step pay(to: payment.to, amount: payment.amount)
  }
}
"#;

#[tokio::test]
async fn a_gate_before_a_loop_binds_the_calls_in_it() {
    let world = World::new(BATCH).await;
    let payments = json!([{"to": "a", "amount": 20}, {"to": "b", "amount": 200}, {"to": "c", "amount": 30}]);
    let run = world.start("pay_all", json!({"payments": payments})).await;
    assert_eq!((run.status, effects(&world)), ("paused", 0), "{run:?}");
    let approval = world.approval(&run).await;
    let items = serde_json::to_value(&approval.will_run.first().unwrap().items).unwrap();
    assert_eq!(items, json!([{"to": "a", "amount": 20}, {"to": "b", "amount": 200}, {"to": "c", "amount": 30}]));
    let run = approve(&world, &run, CFO).await;
    assert_eq!((run.status, effects(&world)), ("completed", 3), "{run:?}");
    // Nobody is asked where no item needs it.
    let run = world.start("pay_all", json!({"payments": [{"to": "a", "amount": 20}]})).await;
    assert_eq!((run.status, run.approvals.len(), effects(&world)), ("completed", 0, 4), "{run:?}");
}

/// More than 28 digits when it is doubled.
const LARGE: u128 = 9_000_000_000_000_000_000_000_000_001;

#[tokio::test]
async fn an_item_that_cannot_be_computed_takes_nothing_from_the_others() {
    let asked = BATCH.replace("when any(payment.amount > 100 for payment in payments)", "");
    let doubled = asked.replace("step pay(to: payment.to, amount: payment.amount)", "DO");
    let plain = "step pay(to: payment.to, amount: payment.amount * 2)";
    let large: serde_json::Value = serde_json::from_str(&LARGE.to_string()).unwrap();
    // It is reached, it is not taken, and it would be undone.
    for (step, status, made) in [
        (plain.to_owned(), "failed", 1),
        (format!("if payment.amount < 1000 {{ {plain} }}"), "completed", 2),
        ("step log(message: \"x\") { undo pay(to: payment.to, amount: payment.amount * 2) }".to_owned(), "failed", 1),
    ] {
        let world = World::new(&doubled.replace("DO", &step)).await;
        let payments = json!([{"to": "a", "amount": 20}, {"to": "b", "amount": large}, {"to": "c", "amount": 30}]);
        let run = world.start("pay_all", json!({"payments": payments})).await;
        let approval = world.approval(&run).await;
        if let Some(items) = &approval.will_run.first().unwrap().items {
            assert_eq!(serde_json::to_value(items).unwrap(), json!([{"to": "a", "amount": 40}, {"to": "b"}, {"to": "c", "amount": 60}]));
        }
        let run = approve(&world, &run, CFO).await;
        assert_eq!((run.status, effects(&world)), (status, made), "{step}: {run:?}");
        assert!(run.error.as_ref().is_none_or(|error| error.to_string().contains("28 digits")), "{run:?}");
    }
}

const UNDONE: &str = r#"
irreversible action take_back(booking: text)
  only after approval by "cfo@acme.example"
{
  exec "sh" ["-c", "echo undone >> effects"]
}

action book(booking: text) {
  exec "sh" ["-c", "echo booked >> effects"]
}

workflow travel(booking: text) {
  owner "boss@acme.example"
  require approval by "cfo@acme.example" within 2 days
  step book(booking) {
    undo take_back(booking)
  }
  fail "no seat"
}
"#;

#[tokio::test]
async fn an_undo_is_covered_by_the_gate_before_its_step() {
    let world = World::new(UNDONE).await;
    let run = world.start("travel", json!({"booking": "b-1"})).await;
    let run = approve(&world, &run, CFO).await;
    assert_eq!((run.status, effects(&world)), ("failed", 2), "{run:?}");
}

#[tokio::test]
async fn what_ended_items_did_is_undone_by_what_was_approved_in_them() {
    let one = UNDONE.replace("(booking: text) {\n  owner", "(bookings: [text]) {\n  owner");
    let one =
        one.replace("  require approval by", "  for each booking in bookings {\n  require approval by").replace("  fail", "  }\n  fail");
    let two = one
        .replace("for each booking in bookings {", "for each first in bookings { for each booking in [first] {")
        .replace("  fail", "  }\n  fail");
    for flow in [one, two] {
        let world = World::new(&flow).await;
        let mut run = world.start("travel", json!({"bookings": ["a", "b", "c"]})).await;
        for booked in 0..3 {
            assert_eq!((run.status, effects(&world)), ("paused", booked), "{run:?}");
            run = approve(&world, &run, CFO).await;
        }
        assert_eq!((run.status, effects(&world)), ("failed", 6), "{run:?}");
    }
}

#[tokio::test]
async fn an_undo_that_nobody_approved_asks_the_owner() {
    let world = World::new("workflow other() { step log(message: \"x\") }").await;
    let flow = UNDONE
        .replace("\n  only after approval by \"cfo@acme.example\"\n", " ")
        .replace("  require approval by \"cfo@acme.example\" within 2 days\n", "");
    let mut plan = plan(&flow, "travel");
    let undone = plan.actions.iter_mut().find(|action| action.name == "take_back").unwrap();
    undone.duties.push(Duty { by: None, when: None, text: "only after approval".into(), policy: None });
    world.engine.serve_plan(plan).await.unwrap();
    let run = world.start("travel", json!({"booking": "b-1"})).await;
    assert_eq!((run.status, effects(&world)), ("in_doubt", 1), "{run:?}");
    let approval = world.approval(&run).await;
    assert_eq!(approval.kind, "undo_failed", "{approval:?}");
}

#[tokio::test]
async fn plans_with_duties_are_served_by_others_too() {
    let world = World::new(BATCH).await;
    serve(&world.engine, UNDONE).await;
    let run = world.start("travel", json!({"booking": "b-1"})).await;
    assert_eq!(run.status, "paused");
}
