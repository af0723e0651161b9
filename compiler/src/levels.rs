//! How much each warning weighs, and what says so.
//!
//! One rule for everybody who shows diagnostics (the command line, an editor, a server): what is forbidden is an error, whatever else is
//! said; else a comment with a reason (`# allow: NAME, because ...`) excuses; else the level that was set last counts; else the warning's
//! own. Where levels come from (`hitl.toml`, the command line) is their reader's matter, see [`Sources::set_levels`](crate::Sources::set_levels).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Code, Severity, suggest};

/// How much a warning weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not told.
    Allow,
    /// It is told.
    Warn,
    /// It is told, and is an error.
    Deny,
    /// It is an error, and neither a comment nor a later level makes less of it.
    Forbid,
}

/// No warning has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no lint `{name}`")]
pub struct UnknownLint {
    /// As it was written.
    pub name: String,
    /// The name that may have been meant.
    pub nearest: Option<&'static str>,
}

/// A level for each warning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    set: BTreeMap<&'static str, Level>,
}

impl Levels {
    /// Sets the level of a warning, in place of the one before; what is forbidden stays so.
    ///
    /// # Errors
    /// When no warning has that name.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), UnknownLint> {
        let code = named(name)?;
        if let Some(name) = code.lint().filter(|_| self.of(code) != Level::Forbid) {
            self.set.insert(name, level);
        }
        Ok(())
    }

    /// The level of a warning where no comment says otherwise.
    #[must_use]
    pub fn of(&self, code: Code) -> Level {
        code.lint().and_then(|name| self.set.get(name)).copied().unwrap_or_else(|| code.default_level())
    }

    /// How bad a warning is in a place that a comment excuses or does not; `None` where it is not to be told.
    #[must_use]
    pub fn weigh(&self, code: Code, excused: bool) -> Option<Severity> {
        match self.of(code) {
            Level::Forbid => Some(Severity::Error),
            _ if excused => None,
            Level::Allow => None,
            Level::Warn => Some(Severity::Warning),
            Level::Deny => Some(Severity::Error),
        }
    }
}

/// The names of all warnings, in the order of their codes.
pub fn names() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().filter_map(|code| code.lint())
}

/// The warning of a name.
pub(crate) fn named(name: &str) -> Result<Code, UnknownLint> {
    let found = Code::ALL.iter().copied().find(|code| code.lint() == Some(name));
    found.ok_or_else(|| UnknownLint { name: name.to_owned(), nearest: nearest(name) })
}

fn nearest(written: &str) -> Option<&'static str> {
    let plain = written.to_lowercase().replace(['_', ' '], "-");
    names().find(|name| *name == plain).or_else(|| suggest::nearest(written, names()))
}

#[cfg(test)]
mod tests {
    use super::{Level, Levels};
    use crate::{Code, Severity};

    #[test]
    fn the_last_level_counts_unless_it_is_forbidden() {
        let mut levels = Levels::default();
        assert_eq!(levels.weigh(Code::F0502, false), Some(Severity::Warning));
        levels.set("unused-value", Level::Deny).unwrap();
        assert_eq!(levels.weigh(Code::F0502, false), Some(Severity::Error));
        assert_eq!(levels.weigh(Code::F0502, true), None);
        levels.set("unused-value", Level::Allow).unwrap();
        assert_eq!(levels.weigh(Code::F0502, false), None);
        levels.set("unused-value", Level::Forbid).unwrap();
        levels.set("unused-value", Level::Allow).unwrap();
        assert_eq!(levels.weigh(Code::F0502, true), Some(Severity::Error));
    }

    #[test]
    fn a_name_that_no_warning_has_is_refused_with_the_nearest() {
        let unknown = Levels::default().set("unused-valu", Level::Deny).unwrap_err();
        assert_eq!((unknown.to_string().as_str(), unknown.nearest), ("there is no lint `unused-valu`", Some("unused-value")));
        assert_eq!(Levels::default().set("unused_value", Level::Deny).unwrap_err().nearest, Some("unused-value"));
        assert_eq!(Levels::default().set("warnings", Level::Deny).unwrap_err().nearest, None);
    }
}
