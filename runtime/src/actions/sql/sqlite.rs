//! `sql` on SQLite: one statement, bound values, one transaction.

mod bind;
mod read;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::plan::{Effect, Sql, Type, TypeDef};
use flow_compiler::value::Value;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, TransactionBehavior};
use rust_decimal::Decimal;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Look, NOT_BARE, STOP, rows};
use crate::actions::call::{Call, plain};
use crate::actions::scrub::Scrub;
use crate::actions::{Ended, Outcome};
use bind::Statement;

/// How long to wait for a database that somebody else is writing to.
const BUSY: Duration = Duration::from_secs(5);

/// Carries out the statement.
pub(super) async fn run(call: &Call<'_>, connection: &str, sql: &Sql, look: Option<&Look<'_>>) -> Ended {
    let job = match prepare(call, connection, sql, look) {
        Ok(job) => job,
        Err(why) => return Outcome::NotDone(why).into(),
    };
    let stop = Arc::new(Stop::default());
    let handle = Arc::clone(&stop);
    let mut working = tokio::task::spawn_blocking(move || job.run(&handle));
    let ended = match timeout_at(call.deadline, &mut working).await {
        Ok(ended) => Some(ended),
        Err(_) => {
            // Rolled back, unless it was committing already: its own answer says which.
            stop.now();
            timeout(STOP, working).await.ok()
        }
    };
    match ended {
        Some(Ok(ended)) => ended,
        Some(Err(error)) => Outcome::Unknown(format!("the statement was lost: {error}")).into(),
        None => Outcome::Unknown(format!("the statement did not end within {:#}", call.attempt.timeout)).into(),
    }
}

/// Stops a statement from outside.
#[derive(Default)]
struct Stop {
    state: Mutex<(bool, Option<InterruptHandle>)>,
}

impl Stop {
    fn now(&self) {
        let mut state = self.state.lock();
        state.0 = true;
        if let Some(handle) = &state.1 {
            handle.interrupt();
        }
    }

    fn stopped(&self) -> bool {
        self.state.lock().0
    }
}

/// All that the statement needs, apart from the attempt.
struct Job {
    file: PathBuf,
    statement: Statement,
    reads: bool,
    busy: Duration,
    result: Option<Type>,
    look: Option<Second>,
    plan: Arc<flow_compiler::plan::Plan>,
}

/// A second look at what the statement will touch.
struct Second {
    statement: Statement,
    result: Type,
    expected: Value,
    scrub: Scrub,
}

fn prepare(call: &Call<'_>, connection: &str, sql: &Sql, look: Option<&Look<'_>>) -> Result<Job, String> {
    let path = connection.strip_prefix("sqlite:").unwrap_or_default();
    if path.is_empty() {
        return Err("the database must be named as `sqlite:PATH`".into());
    }
    let look = match look {
        Some(look) => Some(Second {
            statement: Statement::new(call, look.statement)?,
            result: look.result.clone(),
            expected: look.expected.clone(),
            scrub: call.known_secrets(),
        }),
        None => None,
    };
    Ok(Job {
        file: call.path(path),
        statement: Statement::new(call, &sql.statement)?,
        reads: call.action.effect == Effect::Read,
        busy: BUSY.min(call.deadline.saturating_duration_since(Instant::now())),
        result: call.action.result.clone(),
        look,
        plan: Arc::clone(&call.attempt.plan),
    })
}

/// Why nothing was done.
enum Fault {
    Sqlite(rusqlite::Error),
    Said(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Job {
    fn run(&self, stop: &Stop) -> Ended {
        let why = match self.attempt(stop) {
            Ok(ended) => return ended,
            Err(Fault::Said(why)) => why,
            Err(Fault::Sqlite(error)) if stop.stopped() && error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                "it took too long and was rolled back".into()
            }
            Err(Fault::Sqlite(error)) => self.explain(&error),
        };
        Outcome::NotDone(why).into()
    }

    /// Until the commit every fault means that nothing was done.
    fn attempt(&self, stop: &Stop) -> Result<Ended, Fault> {
        let mut connection = Connection::open_with_flags(&self.file, self.flags())?;
        connection.busy_timeout(self.busy)?;
        connection.pragma_update(None, "query_only", self.reads)?;
        let behaviour = if self.reads { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
        {
            let mut state = stop.state.lock();
            if state.0 {
                return Err(Fault::Said("its time was up before it began".into()));
            }
            state.1 = Some(connection.get_interrupt_handle());
        }
        let transaction = connection.transaction_with_behavior(behaviour)?;
        if let Some(look) = &self.look {
            let found = look.again(&transaction, self.types())?;
            if found != look.expected {
                return Ok(Ended::Changed(found));
            }
        }
        let value = self.execute(&transaction)?;
        if let Err(error) = transaction.execute_batch("COMMIT") {
            return Ok(self.uncommitted(transaction, &error).into());
        }
        // The transaction is over; dropping it finds none and does nothing.
        drop(transaction);
        Ok(Outcome::Done(value).into())
    }

    /// After a commit that failed: a refusal leaves the transaction open, and it can still be taken back.
    fn uncommitted(&self, transaction: rusqlite::Transaction<'_>, error: &rusqlite::Error) -> Outcome {
        let why = self.explain(error);
        let refused = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::ConstraintViolation | ErrorCode::OperationInterrupted)
        );
        let open = !transaction.is_autocommit();
        if refused && open && transaction.rollback().is_ok() {
            return Outcome::NotDone(why);
        }
        Outcome::Unknown(format!("the commit failed: {why}"))
    }

    fn execute(&self, connection: &Connection) -> Result<Value, Fault> {
        let mut statement = ready(connection, &self.statement)?;
        if statement.column_count() > 0 {
            let found = read::read(&mut statement).map_err(Fault::from)?.map_err(Fault::Said)?;
            let Some(ty) = &self.result else { return Ok(Value::None) };
            return rows::decode(found, ty, self.types()).map_err(|why| Fault::Said(format!("the rows do not fit: {why}")));
        }
        let changed = statement.raw_execute()?;
        match &self.result {
            None => Ok(Value::None),
            Some(ty) if *plain(ty) == Type::Number => Ok(Value::Number(Decimal::from(changed))),
            Some(_) => Err(Fault::Said("the statement gives no rows, only their number".into())),
        }
    }

    fn types(&self) -> &[TypeDef] {
        &self.plan.types
    }

    fn flags(&self) -> OpenFlags {
        let access = match self.reads {
            true => OpenFlags::SQLITE_OPEN_READ_ONLY,
            false => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        access | OpenFlags::SQLITE_OPEN_NO_MUTEX
    }

    fn explain(&self, error: &rusqlite::Error) -> String {
        match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => format!("the database `{}` cannot be opened", self.file.display()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "the database is locked by another program".into(),
            Some(ErrorCode::ReadOnly) if self.reads => "a `read` action may not change the database".into(),
            _ if matches!(error, rusqlite::Error::MultipleStatement) => "an action has one statement, not several".into(),
            _ => error.to_string(),
        }
    }
}

impl Second {
    /// What is there now.
    fn again(&self, connection: &Connection, types: &[TypeDef]) -> Result<Value, Fault> {
        let mut statement = ready(connection, &self.statement)?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(Fault::Said("the preview is no query".into()));
        }
        let found = read::read(&mut statement).map_err(Fault::from)?.map_err(Fault::Said)?;
        let found = rows::decode(found, &self.result, types);
        found.map(|found| self.scrub.value(found)).map_err(|why| Fault::Said(format!("the rows of the preview do not fit: {why}")))
    }
}

/// A statement with its values in their places.
fn ready<'c>(connection: &'c Connection, statement: &Statement) -> Result<rusqlite::Statement<'c>, Fault> {
    let mut ready = connection.prepare(&statement.text)?;
    if ready.parameter_count() != statement.values.len() {
        return Err(Fault::Said(NOT_BARE.into()));
    }
    for (index, value) in statement.values.iter().enumerate() {
        ready.raw_bind_parameter(index + 1, value)?;
    }
    Ok(ready)
}
