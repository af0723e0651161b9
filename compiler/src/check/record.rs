//! What editors ask about: which name was resolved to what, and what was wanted where somebody is writing.
//!
//! INVARIANT: it only listens. A check with a recorder says and lowers the same as one without, and one without records nothing.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::Checker;
use super::declare::What;
use super::scope::{Home, Kind};
use super::ty::Ty;
use crate::FileId;
use crate::faults::Site;

/// What was heard while files were checked.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// Names and what they mean, in the order they were resolved.
    pub(crate) references: Vec<Reference>,
    /// The name that is still being written, if completion is asked for.
    cursor: Option<(FileId, Span)>,
    /// What was wanted there.
    pub(crate) wish: Option<Wish>,
}

/// A name in a text and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) site: Site,
    pub(crate) target: Target,
}

/// What a name means.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A value, declared in the same file.
    Value { declared: Span, ty: Ty, kind: Kind },
    /// A value that a gate gives.
    GateValue { gate: Span, ty: Ty },
    /// What stands at the top of a file, or a file.
    Declared(What),
    /// A group of the project's settings.
    ProjectGroup,
    /// A record's field, by its place.
    Field { of: u32, at: u32 },
    /// `amount` or `currency` of money.
    MoneyPart(Ty),
    /// An enum's member, by its place.
    Member { of: u32, at: u32 },
    /// A parameter of an action or workflow, by its name.
    Parameter { of: u32, at: u32 },
    /// A function that is built in.
    Function,
    /// A value that is built in.
    BuiltIn(Ty),
    /// A type that is built in.
    BuiltInType,
}

/// What can stand where a name is being written, and the values that are known there.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) kind: WishKind,
    pub(crate) values: Vec<Visible>,
}

/// See [`Wish`].
#[derive(Debug)]
pub(crate) enum WishKind {
    /// A value, and the type that its place would like.
    Value(Option<Ty>),
    /// A field of a value of this type.
    FieldOf(Ty),
    /// A value that a gate gives.
    GateValue(Vec<(SmolStr, Ty)>),
    /// A field of a record literal, those aside that are given.
    FieldName {
        of: u32,
        given: Vec<SmolStr>,
    },
    /// The name of an argument, those aside that are given.
    Argument {
        of: u32,
        given: Vec<SmolStr>,
    },
    /// An action or a workflow.
    Callee,
    Type,
    /// What a file declares, as far as it fits.
    InModule {
        file: FileId,
        fits: fn(What) -> bool,
    },
    /// A member of an enum.
    Member(u32),
    /// Somebody who decides.
    Person,
}

/// A value that is known at some place.
#[derive(Debug)]
pub(crate) struct Visible {
    pub(crate) name: SmolStr,
    pub(crate) ty: Ty,
    pub(crate) kind: Kind,
}

impl Recorder {
    /// Listens for what is wanted at the name that stands at `cursor`.
    pub(crate) fn at(file: FileId, cursor: Span) -> Self {
        Self { cursor: Some((file, cursor)), ..Self::default() }
    }
}

impl Checker<'_> {
    /// Keeps what a name means.
    pub(super) fn refer(&mut self, span: Span, target: impl FnOnce() -> Target) {
        let site = self.site(span);
        if let Some(recorder) = &mut self.recorder
            // What is built in stands nowhere.
            && span != Span::default()
        {
            recorder.references.push(Reference { site, target: target() });
        }
    }

    /// Keeps what a declared name means.
    pub(super) fn refer_declared(&mut self, span: Span, what: What) {
        if what != What::Poisoned {
            self.refer(span, || Target::Declared(what));
        }
    }

    /// Keeps the members of an enum where they are declared. One that is declared twice is there once.
    pub(super) fn refer_members(&mut self, of: u32, members: &[ast::Ident]) {
        for member in members {
            let Some(at) = self.member(of, &member.name) else { continue };
            self.refer(member.span, || Target::Member { of, at });
        }
    }

    /// Keeps the name of a gate of which a value is taken.
    pub(super) fn refer_gate(&mut self, value: &ast::Expr, declared: Span) {
        if let ast::ExprKind::Field { of, .. } = &value.kind {
            self.refer(of.span, || Target::Value { declared, ty: Ty::Broken, kind: Kind::Gate });
        }
    }

    /// Keeps the names of arguments.
    pub(super) fn refer_arguments(&mut self, of: u32, arguments: &[ast::FieldInit]) {
        if self.recorder.is_none() {
            return;
        }
        let Some(info) = self.actions.get(of as usize) else { return };
        let places: Vec<(Span, Option<usize>)> = arguments
            .iter()
            .map(|argument| (argument.name.span, info.parameters.iter().position(|parameter| parameter.name == argument.name.name)))
            .collect();
        for (span, at) in places {
            if let Some(at) = at.and_then(|at| u32::try_from(at).ok()) {
                self.refer(span, || Target::Parameter { of, at });
            }
        }
        self.wish_name(arguments, |given| WishKind::Argument { of, given });
    }

    /// Whether somebody is writing the name at this place.
    fn is_written(&self, span: Span) -> bool {
        let here = (self.file, span);
        self.recorder.as_ref().is_some_and(|recorder| recorder.cursor == Some(here) && recorder.wish.is_none())
    }

    /// Keeps what is wanted where somebody is writing. The first place to say so knows best.
    pub(super) fn wish(&mut self, span: Span, kind: impl FnOnce(&mut Self) -> WishKind) {
        if !self.is_written(span) {
            return;
        }
        let kind = kind(self);
        let mut values: Vec<Visible> = Vec::new();
        for binding in self.scope.visible() {
            if binding.at != Home::Nowhere {
                let (name, ty) = (binding.name.clone(), binding.ty.clone());
                values.push(Visible { name, ty, kind: binding.kind });
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.wish = Some(Wish { kind, values });
        }
    }

    /// The same for a name among named values: it may be the name of one, written in full or not yet.
    pub(super) fn wish_name(&mut self, fields: &[ast::FieldInit], kind: impl FnOnce(Vec<SmolStr>) -> WishKind) {
        if let Some(written) = fields.iter().find(|field| self.is_written(field.name.span)) {
            let span = written.name.span;
            let others = fields.iter().filter(|field| field.name.span != span).map(|field| field.name.name.clone()).collect();
            self.wish(span, |_| kind(others));
        }
    }
}
