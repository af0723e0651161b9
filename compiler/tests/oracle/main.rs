//! The proof of duties against Z3, on generated pairs of a duty and gates: never is a call covered for which Z3 finds values that reach it
//! with nobody asked, and nearly all that Z3 proves is proved.
//!
//! `HITL_ORACLE=20000` says how many pairs, and `HITL_ORACLE_SEED` from where on. What was found to be wrong is printed as a flow.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod make;
mod pair;
mod smt;
mod terms;
mod z3;

use flow_compiler::{Severity, Sources, check};
use make::Choices;
use pair::Pair;
use z3::{Found, Z3};

/// How many flows are told that Z3 proves and the compiler does not.
const TOLD: usize = 5;

#[derive(Default)]
struct Count {
    pairs: u32,
    /// Flows that are refused for something else, so that there is nothing to compare.
    other: u32,
    undecided: u32,
    proved_by_z3: u32,
    proved_here: u32,
    unsound: Vec<String>,
    missed: Vec<String>,
}

/// Whether the compiler proves it; `None` where something else is wrong.
fn covered(flow: &str) -> Option<bool> {
    let mut sources = Sources::new();
    sources.add("pair.flow", flow.to_owned());
    let checked = check(&sources);
    let mut errors = checked.diagnostics.iter().filter(|said| said.severity == Severity::Error).peekable();
    if errors.peek().is_none() {
        return Some(true);
    }
    errors.all(|said| said.code.as_str() == "F0332").then_some(false)
}

fn run(pairs: u32, seed: u64, z3: &mut Z3) -> Count {
    let mut count = Count::default();
    while count.pairs < pairs {
        let mut choices = Choices::new(seed + u64::from(count.pairs + count.other + count.undecided));
        let pair = Pair::made(&mut choices);
        let flow = pair.flow();
        let Some(here) = covered(&flow) else {
            count.other += 1;
            assert!(count.other < 100 + pairs, "most flows are wrong in another way:\n{flow}");
            continue;
        };
        match z3.ask(&pair.question()) {
            Found::Unknown => {
                count.undecided += 1;
                continue;
            }
            Found::Counterexample if here => count.unsound.push(flow),
            Found::Counterexample => {}
            Found::None => {
                count.proved_by_z3 += 1;
                count.proved_here += u32::from(here);
                if !here {
                    count.missed.push(flow);
                }
            }
        }
        count.pairs += 1;
    }
    count
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn against_z3() {
    let Some(mut z3) = Z3::start() else { return };
    let pairs = u32::try_from(number("HITL_ORACLE", 1_000)).unwrap();
    let count = run(pairs, number("HITL_ORACLE_SEED", 1), &mut z3);
    let share = 100.0 * f64::from(count.proved_here) / f64::from(count.proved_by_z3.max(1));
    println!(
        "{} pairs: Z3 proves {}, of which {} are proved here ({share:.2} %); {} are covered here where Z3 finds a counterexample; besides, {} \
         flows were wrong in another way, and {} undecided by Z3",
        count.pairs,
        count.proved_by_z3,
        count.proved_here,
        count.unsound.len(),
        count.other,
        count.undecided
    );
    let told = |flows: &[String]| flows.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n");
    if !count.missed.is_empty() {
        println!("proved by Z3 alone, for example:\n\n{}", told(&count.missed));
    }
    assert!(count.unsound.is_empty(), "covered, and Z3 finds a counterexample:\n\n{}", told(&count.unsound));
    assert!(share >= 98.0, "of what Z3 proves, {share:.2} % is proved here");
    let truly = 100 * count.proved_by_z3 / count.pairs;
    assert!((20..=60).contains(&truly), "{truly} % of the pairs are truly covered: the generator no longer tries both");
}
