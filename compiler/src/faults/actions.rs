//! Faults of actions: implementations and their clauses.

use flow_grammar::Span;

use super::{Site, listed};
use crate::{Code, Diagnostic};

/// A clause that this kind of implementation does not have.
pub(crate) fn wrong_clause(site: Site, clause: &str, kind: &str, allowed: &[&str]) -> Diagnostic {
    site.error(Code::F0113, format!("`{kind}` has no `{clause}`")).help(format!("it has {}", listed(allowed)))
}

/// A word that is no clause at all.
pub(crate) fn unknown_clause(site: Site, clause: &str, kind: &str, nearest: Option<&str>, allowed: &[&str]) -> Diagnostic {
    let diagnostic = site.error(Code::F0113, format!("`{kind}` has no `{clause}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help(format!("it has {}", listed(allowed))),
    }
}

/// A clause that may stand once only.
pub(crate) fn clause_twice(site: Site, clause: &str, first: Span) -> Diagnostic {
    site.error(Code::F0114, format!("`{clause}` is written twice")).because(first, "written here first").help("keep one of them")
}

/// A word that is no implementation.
pub(crate) fn unknown_implementation(site: Site, word: &str, nearest: Option<&str>, all: &[&str]) -> Diagnostic {
    super::names::unknown_choice(site, word, "way to carry out an action", nearest, all)
}

/// An action with nothing in its braces.
pub(crate) fn empty(site: Site, action: &str) -> Diagnostic {
    site.error(Code::F0222, format!("nothing says how `{action}` is carried out"))
        .help("write `http`, `exec`, `sql`, `email` or `model` between its braces")
}

/// A clause that must stand.
pub(crate) fn clause_missing(site: Site, kind: &str, clause: &str) -> Diagnostic {
    site.error(Code::F0222, format!("`{kind}` also needs `{clause}`"))
}

/// A result type that the implementation cannot give.
pub(crate) fn impossible_result(site: Site, found: &str, kind: &str, gives: &str) -> Diagnostic {
    site.error(Code::F0221, format!("{kind} gives {gives}, not {found}"))
}

/// A header's name or value that cannot be one.
pub(crate) fn bad_header(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0222, format!("`{name}` cannot be the name of a header")).help("header names have letters, digits and `-`")
}

/// A connection to a database that is not known.
pub(crate) fn unknown_connection(site: Site, scheme: &str) -> Diagnostic {
    site.error(Code::F0115, format!("`{scheme}` is no connection to a database"))
        .help("write `\"sqlite:PATH\"` or `\"postgres://user@host/database\"`")
}

/// A literal that is empty.
pub(crate) fn empty_text(site: Site, what: &str) -> Diagnostic {
    site.error(Code::F0222, format!("{what} cannot be empty"))
}

/// A model whose answer goes nowhere.
pub(crate) fn no_answer(site: Site, action: &str) -> Diagnostic {
    site.error(Code::F0222, format!("`{action}` does not say what the model is to answer"))
        .help("write `-> text`, or a record, after its parameters")
}

/// An answer of which a model cannot be told the shape.
pub(crate) fn shapeless_answer(site: Site, ty: &str, part: &str) -> Diagnostic {
    let message = if ty == part {
        format!("a model cannot be told the shape of {ty}")
    } else {
        format!("a model cannot be told the shape of {ty}, which holds {part}")
    };
    site.error(Code::F0221, message).help("declare a record with a field for each thing that it is to answer")
}

/// A preview that would change something, or that is never the same twice.
pub(crate) fn preview_acts(site: Site, what: &str, only: &str) -> Diagnostic {
    site.error(Code::F0405, format!("a preview only looks, and {what}")).help(only)
}
