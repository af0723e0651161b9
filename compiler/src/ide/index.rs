//! Sources with all that the checker heard of their names.

use flow_grammar::{Parsed, Span, ast};

use crate::check::declare::{ActionInfo, What};
use crate::check::record::{Recorder, Reference, Target, Wish};
use crate::check::ty::{FieldInfo, Ty, TypeInfo, TypeInfoKind};
use crate::check::{World, check_heard, stem_of};
use crate::faults::Site;
use crate::{FileId, Sources};

/// What is known of some sources. Making one costs as much as checking them; asking it costs nothing to speak of.
#[derive(Debug)]
pub struct Index<'s> {
    pub(super) sources: &'s Sources,
    pub(super) world: World,
    parsed: Vec<&'s Parsed>,
    /// By file and place.
    references: Vec<Reference>,
    pub(super) wish: Option<Wish>,
}

impl<'s> Index<'s> {
    /// All names of the sources.
    #[must_use]
    pub fn of(sources: &'s Sources) -> Self {
        Self::heard(sources, Recorder::default())
    }

    /// The same, and what is wanted at a name that is still being written.
    pub(super) fn written(sources: &'s Sources, file: FileId, name: Span) -> Self {
        Self::heard(sources, Recorder::at(file, name))
    }

    fn heard(sources: &'s Sources, recorder: Recorder) -> Self {
        let (_, mut world) = check_heard(sources, Some(Box::new(recorder)));
        let heard = world.recorder.take().unwrap_or_default();
        let Recorder { mut references, wish, .. } = *heard;
        references.sort_by_key(|reference| (reference.site.file, reference.site.span));
        Self { sources, world, parsed: sources.parsed(), references, wish }
    }

    /// The name that stands at an offset: the shortest, and of two in one place the value rather than the parameter that it is given to.
    pub(super) fn reference(&self, file: FileId, offset: u32) -> Option<&Reference> {
        let touching = self.references.iter().filter(|reference| {
            let span = reference.site.span;
            reference.site.file == file && span.start <= offset && offset <= span.end
        });
        touching.min_by_key(|reference| {
            let span = reference.site.span;
            (offset == span.end, span.end - span.start, matches!(reference.target, Target::Parameter { .. }))
        })
    }

    /// The declaration whose name stands at a place.
    pub(super) fn declaration(&self, site: Site) -> Option<&ast::Declaration> {
        let module = &self.parsed.get(site.file.0 as usize)?.module;
        module.declarations.iter().find(|declaration| name_of(declaration) == Some(site.span))
    }

    /// All declarations of a file.
    pub(super) fn module(&self, file: FileId) -> &[ast::Declaration] {
        self.parsed.get(file.0 as usize).map(|parsed| parsed.module.declarations.as_slice()).unwrap_or_default()
    }

    pub(super) fn info(&self, index: u32) -> Option<&TypeInfo> {
        self.world.types.get(index as usize)
    }

    pub(super) fn callee(&self, index: u32) -> Option<&ActionInfo> {
        self.world.actions.get(index as usize)
    }

    /// The fields of a type, if it is a record.
    pub(super) fn fields(&self, index: u32) -> &[FieldInfo] {
        match self.info(index).map(|info| &info.kind) {
            Some(TypeInfoKind::Record(fields)) => &fields.list,
            _ => &[],
        }
    }

    /// A type as somebody writes it in a file.
    pub(super) fn shown(&self, ty: &Ty, from: FileId) -> String {
        ty.shown(&self.world.types, &|info| self.written_in(from, info.site.file, &info.name))
    }

    /// A declared name as somebody writes it in a file.
    pub(super) fn written_in(&self, from: FileId, file: FileId, name: &str) -> String {
        if from == file {
            return name.to_owned();
        }
        let module = self.modules(from).into_iter().find(|(_, used)| *used == file).map(|(module, _)| module);
        format!("{}.{name}", module.unwrap_or_else(|| stem_of(self.sources.path(file))))
    }

    /// The names that a file declares or uses, in the order of the text; what is broken or built in aside.
    pub(super) fn declared(&self, file: FileId) -> Vec<(&str, What)> {
        let module = self.world.modules.get(file.0 as usize).and_then(Option::as_ref);
        let all = module.into_iter().flat_map(|module| &module.declared);
        let mut all: Vec<_> = all.filter(|(_, declared)| declared.span != Span::default() && declared.what != What::Poisoned).collect();
        all.sort_unstable_by_key(|(_, declared)| declared.span);
        all.into_iter().map(|(name, declared)| (name.as_str(), declared.what)).collect()
    }

    /// The names under which a file uses others.
    pub(super) fn modules(&self, file: FileId) -> Vec<(&str, FileId)> {
        let declared = self.declared(file).into_iter();
        declared.filter_map(|(name, what)| if let What::Module(used) = what { Some((name, used)) } else { None }).collect()
    }
}

/// The place of the name that a declaration declares.
fn name_of(declaration: &ast::Declaration) -> Option<Span> {
    match declaration {
        ast::Declaration::Record(record) => Some(record.name.span),
        ast::Declaration::Enum(declared) => Some(declared.name.span),
        ast::Declaration::Group(group) => Some(group.name.span),
        ast::Declaration::Action(action) => Some(action.name.span),
        ast::Declaration::Workflow(workflow) => Some(workflow.name.span),
        ast::Declaration::Use(_) | ast::Declaration::Policy(_) | ast::Declaration::Test(_) | ast::Declaration::Broken(_) => None,
    }
}
