//! `[lints]`: how much each warning of the compiler weighs in this project.

use std::collections::BTreeMap;

use flow_compiler::Code;
use serde::Deserialize;

use super::error;

/// How much a warning weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not told.
    Allow,
    /// It is told.
    Warn,
    /// It is told, and is an error.
    Deny,
}

/// `[lints]`: a level for each name.
pub type Lints = BTreeMap<String, Level>;

/// The name that no warning has, with the nearest that one has.
pub(super) fn unknown(lints: &Lints) -> Option<(String, String)> {
    let known: Vec<&str> = Code::ALL.iter().filter_map(|code| code.lint()).collect();
    let name = lints.keys().find(|name| !known.contains(&name.as_str()))?;
    let hint = match error::nearest(name, &known) {
        Some(near) => format!(", did you mean `{near}`?"),
        None => format!("; there are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    Some((name.clone(), format!("there is no lint `{name}`{hint}")))
}
