//! `sql` on PostgreSQL: one statement, bound values, one transaction on a connection of its own.
//!
//! Until the commit is sent nothing can have happened: whatever fails, the server rolls back, at the latest when the connection ends.

mod bind;
mod cell;
mod connect;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flow_compiler::plan::{Effect, Plan, Sql, Type};
use flow_compiler::value::Value;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, Error, IsolationLevel, Transaction};

use super::rows::{self, Rows, TOO_MUCH};
use super::{Look, STOP};
use crate::actions::call::{Call, plain};
use crate::actions::reach::Reach;
use crate::actions::scrub::Scrub;
use crate::actions::{Ended, LIMIT, Outcome, causes};
use bind::Statement;
use cell::Cell;
use connect::Place;

/// Carries out the statement.
pub(super) async fn run(call: &Call<'_>, connection: &str, sql: &Sql, look: Option<&Look<'_>>) -> Ended {
    match prepare(call, connection, sql, look) {
        Ok(work) => work.carry_out().await,
        Err(why) => Outcome::NotDone(why).into(),
    }
}

/// An attempt with all that it needs.
struct Work {
    place: Place,
    job: Job,
    reach: Reach,
    deadline: Instant,
    patience: SignedDuration,
}

impl Work {
    /// Boxed and owning all that it works with: what libraries lend each other inside is nobody else's matter.
    fn carry_out(self) -> BoxFuture<'static, Ended> {
        Box::pin(async move {
            let patience = self.patience;
            let mut session = match timeout_at(self.deadline, self.place.connect(&self.reach)).await {
                Ok(Ok(session)) => session,
                Ok(Err(why)) => return Outcome::NotDone(why).into(),
                Err(_) => return Outcome::NotDone(format!("no connection to the database within {patience:#}")).into(),
            };
            let cancel = session.canceller();
            let committing = AtomicBool::new(false);
            let work = self.job.run(&mut session.client, &committing);
            tokio::pin!(work);
            if let Ok(ended) = timeout_at(self.deadline, &mut work).await {
                return ended;
            }
            // Rolled back, unless it was committing already: its own answer says which.
            let (_, ended) = tokio::join!(timeout(STOP, cancel.stop()), timeout(STOP, &mut work));
            match ended {
                Ok(Ended::Outcome(Outcome::NotDone(_) | Outcome::Unknown(_))) | Err(_) if !committing.load(Ordering::SeqCst) => {
                    Outcome::NotDone("it took too long and was rolled back".into()).into()
                }
                Ok(ended) => ended,
                Err(_) => Outcome::Unknown(format!("the commit was not answered within {patience:#}")).into(),
            }
        })
    }
}

/// All that the statement needs, apart from the attempt.
struct Job {
    statement: Statement,
    reads: bool,
    result: Option<Type>,
    look: Option<Second>,
    plan: Arc<Plan>,
}

/// A second look at what the statement will touch.
struct Second {
    statement: Statement,
    result: Type,
    expected: Value,
    scrub: Scrub,
}

fn prepare(call: &Call<'_>, connection: &str, sql: &Sql, look: Option<&Look<'_>>) -> Result<Work, String> {
    let place = Place::read(call, connection, &sql.connection)?;
    let statement = Statement::new(call, &sql.statement)?;
    let look = match look {
        Some(look) => Some(Second {
            statement: Statement::new(call, look.statement)?,
            result: look.result.clone(),
            expected: look.expected.clone(),
            scrub: call.known_secrets(),
        }),
        None => None,
    };
    let reads = call.action.effect == Effect::Read;
    let job = Job { statement, reads, result: call.action.result.clone(), look, plan: Arc::clone(&call.attempt.plan) };
    Ok(Work { place, job, reach: call.settings.reach.clone(), deadline: call.deadline, patience: call.attempt.timeout })
}

/// Why nothing was done.
enum Fault {
    Postgres(Error),
    Said(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Postgres(error)
    }
}

impl Job {
    async fn run(&self, client: &mut Client, committing: &AtomicBool) -> Ended {
        match self.attempt(client, committing).await {
            Ok(ended) => ended,
            Err(Fault::Said(why)) => Outcome::NotDone(why).into(),
            Err(Fault::Postgres(error)) => Outcome::NotDone(self.explain(&error)).into(),
        }
    }

    /// Until the commit every fault means that nothing was done.
    async fn attempt(&self, client: &mut Client, committing: &AtomicBool) -> Result<Ended, Fault> {
        let mut begin = client.build_transaction().read_only(self.reads);
        if self.look.is_some() {
            // What the statement touches is then what the second look saw.
            begin = begin.isolation_level(IsolationLevel::RepeatableRead);
        }
        let transaction = begin.start().await?;
        if let Some(look) = &self.look {
            let found = self.rows(&transaction, &look.statement).await?.ok_or_else(|| Fault::Said("the preview gives no rows".into()))?;
            let found = rows::decode(found, &look.result, &self.plan.types)
                .map_err(|why| Fault::Said(format!("the rows of the preview do not fit: {why}")))?;
            let found = look.scrub.value(found);
            if found != look.expected {
                return Ok(Ended::Changed(found));
            }
        }
        let value = self.execute(&transaction).await?;
        if self.reads {
            return Ok(Outcome::Done(value).into());
        }
        committing.store(true, Ordering::SeqCst);
        Ok(match transaction.commit().await {
            Ok(()) => Outcome::Done(value),
            Err(error) if refused(&error) => Outcome::NotDone(self.explain(&error)),
            Err(error) => Outcome::Unknown(format!("the commit failed: {}", self.explain(&error))),
        }
        .into())
    }

    async fn execute(&self, transaction: &Transaction<'_>) -> Result<Value, Fault> {
        if let Some(found) = self.rows(transaction, &self.statement).await? {
            let Some(ty) = &self.result else { return Ok(Value::None) };
            return rows::decode(found, ty, &self.plan.types).map_err(|why| Fault::Said(format!("the rows do not fit: {why}")));
        }
        let prepared = prepared(transaction, &self.statement).await?;
        let changed = transaction.execute_raw(&prepared, self.statement.values.clone()).await?;
        match &self.result {
            None => Ok(Value::None),
            Some(ty) if *plain(ty) == Type::Number => Ok(Value::Number(Decimal::from(changed))),
            Some(_) => Err(Fault::Said("the statement gives no rows, only their number".into())),
        }
    }

    /// All rows of a statement; `None` for one that gives none, which is then not carried out.
    async fn rows(&self, transaction: &Transaction<'_>, statement: &Statement) -> Result<Option<Rows>, Fault> {
        let prepared = prepared(transaction, statement).await?;
        if prepared.columns().is_empty() {
            return Ok(None);
        }
        let columns: Vec<String> = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
        let stream = transaction.query_raw(&prepared, statement.values.clone()).await?;
        tokio::pin!(stream);
        let mut found = Vec::new();
        let mut size = 0_usize;
        while let Some(row) = stream.try_next().await? {
            let mut cells: Vec<Json> = Vec::with_capacity(columns.len());
            for (index, column) in columns.iter().enumerate() {
                let cell: Cell = row.try_get(index)?;
                size = size.saturating_add(cell.weight);
                let json = cell.json.map_err(|why| Fault::Said(format!("[{}].{column}: {why}", found.len())))?;
                cells.push(json);
            }
            if size > LIMIT {
                return Err(Fault::Said(TOO_MUCH.into()));
            }
            found.push(cells);
        }
        Ok(Some(Rows { columns, rows: found }))
    }

    fn explain(&self, error: &Error) -> String {
        let Some(said) = error.as_db_error() else { return format!("the connection to the database was lost: {}", causes(error)) };
        match *said.code() {
            SqlState::READ_ONLY_SQL_TRANSACTION if self.reads => "a `read` action may not change the database".into(),
            SqlState::SYNTAX_ERROR if said.message().contains("multiple commands") => "an action has one statement, not several".into(),
            _ => match said.detail() {
                Some(detail) => format!("{}: {detail}", said.message()),
                None => said.message().to_owned(),
            },
        }
    }
}

/// A statement that the server has read, and that takes as many values as there are.
async fn prepared(transaction: &Transaction<'_>, statement: &Statement) -> Result<tokio_postgres::Statement, Fault> {
    let prepared = transaction.prepare(&statement.text).await?;
    if prepared.params().len() != statement.values.len() {
        return Err(Fault::Said(super::NOT_BARE.into()));
    }
    Ok(prepared)
}

/// Whether the server itself says that a commit was refused. One that is shutting down may have committed before it says so.
fn refused(error: &Error) -> bool {
    error.as_db_error().is_some_and(|said| said.parsed_severity() == Some(Severity::Error))
}
