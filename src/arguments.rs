//! `NAME=VALUE` and input files: the input of a run.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flow_compiler::plan::{Parameter, Plan};
use flow_compiler::value::{Mismatch, from_argument, to_json};
use serde_json::{Map, Value as Json};

use crate::client::types::Field;
use crate::fault::Fault;
use crate::input::reason;
use crate::texts::{list, nearest};

/// The input of a run as the command line gives it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Input {
    /// Values of the workflow's parameters, such as `amount=1500`, `amount="1500 EUR"` or `ids='[1, 2]'`
    #[arg(value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,
    /// Take the values from a JSON file (`-` for standard input); those of the command line stand before it
    #[arg(long, value_name = "FILE.json")]
    input: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE, such as `amount=1500`".to_owned()),
    }
}

impl Input {
    /// Whether standard input is read for values.
    pub(crate) fn takes_stdin(&self) -> bool {
        self.input.as_deref() == Some(Path::new("-"))
    }

    /// The input by the types of a plan's parameters; all that does not fit is said at once.
    pub(crate) fn for_plan(&self, plan: &Plan) -> Result<Map<String, Json>, Fault> {
        let parameters = &plan.workflow.parameters;
        let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let mut input = self.file()?;
        let mut problems = unknown(input.keys().map(String::as_str), &names);
        problems.extend(self.twice());
        for (name, text) in &self.values {
            match parameters.iter().find(|parameter| parameter.name == name.as_str()) {
                Some(parameter) => match from_argument(text, &parameter.ty, &plan.types, name) {
                    Ok(value) => {
                        input.insert(name.clone(), to_json(&value, &parameter.ty, &plan.types));
                    }
                    Err(mismatches) => problems.extend(mismatches.iter().map(sentence)),
                },
                None => problems.extend(unknown([name.as_str()], &names)),
            }
        }
        problems.extend(missing(parameters, &input, &self.values));
        refuse(problems, &usage(plan))?;
        Ok(input)
    }

    /// The input by the types of a served workflow's parameters, as the server names them; the server checks the values.
    pub(crate) fn for_fields(&self, workflow: &str, fields: &[Field]) -> Result<Map<String, Json>, Fault> {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let mut input = self.file()?;
        let mut problems = unknown(input.keys().map(String::as_str), &names);
        problems.extend(self.twice());
        for (name, text) in &self.values {
            match fields.iter().find(|field| field.name == *name) {
                Some(field) => {
                    input.insert(name.clone(), by_type(text, &field.ty));
                }
                None => problems.extend(unknown([name.as_str()], &names)),
            }
        }
        refuse(problems, &format!("`{workflow}` takes {}", if names.is_empty() { "nothing".to_owned() } else { list(names) }))?;
        Ok(input)
    }

    fn file(&self) -> Result<Map<String, Json>, Fault> {
        let Some(path) = &self.input else { return Ok(Map::new()) };
        let shown = path.display();
        let mut text = String::new();
        let read = if self.takes_stdin() {
            std::io::stdin().read_to_string(&mut text)
        } else {
            fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
        };
        read.map_err(|error| Fault::usage(format!("cannot read the input `{shown}`: {}", reason(&error))))?;
        match serde_json::from_str(&text) {
            Ok(Json::Object(input)) => Ok(input),
            Ok(_) => Err(Fault::usage(format!("the input `{shown}` is no JSON object")).help("write it as { \"parameter\": value, ... }")),
            Err(error) => Err(Fault::usage(format!("the input `{shown}` is no JSON: {error}"))),
        }
    }

    fn twice(&self) -> Vec<String> {
        let again = |at: usize, name: &str| self.values.iter().take(at).any(|(other, _)| other == name);
        let doubles = self.values.iter().enumerate().filter(|(at, (name, _))| again(*at, name));
        doubles.map(|(_, (name, _))| format!("{name}: given twice")).collect()
    }
}

/// `--set NAME=VALUE`: what an approver enters, by the types of the approval's fields.
pub(crate) fn entered(sets: &[(String, String)], fields: &[Field]) -> Result<Map<String, Json>, Fault> {
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let mut values = Map::new();
    let mut problems = Vec::new();
    for (name, text) in sets {
        match fields.iter().find(|field| field.name == *name) {
            Some(field) => {
                values.insert(name.clone(), by_type(text, &field.ty));
            }
            None => problems.extend(unknown([name.as_str()], &names)),
        }
    }
    let can = if names.is_empty() { "this approval has nothing to fill in".to_owned() } else { format!("it asks for {}", list(names)) };
    refuse(problems, &can)?;
    Ok(values)
}

/// Reads `NAME=VALUE` for `--set`.
pub(crate) fn set(text: &str) -> Result<(String, String), String> {
    pair(text)
}

/// A text as JSON of a type that is known by its name only.
pub(crate) fn by_type(text: &str, ty: &str) -> Json {
    let bare = ty.trim_end_matches('?');
    if bare.len() < ty.len() && matches!(text.trim(), "none" | "null") {
        return Json::Null;
    }
    let json = || serde_json::from_str::<Json>(text.trim());
    let written = Json::String(text.to_owned());
    match bare {
        "text" => written,
        "number" => json().ok().filter(Json::is_number).unwrap_or(written),
        "bool" => json().ok().filter(Json::is_boolean).unwrap_or(written),
        "money" | "date" | "time" | "duration" => Json::String(text.trim().to_owned()),
        _ => json().unwrap_or(written),
    }
}

fn missing(parameters: &[Parameter], input: &Map<String, Json>, given: &[(String, String)]) -> Vec<String> {
    let optional = |parameter: &Parameter| matches!(parameter.ty, flow_compiler::plan::Type::Optional(_)) || parameter.default.is_some();
    let absent = |parameter: &&Parameter| {
        !optional(parameter)
            && !input.contains_key(parameter.name.as_str())
            && !given.iter().any(|(name, _)| parameter.name == name.as_str())
    };
    parameters.iter().filter(absent).map(|parameter| format!("{}: missing", parameter.name)).collect()
}

fn unknown<'a>(given: impl IntoIterator<Item = &'a str>, names: &[&str]) -> Vec<String> {
    let strangers = given.into_iter().filter(|name| !names.contains(name));
    strangers
        .map(|name| match nearest(name, names.iter().copied()) {
            Some(near) => format!("{name}: there is no such parameter, did you mean `{near}`?"),
            None => format!("{name}: there is no such parameter"),
        })
        .collect()
}

fn sentence(mismatch: &Mismatch) -> String {
    format!("{}: {}", mismatch.path, mismatch.problem)
}

fn refuse(problems: Vec<String>, help: &str) -> Result<(), Fault> {
    if problems.is_empty() {
        return Ok(());
    }
    let fault = problems.into_iter().fold(Fault::usage("the values do not fit"), Fault::note);
    Err(fault.help(help))
}

/// `refund_customer takes customer (text) and amount (number)`
fn usage(plan: &Plan) -> String {
    let parameters = plan
        .workflow
        .parameters
        .iter()
        .map(|parameter| format!("{}: {}", parameter.name, flow_compiler::graph::draw::type_name(plan, &parameter.ty)));
    let parameters: Vec<String> = parameters.collect();
    format!("`{}` takes {}", plan.workflow.name, if parameters.is_empty() { "nothing".to_owned() } else { parameters.join(", ") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::by_type;

    #[test]
    fn texts_become_json_by_the_name_of_their_type() {
        assert_eq!(by_type("1500", "number"), json!(1500));
        assert_eq!(by_type("1500", "text"), json!("1500"));
        assert_eq!(by_type("1500 EUR", "money"), json!("1500 EUR"));
        assert_eq!(by_type("true", "bool"), json!(true));
        assert_eq!(by_type("maybe", "bool"), json!("maybe"));
        assert_eq!(by_type("high", "Risk"), json!("high"));
        assert_eq!(by_type("[1, 2]", "[number]"), json!([1, 2]));
        assert_eq!(by_type("none", "text?"), json!(null));
        assert_eq!(by_type("none", "text"), json!("none"));
    }
}
