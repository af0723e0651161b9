//! Checking: names, types, effects and gates of each file, and the plan that comes of it.
//!
//! One pass looks at each declaration once, says what is wrong, and builds what the plan will hold; nothing is looked at twice. What is
//! wrong becomes [`Ty::Broken`], which fits everywhere, so that one mistake gives one diagnostic.

mod action;
mod allow;
mod assemble;
mod calls;
pub(crate) mod declare;
mod duties;
mod expr;
pub(crate) mod groups;
mod lints;
mod modules;
pub(crate) mod record;
mod resolve;
pub(crate) mod scope;
mod test;
pub(crate) mod ty;
mod version;
mod workflow;

use foldhash::{HashMap, HashMapExt as _};

use flow_grammar::{FaultKind, Parsed, Span, ast};
use smol_str::SmolStr;

use crate::diagnostic::{Diagnostic, FileId, Severity};
use crate::faults::{self, Site};
use crate::plan::Plan;
use crate::plan::test::TestPlan;
use crate::{Code, Levels, Sources, suggest};
use allow::Allowance;
use assemble::{Callee, Lowered};
use declare::{ActionInfo, Declared};
#[cfg(test)]
pub(crate) use expr::functions;
use groups::GroupInfo;
pub(crate) use modules::stem_of;
use modules::{Module, Uses};
use record::Recorder;
#[cfg(test)]
pub(crate) use resolve::TYPES;
use scope::Scope;
use ty::{Ty, TypeInfo};
use workflow::Flow;

/// What checking gives.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// All diagnostics, by file and then by place.
    pub diagnostics: Vec<Diagnostic>,
    files: Vec<CheckedFile>,
    lowered: Lowered,
}

/// What is kept of one file.
#[derive(Clone, Debug)]
struct CheckedFile {
    id: FileId,
    path: String,
    names: Vec<SmolStr>,
    /// Whether neither it nor a file that it uses has errors.
    sound: bool,
    /// The files that it uses, under their names.
    modules: Vec<(FileId, SmolStr)>,
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
        let file = self.files.get(file.0 as usize).filter(|checked| checked.sound)?;
        assemble::plan(self, file, workflow)
    }

    /// The tests of a file; `None` where the file has errors or is not known.
    #[must_use]
    pub fn tests(&self, file: FileId) -> Option<TestPlan> {
        let file = self.files.get(file.0 as usize).filter(|checked| checked.sound)?;
        Some(assemble::tests(self, file))
    }
}

/// Checks all files of the sources.
#[must_use]
pub fn check(sources: &Sources) -> Checked {
    let (checked, world) = check_heard(sources, None);
    Checked { lowered: world.close(), ..checked }
}

/// Checks all files with somebody listening, and hands back what is known of them besides; of that no plan is made yet.
pub(crate) fn check_heard(sources: &Sources, recorder: Option<Box<Recorder>>) -> (Checked, World) {
    let parsed = sources.parsed();
    let uses = Uses::of(sources, &parsed);
    let mut said: Vec<Said> = parsed.iter().map(|_| Said::default()).collect();
    let mut files: Vec<CheckedFile> = sources
        .files()
        .zip(&parsed)
        .map(|(id, parsed)| CheckedFile {
            id,
            path: sources.path(id).to_owned(),
            names: declare::workflow_names(&parsed.module),
            sound: false,
            modules: Vec::new(),
        })
        .collect();
    let mut world = World { modules: parsed.iter().map(|_| None).collect(), recorder, ..World::default() };
    world.lowered.callees.extend((0..).zip(action::built_in::lowered_built_ins().map(|action| Callee::Action(Box::new(action)))));
    for id in &uses.order {
        let Some((parsed, file)) = parsed.get(id.0 as usize).zip(files.get_mut(id.0 as usize)) else { continue };
        let mut checker = Checker::new(*id, sources, &uses, world);
        checker.syntax(parsed);
        checker.module(&parsed.module);
        file.modules = checker.keep_module();
        let (left, found) = checker.finish();
        world = left;
        if let Some(slot) = said.get_mut(id.0 as usize) {
            *slot = found;
        }
    }
    let rules = std::mem::take(&mut world.any_rules);
    world = duties::spread(sources, &uses, &parsed, world, rules, &mut said);
    calls::circles_of_files(sources, &uses, &mut said);
    calls::check(&world, &mut said);
    duties::prove(&world, sources, &files, &mut said);
    lints::unused_actions(&world.actions, &mut said);
    for (said, id) in said.iter_mut().zip(sources.files()) {
        said.weigh(id, sources.levels());
    }
    for id in &uses.order {
        let wrong = said.get(id.0 as usize).is_none_or(Said::has_errors) || uses.is_circular(*id);
        let sound = !wrong && uses.used_by(*id).all(|used| files.get(used.0 as usize).is_some_and(|file| file.sound));
        if let Some(file) = files.get_mut(id.0 as usize) {
            file.sound = sound;
        }
    }
    let diagnostics = said.into_iter().flat_map(Said::sorted).collect();
    (Checked { diagnostics, files, lowered: Lowered::default() }, world)
}

/// What is said of one file.
#[derive(Debug, Default)]
struct Said {
    diagnostics: Vec<Diagnostic>,
    /// Warnings are given only where there is no error: what is broken might use what seems unused.
    lints: Vec<Diagnostic>,
    /// What comments say of warnings.
    allowances: Vec<Allowance>,
}

impl Said {
    fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Leaves of the warnings those that are to be told.
    fn weigh(&mut self, file: FileId, levels: &Levels) {
        let (lints, allowances) = (std::mem::take(&mut self.lints), std::mem::take(&mut self.allowances));
        if !self.has_errors() {
            self.lints = allow::weigh(file, lints, allowances, levels);
        }
    }

    /// Everything there is to say, by place.
    fn sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.append(&mut self.lints);
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.code));
        self.diagnostics.dedup();
        self.diagnostics
    }
}

/// What files know of one another: handed on from the check of one to that of the next. Indices of types, actions and groups are of all
/// files together, so that a declaration is the same by whatever name it is used.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) types: Vec<TypeInfo>,
    pub(crate) actions: Vec<ActionInfo>,
    pub(crate) groups: Vec<GroupInfo>,
    pub(crate) modules: Vec<Option<Module>>,
    calls: Vec<WorkflowCall>,
    /// Rules of policies about any action.
    any_rules: Vec<duties::AnyRule>,
    lowered: Lowered,
    /// See [`record`].
    pub(crate) recorder: Option<Box<Recorder>>,
}

impl World {
    /// What plans are made of.
    fn close(self) -> Lowered {
        let types = self.types.iter().map(|info| (info.site.file, info.lower())).collect();
        let files = self.actions.iter().map(|info| info.site.map(|site| site.file)).collect();
        let groups = self.groups.iter().map(GroupInfo::lower).collect();
        Lowered { types, groups, files, ..self.lowered }
    }
}

/// A call of a workflow by another: places among the actions, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkflowCall {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) site: Site,
}

/// No more than this many hints are looked for in a file: finding the nearest name costs more than checking.
const MOST_HINTS: u32 = 200;

/// All that is known while one file is checked.
pub(crate) struct Checker<'a> {
    file: FileId,
    text: &'a str,
    sources: &'a Sources,
    uses: &'a Uses,
    /// The bytes at which lines begin.
    lines: Vec<u32>,
    diagnostics: Vec<Diagnostic>,
    lints: Vec<Diagnostic>,
    allowances: Vec<Allowance>,
    /// Types, actions and groups of this file and all that were checked before it.
    types: Vec<TypeInfo>,
    actions: Vec<ActionInfo>,
    groups: Vec<GroupInfo>,
    modules: Vec<Option<Module>>,
    calls: Vec<WorkflowCall>,
    any_rules: Vec<duties::AnyRule>,
    lowered: Lowered,
    recorder: Option<Box<Recorder>>,
    declared: HashMap<SmolStr, Declared>,
    /// Names of used files of which something was taken.
    used_modules: Vec<SmolStr>,
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
    fn new(file: FileId, sources: &'a Sources, uses: &'a Uses, world: World) -> Self {
        let text = sources.text(file);
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(starts.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect();
        Self {
            file,
            text,
            sources,
            uses,
            lines,
            diagnostics: Vec::new(),
            lints: Vec::new(),
            allowances: Vec::new(),
            types: world.types,
            actions: world.actions,
            groups: world.groups,
            modules: world.modules,
            calls: world.calls,
            any_rules: world.any_rules,
            lowered: world.lowered,
            recorder: world.recorder,
            declared: HashMap::new(),
            used_modules: Vec::new(),
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

    /// Says what the grammar has found.
    fn syntax(&mut self, parsed: &Parsed) {
        for fault in &parsed.faults {
            self.faulty.push(fault.span);
            if fault.kind == FaultKind::ChainedComparison {
                self.chained.push(fault.span);
            }
            self.diagnostics.push(faults::syntax::fault(self.file, self.text, fault));
        }
        let (allowances, wrong) = allow::read(self.file, self.text, parsed);
        self.allowances = allowances;
        self.diagnostics.extend(wrong);
        if !self.sources.is_utf8(self.file) {
            let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
            self.diagnostics.push(faults::syntax::not_utf8(self.site(Span::new(end, end))));
        }
    }

    /// What the next file needs, and what is to be said of this one.
    fn finish(mut self) -> (World, Said) {
        // Whatever else is said of what can be read may only follow from what cannot.
        if !self.sources.is_utf8(self.file) {
            self.diagnostics.retain(|said| said.code == Code::F0012);
        }
        let world = World {
            types: self.types,
            actions: self.actions,
            groups: self.groups,
            modules: self.modules,
            calls: self.calls,
            any_rules: self.any_rules,
            lowered: self.lowered,
            recorder: self.recorder,
        };
        (world, Said { diagnostics: self.diagnostics, lints: self.lints, allowances: self.allowances })
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether the grammar has found a fault in this place, or directly behind it.
    fn is_faulty(&self, span: Span) -> bool {
        let at = self.faulty.partition_point(|fault| fault.start < span.start);
        let rest = self.text.get(span.end as usize..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        self.faulty.get(at).is_some_and(|fault| fault.start as usize <= span.end as usize + blanks)
    }

    /// From a place to the end of its line.
    fn rest_of_line(&self, span: Span) -> Span {
        let rest = self.text.get(span.start as usize..).unwrap_or_default();
        let length = rest.find('\n').unwrap_or(rest.len());
        Span::new(span.start, span.start + u32::try_from(length).unwrap_or_default())
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
        ty.shown(&self.types, &|info| self.as_written_here(info.site.file, &info.name))
    }
}
