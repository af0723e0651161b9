//! What can be wrong with a flow: one constructor for each fault, so that wording is read in one place.
//!
//! Messages: lower case, no final period, the author's text in backticks. The label says what stands here, secondary labels why it
//! matters, help what to do.

pub(crate) mod actions;
pub(crate) mod flow;
pub(crate) mod gates;
pub(crate) mod lints;
pub(crate) mod modules;
pub(crate) mod names;
pub(crate) mod oversight;
pub(crate) mod settings;
pub(crate) mod syntax;
pub(crate) mod tests;
pub(crate) mod types;
pub(crate) mod unsupported;

use flow_grammar::Span;

use crate::{Code, Diagnostic, FileId};

/// Where a fault stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) file: FileId,
    pub(crate) span: Span,
}

impl Site {
    fn error(self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.file, self.span, message)
    }

    fn warning(self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(code, self.file, self.span, message)
    }

    /// Adds "did you mean" with its edit, or else what may stand here.
    fn suggest(self, diagnostic: Diagnostic, nearest: Option<&str>) -> Diagnostic {
        match nearest {
            Some(nearest) => {
                diagnostic.help(format!("did you mean `{nearest}`?")).replace(format!("change to `{nearest}`"), self.span, nearest)
            }
            None => diagnostic,
        }
    }
}

/// `a, b and c`, each in backticks.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "and")
}

/// `a, b or c`, each in backticks.
pub(crate) fn either<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "or")
}

fn joined<S: AsRef<str>>(names: &[S], last: &str) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push_str(if index + 1 == names.len() { " " } else { ", " });
            if index + 1 == names.len() {
                text.push_str(last);
                text.push(' ');
            }
        }
        text.push('`');
        text.push_str(name.as_ref());
        text.push('`');
    }
    text
}
