//! The proof takes bounded work, whatever it is asked.

use std::fmt::Write as _;
use std::time::Instant;

use flow_compiler::oversight::{Duties, Outcome, Work};
use flow_compiler::{Diagnostic, Sources, check};

use super::many::gates_and_calls;

fn said(flow: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::new();
    sources.add("bounds.flow", flow.to_owned());
    check(&sources).diagnostics.into_iter().filter(|said| said.code.as_str().starts_with("F0")).collect()
}

fn refusals(flow: &str) -> Vec<String> {
    let errors = said(flow).into_iter().filter(|said| said.severity == flow_compiler::Severity::Error);
    errors.map(|said| format!("{} {}", said.code.as_str(), said.message)).collect()
}

/// 200 gates and 200 calls in nested branches, each call covered by the gate beside it, or by all before it together.
#[test]
fn two_hundred_gates() {
    for apart in [false, true] {
        let flow = gates_and_calls(20, 10, apart);
        let began = Instant::now();
        let found = refusals(&flow);
        println!("{} gates and calls, apart: {apart}: {:?}", flow.matches("require").count(), began.elapsed());
        assert_eq!(found, Vec::<String>::new());
    }
}

/// A condition over so many texts and numbers that no case can be left out: holes for pigeons.
fn pigeons(holes: usize) -> String {
    let mut flow =
        String::from("irreversible action act(n: number) only after approval { exec \"act\" [\"{n}\"] }\n\nworkflow w(n: number");
    for pigeon in 0..=holes {
        for hole in 0..holes {
            write!(flow, ", p{pigeon}_{hole}: bool").unwrap();
        }
    }
    flow.push_str(") {\n");
    let mut names = Vec::new();
    for pigeon in 0..=holes {
        let somewhere: Vec<String> = (0..holes).map(|hole| format!("p{pigeon}_{hole}")).collect();
        writeln!(flow, "  let homeless{pigeon} = not ({})", somewhere.join(" or ")).unwrap();
        names.push(format!("homeless{pigeon}"));
    }
    for hole in 0..holes {
        let mut pairs = Vec::new();
        for one in 0..=holes {
            for other in 0..one {
                pairs.push(format!("(p{one}_{hole} and p{other}_{hole})"));
            }
        }
        for (part, pairs) in pairs.chunks(100).enumerate() {
            writeln!(flow, "  let shared{hole}_{part} = {}", pairs.join(" or ")).unwrap();
            names.push(format!("shared{hole}_{part}"));
        }
    }
    // An expression is not as deep as all of them would be.
    let chunks = names.chunks(100).enumerate();
    let names: Vec<String> = chunks
        .map(|(part, names)| {
            writeln!(flow, "  let any{part} = {}", names.join(" or ")).unwrap();
            format!("any{part}")
        })
        .collect();
    writeln!(flow, "  require approval when {} within 2 days\n  step act(n)\n}}", names.join(" or ")).unwrap();
    flow
}

/// It is true that somebody is always asked, and no short proof of it is known: more than 10,000 atoms end in a refusal that says why.
#[test]
fn hostile_condition() {
    let flow = pigeons(28);
    assert!(flow.matches(" and ").count() * 2 > 10_000);
    let began = Instant::now();
    let found = refusals(&flow);
    println!("{:?}", began.elapsed());
    assert_eq!(found, ["F0332 the proof that somebody is asked before `act` takes too much work"]);
}

/// The same, small enough to be proved.
#[test]
fn few_pigeons() {
    assert_eq!(refusals(&pigeons(4)), Vec::<String>::new());
}

/// Names that stand for two of the one before, and for a choice between them: no work and no depth grows with the number of paths.
#[test]
fn doubled_lets() {
    for step in ["(b{} and x) or (not b{} and y)", "(if x then b{} else not b{})", "b{} == (b{} or y)"] {
        let mut flow = String::from(
            "irreversible action act(x: bool) only after approval when x { exec \"act\" [\"{x}\"] }\n\nworkflow w(x: bool, y: bool) {\n  let b0 = \
             x == y\n",
        );
        for n in 1..600 {
            writeln!(flow, "  let b{n} = {}", step.replace("{}", &(n - 1).to_string())).unwrap();
        }
        flow.push_str("  require approval when b599 within 2 days\n  step act(x)\n}\n");
        assert_eq!(refusals(&flow).len(), 1, "{step}");
    }
    let mut flow = String::from(
        "irreversible action act(x: number) only after approval when x > 5 { exec \"act\" [\"{x}\"] }\n\nworkflow w(x: number) {\n  let n0 = x\n",
    );
    for n in 1..600 {
        writeln!(flow, "  let n{n} = (if n{0} > {n} then n{0} + n{0} else n{0} - 1)", n - 1).unwrap();
    }
    flow.push_str("  require approval when n599 > 3 within 2 days\n  step act(x)\n}\n");
    assert_eq!(refusals(&flow).len(), 1);
}

/// Names of wide conditions, each joined with the one before, over and over: to write them down as formulas takes more than the proof may
/// take, though it would be done at once then, since every gate asks whatever the values are.
#[test]
fn wide_lets() {
    const LEVELS: usize = 60;
    let mut flow =
        String::from("irreversible action act(n: number) only after approval { exec \"act\" [\"{n}\"] }\n\nworkflow w(n: number) {\n");
    for level in 0..LEVELS {
        for half in 0..2 {
            let wide: Vec<String> = (0..100).map(|n| format!("n == {}", (level * 2 + half) * 100 + n)).collect();
            writeln!(flow, "  let w{level}_{half} = {}", wide.join(" or ")).unwrap();
        }
    }
    for gate in 0..10 {
        writeln!(flow, "  let b{gate}_0 = n < 0").unwrap();
        for level in 1..LEVELS {
            let (before, next) = (level - 1, (level + gate) % LEVELS);
            writeln!(flow, "  let b{gate}_{level} = not (not b{gate}_{before} and not (w{next}_0 or w{next}_1))").unwrap();
        }
        writeln!(flow, "  require approval when b{gate}_{} or 1 == 1 within 2 days", LEVELS - 1).unwrap();
    }
    flow.push_str("  step act(n)\n}\n");
    let began = Instant::now();
    let found = refusals(&flow);
    println!("{:?}", began.elapsed());
    assert_eq!(found, ["F0332 the proof that somebody is asked before `act` takes too much work"]);
}

/// Workflows that are each proved with much work: there is an end to it, whatever their number.
#[test]
fn one_budget_for_all() {
    let mut sources = Sources::new();
    let file = sources.add("bounds.flow", pigeons(6));
    let checked = check(&sources);
    let plan = checked.plan(file, "w").unwrap();
    let mut left = Work::of(1_000_000);
    let covered: Vec<bool> = (0..8)
        .map(|_| {
            let verdicts = Duties::of(&plan.workflow, &plan).prove(&mut left);
            verdicts.iter().all(|verdict| matches!(verdict.outcome, Outcome::Covered(_)))
        })
        .collect();
    assert_eq!(covered, [true, true, true, false, false, false, false, false]);
}

/// Of many gates that do not ask often enough the nearest are told.
#[test]
fn few_labels() {
    let mut flow =
        String::from("irreversible action act(n: number) only after approval { exec \"act\" [\"{n}\"] }\n\nworkflow w(n: number) {\n");
    for gate in 0..300 {
        writeln!(flow, "  require approval when n == {gate} within 2 days").unwrap();
    }
    flow.push_str("  step act(n)\n}\n");
    let found = said(&flow);
    let [refused] = found.as_slice() else { panic!("{found:?}") };
    let told: Vec<&str> = refused.labels.iter().map(|label| label.message.as_str()).filter(|said| said.starts_with("this gate")).collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(told[0], "this gate asks only when `n == 299`");
}
