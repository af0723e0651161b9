//! The cases of the proof's own tests, played.

use flow_compiler::oversight::Outcome;
use flow_compiler::plan::Plan;

use super::make::Choices;
use super::program::{Program, failing, is_covered, only, verdicts};
use super::values::Near;
use super::{Played, played};

const FILES: [&str; 7] = [
    include_str!("../../../compiler/tests/oversight/structures/people.flow"),
    include_str!("../../../compiler/tests/oversight/structures/places.flow"),
    include_str!("../../../compiler/tests/oversight/structures/values.flow"),
    include_str!("../../../compiler/tests/oversight/structures/calls.flow"),
    include_str!("../../../compiler/tests/oversight/structures/lists.flow"),
    include_str!("../../../compiler/tests/oversight/structures/literals.flow"),
    include_str!("../../../compiler/tests/oversight/structures/answers.flow"),
];

/// Workflows whose examples need something else, and what.
const APART: [(&str, &str); 4] = [
    ("default_owner_for_owner", "whoever starts a run is its owner, and so is asked; that proves nothing to those who wrote the duty"),
    ("except_default_owner", "whoever starts a run is its owner, and so is left out; that proves nothing to those who wrote the duty"),
    ("other_from_data", "an example says nothing of who is asked: both addresses are the same text"),
    ("read_twice", "midnight passes between the two readings"),
];

const INPUTS: u32 = 20;

#[test]
fn of_the_tables() {
    let mut count = Played::default();
    for text in FILES {
        let program = Program::of(text).unwrap_or_else(|why| panic!("{why}"));
        let (proposed, wrong) = program.proposals();
        count.proposed += proposed;
        count.wrong.extend(wrong);
        for workflow in program.workflows() {
            of_workflow(&program.plan(&workflow), &workflow, text, &mut count);
        }
    }
    println!(
        "{} workflows: {} examples were played, {} calls are refused without one; {} gates that were proposed were put in; {} covered calls \
         were played",
        count.flows, count.shown, count.unexplained, count.proposed, count.covered
    );
    assert!(count.wrong.is_empty(), "{}", count.wrong.join("\n"));
    assert!(count.shown > 40 && count.covered > 60, "most cases are played");
}

fn of_workflow(plan: &Plan, name: &str, text: &str, count: &mut Played) {
    let verdicts = verdicts(plan);
    count.flows += 1;
    for verdict in &verdicts {
        let Outcome::Refused(refusal) = &verdict.outcome else { continue };
        let Some(example) = refusal.example.as_ref().filter(|_| APART.iter().all(|(apart, _)| *apart != name)) else {
            count.unexplained += 1;
            continue;
        };
        match played::example(plan, text, verdict, example) {
            Ok(()) => count.shown += 1,
            Err(why) => count.wrong.push(format!("{name}: {why}")),
        }
    }
    let covered: Vec<_> = verdicts.iter().filter(|verdict| is_covered(verdict)).collect();
    count.covered += covered.len();
    let undone = covered.iter().any(|verdict| verdict.undo);
    let (plan, near, mut choices) = (only(plan, covered), Near::of(text), Choices::new(1));
    for plan in [undone.then(|| failing(&plan)), Some(plan)].into_iter().flatten() {
        for _ in 0..INPUTS {
            if let Err(why) = played::at_random(&plan, text, &near, &mut choices) {
                count.wrong.push(format!("{name}: {why}"));
                break;
            }
        }
    }
}
