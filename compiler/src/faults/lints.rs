//! Warnings: the flow works, and probably not as meant.

use flow_grammar::Span;

use super::{Site, listed};
use crate::{Code, Diagnostic};

/// Something irreversible with no gate before it.
pub(crate) fn unguarded(site: Site, action: &str) -> Diagnostic {
    site.warning(Code::F0501, format!("`{action}` cannot be taken back, and nobody is asked before it"))
        .help("put `require approval` before it, or say why not: `without approval because \"...\"`")
}

/// A value that nobody uses.
pub(crate) fn unused_value(site: Site, name: &str, step: bool) -> Diagnostic {
    let diagnostic = site.warning(Code::F0502, format!("`{name}` is never used"));
    if step { diagnostic.help("leave the name out: `step action(...)`") } else { diagnostic.help("remove it") }
}

/// A parameter that nobody uses.
pub(crate) fn unused_parameter(site: Site, name: &str, of: &str) -> Diagnostic {
    site.warning(Code::F0503, format!("`{of}` never uses its parameter `{name}`"))
}

/// An action that nobody calls.
pub(crate) fn unused_action(site: Site, name: &str) -> Diagnostic {
    site.warning(Code::F0504, format!("no workflow of this file calls `{name}`"))
}

/// A name that hides one from outside.
pub(crate) fn shadows(site: Site, name: &str, outer: Span) -> Diagnostic {
    site.warning(Code::F0505, format!("this `{name}` hides another one")).because(outer, "the other one").help("give it another name")
}

/// A statement after the end.
pub(crate) fn never_runs(site: Site, end: Span) -> Diagnostic {
    site.warning(Code::F0506, "this never runs").because(end, "the run has ended here").help("remove it, or move it up")
}

/// A block whose condition is written so that it never holds; or one that is left over because the other always does.
pub(crate) fn never_taken(site: Site, condition: Span, holds: bool) -> Diagnostic {
    let why = if holds { "this always holds" } else { "this never holds" };
    site.warning(Code::F0506, "this never runs").because(condition, why).help("remove it, or mend the condition")
}

/// A file of which nothing is taken.
pub(crate) fn unused_file(site: Site, name: &str) -> Diagnostic {
    site.warning(Code::F0508, format!("nothing of `{name}` is used here")).help("remove the `use`")
}

/// A comment that allows what does not come.
pub(crate) fn unused_allow(site: Site, name: &str, comment: Span, placed: bool) -> Diagnostic {
    if placed {
        site.warning(Code::F0509, format!("there is no `{name}` here that could be allowed")).help("remove the comment").replace(
            "remove the comment",
            comment,
            "",
        )
    } else {
        site.warning(Code::F0509, format!("this allows no `{name}`, since it stands above no statement and no declaration"))
            .help("write it on a line of its own, directly above the statement or declaration that it speaks of")
    }
}

/// A comment that allows something that no warning is called.
pub(crate) fn unknown_lint(site: Site, name: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0122, format!("there is no lint `{name}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help("`hitlc explain` lists all warnings with their lints"),
    }
}

/// `# allow:` and nothing more.
pub(crate) fn allows_what(site: Site) -> Diagnostic {
    site.error(Code::F0018, "nothing says which warning is allowed").help("write `# allow: NAME, because ...`")
}

/// A warning that is allowed for no reason.
pub(crate) fn no_reason(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0018, format!("nothing says why `{name}` is allowed"))
        .help(format!("write `# allow: {name}, because ...`; a further name has a line of its own"))
}

/// `# allow: NAME because ...`
pub(crate) fn allow_without_comma(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0018, format!("a comma is missing after `{name}`")).help("write a `,` before `because`").replace(
        "add the comma",
        site.span.after(),
        ",",
    )
}

/// A gate after which nothing happens.
pub(crate) fn idle_gate(site: Site) -> Diagnostic {
    site.warning(Code::F0510, "nothing that changes anything comes after this gate")
        .help("remove it, or move it before what it is to guard")
}

/// A gate that nobody has to answer.
pub(crate) fn no_deadline(site: Site) -> Diagnostic {
    site.warning(Code::F0511, "this gate waits without end if nobody answers")
        .help("give it a deadline, such as `within 2 days, then reject`")
}

/// Values that guarded calls are given and their approver is not shown: each with the first call that it is given to.
pub(crate) fn hidden_values(site: Site, values: &[(String, Span)]) -> Diagnostic {
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    let message = format!("approvers do not see {}, with which the calls after this gate are made", listed(&names));
    let mut diagnostic = site.warning(Code::F0512, message).help("show them too").replace(
        format!("show {} too", listed(&names)),
        site.span.after(),
        format!(", {}", names.join(", ")),
    );
    for (name, call) in values {
        let known = diagnostic.labels.iter().position(|label| label.span == *call);
        match known.and_then(|at| diagnostic.labels.get_mut(at)) {
            Some(label) => label.message.push_str(&format!(" and `{name}`")),
            None => diagnostic = diagnostic.because(*call, format!("this call is given `{name}`")),
        }
    }
    diagnostic
}

/// A gate in a loop over nobody knows how many.
pub(crate) fn approval_in_loop(site: Site, list: Span) -> Diagnostic {
    site.warning(Code::F0513, "somebody is asked once for each item, however many there are")
        .because(list, "nothing says how long this list is at most")
        .help("ask once before the loop, and show the whole list `as table`")
}

/// A read that is carried out by something that writes.
pub(crate) fn writing_read(site: Site, action: &str, what: &str, effect: Span) -> Diagnostic {
    site.warning(Code::F0514, format!("`{action}` is declared to change nothing, and {what}"))
        .because(effect, "declared here")
        .help("remove `read`, or say why it changes nothing with `# allow: writing-read, because ...` above the action")
}

/// Arguments that were not known when somebody was asked.
pub(crate) fn unseen_arguments(site: Site, action: &str, arguments: &[&str], gate: Span) -> Diagnostic {
    site.warning(Code::F0515, format!("nobody has seen the {} with which `{action}` is called", listed(arguments)))
        .because(gate, "not known yet when somebody was asked here")
        .help("put a gate between the statement that gives the value and this call")
}

/// A question whose answer is always the same.
pub(crate) fn never_none(site: Site, text: &str) -> Diagnostic {
    site.warning(Code::F0507, format!("`{text}` is never none"))
}
