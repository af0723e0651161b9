//! The one diagnostic of all phases.
//!
//! How it is drawn (terminal, JSON, editor) is its reader's matter; here are only its parts.

use flow_grammar::Span;

use crate::Code;

/// A file of a [`Sources`](crate::Sources): its index there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The flow works, and probably not as meant.
    Warning,
    /// The flow cannot run.
    Error,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence in plain words: lower case, no final period, the user's text in backticks.
    pub message: String,
    /// The file of `span`.
    pub file: FileId,
    /// Exactly what is wrong.
    pub span: Span,
    /// What stands under `span`: short, may be empty.
    pub label: String,
    /// Places that show the cause.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// Values of the flow for which it goes wrong.
    pub counterexample: Option<String>,
}

/// A place that shows the cause of a diagnostic.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The file.
    pub file: FileId,
    /// The place.
    pub span: Span,
    /// Why it matters.
    pub message: String,
}

/// An edit that mends a diagnostic.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What it does, as a menu says it: ``change to `amount` ``.
    pub title: String,
    /// Replacements, not overlapping.
    pub edits: Vec<Edit>,
}

/// One replacement of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The file.
    pub file: FileId,
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Diagnostic {
    /// An error with nothing but its sentence and its place; add the rest with the methods below.
    #[must_use]
    pub fn error(code: Code, file: FileId, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            file,
            span,
            label: String::new(),
            labels: Vec::new(),
            help: None,
            fix: None,
            counterexample: None,
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(code: Code, file: FileId, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, file, span, message) }
    }

    /// What stands under the place itself.
    #[must_use]
    pub fn here(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Another place in the same file, and why it matters.
    #[must_use]
    pub fn because(self, span: Span, message: impl Into<String>) -> Self {
        let file = self.file;
        self.because_in(file, span, message)
    }

    /// Another place in any file, and why it matters.
    #[must_use]
    pub fn because_in(mut self, file: FileId, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { file, span, message: message.into() });
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An edit at `span` of the same file that mends it.
    #[must_use]
    pub fn replace(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { file: self.file, span, text: text.into() }] });
        self
    }
}
