//! The proof of duties against the machine. What the compiler refuses with an example is played with it: the call runs, and nobody was
//! asked who suffices. What the compiler accepts is played on many inputs: no call of it ever runs unasked.
//!
//! Flows (`flows`) have gates, branches, loops, parallel arms, steps, undos, called workflows and handlers before and around their calls. Runs
//! (`played`) have any input, calls that fail, people who approve, say No, cancel or answer late, and are taken up again after a failure.
//!
//! `HITL_UNASKED=1000` says how many flows, `HITL_UNASKED_INPUTS=1000` on how many inputs each, and `HITL_UNASKED_SEED` from where on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests"
)]

mod flows;
mod host;
#[path = "../../../compiler/tests/oracle/make.rs"]
mod make;
mod mix;
mod played;
mod program;
mod tables;
#[path = "../../../compiler/tests/oracle/terms.rs"]
mod terms;
mod values;

use std::time::Instant;

use flow_compiler::oversight::Outcome;
use make::Choices;
use program::{Program, is_covered, only, verdicts};
use values::Near;

/// How many flows are told that are not as they should be.
const TOLD: usize = 5;

/// Of fewer flows nothing is said of what they try.
const ENOUGH: u64 = 100;

#[derive(Default)]
struct Played {
    flows: u64,
    /// Flows that are refused for something else.
    other: u64,
    accepted: u64,
    covered: usize,
    shown: u64,
    /// Calls that are refused without an example, and those of them that ran unasked on some input.
    unexplained: u64,
    missed: Vec<String>,
    runs: u64,
    ran: u64,
    /// Runs in which a handler began, calls with a duty that ran in one, and those of them to which the duty applied.
    handled: u64,
    in_handler: u64,
    demanded: u64,
    /// Gates that the compiler proposes.
    proposed: u64,
    wrong: Vec<String>,
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

impl Played {
    fn flow(&mut self, seed: u64, inputs: u64) {
        let mut choices = Choices::new(seed);
        let text = flows::flow(&mut choices);
        let program = match Program::of(&text) {
            Ok(program) => program,
            Err(_) => {
                self.other += 1;
                return;
            }
        };
        self.flows += 1;
        let (proposed, wrong) = program.proposals();
        self.proposed += proposed;
        self.wrong.extend(wrong.into_iter().map(|why| format!("seed {seed}: a proposal does not do: {why}\n{text}")));
        let plan = program.plan("w");
        let verdicts = verdicts(&plan);
        let accepted = verdicts.iter().all(is_covered);
        if accepted != program.is_accepted() {
            self.wrong.push(format!("seed {seed}: the plan is proved: {accepted}, and the file is not so\n{text}"));
        }
        self.accepted += u64::from(accepted);
        for verdict in &verdicts {
            let Outcome::Refused(refusal) = &verdict.outcome else { continue };
            let Some(example) = &refusal.example else {
                self.unexplained += 1;
                let (alone, near) = (only(&plan, [verdict]), Near::of(&text));
                let reached = (0..inputs).find_map(|_| played::at_random(&alone, &text, &near, &mut choices).err());
                self.missed.extend(reached.map(|input| format!("seed {seed}: {input}\n{text}")));
                continue;
            };
            match played::example(&plan, &text, verdict, example) {
                Ok(()) => self.shown += 1,
                Err(why) => self.wrong.push(format!("seed {seed}: {why}\n{text}")),
            }
        }
        let covered: Vec<_> = verdicts.iter().filter(|verdict| is_covered(verdict)).collect();
        if covered.is_empty() {
            return;
        }
        self.covered += covered.len();
        let plan = only(&plan, covered);
        let near = Near::of(&text);
        for _ in 0..inputs {
            self.runs += 1;
            match played::at_random(&plan, &text, &near, &mut choices) {
                Ok(seen) => {
                    self.ran += u64::from(seen.calls > 0);
                    self.handled += u64::from(seen.handled);
                    self.in_handler += seen.in_handler;
                    self.demanded += seen.demanded;
                }
                Err(why) => {
                    self.wrong.push(format!("seed {seed}: {why}\n{text}"));
                    break;
                }
            }
        }
    }
}

#[test]
fn on_generated_flows() {
    let (flows, inputs, seed) = (number("HITL_UNASKED", 250), number("HITL_UNASKED_INPUTS", 20), number("HITL_UNASKED_SEED", 1));
    let began = Instant::now();
    let mut count = Played::default();
    let mut next = seed;
    while count.flows < flows {
        count.flow(next, inputs);
        next += 1;
        assert!(count.other < 100 + flows, "most flows are wrong in another way");
    }
    println!(
        "{} flows, of which {} are accepted: {} examples of refused calls were played, and {} calls are refused without one, of which \
         some input shows {}; {} gates that were proposed were put in; {} covered calls were \
         played on {inputs} inputs, {} runs, of which {} made such a call; {} runs came to a handler, in which {} such calls ran, {} of \
         them approved there; besides, {} flows were wrong in another way; {:.1?}",
        count.flows,
        count.accepted,
        count.shown,
        count.unexplained,
        count.missed.len(),
        count.proposed,
        count.covered,
        count.runs,
        count.ran,
        count.handled,
        count.in_handler,
        count.demanded,
        count.other,
        began.elapsed()
    );
    let told: Vec<&str> = count.wrong.iter().take(TOLD).map(String::as_str).collect();
    assert!(told.is_empty(), "{} are wrong, for example:\n\n{}", count.wrong.len(), told.join("\n"));
    for missed in count.missed.iter().take(TOLD) {
        println!("no example is given, and there is one: {missed}");
    }
    if count.flows < ENOUGH {
        return;
    }
    assert!(count.accepted * 5 > count.flows && count.shown * 5 > count.flows, "the generator no longer tries both");
    assert!(count.missed.len() as u64 * 50 < count.shown, "examples are often missed");
    assert!(count.ran * 10 > count.runs, "few runs come to a call");
    assert!(count.handled * 10 > count.runs && count.demanded * 50 > count.runs, "few runs come to a handler and its calls");
}
