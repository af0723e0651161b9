//! A preview before a call: what it shows, and that the call is not made when something else is there.

use flow_compiler::plan::{Exec, Expr, Implementation, Preview, Sql, TextPart, Type};
use flow_compiler::value::Value;
use jiff::SignedDuration;
use rusqlite::Connection;

use super::{Case, Project, hole, literal, not_done, number, slot, text};
use crate::actions::{Ended, Outcome};

fn look(implementation: Implementation, result: Type) -> Preview {
    Preview { implementation, result, timeout: SignedDuration::from_secs(5) }
}

fn sql(connection: &str, statement: Vec<TextPart>) -> Implementation {
    Implementation::Sql(Sql { connection: vec![literal(connection)], statement })
}

fn of_customer(statement: &str) -> Vec<TextPart> {
    vec![literal(statement), hole(slot(0), Type::Number)]
}

/// Deletes the notes of a customer, after a look through a connection.
fn wipe(looks_at: &str) -> Case {
    let mut case = Case::new(sql("sqlite:crm.db", of_customer("delete from notes where customer = ")));
    let query = of_customer("select id from notes where customer = ");
    case.preview = Some(look(sql(looks_at, query), Type::Json));
    case.given("customer", Type::Number, number("7")).gives(Type::Number)
}

fn crm() -> (Project, Connection) {
    let project = Project::new();
    let database = Connection::open(project.path().join("crm.db")).unwrap();
    database.execute_batch("create table notes (id integer, customer integer); insert into notes values (1, 7), (2, 8), (3, 7)").unwrap();
    (project, database)
}

fn notes(database: &Connection) -> i64 {
    database.query_row("select count(*) from notes", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_call_touches_what_was_approved_or_nothing() {
    // The same connection: one transaction. Another spelling of it: one after the other.
    for connection in ["sqlite:crm.db", "sqlite:./crm.db"] {
        let (project, database) = crm();
        let executor = project.executor();
        let Outcome::Done(seen) = executor.preview(&wipe(connection).attempt()).await else { panic!("a preview") };
        assert!(matches!(&seen, Value::Json(json) if json.to_string() == r#"[{"id":1},{"id":3}]"#), "{seen:?}");
        assert_eq!(notes(&database), 3);
        database.execute_batch("insert into notes values (4, 7)").unwrap();
        let Ended::Changed(now) = executor.run_previewed(&wipe(connection).attempt(), &seen).await else { panic!("another preview") };
        assert!(matches!(&now, Value::Json(json) if json.to_string() == r#"[{"id":1},{"id":3},{"id":4}]"#), "{now:?}");
        assert_eq!(notes(&database), 4);
        assert_eq!(executor.run_previewed(&wipe(connection).attempt(), &now).await, Ended::Outcome(Outcome::Done(number("3"))));
        assert_eq!(notes(&database), 1);
    }
}

#[tokio::test]
async fn a_preview_that_cannot_be_had_makes_no_call() {
    let (project, database) = crm();
    let executor = project.executor();
    let mut case = wipe("sqlite:crm.db");
    case.preview = Some(look(sql("sqlite:crm.db", of_customer("delete from notes where id > 0 returning ")), Type::Json));
    let attempt = case.attempt();
    not_done(&executor.preview(&attempt).await, "may not change");
    let Ended::Outcome(outcome) = executor.run_previewed(&attempt, &Value::None).await else { panic!("an outcome") };
    not_done(&outcome, "the preview is no query");
    let nowhere = wipe("sqlite:nowhere.db").attempt();
    let Ended::Outcome(outcome) = executor.run_previewed(&nowhere, &Value::None).await else { panic!("an outcome") };
    not_done(&outcome, "what the call would touch cannot be looked at: the database");
    assert_eq!(notes(&database), 3);
    let without = Case::new(Implementation::Log).given("message", Type::Text, text("x")).attempt();
    not_done(&executor.preview(&without).await, "has no preview");
    assert_eq!(executor.run_previewed(&without, &Value::None).await, Ended::Outcome(Outcome::Done(Value::None)));
}

#[tokio::test]
async fn a_program_says_what_it_would_do() {
    let project = Project::new();
    let exec = |program: &str, arguments: Vec<Expr>| Exec {
        program: program.into(),
        arguments: arguments.into_iter().map(|argument| (argument, Type::Text)).collect(),
        stdin: None,
        cwd: None,
        env: Vec::new(),
        ok_when: None,
        not_done_when: None,
        result: None,
    };
    let mut case = Case::new(Implementation::Exec(exec("rm", vec![slot(0)])));
    case.preview = Some(look(Implementation::Exec(exec("cat", vec![slot(0)])), Type::Text));
    let attempt = case.given("file", Type::Text, text("a.txt")).attempt();
    project.write("a.txt", "one");
    let executor = project.executor();
    assert_eq!(executor.preview(&attempt).await, Outcome::Done(text("one")));
    assert_eq!(executor.run_previewed(&attempt, &text("two")).await, Ended::Changed(text("one")));
    assert!(project.path().join("a.txt").exists());
    assert_eq!(executor.run_previewed(&attempt, &text("one")).await, Ended::Outcome(Outcome::Done(Value::None)));
    assert!(!project.path().join("a.txt").exists());
}
