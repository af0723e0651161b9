//! `exec`: a program with an argument vector, never a shell.

use std::process::Stdio;

use flow_compiler::plan::Exec;
use tokio::process::Command;

use super::answer::{Answer, Judgement, judge};
use super::call::{Call, shorten};
use super::process::{End, Lock, Ran, input};
use super::{LIMIT, Outcome};

/// What a program inherits of the environment; all else must be declared.
const INHERITED: [&str; 5] = ["PATH", "HOME", "TZ", "TMPDIR", "LANG"];

/// Runs the program.
pub(super) async fn run(call: &Call<'_>, exec: &Exec) -> Outcome {
    let prepared = match prepare(call, exec) {
        Ok(prepared) => prepared,
        Err(why) => return Outcome::NotDone(why),
    };
    let path = call.settings.locks().join(&call.attempt.lock);
    let outcome = attempt(call, exec, prepared, &path).await;
    // Nothing of the group runs any more. What left it keeps its lock on the file without a name, and is nobody's any more.
    if !matches!(outcome, Err(Busy)) {
        let _ = std::fs::remove_file(&path);
    }
    outcome.unwrap_or_else(|Busy| Outcome::NotDone("an earlier attempt of this call is still running".into()))
}

/// Somebody holds the lock.
struct Busy;

async fn attempt(call: &Call<'_>, exec: &Exec, mut command: Command, path: &std::path::Path) -> Result<Outcome, Busy> {
    let mut lock = match Lock::take(path) {
        Ok(Some(lock)) => lock,
        Ok(None) => return Err(Busy),
        Err(error) => return Ok(Outcome::NotDone(format!("cannot lock `{}`: {error}", path.display()))),
    };
    let program = match lock.spawn(&mut command) {
        Ok(program) => program,
        Err(error) => return Ok(Outcome::NotDone(format!("cannot start `{}`: {error}", exec.program))),
    };
    let ran = program.finish(call.deadline, LIMIT).await;
    Ok(outcome(call, exec, ran))
}

fn outcome(call: &Call<'_>, exec: &Exec, ran: Ran) -> Outcome {
    let complaint = match shorten(&ran.complaint, true) {
        said if said.is_empty() => said,
        said => format!(": {said}"),
    };
    let status = match ran.end {
        End::Exited(status) => status,
        End::TimedOut => {
            let most = call.attempt.timeout;
            return Outcome::Unknown(format!("`{}` was ended, it took longer than {most:#}{complaint}", exec.program));
        }
        End::TooMuch => {
            return Outcome::Unknown(format!("`{}` was ended, it wrote more than 1 MiB{complaint}", exec.program));
        }
        End::Lost(error) => return Outcome::Unknown(format!("`{}` was lost: {error}", exec.program)),
    };
    let Some(exit) = status.code() else {
        return Outcome::Unknown(format!("`{}` was ended by a signal ({status}){complaint}", exec.program));
    };
    let answer = Answer { exit: Some(exit), good: exit == 0, body: ran.output, complaint: ran.complaint, ..Answer::default() };
    judge(
        call,
        answer,
        &Judgement { ok_when: exec.ok_when.as_ref(), not_done_when: exec.not_done_when.as_ref(), result: exec.result.as_ref() },
    )
}

fn prepare(call: &Call<'_>, exec: &Exec) -> Result<Command, String> {
    // A path is the project's, whatever the working directory is; a bare name is looked up in `PATH`.
    let mut command = match exec.program.contains('/') {
        true => Command::new(call.path(&exec.program)),
        false => Command::new(exec.program.as_str()),
    };
    for (argument, ty) in &exec.arguments {
        command.args(call.texts(argument, ty)?);
    }
    let folder = exec.cwd.as_ref().map(|cwd| call.text(cwd)).transpose()?;
    let folder = call.path(folder.as_deref().unwrap_or_default());
    if !folder.is_dir() {
        return Err(format!("the working directory `{}` does not exist", folder.display()));
    }
    command.current_dir(folder).env_clear();
    let inherited = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_str().unwrap_or_default();
        INHERITED.contains(&name) || name.starts_with("LC_")
    });
    command.envs(inherited);
    for (name, value) in &exec.env {
        if let Some(value) = call.optional_text(value)? {
            command.env(name.as_str(), value);
        }
    }
    command.env("HITL_IDEMPOTENCY_KEY", &call.attempt.key);
    let bytes = exec.stdin.as_ref().map(|body| call.body(body)).transpose()?;
    let stdin = match bytes {
        Some((bytes, _)) => {
            let file = input(&bytes).map_err(|error| format!("cannot prepare the standard input: {error}"))?;
            Stdio::from(file)
        }
        None => Stdio::null(),
    };
    // Where nobody looks at it, output has no limit and costs nothing.
    let read = call.action.result.is_some() || exec.ok_when.is_some() || exec.not_done_when.is_some();
    command.stdin(stdin).stdout(if read { Stdio::piped() } else { Stdio::null() }).stderr(Stdio::piped());
    Ok(command)
}
