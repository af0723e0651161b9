//! Checking, parse to plan, on one core.

#[path = "../../compiler/tests/oversight/many.rs"]
mod many;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use flow_compiler::{Sources, check};

use crate::row;

/// Flows of at least so many lines, as people write them: records, actions, branches, gates.
pub(crate) fn project(lines: usize) -> String {
    let mut text = String::new();
    for n in 0.. {
        if text.lines().count() >= lines {
            break;
        }
        write!(text, "{}", FLOW.replace("_N", &format!("_{n}")).replace("TypeN", &format!("Type{n}"))).expect("text grows");
    }
    text
}

const FLOW: &str = r#"
record TypeN {
  id: text
  amount: money
  lines: [number]
  note: text?
}

# Pays something.
irreversible action pay_N(to: text, amount: money, reference: text) -> text {
  exec "echo" ["{to} {amount} {reference}"]
  timeout 30 seconds
}

read action look_up_N(id: text) -> text {
  exec "echo" [id]
}

# Decides and pays.
workflow process_N(order: TypeN, limit: money = 1000 EUR) -> text {
  owner "owner@acme.example"
  step vendor = look_up_N(id: order.id)
  let total = sum(line for line in order.lines if line > 0)
  let note = order.note otherwise "none"
  if total > 100 and order.amount > limit {
    step log(message: "large: {order.amount} for {vendor}")
  } else {
    step log(message: "small: {note}")
  }
  require approval as review when order.amount > limit or total > 1000 {
    title "Pay {order.amount} to {vendor}"
    show order.id, order.amount as "Amount", total as "Lines", note
    within 2 days, then reject
  }
  step receipt = pay_N(to: vendor, amount: order.amount, reference: order.id) {
    retry 3 times every 10 seconds doubling
  }
  return receipt
}
"#;

/// Rows with one of the words; all without any.
pub(crate) fn run(words: &[String]) {
    println!("\nchecking, one core, parse to plan");
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    for (files, lines) in [(1, 1_000), (1, 10_000), (1, 30_000), (10, 10_000)].into_iter().filter(|_| wanted("lines in files")) {
        let text = project(lines);
        let lines = text.lines().count() * files;
        let rate = |took: Duration| format!("{:.0} lines/s", lines as f64 / took.as_secs_f64());
        let took = best(5, || {
            let mut sources = Sources::new();
            for file in 0..files {
                sources.add(format!("project{file}.flow"), text.clone());
            }
            let checked = check(&sources);
            assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics.first());
            std::hint::black_box(&checked);
        });
        let of = if files == 1 { String::new() } else { format!(" in {files} files") };
        row(&format!("{lines} lines{of}"), rate(took));
        if (files, lines / 10_000) == (1, 1) {
            row("  its floor: pest alone on the same text", rate(best(5, || assert!(flow_grammar::pest_alone(&text)))));
            row("  pest and the tree", rate(best(5, || assert!(flow_grammar::parse(&text).faults.is_empty()))));
        }
    }
    for (apart, name) in [(false, "200 gates, each before its call"), (true, "200 gates before 200 calls")] {
        if !wanted(name) {
            continue;
        }
        let text = many::gates_and_calls(20, 10, apart);
        let took = best(5, || {
            let mut sources = Sources::new();
            sources.add("many.flow", text.clone());
            assert!(!check(&sources).has_errors(), "somebody is always asked");
        });
        row(name, format!("{:.1} ms", took.as_secs_f64() * 1e3));
    }
    for files in [100, 1_000].into_iter().filter(|_| wanted("hitlc check")) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut lines = 0;
        for file in 0..files {
            // Of 78 lines and of 117: about a hundred.
            let text = project(if file % 5 < 2 { 60 } else { 100 });
            lines += text.lines().count();
            std::fs::write(folder.path().join(format!("project{file}.flow")), text).expect("a file");
        }
        let took = best(5, || {
            let ran = std::process::Command::new(env!("CARGO_BIN_EXE_hitlc")).arg("check").arg(folder.path()).output();
            assert!(ran.expect("hitlc runs").status.success());
        });
        let seconds = took.as_secs_f64();
        row(&format!("`hitlc check`, {lines} lines in {files} files"), format!("{seconds:.3} s, {:.0} lines/s", lines as f64 / seconds));
    }
    if !wanted("start of the process") {
        return;
    }
    let took = best(20, || {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_hitlc")).arg("--version").output();
        assert!(ran.expect("hitlc runs").status.success());
    });
    row("start of the process", format!("{:.1} ms", took.as_secs_f64() * 1e3));
}

/// The median of so many times.
fn best(times: usize, mut f: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..times)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[times / 2]
}
