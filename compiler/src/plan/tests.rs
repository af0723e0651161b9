//! Plans as bytes: the same again, and nothing foreign trusted.

use flow_grammar::Span;
use jiff::SignedDuration;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::value::Value;

fn slot(index: u32) -> Expr {
    Expr::Slot { frame: 0, index }
}

fn node(kind: NodeKind) -> Node {
    Node { after: Vec::new(), within: None, kind, line: 1, span: Span::new(0, 1) }
}

fn refund() -> Plan {
    let parameters = vec![
        Parameter { name: "amount".into(), ty: Type::Number, default: Some(Expr::Const(Value::Number(Decimal::ONE))) },
        Parameter { name: "risk".into(), ty: Type::Optional(Box::new(Type::Enum(0))), default: None },
    ];
    let large = Expr::Compare(Comparison::Greater, Box::new(slot(0)), Box::new(Expr::Const(Value::Number(1000.into()))));
    let action = Action {
        name: "refund".into(),
        doc: None,
        effect: Effect::Irreversible,
        parameters: parameters.clone(),
        result: Some(Type::Text),
        timeout: SignedDuration::from_mins(5),
        implementation: Implementation::Exec(Exec {
            program: "echo".into(),
            arguments: vec![(Expr::Text(vec![TextPart::Text("refunded ".into()), TextPart::Value(slot(0), Type::Number)]), Type::Text)],
            stdin: None,
            cwd: None,
            env: Vec::new(),
            ok_when: Some(Expr::Compare(Comparison::Equal, Box::new(slot(3)), Box::new(Expr::Const(Value::Number(0.into()))))),
            not_done_when: None,
            result: None,
        }),
        preview: None,
        secrets: Vec::new(),
        duties: Vec::new(),
    };
    let gate = Gate {
        name: "approval".into(),
        doc: None,
        bands: vec![Band { when: Some(large), when_text: Some("amount > 1000".into()), sees: Vec::new(), by: None }],
        title: Expr::Const(Value::Text("Refund".into())),
        shows: vec![Show { label: "amount".into(), value: slot(0), ty: Type::Number, style: Style::Plain }],
        deadline: Some(Deadline { after: Period::Exact(SignedDuration::from_hours(2)), then: Lapse::Fail(None) }),
        remind: None,
        asks: Vec::new(),
        send_back: false,
        reason: ReasonRequired::default(),
        guards: vec![Guard {
            at: vec![1],
            arguments: vec![GuardArgument::Known(slot(0)), GuardArgument::Later],
            undo: Vec::new(),
            behind_gate: false,
            bound: true,
            conditional: false,
        }],
        slots: GateSlots::default(),
    };
    let call = Call {
        attempt: false,
        repeat: None,
        undo: None,
        name: "receipt".into(),
        action: 0,
        arguments: vec![slot(0), slot(1)],
        slot: Some(2),
        retry: Some(Retry { times: 3, every: SignedDuration::from_secs(10), doubling: true }),
        timeout: None,
        waiver: None,
    };
    let mut step = node(NodeKind::Call(call));
    step.after.push(0);
    let slots = [("amount", Type::Number), ("risk", Type::Optional(Box::new(Type::Enum(0)))), ("receipt", Type::Text)];
    Plan {
        format: FORMAT,
        semantics: SEMANTICS,
        file: "refund.flow".into(),
        types: vec![TypeDef { name: "Risk".into(), doc: None, kind: TypeKind::Enum(vec!["low".into(), "high".into()]) }],
        groups: Vec::new(),
        children: Vec::new(),
        actions: vec![action],
        workflow: Workflow {
            loops: Vec::new(),
            handlers: Vec::new(),
            name: "refund_customer".into(),
            doc: Some("Refunds.".into()),
            parameters,
            result: Some(Type::Text),
            owner: None,
            settings: Settings::default(),
            body: Region {
                slots: slots.map(|(name, ty)| Slot { name: name.into(), ty }).into(),
                nodes: vec![node(NodeKind::Gate(Box::new(gate))), step, node(NodeKind::Return(Some(slot(2))))],
            },
        },
    }
}

#[test]
fn a_plan_comes_back_the_same() {
    let plan = refund();
    let bytes = plan.encode();
    assert_eq!(Plan::decode(&bytes).unwrap(), plan);
    assert_eq!(plan.clone().encode(), bytes);
    assert_ne!(Plan::hash(&bytes), Plan::hash(&bytes[1..]));
    assert!(Plan::decode(&[bytes.as_slice(), &[0]].concat()).is_err(), "something after it");
    assert!(Plan::decode(&[]).is_err());
}

#[test]
fn other_versions_are_told_apart() {
    let format = Plan { format: 7, ..refund() };
    assert_eq!(Plan::decode(&format.encode()), Err(PlanError::Format { found: 7 }));
    let semantics = Plan { semantics: 9, ..refund() };
    assert_eq!(Plan::decode(&semantics.encode()), Err(PlanError::Semantics { found: 9 }));
}

#[test]
fn what_it_names_must_be_there() {
    type Spoil = fn(&mut Plan);
    let cases: [(&str, Spoil); 17] = [
        ("type 9 is no enum", |plan| plan.workflow.body.slots[0].ty = Type::Enum(9)),
        ("type 0 is no record", |plan| plan.workflow.result = Some(Type::List(Box::new(Type::Record(0))))),
        ("no slot 3 among 3", |plan| plan.workflow.body.nodes[2].kind = NodeKind::Return(Some(slot(3)))),
        ("no slot 0 among 0", |plan| plan.workflow.parameters[0].default = Some(slot(0))),
        ("no slot 2 among 2", |plan| plan.workflow.owner = Some(Who::Address(slot(2)))),
        ("no frame 1", |plan| plan.workflow.body.nodes[2].kind = NodeKind::Fail(Some(Expr::Slot { frame: 1, index: 0 }))),
        ("no name of a comprehension 0 among 0", |plan| plan.workflow.body.nodes[2].kind = NodeKind::Fail(Some(Expr::Local(0)))),
        ("no earlier node 1 among 1", |plan| plan.workflow.body.nodes[1].after = vec![1]),
        ("node 0 is no branch", |plan| plan.workflow.body.nodes[1].within = Some(Within { branch: 0, arm: 0 })),
        ("no arm 1 among 1", |plan| {
            plan.workflow.body.nodes[0].kind = NodeKind::Branch { conditions: vec![slot(0)], otherwise: false };
            plan.workflow.body.nodes[1].within = Some(Within { branch: 0, arm: 1 });
        }),
        ("no action 1", |plan| edit_call(plan, |call| call.action = 1)),
        ("`approval` guards `receipt` with other arguments", |plan| edit_call(plan, |call| call.arguments.truncate(1))),
        ("`approval` guards what undoes `receipt` with other arguments", |plan| {
            if let NodeKind::Gate(gate) = &mut plan.workflow.body.nodes[0].kind {
                gate.guards[0].undo = vec![GuardArgument::Later];
            }
        }),
        ("`refund` is called with 1 arguments", |plan| {
            edit_call(plan, |call| call.arguments.truncate(1));
            plan.workflow.body.nodes.remove(0);
            plan.workflow.body.nodes[0].after.clear();
        }),
        ("no slot 7 among 3", |plan| edit_call(plan, |call| call.slot = Some(7))),
        ("`approval` guards node [2], which is no later call", |plan| {
            if let NodeKind::Gate(gate) = &mut plan.workflow.body.nodes[0].kind {
                gate.guards[0].at = vec![2];
            }
        }),
        ("no slot 6 among 6", |plan| {
            if let Implementation::Exec(exec) = &mut plan.actions[0].implementation {
                exec.ok_when = Some(slot(6));
            }
        }),
    ];
    for (problem, spoil) in cases {
        let mut plan = refund();
        spoil(&mut plan);
        assert_eq!(Plan::decode(&plan.encode()), Err(PlanError::Unsound(problem.into())));
    }
}

fn edit_call(plan: &mut Plan, edit: fn(&mut Call)) {
    if let NodeKind::Call(call) = &mut plan.workflow.body.nodes[1].kind {
        edit(call);
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| {
        let mut plan = refund();
        let value = (1..depth).fold(slot(0), |inner, _| Expr::Negate(Box::new(inner)));
        plan.workflow.body.nodes[2].kind = NodeKind::Return(Some(value));
        plan
    };
    let plan = nested(DEEPEST);
    assert_eq!(Plan::decode(&plan.encode()).unwrap(), plan);
    assert!(matches!(Plan::decode(&nested(DEEPEST + 1).encode()), Err(PlanError::Bytes(_))));
    assert!(matches!(Plan::decode(&nested(2000).encode()), Err(PlanError::Bytes(_))));
    assert!(Plan::decode(&vec![0x81; 10_000_000]).is_err());
    assert!(Plan::decode(&vec![0xc1; 10_000_000]).is_err());
}

proptest! {
    #[test]
    fn foreign_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Plan::decode(&bytes);
    }

    #[test]
    fn spoiled_bytes_do_no_harm(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = refund().encode();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if cut { bytes.truncate(place); }
        let _ = Plan::decode(&bytes);
    }
}
