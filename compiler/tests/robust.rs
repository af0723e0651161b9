//! No text makes the checker panic, overflow, or say two things on two days.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

use flow_compiler::{Checked, Code, Sources, check};

const PROGRAMS: [&str; 9] = [
    include_str!("ui/plan_refund.flow"),
    include_str!("ui/plan_order.flow"),
    include_str!("ui/ten_faults.flow"),
    include_str!("ui/names.flow"),
    include_str!("ui/types.flow"),
    include_str!("ui/actions.flow"),
    include_str!("ui/flows.flow"),
    include_str!("ui/poisoned.flow"),
    include_str!("../../grammar/tests/programs/tour.flow"),
];

/// What people are shown first, whole.
const EXAMPLES: [&str; 7] = [
    include_str!("../../examples/payment/pay_invoice.flow"),
    include_str!("../../examples/deletion/delete_old_customers.flow"),
    include_str!("../../examples/deletion/seed.flow"),
    include_str!("../../examples/message/answer_customer.flow"),
    include_str!("../../examples/release/release.flow"),
    include_str!("../../examples/release/setup.flow"),
    include_str!("../../examples/smallest/refund.flow"),
];

fn checked(text: &str) -> Checked {
    let mut sources = Sources::new();
    let file = sources.add("a.flow", text);
    let checked = check(&sources);
    // A plan of a file without errors can be written down and read back.
    for workflow in checked.workflows() {
        let plan = checked.plan(file, workflow.name);
        assert_eq!(plan.is_some(), !checked.has_errors());
        if let Some(plan) = plan {
            let bytes = plan.encode();
            assert_eq!(flow_compiler::plan::Plan::decode(&bytes).unwrap(), plan);
        }
    }
    for diagnostic in &checked.diagnostics {
        assert!(text.get(diagnostic.span.range()).is_some(), "{diagnostic:?}");
    }
    checked
}

fn codes(text: &str) -> Vec<Code> {
    checked(text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// Every letter of an example's flow, and a sample of those of its tests: each costs a check of the whole file.
fn letters(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let flow = text.find("\ntest ").unwrap_or(text.len());
    text.char_indices().enumerate().filter(move |(count, (at, _))| *at <= flow || count % 17 == 0).map(|(_, letter)| letter)
}

#[test]
fn every_prefix_of_every_example() {
    for text in EXAMPLES {
        letters(text).for_each(|(at, _)| drop(checked(&text[..at])));
    }
}

#[test]
fn every_example_with_any_one_letter_lost() {
    for text in EXAMPLES {
        let flow = text.find("\ntest ").unwrap_or(text.len());
        for (at, letter) in letters(text) {
            // What stands in the tests changes nothing of the flow.
            let end = if at < flow { flow } else { text.len() };
            checked(&format!("{}{}", &text[..at], &text[at + letter.len_utf8()..end]));
        }
    }
}

#[test]
fn prefixes_and_deletions() {
    for (index, text) in PROGRAMS.into_iter().enumerate() {
        // All of the small ones, a sample of the large.
        for (at, letter) in text.char_indices().step_by(if index < 2 { 1 } else { 11 }) {
            checked(&text[..at]);
            checked(&format!("{}{}", &text[..at], &text[at + letter.len_utf8()..]));
        }
    }
}

#[test]
fn the_same_each_time() {
    for text in PROGRAMS {
        let (one, other) = (checked(text), checked(text));
        assert_eq!(one.diagnostics, other.diagnostics);
        for workflow in one.workflows() {
            let plans = [&one, &other].map(|checked| checked.plan(workflow.file, workflow.name).map(|plan| plan.encode()));
            assert_eq!(plans[0], plans[1]);
        }
    }
}

#[test]
fn deep_expressions() {
    let flow = |expression: &str| {
        format!("workflow deep(n: number, b: bool) {{\n  let x = {expression}\n  step log(message: \"{{x}} {{b}} {{n}}\")\n}}\n")
    };
    assert_eq!(codes(&flow(&vec!["n"; 100].join(" + "))), []);
    for count in [130, 1000, 100_000] {
        let chains = [
            vec!["n"; count].join(" + "),
            vec!["b"; count].join(" and "),
            format!("{}b", "not ".repeat(count)),
            format!("{}n", "-".repeat(count)),
        ];
        for chain in chains {
            let found = codes(&flow(&chain));
            assert_eq!(found, [Code::F0223], "{count}");
        }
        let ifs = format!("{}n{}", "if b then n else ".repeat(count), "");
        assert!(!codes(&flow(&ifs)).is_empty());
        let brackets = format!("{}n{}", "(".repeat(count), ")".repeat(count));
        assert!(codes(&flow(&brackets)).contains(&Code::F0010));
    }
}

#[test]
fn long_chains_of_escalations() {
    let chain = |count: usize| format!("within 1 day{}", ", then escalate to \"bo@acme.example\" within 1 day".repeat(count));
    let flow = |count| format!("workflow w() {{\n  require approval {}\n  step log(message: \"x\")\n}}\n", chain(count));
    let said = |count| checked(&flow(count)).diagnostics.iter().map(|said| said.message.clone()).collect::<Vec<_>>();
    assert!(!said(32).iter().any(|said| said.contains("at most")), "{:?}", said(32));
    assert_eq!(said(33).iter().filter(|said| said.as_str() == "a deadline escalates at most 32 times").count(), 1);
}

#[test]
fn deep_types_and_blocks() {
    let question_marks = format!("record R {{ a: text{} }}\n", "?".repeat(100_000));
    checked(&question_marks);
    let lists = format!("record R {{ a: {}text{} }}\n", "[".repeat(60), "]".repeat(60));
    assert_eq!(codes(&lists), []);
    let blocks = format!("workflow deep(b: bool) {{\n{}step log(message: \"x\"){}\n}}\n", "if b { ".repeat(60), "}".repeat(60));
    assert_eq!(codes(&blocks), []);
    let records: String = (0..20_000).map(|index| format!("record R{index} {{ next: R{} }}\n", index + 1)).collect();
    assert_eq!(
        codes(&format!("{records}record R20000 {{ text: text }}\nworkflow w(r: R0) {{ step log(message: r.next.next.next.text) }}")),
        [Code::F0103]
    );
}

/// Nothing costs the square of its length.
#[test]
fn long_files() {
    let body = |line: &str, count: usize| {
        format!("action ping() {{\n  exec \"ping\" []\n}}\nworkflow w(n: number) {{\n  step ping()\n{}}}\n", line.repeat(count))
    };
    let files = [
        body("  step log(message: \"{n}\")\n", 3000),
        body("  let x = n\n", 6000),
        body("  step log(message: unknown)\n", 3000),
        body("  if n > 1 { require approval step log(message: \"x\") }\n", 1500),
        body("  require approval\n", 5000),
    ];
    for file in files {
        let started = std::time::Instant::now();
        checked(&file);
        assert!(started.elapsed().as_secs() < 60, "{}", &file[..200]);
    }
}
