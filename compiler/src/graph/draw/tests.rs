//! One plan with a gate, a branch and an irreversible call, drawn in all ways, and one of a text with all of the language.

use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::{dot, json, mermaid, svg};
use crate::plan::{
    Action, Approvers, Band, Call, Comparison, Deadline, Effect, Expr, Gate, GateSlots, Implementation, Lapse, Node, NodeKind, Parameter,
    Period, Plan, ReasonRequired, Region, Slot, Term, Type, Who, Within, Workflow,
};
use crate::value::Value;

fn slot(index: u32) -> Expr {
    Expr::Slot { frame: 0, index }
}

fn action(name: &str, effect: Effect, parameters: &[(&str, Type)]) -> Action {
    Action {
        name: name.into(),
        doc: None,
        effect,
        parameters: parameters.iter().map(|(name, ty)| Parameter { name: (*name).into(), ty: ty.clone(), default: None }).collect(),
        result: None,
        timeout: SignedDuration::from_mins(5),
        implementation: Implementation::Log,
        preview: None,
        secrets: Vec::new(),
        duties: Vec::new(),
    }
}

fn call(action: u32, arguments: Vec<Expr>, slot: Option<u32>) -> NodeKind {
    NodeKind::Call(Call {
        name: "c".into(),
        action,
        arguments,
        slot,
        retry: None,
        timeout: None,
        waiver: None,
        attempt: false,
        repeat: None,
        undo: None,
    })
}

fn node(after: &[u32], within: Option<Within>, kind: NodeKind) -> Node {
    Node { after: after.to_vec(), within, kind, line: 7, span: crate::Span::default() }
}

fn large(than: u32) -> Expr {
    Expr::Compare(Comparison::Greater, Box::new(slot(1)), Box::new(Expr::Const(Value::Number(Decimal::from(than)))))
}

fn gate() -> Gate {
    Gate {
        name: "review".into(),
        doc: None,
        bands: vec![Band {
            when: Some(large(1000)),
            when_text: None,
            sees: Vec::new(),
            by: Some(Approvers { stages: vec![vec![Term::Some(2, Who::Group("finance".into()))]], except: vec![Who::Requester] }),
        }],
        title: Expr::Const(Value::Text("Refund".into())),
        shows: Vec::new(),
        deadline: Some(Deadline { after: Period::BusinessDays(2), then: Lapse::Reject }),
        remind: None,
        asks: Vec::new(),
        send_back: false,
        reason: ReasonRequired::default(),
        guards: Vec::new(),
        slots: GateSlots::default(),
    }
}

/// `if` with an empty `else` between two lookups, a gate, and the call that it guards.
fn plan() -> Plan {
    let slots =
        [("customer", Type::Text), ("amount", Type::Number), ("account", Type::Text), ("limit", Type::Number), ("receipt", Type::Text)];
    let nodes = vec![
        node(&[], None, call(0, vec![slot(0)], Some(2))),
        node(&[], None, call(1, vec![], Some(3))),
        node(&[0, 1], None, NodeKind::Branch { conditions: vec![large(50)], otherwise: false }),
        node(&[2], Some(Within { branch: 2, arm: 0 }), call(2, vec![Expr::Const(Value::Text("<big> \"one\"".into()))], None)),
        node(&[3], None, NodeKind::Join { branch: 2 }),
        node(&[4], None, NodeKind::Gate(Box::new(gate()))),
        node(&[5], None, call(3, vec![slot(2), slot(1)], Some(4))),
        node(&[6], None, NodeKind::Return(Some(slot(4)))),
    ];
    Plan {
        format: crate::plan::FORMAT,
        semantics: crate::plan::SEMANTICS,
        file: "refund.flow".to_owned(),
        types: Vec::new(),
        groups: Vec::new(),
        children: Vec::new(),
        actions: vec![
            action("crm.account", Effect::Read, &[("customer", Type::Text)]),
            action("crm.limit", Effect::Read, &[]),
            action("log", Effect::Plain, &[("message", Type::Text)]),
            action("refund", Effect::Irreversible, &[("to", Type::Text), ("amount", Type::Number)]),
        ],
        workflow: Workflow {
            loops: Vec::new(),
            handlers: Vec::new(),
            name: "refund_customer".into(),
            doc: None,
            parameters: vec![
                Parameter { name: "customer".into(), ty: Type::Text, default: None },
                Parameter { name: "amount".into(), ty: Type::Number, default: None },
            ],
            result: Some(Type::Text),
            owner: None,
            settings: crate::plan::Settings::default(),
            body: Region { slots: slots.into_iter().map(|(name, ty)| Slot { name: name.into(), ty }).collect(), nodes },
        },
    }
}

#[test]
fn mermaid_shows_every_node_and_arm() {
    insta::assert_snapshot!(mermaid(&plan()));
}

#[test]
fn dot_shows_every_node_and_arm() {
    insta::assert_snapshot!(dot(&plan()));
}

#[test]
fn json_shows_every_node_and_arm() {
    insta::assert_snapshot!(json(&plan()));
}

#[test]
fn svg_escapes_and_places_everything() {
    let picture = svg(&plan()).unwrap();
    assert!(picture.contains("&lt;big&gt; \\&quot;one\\&quot;"));
    assert!(!picture.contains("NaN") && !picture.contains("inf"));
}

#[test]
fn a_flow_that_returns_nothing_has_an_end() {
    let mut plan = plan();
    plan.workflow.body.nodes.truncate(5);
    let text = mermaid(&plan);
    assert!(text.contains("n3 --> stop"), "{text}");
    assert!(text.contains("n2 -->|\"no\"| stop"), "{text}");
}

#[test]
fn a_graph_too_large_for_a_picture_is_refused() {
    let mut plan = plan();
    let last = plan.workflow.body.nodes.len();
    for index in last..last + super::MAX_SVG_NODES {
        let before = u32::try_from(index - 1).unwrap();
        plan.workflow.body.nodes.push(node(&[before], None, call(2, vec![slot(0)], None)));
    }
    assert!(svg(&plan).is_err());
}

#[test]
fn a_flow_of_nothing_is_drawn() {
    let mut plan = plan();
    plan.workflow.body.nodes.clear();
    assert!(mermaid(&plan).contains("start --> stop"));
    assert!(svg(&plan).is_ok());
}

/// The plan of a workflow that has all that can be drawn.
fn whole() -> Plan {
    let mut sources = crate::Sources::new();
    let file = sources.add("all.flow", include_str!("fixtures/all.flow"));
    sources.add("bank.flow", include_str!("fixtures/bank.flow"));
    let checked = crate::check(&sources);
    let faults: Vec<_> = checked.diagnostics.iter().map(|found| (&found.message, found.span)).collect();
    checked.plan(file, "ship_orders").unwrap_or_else(|| panic!("{faults:?}"))
}

#[test]
fn mermaid_shows_the_whole_language() {
    insta::assert_snapshot!(mermaid(&whole()));
}

#[test]
fn dot_shows_the_whole_language() {
    insta::assert_snapshot!(dot(&whole()));
}

#[test]
fn json_shows_the_whole_language() {
    insta::assert_snapshot!(json(&whole()));
}

#[test]
fn svg_frames_loops_and_handlers() {
    let picture = svg(&whole()).unwrap();
    assert!(!picture.contains("NaN") && !picture.contains("inf"));
    for id in ["n3", "n3_n0", "n3_n9_start", "on_failure", "on_failure_n0_n0", "on_reject_n0"] {
        assert_eq!(picture.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    assert_eq!(picture.matches("<g").count(), picture.matches("</g>").count());
    if let Ok(path) = std::env::var("HITLC_TEST_SVG") {
        std::fs::write(path, picture).unwrap();
    }
}

#[test]
fn boxes_inside_loops_count() {
    let mut plan = whole();
    let body = plan.workflow.loops.last_mut().unwrap();
    let last = body.nodes.len();
    body.nodes.extend((0..super::MAX_SVG_NODES).map(|index| {
        let before = u32::try_from(last + index - 1).unwrap();
        node(&[before], None, NodeKind::Wait(crate::plan::Wait::Period(Period::BusinessDays(1))))
    }));
    assert!(svg(&plan).is_err());
}
