//! `sql` on PostgreSQL, with a real server.

mod server;

use std::time::{Duration, Instant};

use flow_compiler::plan::{Implementation, Preview, Sql, TextPart, Type};
use flow_compiler::value::{Value, from_argument};
use jiff::SignedDuration;

use super::{Case, Project, hole, literal, not_done, number, secret, slot, text, unknown};
use crate::actions::{Ended, Outcome};
use server::Server;

/// A project with a server, and a table in its database.
struct Ledger {
    project: Project,
    server: Server,
}

impl Ledger {
    async fn start() -> Option<Self> {
        let server = Server::start()?;
        let project = Project::with("[http]\nallow = [\"127.0.0.1\"]");
        let ledger = Self { project, server };
        let create = "create table payments (id text primary key, amount numeric, paid bool, extra jsonb)";
        assert_eq!(ledger.run(ledger.plain(create)).await, Outcome::Done(Value::None));
        let fill = r#"insert into payments values ('a', 10, true, '{"n": 1}'), ('b', 12.50, false, null), ('c', null, true, '"x"')"#;
        assert_eq!(ledger.run(ledger.plain(fill).gives(Type::Number)).await, Outcome::Done(number("3")));
        Some(ledger)
    }

    /// The password is a secret with a blank and quotes in it.
    fn connection(&self) -> Vec<TextPart> {
        let place = format!("@127.0.0.1:{}/postgres", self.server.port);
        vec![literal("postgres://hitl:"), hole(secret(), Type::Secret), literal(&place)]
    }

    fn sql(&self, statement: Vec<TextPart>) -> Case {
        Case::new(Implementation::Sql(Sql { connection: self.connection(), statement }))
    }

    fn plain(&self, statement: &str) -> Case {
        self.sql(vec![literal(statement)])
    }

    async fn run(&self, case: Case) -> Outcome {
        self.project.run(case).await
    }

    async fn one(&self, query: &str, ty: Type) -> Value {
        match self.run(self.plain(query).reads().gives(ty)).await {
            Outcome::Done(value) => value,
            other => panic!("{query}: {other:?}"),
        }
    }

    async fn count(&self) -> Value {
        self.one("select count(*) from payments", Type::Number).await
    }
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn optional(ty: Type) -> Type {
    Type::Optional(Box::new(ty))
}

fn at(text: &str, ty: &Type) -> Value {
    from_argument(text, ty, &[], "").unwrap()
}

#[tokio::test]
async fn values_keep_what_they_are_both_ways() {
    let Some(ledger) = Ledger::start().await else { return };
    let fields = [("id", Type::Text), ("amount", optional(Type::Number)), ("paid", Type::Bool), ("extra", optional(Type::Json))];
    let rows = ledger.plain("select extra, paid, id, amount from payments order by id").record(&fields).reads();
    let Outcome::Done(Value::List(rows)) = ledger.run(rows.gives(list(Type::Record(0)))).await else { panic!("rows") };
    let Value::Record(first) = &rows[0] else { panic!("a record") };
    assert_eq!(first[..3], [text("a"), number("10"), Value::Bool(true)]);
    let Value::Record(third) = &rows[2] else { panic!("a record") };
    assert_eq!(third[1], Value::None);

    let exact = [
        ("0::numeric", "0"),
        ("12.50::numeric", "12.50"),
        ("-0.00010203::numeric(12, 8)", "-0.00010203"),
        ("1234567890123456789012345.678", "1234567890123456789012345.678"),
        ("10000::numeric", "10000"),
        ("0.1::float8", "0.1"),
        ("0.1::float4", "0.1"),
        ("9007199254740993::int8", "9007199254740993"),
        ("(-7)::int2", "-7"),
    ];
    for (written, expected) in exact {
        assert_eq!(ledger.one(&format!("select {written}"), Type::Number).await, number(expected), "{written}");
    }
    let others = [
        ("date '2026-11-22'", "2026-11-22", Type::Date),
        ("timestamptz '2026-11-22 09:00:00.25+02'", "2026-11-22T07:00:00.25Z", Type::Time),
        ("interval '1 day 2 hours'", "PT26H", Type::Duration),
        ("'1500.00 EUR'", "1500 EUR", Type::Money),
        ("uuid '0b8a7c66-0000-4000-8000-00000000000a'", "0b8a7c66-0000-4000-8000-00000000000a", Type::Text),
        ("timestamp '2026-11-22 09:00'", "2026-11-22T09:00:00", Type::Text),
    ];
    for (written, expected, ty) in others {
        assert_eq!(ledger.one(&format!("select {written}"), ty.clone()).await, at(expected, &ty), "{written}");
    }
    let array = ledger.one("select array[1, 2]::int[]", list(list(Type::Number))).await;
    assert_eq!(array, Value::List([Value::List([number("1"), number("2")].into())].into()));
    for wrong in ["'NaN'::numeric", "'infinity'::date", "'infinity'::timestamptz", "interval '1 month'", "'\\x00'::bytea", "inet '::1'"] {
        not_done(&ledger.run(ledger.plain(&format!("select {wrong}")).reads().gives(Type::Json)).await, "[0]");
    }

    let given = [
        ("n", Type::Number, "12345678901234567890.12345", "numeric"),
        ("w", Type::Number, "7.00", "int8"),
        ("b", Type::Bool, "true", "bool"),
        ("d", Type::Date, "2026-11-22", "date"),
        ("t", Type::Time, "2026-11-22T07:00:00.25Z", "timestamptz"),
        ("l", Type::Duration, "26 hours", "interval"),
        ("m", Type::Money, "1500 EUR", "text"),
        ("x", Type::Text, "x'); drop table payments; -- {\\\"", "text"),
    ];
    for (name, ty, value, kind) in given {
        let echo = ledger.sql(vec![literal("select "), hole(slot(0), ty.clone()), literal(&format!("::{kind} as x"))]);
        let echo = echo.given(name, ty.clone(), at(value, &ty)).reads().gives(ty.clone());
        assert_eq!(ledger.run(echo).await, Outcome::Done(at(value, &ty)), "{kind}");
    }
    let null = ledger.sql(vec![literal("select "), hole(slot(0), optional(Type::Text)), literal("::text is null")]);
    let null = null.given("none", optional(Type::Text), Value::None).reads().gives(Type::Bool);
    assert_eq!(ledger.run(null).await, Outcome::Done(Value::Bool(true)));
}

#[tokio::test]
async fn values_are_bound_and_lists_are_as_many() {
    let Some(ledger) = Ledger::start().await else { return };
    let ids = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
    let forms = [("id in ", ""), ("id in (", ")"), ("not (id not IN ", ")"), ("id not in (select id from payments where id not in ", ")")];
    for (before, after) in forms {
        for (given, expected) in [(&["a", "c"][..], &["a", "c"][..]), (&[], &[]), (&["b"], &["b"]), (&["a\"", "\\", "a"], &["a"])] {
            let statement = vec![
                literal(&format!("select id from payments where {before}")),
                hole(slot(0), list(Type::Text)),
                literal(&format!("{after} order by id")),
            ];
            let case = ledger.sql(statement).given("ids", list(Type::Text), ids(given)).reads().gives(list(Type::Text));
            assert_eq!(ledger.run(case).await, Outcome::Done(ids(expected)), "{before} {given:?}");
        }
    }
    let values = vec![literal("insert into payments (id, amount) values ("), hole(slot(0), list(Type::Text)), literal(", 3)")];
    let insert = |items: &[&str]| ledger.sql(values.clone()).given("ids", list(Type::Text), ids(items)).gives(Type::Number);
    assert_eq!(ledger.run(insert(&["z"])).await, Outcome::Done(number("1")));
    not_done(&ledger.run(insert(&[])).await, "the list is empty");

    let hostile = text("a'; delete from payments; --");
    for (before, after) in [("select id from payments where id = '", "'"), ("select id from payments where id = '' || $1 || ", "")] {
        let statement = vec![literal(before), hole(slot(0), Type::Text), literal(after)];
        let case = ledger.sql(statement).given("id", Type::Text, hostile.clone()).reads().gives(list(Type::Text));
        not_done(&ledger.run(case).await, "write each value bare");
    }
    assert_eq!(ledger.count().await, number("4"));
}

#[tokio::test]
async fn what_fails_is_rolled_back_and_not_done() {
    let Some(ledger) = Ledger::start().await else { return };
    not_done(&ledger.run(ledger.plain("insert into payments (id) values ('a')")).await, "Key (id)=(a) already exists");
    not_done(&ledger.run(ledger.plain("insert into nowhere values (1)")).await, "nowhere");
    not_done(&ledger.run(ledger.plain("insrt")).await, "syntax");
    not_done(&ledger.run(ledger.plain("delete from payments; delete from payments")).await, "one statement");
    not_done(&ledger.run(ledger.plain("delete from payments").reads()).await, "may not change");
    let returning = ledger.plain("insert into payments (id) values ('z') returning id").gives(Type::Number);
    not_done(&ledger.run(returning).await, "do not fit");
    not_done(&ledger.run(ledger.plain("delete from payments").gives(Type::Text)).await, "gives no rows");
    let big = ledger.plain("select repeat('x', 1100000)").reads().gives(Type::Text);
    not_done(&ledger.run(big).await, "more than 1 MiB");
    let wide = ledger.plain("select id, paid from payments").reads().gives(list(Type::Text));
    not_done(&ledger.run(wide).await, "expected one column, found 2");
    // A constraint that is looked at when it is committed: the server says no, and that is known.
    let deferred = "alter table payments add constraint twice unique (amount) deferrable initially deferred";
    assert_eq!(ledger.run(ledger.plain(deferred)).await, Outcome::Done(Value::None));
    not_done(&ledger.run(ledger.plain("insert into payments values ('y', 10)")).await, "twice");
    assert_eq!(ledger.count().await, number("3"));
    let returning = ledger.plain("delete from payments where id = 'a' returning amount").gives(Type::Number);
    assert_eq!(ledger.run(returning).await, Outcome::Done(number("10")));
    assert_eq!(ledger.count().await, number("2"));
}

#[tokio::test]
async fn one_that_takes_too_long_is_stopped_and_rolled_back() {
    let Some(mut ledger) = Ledger::start().await else { return };
    let start = Instant::now();
    let slow = "insert into payments (id) select 'z' from (select pg_sleep(60)) as slow";
    not_done(&ledger.run(ledger.plain(slow).within(400)).await, "took too long");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert_eq!(ledger.count().await, number("3"));
    // A commit that is slow: whether it was done says its own answer, and without one nobody knows.
    let function = "create function dawdle() returns trigger language plpgsql as 'begin perform pg_sleep(60); return null; end'";
    assert_eq!(ledger.run(ledger.plain(function)).await, Outcome::Done(Value::None));
    let trigger =
        "create constraint trigger late after insert on payments deferrable initially deferred for each row execute function dawdle()";
    assert_eq!(ledger.run(ledger.plain(trigger)).await, Outcome::Done(Value::None));
    not_done(&ledger.run(ledger.plain("insert into payments (id) values ('y')").within(400)).await, "canceling statement");
    assert_eq!(ledger.count().await, number("3"));
    let attempt = ledger.plain("insert into payments (id) values ('y')").within(20_000).attempt();
    let executor = ledger.project.executor();
    let working = tokio::spawn(async move { executor.run(&attempt).await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    ledger.server.kill();
    unknown(&working.await.unwrap(), "the commit failed");
    not_done(&ledger.run(ledger.plain("select 1").reads()).await, "cannot connect to the database at `127.0.0.1:");
}

#[tokio::test]
async fn only_a_database_that_may_be_reached_is_asked() {
    let Some(ledger) = Ledger::start().await else { return };
    let port = ledger.server.port;
    let select = |connection: Vec<TextPart>| {
        Case::new(Implementation::Sql(Sql { connection, statement: vec![literal("select 1")] })).reads().gives(Type::Number)
    };
    not_done(&Project::new().run(select(ledger.connection())).await, "not a public address");
    let mut wrong = ledger.connection();
    wrong[0] = literal("postgres://nobody:");
    let outcome = ledger.run(select(wrong)).await;
    not_done(&outcome, "does not let us in");
    let place = |rest: &str| vec![literal("postgresql://hitl:"), hole(secret(), Type::Secret), literal(rest)];
    let protected = format!("@127.0.0.1:{port}/postgres?sslmode=verify-full");
    not_done(&ledger.run(select(place(&protected))).await, "TLS");
    let maybe = format!("@127.0.0.1:{port}/postgres?sslmode=prefer&application_name=x");
    not_done(&ledger.run(select(place(&maybe))).await, "may go on in the clear");
    let plain = format!("@127.0.0.1:{port}/postgres?application_name=x&sslmode=disable");
    assert_eq!(ledger.run(select(place(&plain))).await, Outcome::Done(number("1")));
    let nonsense = ledger.run(select(place("@127.0.0.1:many/postgres?what=1"))).await;
    not_done(&nonsense, "cannot be read");
    assert!(!format!("{nonsense:?}").contains("s3cr3t"), "{nonsense:?}");

    let folder = ledger.server.socket().display().to_string().replace('/', "%2F");
    let socket = || place(&format!("@{folder}:{port}/postgres"));
    not_done(&ledger.run(select(socket())).await, "reached as `localhost`");
    let here = Project::with("[http]\nallow = [\"localhost\"]");
    assert_eq!(here.run(select(socket())).await, Outcome::Done(number("1")));
    let echo = Sql { connection: socket(), statement: vec![literal("select 's3cr3t \"value\"'")] };
    let echo = Case::new(Implementation::Sql(echo)).reads().gives(Type::Text);
    assert_eq!(here.run(echo).await, Outcome::Done(text("***")));
    assert!(!ledger.server.log().contains("PANIC"));
}

#[tokio::test]
async fn a_statement_touches_what_was_approved_or_nothing() {
    let Some(ledger) = Ledger::start().await else { return };
    let query =
        || vec![literal("select id, amount from payments where paid and id in "), hole(slot(0), list(Type::Text)), literal(" order by id")];
    let forget = || {
        let delete = vec![literal("delete from payments where paid and id in "), hole(slot(0), list(Type::Text))];
        let mut case = ledger.sql(delete).given("ids", list(Type::Text), Value::List([text("a"), text("b"), text("c")].into()));
        let implementation = Implementation::Sql(Sql { connection: ledger.connection(), statement: query() });
        case.preview = Some(Preview { implementation, result: Type::Json, timeout: SignedDuration::from_secs(5) });
        case.gives(Type::Number).attempt()
    };
    let executor = ledger.project.executor();
    let Outcome::Done(seen) = executor.preview(&forget()).await else { panic!("a preview") };
    assert!(matches!(&seen, Value::Json(json) if json.to_string() == r#"[{"id":"a","amount":10},{"id":"c","amount":null}]"#), "{seen:?}");
    assert_eq!(ledger.run(ledger.plain("update payments set paid = true where id = 'b'")).await, Outcome::Done(Value::None));
    let Ended::Changed(now) = executor.run_previewed(&forget(), &seen).await else { panic!("another preview") };
    assert!(matches!(&now, Value::Json(json) if json.as_array().is_some_and(|rows| rows.len() == 3)), "{now:?}");
    assert_eq!(ledger.count().await, number("3"));
    assert_eq!(executor.run_previewed(&forget(), &now).await, Ended::Outcome(Outcome::Done(number("3"))));
    assert_eq!(ledger.count().await, number("0"));
}
