//! `sql` on SQLite: one statement, bound values, one transaction.

mod bind;
mod rows;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::plan::{Effect, Sql, Type, TypeDef};
use flow_compiler::value::Value;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, TransactionBehavior};
use rust_decimal::Decimal;
use tokio::time::{Instant, timeout, timeout_at};

use super::Outcome;
use super::call::Call;
use bind::Statement;

/// How long to wait for a database that somebody else is writing to.
const BUSY: Duration = Duration::from_secs(5);

/// How long a statement may take to stop after it was asked to.
const STOP: Duration = Duration::from_secs(5);

/// Carries out the statement.
pub(super) async fn run(call: &Call<'_>, sql: &Sql) -> Outcome {
    let job = match prepare(call, sql) {
        Ok(job) => job,
        Err(why) => return Outcome::NotDone(why),
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
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => Outcome::Unknown(format!("the statement was lost: {error}")),
        None => Outcome::Unknown(format!("the statement did not end within {:#}", call.attempt.timeout)),
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
    plan: Arc<flow_compiler::plan::Plan>,
}

fn prepare(call: &Call<'_>, sql: &Sql) -> Result<Job, String> {
    let connection = call.parts(&sql.connection)?;
    let Some(path) = connection.strip_prefix("sqlite:") else {
        return Err(match connection.split_once(':') {
            Some((kind, _)) => format!("a database of the kind `{kind}` is not supported by this version"),
            None => "the database must be named as `sqlite:PATH`".into(),
        });
    };
    if path.is_empty() {
        return Err("the database must be named as `sqlite:PATH`".into());
    }
    Ok(Job {
        file: call.path(path),
        statement: Statement::new(call, &sql.statement)?,
        reads: call.action.effect == Effect::Read,
        busy: BUSY.min(call.deadline.saturating_duration_since(Instant::now())),
        result: call.action.result.clone(),
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
    fn run(&self, stop: &Stop) -> Outcome {
        match self.attempt(stop) {
            Ok(outcome) => outcome,
            Err(Fault::Said(why)) => Outcome::NotDone(why),
            Err(Fault::Sqlite(error)) if stop.stopped() && error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Outcome::NotDone("it took too long and was rolled back".into())
            }
            Err(Fault::Sqlite(error)) => Outcome::NotDone(self.explain(&error)),
        }
    }

    /// Until the commit every fault means that nothing was done.
    fn attempt(&self, stop: &Stop) -> Result<Outcome, Fault> {
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
        let value = self.execute(&transaction)?;
        if let Err(error) = transaction.execute_batch("COMMIT") {
            return Ok(self.uncommitted(transaction, &error));
        }
        // The transaction is over; dropping it finds none and does nothing.
        drop(transaction);
        Ok(Outcome::Done(value))
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
        let mut statement = connection.prepare(&self.statement.text)?;
        let values = &self.statement.values;
        if statement.parameter_count() != values.len() {
            let why = "a value stands inside quotes, or the statement has parameters of its own; write each value bare, as `{name}`";
            return Err(Fault::Said(why.into()));
        }
        for (index, value) in values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value)?;
        }
        if statement.column_count() > 0 {
            let found = rows::read(&mut statement).map_err(Fault::from)?.map_err(Fault::Said)?;
            let Some(ty) = &self.result else { return Ok(Value::None) };
            return rows::decode(found, ty, self.types()).map_err(|why| Fault::Said(format!("the rows do not fit: {why}")));
        }
        let changed = statement.raw_execute()?;
        match &self.result {
            None => Ok(Value::None),
            Some(ty) if *super::call::plain(ty) == Type::Number => Ok(Value::Number(Decimal::from(changed))),
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
