//! `[lints]`: how much each warning of the compiler weighs in this project.

use std::collections::BTreeMap;

pub use flow_compiler::Level;
use flow_compiler::{Levels, levels};

/// `[lints]`: a level for each name.
pub type Lints = BTreeMap<String, Level>;

/// The name that no warning has, with the nearest that one has.
pub(super) fn unknown(lints: &Lints) -> Option<(String, String)> {
    let unknown = lints.iter().find_map(|(name, level)| Levels::default().set(name, *level).err())?;
    let hint = match unknown.nearest {
        Some(near) => format!(", did you mean `{near}`?"),
        None => format!("; there are {}", levels::names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    let message = format!("{unknown}{hint}");
    Some((unknown.name, message))
}
