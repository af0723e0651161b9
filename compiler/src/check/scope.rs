//! Names of values: which are known where, and which are known to be present.
//!
//! A name lives from the end of its statement to the end of its block.

use foldhash::HashMap;

use flow_grammar::Span;
use smol_str::SmolStr;

use super::ty::Ty;

/// A name of a value.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) name: SmolStr,
    pub(crate) span: Span,
    pub(crate) ty: Ty,
    pub(crate) at: Home,
    pub(crate) kind: Kind,
    pub(crate) used: bool,
    shadows: Option<u32>,
}

/// Where the value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// A slot of the frame.
    Slot(u32),
    /// The item of a comprehension.
    Local(u32),
    /// A gate: its values are in three slots.
    Gate(GateHome),
    /// Nowhere: its statement is broken, and that is reported.
    Nowhere,
}

/// The slots and types of a gate's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GateHome {
    pub(crate) by: u32,
    pub(crate) at: u32,
    pub(crate) comment: u32,
    /// Whether it can be passed with nobody asked.
    pub(crate) skippable: bool,
    /// Whether it can be passed with nobody answering.
    pub(crate) silent: bool,
    /// Whether a comment is always there when somebody approved.
    pub(crate) comment_required: bool,
    /// Whether a clause of it could not be read: then nobody knows all that it asks for.
    pub(crate) faulty: bool,
    /// Which gate with a name it is: what it asks for is in the flow.
    pub(crate) asks: u32,
}

/// What declared the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Parameter,
    Step,
    Let,
    Gate,
    Item,
    Answer,
}

/// A value that can be known to be present: a name, or fields below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) binding: u32,
    pub(crate) fields: Vec<SmolStr>,
}

/// All names that are known at one point.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    bindings: Vec<Binding>,
    by_name: HashMap<SmolStr, u32>,
    /// Places known to be present.
    present: Vec<Place>,
    /// How many comprehensions are open.
    locals: u32,
}

/// Where a block began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    bindings: usize,
    present: usize,
}

impl Scope {
    pub(crate) fn mark(&self) -> Mark {
        Mark { bindings: self.bindings.len(), present: self.present.len() }
    }

    /// Ends all that was declared since the mark, and gives it.
    pub(crate) fn close(&mut self, mark: Mark) -> Vec<Binding> {
        let closed = self.bindings.split_off(mark.bindings.min(self.bindings.len()));
        for binding in closed.iter().rev() {
            match binding.shadows {
                Some(outer) => self.by_name.insert(binding.name.clone(), outer),
                None => self.by_name.remove(&binding.name),
            };
        }
        self.forget(mark);
        closed
    }

    /// Forgets what became known to be present since the mark.
    pub(crate) fn forget(&mut self, mark: Mark) {
        self.present.truncate(mark.present);
    }

    /// The binding of the same name that this one would hide, and whether both stand in one block.
    pub(crate) fn hidden(&self, name: &str, block: Mark) -> Option<(&Binding, bool)> {
        let index = *self.by_name.get(name)?;
        self.bindings.get(index as usize).map(|binding| (binding, index as usize >= block.bindings))
    }

    pub(crate) fn declare(&mut self, name: SmolStr, span: Span, ty: Ty, at: Home, kind: Kind) {
        let index = u32::try_from(self.bindings.len()).unwrap_or(u32::MAX);
        let shadows = self.by_name.insert(name.clone(), index);
        self.bindings.push(Binding { name, span, ty, at, kind, used: false, shadows });
    }

    /// Declares the item of a comprehension; `leave_local` ends it.
    pub(crate) fn enter_local(&mut self, name: SmolStr, span: Span, ty: Ty) -> Mark {
        let mark = self.mark();
        self.declare(name, span, ty, Home::Local(self.locals), Kind::Item);
        self.locals += 1;
        mark
    }

    pub(crate) fn leave_local(&mut self, mark: Mark) {
        self.locals = self.locals.saturating_sub(1);
        self.close(mark);
    }

    pub(crate) fn find(&self, name: &str) -> Option<(u32, &Binding)> {
        let index = *self.by_name.get(name)?;
        self.bindings.get(index as usize).map(|binding| (index, binding))
    }

    pub(crate) fn find_mut(&mut self, name: &str) -> Option<(u32, &mut Binding)> {
        let index = *self.by_name.get(name)?;
        self.bindings.get_mut(index as usize).map(|binding| (index, binding))
    }

    /// The binding of this name that the found one hides.
    pub(crate) fn behind(&self, binding: &Binding) -> Option<&Binding> {
        binding.shadows.and_then(|index| self.bindings.get(index as usize))
    }

    pub(crate) fn know(&mut self, places: Vec<Place>) {
        self.present.extend(places);
    }

    pub(crate) fn is_present(&self, place: &Place) -> bool {
        self.present.contains(place)
    }

    /// All names that are not hidden.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Binding> {
        self.by_name.values().filter_map(|index| self.bindings.get(*index as usize))
    }

    /// All names, innermost first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.bindings.iter().rev().map(|binding| binding.name.as_str())
    }
}
