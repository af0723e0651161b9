//! `sql`, on real databases.

use std::time::{Duration, Instant};

use flow_compiler::plan::{Expr, Implementation, Sql, TextPart, Type};
use flow_compiler::value::{Value, from_argument};
use rusqlite::Connection;

use super::{Case, Project, hole, literal, not_done, number, slot, text};
use crate::actions::Outcome;

fn sql(statement: Vec<TextPart>) -> Case {
    Case::new(Implementation::Sql(Sql { connection: vec![literal("sqlite:ledger.db")], statement }))
}

fn plain(statement: &str) -> Case {
    sql(vec![literal(statement)])
}

/// A project with a ledger in it.
fn ledger() -> (Project, Connection) {
    let project = Project::new();
    let database = Connection::open(project.path().join("ledger.db")).unwrap();
    database
        .execute_batch(
            "create table payments (id text primary key, amount numeric, paid integer, extra text);
             insert into payments values ('a', 10, 1, '{\"n\": 1}'), ('b', 12.5, 0, null), ('c', null, 1, 'x');",
        )
        .unwrap();
    (project, database)
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn optional(ty: Type) -> Type {
    Type::Optional(Box::new(ty))
}

fn count(database: &Connection) -> i64 {
    database.query_row("select count(*) from payments", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn rows_become_records() {
    let (project, _database) = ledger();
    let fields = [("id", Type::Text), ("amount", optional(Type::Number)), ("paid", Type::Bool), ("extra", optional(Type::Json))];
    let rows = plain("select extra, paid, id, amount from payments order by id").record(&fields).reads().gives(list(Type::Record(0)));
    let Outcome::Done(Value::List(rows)) = project.run(rows).await else { panic!("rows") };
    assert_eq!(rows.len(), 3);
    let Value::Record(first) = &rows[0] else { panic!("a record") };
    assert_eq!(first[..3], [text("a"), number("10"), Value::Bool(true)]);
    let Value::Record(third) = &rows[2] else { panic!("a record") };
    assert_eq!(third[1], Value::None);
    let one = plain("select * from payments where id = 'b'").record(&fields).reads().gives(Type::Record(0));
    assert!(matches!(project.run(one).await, Outcome::Done(Value::Record(row)) if row[1] == number("12.5")));
}

#[tokio::test]
async fn single_values_and_none() {
    let (project, _database) = ledger();
    let ids = plain("select id from payments order by id").reads().gives(list(Type::Text));
    assert_eq!(project.run(ids).await, Outcome::Done(Value::List([text("a"), text("b"), text("c")].into())));
    let total = plain("select count(*) from payments").reads().gives(Type::Number);
    assert_eq!(project.run(total).await, Outcome::Done(number("3")));
    let none = plain("select id from payments where id = 'z'").reads().gives(optional(Type::Text));
    assert_eq!(project.run(none).await, Outcome::Done(Value::None));
    let missing = plain("select id from payments where id = 'z'").reads().gives(Type::Text);
    not_done(&project.run(missing).await, "expected one row, found 0");
    let many = plain("select id from payments").reads().gives(Type::Text);
    not_done(&project.run(many).await, "expected one row, found 3");
    let wide = plain("select id, paid from payments").reads().gives(list(Type::Text));
    not_done(&project.run(wide).await, "expected one column, found 2");
    let json = plain("select id, paid from payments where id = 'a'").reads().gives(Type::Json);
    assert!(matches!(project.run(json).await, Outcome::Done(Value::Json(json)) if json.to_string() == r#"[{"id":"a","paid":1}]"#));
}

#[tokio::test]
async fn values_are_bound_and_never_text() {
    let (project, database) = ledger();
    let insert = sql(vec![
        literal("insert into payments values ("),
        hole(slot(0), Type::Text),
        literal(", "),
        hole(slot(1), Type::Number),
        literal(", "),
        hole(slot(2), Type::Bool),
        literal(", "),
        hole(slot(3), Type::Money),
        literal(")"),
    ])
    .given("id", Type::Text, text("x'); drop table payments; --"))
    .given("amount", Type::Number, number("9007199254740993"))
    .given("paid", Type::Bool, Value::Bool(true))
    .given("money", Type::Money, from_argument("1500 EUR", &Type::Money, &[], "").unwrap())
    .gives(Type::Number);
    assert_eq!(project.run(insert).await, Outcome::Done(number("1")));
    let row: (String, i64, i64, String) = database
        .query_row("select * from payments where id like 'x%'", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap();
    assert_eq!(row, ("x'); drop table payments; --".into(), 9_007_199_254_740_993, 1, "1500.00 EUR".into()));
    let quoted = sql(vec![literal("select id from payments where id = '"), hole(slot(0), Type::Text), literal("'")])
        .given("id", Type::Text, text("a"))
        .reads()
        .gives(list(Type::Text));
    not_done(&project.run(quoted).await, "inside quotes");
}

#[tokio::test]
async fn lists_are_as_many_values() {
    let (project, _database) = ledger();
    let ids = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
    for (before, after) in [("in ", " order by id"), ("in (", ") order by id")] {
        for (given, expected) in [(&["a", "c"][..], &["a", "c"][..]), (&[], &[]), (&["b"], &["b"])] {
            let statement =
                vec![literal(&format!("select id from payments where id {before}")), hole(slot(0), list(Type::Text)), literal(after)];
            let case = sql(statement).given("ids", list(Type::Text), ids(given)).reads().gives(list(Type::Text));
            assert_eq!(project.run(case).await, Outcome::Done(ids(expected)), "{before}");
        }
    }
}

#[tokio::test]
async fn what_fails_is_rolled_back_and_not_done() {
    let (project, database) = ledger();
    not_done(&project.run(plain("insert into payments (id) values ('a')")).await, "UNIQUE");
    not_done(&project.run(plain("insert into nowhere values (1)")).await, "nowhere");
    not_done(&project.run(plain("insrt")).await, "syntax");
    not_done(&project.run(plain("delete from payments; delete from payments")).await, "one statement");
    // What it gives does not fit: also this is known before the commit.
    let returning = plain("insert into payments (id) values ('z') returning id").gives(Type::Number);
    not_done(&project.run(returning).await, "do not fit");
    not_done(&project.run(plain("delete from payments").gives(Type::Text)).await, "gives no rows");
    assert_eq!(count(&database), 3);
}

#[tokio::test]
async fn a_change_gives_its_number_of_rows_and_may_return_them() {
    let (project, database) = ledger();
    assert_eq!(project.run(plain("delete from payments where paid = 1").gives(Type::Number)).await, Outcome::Done(number("2")));
    let returning = plain("insert into payments (id) values ('z') returning id").gives(Type::Text);
    assert_eq!(project.run(returning).await, Outcome::Done(text("z")));
    assert_eq!(count(&database), 2);
}

#[tokio::test]
async fn a_read_never_writes() {
    let (project, database) = ledger();
    not_done(&project.run(plain("delete from payments").reads()).await, "may not change");
    not_done(&project.run(plain("delete from payments returning id").reads().gives(list(Type::Text))).await, "may not change");
    assert_eq!(count(&database), 3);
    let elsewhere = Project::new();
    not_done(&elsewhere.run(plain("select 1").reads()).await, "cannot be opened");
    assert!(!elsewhere.path().join("ledger.db").exists());
}

#[tokio::test]
async fn a_new_database_is_made_for_a_change() {
    let project = Project::new();
    let create = plain("create table if not exists t (x)");
    assert_eq!(project.run(create).await, Outcome::Done(Value::None));
    assert_eq!(project.run(plain("insert into t values (1)").gives(Type::Number)).await, Outcome::Done(number("1")));
}

#[tokio::test]
async fn a_locked_database_is_not_done() {
    let (project, database) = ledger();
    database.execute_batch("begin immediate").unwrap();
    not_done(&project.run(plain("delete from payments").within(300)).await, "locked");
    database.execute_batch("rollback").unwrap();
    assert_eq!(count(&database), 3);
}

#[tokio::test]
async fn one_that_never_ends_is_stopped_and_rolled_back() {
    let (project, database) = ledger();
    let endless = "insert into payments (id) with recursive n(i) as (select 0 union all select i + 1 from n) select i from n where i < 0";
    let start = Instant::now();
    not_done(&project.run(plain(endless).within(200)).await, "took too long");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert_eq!(count(&database), 3);
}

#[tokio::test]
async fn too_many_rows_and_bytes_are_refused() {
    let (project, _database) = ledger();
    let big = plain("select hex(zeroblob(600000))").reads().gives(Type::Text);
    not_done(&project.run(big).await, "more than 1 MiB");
    not_done(&project.run(plain("select x'ff'").reads().gives(Type::Text)).await, "bytes are no value");
}

#[tokio::test]
async fn other_databases_are_refused() {
    let project = Project::new();
    let case = |connection: &str| {
        Case::new(Implementation::Sql(Sql { connection: vec![literal(connection)], statement: vec![literal("select 1")] }))
    };
    not_done(&project.run(case("mysql://host/db")).await, "`mysql` is not supported");
    not_done(&project.run(case("ledger.db")).await, "sqlite:PATH");
    let hidden = Sql {
        connection: vec![hole(Expr::Secret("TOKEN".into()), Type::Secret), literal("://host")],
        statement: vec![literal("select 1")],
    };
    let outcome = project.run(Case::new(Implementation::Sql(hidden))).await;
    assert!(matches!(&outcome, Outcome::NotDone(why) if !why.contains("s3cr3t")), "{outcome:?}");
}
