//! Sections of a text that was parsed before, for the next version of it.

use std::collections::HashMap;

use crate::ast::Declaration;
use crate::shift::Shift as _;
use crate::{Parsed, Span};

/// A part of a text that was read alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) place: Span,
    /// Its declarations end before this one of the module.
    pub(crate) end: usize,
    /// It has no faults: what it says depends on nothing around it.
    pub(crate) sound: bool,
}

/// Sound sections and what they declare.
#[derive(Default)]
pub(crate) struct Memory<'m> {
    known: HashMap<&'m str, (u32, &'m [Declaration])>,
}

impl<'m> Memory<'m> {
    pub(crate) fn of(text: &'m str, parsed: &'m Parsed) -> Self {
        let mut known = HashMap::with_capacity(parsed.sections.len());
        let mut begin = 0;
        for section in &parsed.sections {
            let declarations = parsed.module.declarations.get(begin..section.end).unwrap_or_default();
            if let (true, Some(text)) = (section.sound, text.get(section.place.range())) {
                known.insert(text, (section.place.start, declarations));
            }
            begin = section.end;
        }
        Self { known }
    }

    /// What a section declares, where one like it is known.
    pub(crate) fn recall(&self, text: &str, start: u32) -> Option<Vec<Declaration>> {
        let (before, declarations) = *self.known.get(text)?;
        let mut declarations = declarations.to_vec();
        if start != before {
            declarations.shift(start.wrapping_sub(before));
        }
        Some(declarations)
    }
}
