//! Edits that mend what is wrong at a place.

use flow_grammar::Span;

use crate::FileId;
use crate::diagnostic::{Diagnostic, Fix};

/// The fixes of all diagnostics that touch a place, each with what it mends.
pub fn fixes(diagnostics: &[Diagnostic], file: FileId, place: Span) -> impl Iterator<Item = (&Diagnostic, &Fix)> {
    let touching = move |diagnostic: &&Diagnostic| {
        let edits = diagnostic.fix.iter().flat_map(|fix| &fix.edits).filter(|edit| edit.file == file);
        let touches = |span: Span| span.start <= place.end && place.start <= span.end;
        (diagnostic.file == file && touches(diagnostic.span)) || edits.into_iter().any(|edit| touches(edit.span))
    };
    diagnostics.iter().filter(touching).filter_map(|diagnostic| Some((diagnostic, diagnostic.fix.as_ref()?)))
}
