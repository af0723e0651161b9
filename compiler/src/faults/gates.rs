//! Faults of gates: who decides, when, and what silence means.

use flow_grammar::Span;

use super::Site;
use crate::{Code, Diagnostic};

/// A `when` or `by` of the gate itself beside its bands.
pub(crate) fn beside_bands(site: Site, word: &str, band: Span) -> Diagnostic {
    site.error(Code::F0303, format!("this gate has bands, which take the place of its `{word}`"))
        .because(band, "the bands begin here")
        .help(format!("make it a band, or remove this `{word}`"))
}

/// A band that stands apart from the others.
pub(crate) fn bands_apart(site: Site, first: Span) -> Diagnostic {
    site.error(Code::F0303, "the bands of a gate stand together")
        .because(first, "the first of them")
        .help("move the clauses between them below the last band")
}

/// Bands that do not end with `otherwise`.
pub(crate) fn no_otherwise(site: Site) -> Diagnostic {
    site.error(Code::F0303, "the last band is not `otherwise`")
        .help("say who is asked when none of the conditions holds: `otherwise by ...` or `otherwise nobody`")
}

/// A band that never decides.
pub(crate) fn unreachable_band(site: Site, first: Span, why: &str) -> Diagnostic {
    let diagnostic = site.error(Code::F0304, "this band can never be reached");
    if first == site.span { diagnostic.help("remove it") } else { diagnostic.because(first, why).help("remove it, or move it up") }
}

/// `then approve` before something that cannot be taken back.
pub(crate) fn silence(site: Site, action: &str, call: Span) -> Diagnostic {
    site.error(Code::F0305, "silence is not consent: nobody would have approved what cannot be taken back")
        .because(call, format!("`{action}` is irreversible and would run"))
        .help("write `then reject`, or `then escalate to ...`")
}

/// A field without a default where nobody may answer.
pub(crate) fn silence_fills_nothing(site: Site, field: &str, silence: Span) -> Diagnostic {
    site.error(Code::F0305, format!("nobody would have entered `{field}`"))
        .because(silence, "the gate goes on here though nobody answered")
        .help(format!("give it a default: `ask {field}: ... = ...`"))
}

/// An escalation that never ends.
pub(crate) fn endless_escalation(site: Site) -> Diagnostic {
    site.error(Code::F0306, "an escalation needs a `within` of its own").help("`then escalate to ... within 1 day, then reject`")
}

/// More people than there are.
pub(crate) fn quorum(site: Site, needed: usize, all: usize) -> Diagnostic {
    let there = match all {
        0 => "there is nobody".to_owned(),
        1 => "there is one person".to_owned(),
        all => format!("there are {all} people"),
    };
    site.error(Code::F0307, format!("{needed} must approve, and {there} to do it")).help("ask for fewer, or add people to the group")
}

/// Too few once those who are excluded are taken away.
pub(crate) fn nobody_left(site: Site, left: usize, needed: usize) -> Diagnostic {
    let message = match left {
        0 => "nobody is left to decide: all of them are excluded".to_owned(),
        left => format!("{needed} must approve, and without those who are excluded only {left} can"),
    };
    site.error(Code::F0308, message).help("remove an `except`, or ask somebody else too")
}

/// An escalation to those who did not answer.
pub(crate) fn escalates_to_the_same(site: Site) -> Diagnostic {
    site.error(Code::F0309, "these are the people who let it lapse").help("escalate to somebody else, or remove the escalation")
}

/// A field of a name that every gate gives.
pub(crate) fn field_taken(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0111, format!("every gate gives a value called `{name}`")).help("choose another name for the field")
}
