//! Conditions a second, one thread, exact decimals: from the text of a flow, as the machine evaluates them.

use std::time::Instant;

use flow_compiler::eval::{Env, Names, Outside, holds};
use flow_compiler::plan::{Expr, NodeKind, Plan};
use flow_compiler::value::{Value, from_json};
use flow_compiler::{Sources, check};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::row;

const FLOW: &str = r#"
record Line { qty: number price: number }
record Invoice { amount: number country: text lines: [Line] }
record Vendor { is_new: bool }

workflow small(amount: number) {
  owner "o@acme.example"
  require approval when amount > 1000
  step log(message: "done")
}

workflow large(invoice: Invoice, vendor: Vendor) {
  owner "o@acme.example"
  require approval when invoice.amount > 1000 and (vendor.is_new or invoice.country in ["IR", "KP"]) and any(l.qty * l.price > 500 for l in invoice.lines)
  step log(message: "done")
}
"#;

struct Nothing;

impl Names for Nothing {
    fn env(&self, _: &str) -> Option<SmolStr> {
        None
    }
    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}

pub(crate) fn run() {
    println!("\nconditions, one thread");
    let mut sources = Sources::new();
    let file = sources.add("conditions.flow", FLOW);
    let checked = check(&sources);
    let plan = |name: &str| checked.plan(file, name).expect("a plan");
    let (small, large) = (plan("small"), plan("large"));

    let amount = Decimal::from(1500);
    let limit = Decimal::from(1000);
    millions("floor: a native comparison of decimals", || std::hint::black_box(amount) > std::hint::black_box(limit));
    let slots = [Value::Number(amount)];
    evaluate("`amount > 1000`", &small, || slots.to_vec());

    let line = |qty: i64, price: i64| serde_json::json!({"qty": qty, "price": price});
    let lines = vec![line(1, 100), line(2, 50), line(3, 30), line(4, 20), line(10, 100)];
    let invoice = serde_json::json!({"amount": 1500, "country": "DE", "lines": lines});
    let read = |json: &serde_json::Value, index: usize| {
        from_json(json, &large.workflow.parameters[index].ty, &large.types, "").expect("the input fits")
    };
    let slots = [read(&invoice, 0), read(&serde_json::json!({"is_new": true}), 1)];
    evaluate("the larger condition, 5 lines", &large, || slots.to_vec());
}

fn evaluate(name: &str, plan: &Plan, slots: impl Fn() -> Vec<Value>) {
    let slots = slots();
    let zone = jiff::tz::TimeZone::UTC;
    let outside = Outside { now: jiff::Timestamp::UNIX_EPOCH, zone: &zone, names: &Nothing, owner: "", requester: "" };
    let env = Env { frames: &[&slots], types: &plan.types, outside: &outside };
    let condition = condition(plan);
    assert_eq!(holds(condition, &env), Ok(true));
    millions(name, || holds(std::hint::black_box(condition), std::hint::black_box(&env)) == Ok(true));
}

fn condition(plan: &Plan) -> &Expr {
    let gate = plan.workflow.body.nodes.iter().find_map(|node| match &node.kind {
        NodeKind::Gate(gate) => gate.bands[0].when.as_ref(),
        _ => None,
    });
    gate.expect("the flow has a gate")
}

fn millions(name: &str, f: impl Fn() -> bool) {
    let start = Instant::now();
    let mut times = 0_u64;
    while start.elapsed().as_millis() < 500 {
        for _ in 0..10_000 {
            assert!(std::hint::black_box(f()));
        }
        times += 10_000;
    }
    row(name, format!("{:.1} M/s", times as f64 / start.elapsed().as_secs_f64() / 1e6));
}
