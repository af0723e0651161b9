//! What a run is started with: the values of a workflow's parameters.

use flow_compiler::eval::{EvalError, eval};
use flow_compiler::plan::{Parameter, Plan};
use flow_compiler::value::{Mismatch, Value, from_input};
use serde_json::{Map, Value as Json};

use super::EngineError;

/// The values of a workflow's parameters.
pub(super) fn input(plan: &Plan, given: &Map<String, Json>) -> Result<Vec<Value>, EngineError> {
    let parameters = &plan.workflow.parameters;
    let mut mismatches: Vec<Mismatch> =
        given.keys().filter(|name| !parameters.iter().any(|p| p.name == **name)).map(|name| unknown(name, parameters)).collect();
    let mut values = Vec::new();
    for parameter in parameters {
        match read(parameter, given.get(parameter.name.as_str()), plan) {
            Ok(value) => values.push(value),
            Err(problems) => mismatches.extend(problems),
        }
    }
    if mismatches.is_empty() { Ok(values) } else { Err(EngineError::Input(mismatches)) }
}

fn unknown(name: &str, parameters: &[Parameter]) -> Mismatch {
    let nearest = parameters
        .iter()
        .map(|p| p.name.as_str())
        .filter(|p| strsim::damerau_levenshtein(p, name) <= 2)
        .min_by_key(|p| strsim::damerau_levenshtein(p, name));
    let help = nearest.map_or_else(
        || format!("the workflow has {}", parameters.iter().map(|p| format!("`{}`", p.name)).collect::<Vec<_>>().join(", ")),
        |nearest| format!("did you mean `{nearest}`?"),
    );
    Mismatch { path: name.to_owned(), problem: format!("the workflow has no such parameter; {help}") }
}

fn read(parameter: &Parameter, given: Option<&Json>, plan: &Plan) -> Result<Value, Vec<Mismatch>> {
    match (given, &parameter.default) {
        (None, Some(default)) => {
            let outside = flow_compiler::eval::Outside {
                now: jiff::Timestamp::UNIX_EPOCH,
                zone: &jiff::tz::TimeZone::UTC,
                names: &super::Environment,
                owner: "",
                requester: "",
            };
            let env = flow_compiler::eval::Env { frames: &[&[]], types: &plan.types, outside: &outside };
            let problem = |EvalError(problem)| vec![Mismatch { path: parameter.name.to_string(), problem }];
            eval(default, &env).map_err(problem)
        }
        (given, _) => from_input(given.unwrap_or(&Json::Null), &parameter.ty, &plan.types, &parameter.name),
    }
}
