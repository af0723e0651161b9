//! The result of a run for programs.

use serde::Serialize;
use serde_json::Value as Json;

use crate::client::types::{ApprovalRef, Run};

#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    workflow: &'a str,
    status: &'a str,
    output: &'a Json,
    error: Option<String>,
    approvals: &'a [ApprovalRef],
}

/// One JSON object with a line end.
pub(crate) fn report(run: &Run) -> String {
    let status = if run.ended() { run.status.as_str() } else { "paused" };
    let rejected = || {
        let rejection = run.rejection.as_ref()?;
        let by = rejection.by.as_deref().unwrap_or("the deadline");
        let why = rejection.comment.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        Some(format!("`{}` was rejected by {by}{why}", rejection.gate))
    };
    let error = run.error.clone().or_else(rejected);
    let report = Report { run: &run.id, workflow: &run.workflow, status, output: &run.output, error, approvals: &run.approvals };
    // Plain texts and values always have a JSON.
    let mut text = serde_json::to_string(&report).unwrap_or_default();
    text.push('\n');
    text
}
