//! Each construct of the language in a small flow, whose process is killed before and after each of its commits.

use super::play::{PLAIN, Play, Say, whenever_it_is_killed};
use crate::support::tool;

/// Plays it, with at least so many deaths on the way.
fn plays(least: usize, play: &Play) {
    if tool("strace") {
        let killed = whenever_it_is_killed(play);
        assert!(killed >= least, "it was killed {killed} times only");
    }
}

#[test]
fn in_a_loop() {
    plays(
        17,
        &Play {
            flow: r#"
workflow go(ns: [number]) {
  owner "boss@acme.example"
  for each n in ns {
    require approval when n == 3
    step pay(what: "pay {n}")
  }
}"#,
            starts: &[&["ns=[1,2,3,4,5]"]],
            effects: &["pay 1", "pay 2", "pay 3", "pay 4", "pay 5"],
            ..PLAIN
        },
    );
}

#[test]
fn in_a_loop_of_two_at_once() {
    plays(
        15,
        &Play {
            flow: r#"
workflow go(ns: [number]) {
  owner "boss@acme.example"
  let done = for each n in ns at most 2 at once {
    step one = put(what: "put {n}")
    give one
  }
  step put(what: join(done, ", "))
}"#,
            starts: &[&["ns=[1,2,3,4,5]"]],
            effects: &["put 1", "put 1, put 2, put 3, put 4, put 5", "put 2", "put 3", "put 4", "put 5"],
            parallel: true,
            ..PLAIN
        },
    );
}

#[test]
fn in_one_of_two_branches() {
    plays(
        17,
        &Play {
            flow: r#"
workflow go() {
  owner "boss@acme.example"
  parallel {
    branch {
      step put(what: "a")
      require approval
      step pay(what: "b")
    }
    branch {
      step put(what: "c")
      step pay(what: "d")
    }
  }
  step put(what: "e")
}"#,
            effects: &["a", "b", "c", "d", "e"],
            parallel: true,
            ..PLAIN
        },
    );
}

#[test]
fn around_a_wait() {
    plays(
        10,
        &Play {
            flow: r#"
workflow go() {
  owner "boss@acme.example"
  step put(what: "before")
  wait 1 second
  step pay(what: "behind")
}"#,
            effects: &["before", "behind"],
            ..PLAIN
        },
    );
}

const UNDONE: &str = r#"
workflow go() {
  owner "boss@acme.example"
  step a = put(what: "put a") { undo put(what: "take a") }
  step b = put(what: "put b") { undo put(what: "take b") }
  require approval as end
  fail "now"
  on failure { step put(what: "failed") }
  on reject { step put(what: "rejected") }
  on cancel { step put(what: "cancelled") }
}"#;

#[test]
fn between_two_undos_of_a_failure() {
    plays(17, &Play { flow: UNDONE, status: "failed", effects: &["put a", "put b", "take b", "take a", "failed"], ..PLAIN });
}

#[test]
fn between_two_undos_of_a_rejection() {
    plays(
        17,
        &Play {
            flow: UNDONE,
            says: &[("end", &[("boss@acme.example", Say::Reject)])],
            status: "rejected",
            effects: &["put a", "put b", "take b", "take a", "rejected"],
            ..PLAIN
        },
    );
}

#[test]
fn between_two_undos_of_a_cancellation() {
    plays(
        17,
        &Play {
            flow: UNDONE,
            says: &[("end", &[("boss@acme.example", Say::Cancel)])],
            status: "cancelled",
            effects: &["put a", "put b", "take b", "take a", "cancelled"],
            ..PLAIN
        },
    );
}

#[test]
fn between_two_stages() {
    plays(
        13,
        &Play {
            flow: r#"
workflow go() {
  owner "boss@acme.example"
  require approval as both by "dan@acme.example", then "eve@acme.example"
  step pay(what: "paid")
}"#,
            says: &[("both", &[("dan@acme.example", Say::Approve), ("eve@acme.example", Say::Approve)])],
            effects: &["paid"],
            ..PLAIN
        },
    );
}

#[test]
fn in_a_called_workflow() {
    plays(
        25,
        &Play {
            flow: r#"
workflow part(n: number) -> text {
  require approval when n == 2
  step pay(what: "part {n}")
  return "part {n} is done"
}
workflow go() {
  owner "boss@acme.example"
  step one = part(n: 1)
  step two = part(n: 2)
  step put(what: "{one}, {two}")
}"#,
            effects: &["part 1", "part 2", "part 1 is done, part 2 is done"],
            ..PLAIN
        },
    );
}

#[test]
fn in_a_step_that_is_only_tried() {
    plays(
        8,
        &Play {
            flow: r#"
action break() -> text {
  exec "sh" ["-c", "echo \"$HITL_IDEMPOTENCY_KEY broken\" >> effects; exit 1"]
}
workflow go() {
  owner "boss@acme.example"
  try step it = break()
  step pay(what: it otherwise "without it")
}"#,
            effects: &["broken", "without it"],
            ..PLAIN
        },
    );
}

#[test]
fn in_a_step_that_asks_until_it_is_so() {
    plays(
        11,
        &Play {
            flow: r#"
read action health() -> text {
  exec "sh" ["-c", "if test -e asked; then echo green; else touch asked; echo red; fi"]
}
workflow go() {
  owner "boss@acme.example"
  step state = health() { repeat every 1 second until state == "green" within 1 minute }
  step pay(what: "{state}: paid")
}"#,
            effects: &["green: paid"],
            ..PLAIN
        },
    );
}

#[test]
fn in_the_arm_of_a_match() {
    plays(
        12,
        &Play {
            flow: r#"
enum Risk { low, medium, high }
workflow go(risk: Risk) {
  owner "boss@acme.example"
  match risk {
    low { step put(what: "low") }
    medium {
      step put(what: "medium")
      require approval
    }
    high { fail "high" }
  }
  if risk == Risk.low { step put(what: "not this") } else { step pay(what: "paid") }
}"#,
            starts: &[&["risk=medium"]],
            effects: &["medium", "paid"],
            ..PLAIN
        },
    );
}

#[test]
fn in_runs_that_wait_their_turn() {
    plays(
        17,
        &Play {
            flow: r#"
workflow go(order: text, account: text) {
  owner "boss@acme.example"
  once per order
  one at a time per account
  step put(what: "{order} begins")
  require approval
  step pay(what: "{order} ends")
}"#,
            starts: &[&["order=first", "account=x"], &["order=second", "account=x"]],
            effects: &["first begins", "first ends", "second begins", "second ends"],
            ..PLAIN
        },
    );
}

#[test]
fn around_a_look_at_what_would_be_touched() {
    plays(
        11,
        &Play {
            flow: r#"
irreversible action book(what: text) {
  sql "sqlite:ledger.db" "insert into effects (what) values ({what})"
  preview { sql "sqlite:ledger.db" "select id from invoices where vendor = {what}" }
}
workflow go(vendor: text) {
  owner "boss@acme.example"
  require approval
  step book(what: vendor)
}"#,
            starts: &[&["vendor=Ada"]],
            effects: &["Ada"],
            ledger: "create table effects (what text); create table invoices (id integer, vendor text); insert into invoices values (1, 'Ada')",
            ..PLAIN
        },
    );
}
