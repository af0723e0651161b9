//! Checking: names, types, effects and gates of each file, and the plan that comes of it.
//!
//! One pass looks at each declaration once, says what is wrong, and builds what the plan will hold; nothing is looked at twice. What is
//! wrong becomes [`Ty::Broken`], which fits everywhere, so that one mistake gives one diagnostic.

mod action;
mod assemble;
mod declare;
mod expr;
mod lints;
mod resolve;
mod scope;
mod test;
mod ty;
mod workflow;

use std::collections::HashMap;

use flow_grammar::{FaultKind, Span, ast};
use smol_str::SmolStr;

use crate::diagnostic::{Diagnostic, FileId, Severity};
use crate::faults::{self, Site};
use crate::plan::test::TestPlan;
use crate::plan::{self, Plan};
use crate::{Sources, suggest};
use declare::{ActionInfo, Declared};
use scope::Scope;
use ty::{Ty, TypeInfo};
use workflow::Flow;

/// What checking gives.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// All diagnostics, by file and then by place.
    pub diagnostics: Vec<Diagnostic>,
    files: Vec<CheckedFile>,
}

/// What is kept of one file.
#[derive(Clone, Debug)]
struct CheckedFile {
    id: FileId,
    path: String,
    names: Vec<SmolStr>,
    /// `None` where the file has errors.
    sound: Option<Lowered>,
}

/// A file without errors: indices of types and actions are the file's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowered {
    pub(crate) types: Vec<plan::TypeDef>,
    pub(crate) actions: Vec<plan::Action>,
    pub(crate) workflows: Vec<plan::Workflow>,
    pub(crate) tests: test::LoweredTests,
}

/// A workflow of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkflowRef<'a> {
    /// Its file.
    pub file: FileId,
    /// The file's path.
    pub path: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl Checked {
    /// Whether any diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All workflows that are declared, by file and then by place, those of files with errors too.
    pub fn workflows(&self) -> impl Iterator<Item = WorkflowRef<'_>> {
        self.files.iter().flat_map(|file| file.names.iter().map(move |name| WorkflowRef { file: file.id, path: &file.path, name }))
    }

    /// The plan of a workflow; `None` where there is none of that name in the file, or the file has errors.
    #[must_use]
    pub fn plan(&self, file: FileId, workflow: &str) -> Option<Plan> {
        let file = self.files.iter().find(|checked| checked.id == file)?;
        let lowered = file.sound.as_ref()?;
        let workflow = lowered.workflows.iter().find(|found| found.name == workflow)?;
        Some(assemble::plan(&file.path, lowered, workflow))
    }

    /// The tests of a file; `None` where the file has errors or is not known.
    #[must_use]
    pub fn tests(&self, file: FileId) -> Option<TestPlan> {
        let checked = self.files.iter().find(|checked| checked.id == file)?;
        let lowered = checked.sound.as_ref()?;
        let plans = lowered.tests.runs.iter().filter_map(|workflow| self.plan(file, workflow)).collect();
        Some(TestPlan { file: checked.path.clone(), types: lowered.types.clone(), plans, tests: lowered.tests.tests.clone() })
    }
}

/// Checks all files of the sources.
#[must_use]
pub fn check(sources: &Sources) -> Checked {
    let mut checked = Checked::default();
    for id in sources.files() {
        let text = sources.text(id);
        let parsed = flow_grammar::parse(text);
        let mut checker = Checker::new(id, text);
        for fault in &parsed.faults {
            checker.faulty.push(fault.span);
            if fault.kind == FaultKind::ChainedComparison {
                checker.chained.push(fault.span);
            }
            checker.diagnostics.push(faults::syntax::fault(id, fault));
        }
        if !sources.is_utf8(id) {
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            checker.diagnostics.push(faults::syntax::not_utf8(Site { file: id, span: Span::new(end, end) }));
        }
        let names = declare::workflow_names(&parsed.module);
        let lowered = checker.module(&parsed.module);
        let mut diagnostics = checker.finish();
        let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        checked.diagnostics.append(&mut diagnostics);
        checked.files.push(CheckedFile { id, path: sources.path(id).to_owned(), names, sound: (!failed).then_some(lowered) });
    }
    checked
}

/// No more than this many hints are looked for in a file: finding the nearest name costs more than checking.
const MOST_HINTS: u32 = 200;

/// All that is known while one file is checked.
pub(crate) struct Checker<'a> {
    file: FileId,
    text: &'a str,
    /// The bytes at which lines begin.
    lines: Vec<u32>,
    diagnostics: Vec<Diagnostic>,
    lints: Vec<Diagnostic>,
    types: Vec<TypeInfo>,
    actions: Vec<ActionInfo>,
    declared: HashMap<SmolStr, Declared>,
    scope: Scope,
    /// The blocks around the statement that is being checked, outermost first.
    blocks: Vec<&'a ast::Block>,
    flow: Flow,
    /// How deep the expression is that is being checked.
    depth: u32,
    /// Whether too deep an expression has been reported since the depth was 0.
    too_deep: bool,
    /// Whether a secret may stand here.
    sink: bool,
    /// Secrets that the action uses.
    secrets: Vec<SmolStr>,
    /// Parameters that hide a part of the answer, and are reported.
    hiding: Vec<Span>,
    hints: u32,
    /// Where the grammar has found faults, by place; and those of them that are comparisons in a chain.
    faulty: Vec<Span>,
    chained: Vec<Span>,
}

impl<'a> Checker<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(starts.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect();
        Self {
            file,
            text,
            lines,
            diagnostics: Vec::new(),
            lints: Vec::new(),
            types: Vec::new(),
            actions: Vec::new(),
            declared: HashMap::new(),
            scope: Scope::default(),
            blocks: Vec::new(),
            flow: Flow::default(),
            depth: 0,
            too_deep: false,
            sink: false,
            secrets: Vec::new(),
            hiding: Vec::new(),
            hints: MOST_HINTS,
            faulty: Vec::new(),
            chained: Vec::new(),
        }
    }

    /// Everything there is to say, by place. Warnings are given only where there is no error: what is broken might use what
    /// seems unused.
    fn finish(mut self) -> Vec<Diagnostic> {
        if !self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            self.diagnostics.append(&mut self.lints);
        }
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.code));
        self.diagnostics.dedup();
        self.diagnostics
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether the grammar has found a fault in this place.
    fn is_faulty(&self, span: Span) -> bool {
        let at = self.faulty.partition_point(|fault| fault.start < span.start);
        self.faulty.get(at).is_some_and(|fault| fault.start <= span.end)
    }

    fn site(&self, span: Span) -> Site {
        Site { file: self.file, span }
    }

    /// The line of a place, from 1.
    fn line(&self, span: Span) -> u32 {
        u32::try_from(self.lines.partition_point(|start| *start <= span.start)).unwrap_or(u32::MAX)
    }

    /// The author's text, on one line, not shortened.
    fn written(&self, span: Span) -> String {
        let text = self.text.get(span.range()).unwrap_or_default();
        let mut out = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
        out
    }

    /// The author's text for a message: on one line, and shortened.
    fn snippet(&self, span: Span) -> String {
        let text = self.written(span);
        if text.chars().count() <= 60 {
            return text;
        }
        let mut short: String = text.chars().take(57).collect();
        short.push_str("...");
        short
    }

    /// The nearest of the candidates, while hints last.
    fn nearest<'c>(&mut self, written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        self.hints = self.hints.checked_sub(1)?;
        suggest::nearest(written, candidates)
    }

    /// The type as an author writes it.
    fn show(&self, ty: &Ty) -> String {
        match ty {
            Ty::Broken => "something".to_owned(),
            Ty::Never => "nothing".to_owned(),
            Ty::Text => "text".to_owned(),
            Ty::Number => "number".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Money => "money".to_owned(),
            Ty::Date => "date".to_owned(),
            Ty::Time => "time".to_owned(),
            Ty::Duration => "duration".to_owned(),
            Ty::Json => "json".to_owned(),
            Ty::Secret => "secret".to_owned(),
            Ty::List(item) if **item == Ty::Never => "an empty list".to_owned(),
            Ty::List(item) => format!("[{}]", self.show(item)),
            Ty::Optional(inner) if **inner == Ty::Never => "none".to_owned(),
            Ty::Optional(inner) => format!("{}?", self.show(inner)),
            Ty::Record(index) | Ty::Enum(index) => self.types.get(*index as usize).map_or_else(String::new, |info| info.name.to_string()),
        }
    }
}
