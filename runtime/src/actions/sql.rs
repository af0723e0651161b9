//! `sql`: one statement, bound values, one transaction, on SQLite or PostgreSQL.

mod postgres;
mod rows;
mod sqlite;

use std::time::Duration;

use flow_compiler::plan::{Sql, TextPart, Type};
use flow_compiler::value::Value;

use super::call::Call;
use super::{Ended, Outcome, url};

/// How long a statement may take to stop after it was asked to.
const STOP: Duration = Duration::from_secs(5);

/// What is wrong with a statement whose values and places for values are not as many.
const NOT_BARE: &str = "a value stands inside quotes, or the statement has parameters of its own; write each value bare, as `{name}`";

/// A second look at what a statement will touch, in the same transaction.
pub(super) struct Look<'a> {
    /// The query.
    pub(super) statement: &'a [TextPart],
    /// What it gives.
    pub(super) result: &'a Type,
    /// What was approved.
    pub(super) expected: &'a Value,
}

/// Carries out the statement, unless a second look finds something else than was approved.
pub(super) async fn run(call: &Call<'_>, sql: &Sql, look: Option<&Look<'_>>) -> Ended {
    let connection = match connection(call, &sql.connection) {
        Ok(connection) => connection,
        Err(why) => return Outcome::NotDone(why).into(),
    };
    let scheme = connection.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        "sqlite" => sqlite::run(call, &connection, sql, look).await,
        "postgres" | "postgresql" => postgres::run(call, &connection, sql, look).await,
        "" => Outcome::NotDone("a database is named as `sqlite:PATH` or `postgres://user@host/database`".into()).into(),
        other => Outcome::NotDone(format!("a database of the kind `{other}` is not supported by this version")).into(),
    }
}

/// The text of a connection. In an address a value is percent-encoded, so that it stays in its place, unless it begins the whole.
fn connection(call: &Call<'_>, parts: &[TextPart]) -> Result<String, String> {
    let address = matches!(parts.first(), Some(TextPart::Text(text)) if text.starts_with("postgres"));
    let mut text = String::new();
    for part in parts {
        match part {
            TextPart::Text(part) => text.push_str(part),
            TextPart::Value(expr, ty) => {
                let value = call.write(&call.eval(expr)?, ty);
                if address { text.push_str(&url::component(&value)) } else { text.push_str(&value) }
            }
        }
    }
    Ok(text)
}
