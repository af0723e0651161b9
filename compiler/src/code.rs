//! The stable codes of diagnostics. Each has a page in `codes/`; without it nothing builds.

use std::fmt;
use std::str::FromStr;

use crate::Level;

macro_rules! codes {
    ($($code:ident $title:literal,)*) => {
        /// A code such as `F0101`. Each has a page in `codes/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// `F0101`
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => stringify!($code),)*
                }
            }

            /// What it is about, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$code => $title,)*
                }
            }

            /// Its page: Markdown with a wrong and a right example.
            #[must_use]
            pub const fn explain(self) -> &'static str {
                match self {
                    $(Self::$code => include_str!(concat!("../codes/", stringify!($code), ".md")),)*
                }
            }
        }
    };
}

codes! {
    F0001 "something else was expected",
    F0002 "a word that means nothing here",
    F0003 "a bracket that nobody closes",
    F0004 "a bracket that nobody opened",
    F0005 "a text that does not end",
    F0006 "an escape that does not exist",
    F0007 "a value in a text that cannot be read",
    F0008 "a reserved word as a name",
    F0009 "comparisons in a chain",
    F0010 "brackets nested too deep",
    F0011 "a file that is too large",
    F0012 "a file that is not UTF-8",
    F0013 "a character that means nothing",
    F0014 "a semicolon",
    F0015 "a spelling of another language",
    F0016 "digits that are no date",
    F0017 "a comma at the end",
    F0018 "a warning that is allowed without a reason",
    F0101 "a name that is not known",
    F0102 "a name declared twice",
    F0103 "a field that does not exist",
    F0104 "an argument that nobody takes",
    F0105 "a value used before it is there",
    F0106 "a name in the wrong case",
    F0107 "a type that is not known",
    F0108 "an action that is not known",
    F0109 "a function that is not known",
    F0110 "the same argument or field twice",
    F0111 "a name that is taken",
    F0112 "a member that the enum does not have",
    F0113 "a clause that does not belong here",
    F0114 "a clause written twice",
    F0115 "a way of doing that is not known",
    F0116 "a name that is something else",
    F0117 "a file that is not there",
    F0118 "a path that leaves the project",
    F0119 "a name that the file does not declare",
    F0120 "files that use one another in a circle",
    F0121 "a group that is not known",
    F0122 "a lint that is not known",
    F0201 "a value of the wrong type",
    F0202 "a value that may be none",
    F0203 "an operator that does not fit",
    F0204 "a missing argument",
    F0205 "a missing field",
    F0206 "a literal whose type cannot be told",
    F0207 "literals that cannot work",
    F0208 "a number with too many digits",
    F0209 "a currency that does not exist",
    F0210 "a date or time that is out of range",
    F0211 "a pattern that cannot be read",
    F0212 "the wrong number of arguments",
    F0213 "a value that has no text",
    F0214 "`as` with nothing to decode",
    F0215 "a place that takes a literal only",
    F0216 "a duration that cannot be used",
    F0218 "a record that holds itself",
    F0219 "a path without a result",
    F0220 "a result where none is declared, or none where one is",
    F0221 "a result that the implementation cannot give",
    F0222 "an implementation with something missing",
    F0223 "an expression that is too deep",
    F0224 "a match that leaves something out",
    F0225 "a member dealt with twice",
    F0230 "a schedule that cannot be read",
    F0231 "a path that no webhook can have",
    F0232 "a value that cannot tell runs apart",
    F0301 "a secret outside its place",
    F0302 "approvers that cannot be read",
    F0303 "bands that do not stand as they must",
    F0304 "a band that is never reached",
    F0305 "silence that would count as consent",
    F0306 "an escalation without an end",
    F0307 "more approvers than there are people",
    F0308 "nobody left to decide",
    F0309 "an escalation to those who let it lapse",
    F0320 "a run that nobody asked for",
    F0321 "people who are not known when it matters",
    F0330 "a duty that speaks of something else than the call",
    F0331 "a policy about nothing",
    F0332 "a call that may run with nobody asked",
    F0401 "not supported by this version yet",
    F0402 "more guarded calls than can be shown",
    F0403 "workflows that call one another in a circle",
    F0404 "calls of workflows nested too deep",
    F0405 "a preview that does more than look",
    F0406 "a clause that this call cannot have",
    F0407 "a statement that cannot stand there",
    F0420 "a statement of a test that cannot be meant",
    F0501 "an irreversible call that nobody approves",
    F0502 "a value that is never used",
    F0503 "a parameter that is never used",
    F0504 "an action that is never called",
    F0505 "a name that hides another",
    F0506 "a statement that never runs",
    F0507 "a value that is never none",
    F0508 "a file that is used for nothing",
    F0509 "a warning that is allowed and does not come",
    F0510 "a gate that guards nothing",
    F0511 "a gate that waits without end",
    F0512 "a value that a gate does not show",
    F0513 "an approval for each item of a list",
    F0514 "a read that may change something",
    F0515 "an argument that nobody has seen",
    F0530 "a gate that never asks",
    F0531 "a gate that always asks",
    F0532 "a gate that asks what was asked",
}

impl Code {
    /// The name of a warning, by which a project says how much it weighs; `None` for an error.
    #[must_use]
    pub const fn lint(self) -> Option<&'static str> {
        Some(match self {
            Self::F0501 => "unguarded",
            Self::F0502 => "unused-value",
            Self::F0503 => "unused-parameter",
            Self::F0504 => "unused-action",
            Self::F0505 => "shadowed-name",
            Self::F0506 => "never-runs",
            Self::F0507 => "never-none",
            Self::F0508 => "unused-file",
            Self::F0509 => "unused-allow",
            Self::F0510 => "idle-gate",
            Self::F0511 => "no-deadline",
            Self::F0512 => "hidden-value",
            Self::F0513 => "approval-in-loop",
            Self::F0514 => "writing-read",
            Self::F0515 => "unseen-argument",
            Self::F0530 => "never-asks",
            Self::F0531 => "always-asks",
            Self::F0532 => "implied-gate",
            _ => return None,
        })
    }

    /// How much it weighs where nobody says otherwise: a warning that most flows would get is only given to those who ask for it.
    #[must_use]
    pub const fn default_level(self) -> Level {
        match self {
            Self::F0511 => Level::Allow,
            _ if self.lint().is_some() => Level::Warn,
            _ => Level::Deny,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No code has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such code")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;

    /// Reads `F0101`, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownCode)
    }
}
