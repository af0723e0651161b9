//! `hitlc audit verify` on stores that somebody changed by hand.

use rusqlite::Connection;

use crate::support::Project;

const FLOW: &str = "\
workflow keep(long: text) -> text {
  owner \"ana@acme.example\"
  step log(message: \"kept\")
  require approval
  return long
}
";

/// A paused run whose journal is long enough for a snapshot.
fn paused() -> Project {
    let project = Project::with(&[("keep.flow", FLOW)]);
    let input = serde_json::json!({ "long": "x".repeat(20_000) });
    project.write("input.json", input.to_string());
    let left = project.hitlc(&["run", "keep.flow", "--input", "input.json", "--detach"]);
    assert_eq!(left.code, 4, "{}", left.err);
    let sound = project.hitlc(&["audit", "verify"]);
    assert_eq!(sound.code, 0, "{}", sound.err);
    assert!(sound.err.contains("played again they lead to what is listed"), "{}", sound.err);
    project
}

/// What `hitlc audit verify` says after a change that touches no entry of the journal.
fn after(change: &str) -> String {
    let project = paused();
    project.tampered();
    let db = Connection::open(project.file(".hitl/state.db")).unwrap();
    assert_eq!(db.execute(change, []).unwrap(), 1, "{change}");
    drop(db);
    let found = project.hitlc(&["audit", "verify"]);
    assert_eq!(found.code, 1, "{}", found.err);
    found.err
}

#[test]
fn a_status_that_the_journal_does_not_lead_to_is_found() {
    let found = after("UPDATE runs SET status = 4");
    assert!(found.contains("is listed as completed, its journal says paused"), "{found}");
}

#[test]
fn a_snapshot_that_is_not_the_journals_is_found() {
    let other = "UPDATE snapshots SET body = CAST(replace(CAST(body AS TEXT), 'xxxx', 'xxyx') AS BLOB)";
    for change in [other, "UPDATE snapshots SET body = x'00'", "DELETE FROM snapshots"] {
        let found = after(change);
        assert!(found.contains("the snapshot of run"), "{change}: {found}");
    }
}

#[test]
fn an_approval_that_was_taken_off_the_list_is_found() {
    let found = after("DELETE FROM asks");
    assert!(found.contains("the open approvals of run"), "{found}");
}

#[test]
fn a_test_does_not_end_when_its_journals_say_something_else() {
    let project = paused();
    let db = Connection::open(project.file(".hitl/state.db")).unwrap();
    assert_eq!(db.execute("UPDATE runs SET status = 4", []).unwrap(), 1);
    drop(db);
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(project)));
    assert!(ended.is_err(), "nobody played the journal again");
}
