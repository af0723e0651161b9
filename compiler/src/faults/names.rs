//! Faults of names.

use flow_grammar::Span;

use super::{Site, either};
use crate::{Code, Diagnostic};

/// A name that no value has.
pub(crate) fn unknown_name(site: Site, name: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0101, format!("there is no value called `{name}` here"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help("values are parameters, and what `let` and `step` have named before; a text stands in quotes"),
    }
}

/// A name whose block has ended.
pub(crate) fn out_of_reach(site: Site, name: &str, declared: Span) -> Diagnostic {
    site.error(Code::F0101, format!("`{name}` is not known here"))
        .because(declared, "declared here, and known to the end of its block only")
        .help("a name lives to the end of the block it stands in: use it there, or declare it before the block")
}

/// A name that a later statement declares.
pub(crate) fn too_early(site: Site, name: &str, declared: Span) -> Diagnostic {
    site.error(Code::F0105, format!("`{name}` is used before it is there"))
        .because(declared, "it is there after this statement")
        .help("move the statement that needs it below")
}

/// A name declared twice.
pub(crate) fn twice(site: Site, name: &str, first: Span) -> Diagnostic {
    site.error(Code::F0102, format!("`{name}` is declared twice"))
        .because(first, "declared here first")
        .help("give one of them another name")
}

/// A field, which nobody has.
pub(crate) fn unknown_field(site: Site, field: &str, record: &str, nearest: Option<&str>, all: &[&str]) -> Diagnostic {
    let diagnostic = site.error(Code::F0103, format!("`{record}` has no field `{field}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None if all.is_empty() || all.len() > 12 => diagnostic,
        None => diagnostic.help(format!("it has {}", super::listed(all))),
    }
}

/// A field of something that has none.
pub(crate) fn no_fields(site: Site, field: &str, ty: &str) -> Diagnostic {
    let diagnostic = site.error(Code::F0103, format!("a value of type {ty} has no field `{field}`"));
    match field {
        "length" | "len" | "size" | "count" if ty.starts_with('[') => diagnostic.help("how many there are is `count(...)`"),
        "length" | "len" | "size" if ty == "text" => diagnostic.help("how long it is is `length(...)`"),
        _ => diagnostic,
    }
}

/// An argument that the action does not take.
pub(crate) fn unknown_argument(site: Site, argument: &str, action: &str, declared: Option<Site>, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0104, format!("`{action}` takes no `{argument}`"));
    let diagnostic = match declared {
        Some(at) => diagnostic.because_in(at.file, at.span, "its parameters are declared here"),
        None => diagnostic,
    };
    site.suggest(diagnostic, nearest)
}

/// The only argument that is missing under another name.
pub(crate) fn other_argument(site: Site, argument: &str, action: &str, declared: Option<Site>, meant: &str, short: bool) -> Diagnostic {
    let text = if short { format!("{meant}: {argument}") } else { meant.to_owned() };
    unknown_argument(site, argument, action, declared, None).help(format!("it takes `{meant}`")).replace(
        format!("change to `{text}`"),
        site.span,
        text,
    )
}

/// The same argument or field twice.
pub(crate) fn given_twice(site: Site, name: &str, first: Span) -> Diagnostic {
    site.error(Code::F0110, format!("`{name}` is given twice")).because(first, "given here first").help("remove one of them")
}

/// A name that should be in another case.
pub(crate) fn wrong_case(site: Site, name: &str, what: &str, how: &str, better: &str) -> Diagnostic {
    let diagnostic = site.error(Code::F0106, format!("{what} is named in {how}: `{better}`, not `{name}`"));
    diagnostic.help(format!("rename it to `{better}`, here and where it is used"))
}

/// A type that nobody declares.
pub(crate) fn unknown_type(site: Site, name: &str, nearest: Option<&str>) -> Diagnostic {
    site.suggest(site.error(Code::F0107, format!("there is no type called `{name}`")), nearest)
}

/// An action that nobody declares.
pub(crate) fn unknown_action(site: Site, name: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0108, format!("there is no action called `{name}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic
            .help(format!("declare it, `action {name}(...) {{ ... }}`, or name the file before it that does: `use` and `file.{name}`")),
    }
}

/// `bank.transfer` where no file is used as `bank`.
pub(crate) fn unknown_module(site: Site, name: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0108, format!("no file is used here under the name `{name}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help("what another file declares is used with `use \"path.flow\"`"),
    }
}

/// A function that is not built in.
pub(crate) fn unknown_function(site: Site, name: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0109, format!("there is no function called `{name}`"));
    match name {
        "len" | "size" | "strlen" => diagnostic.help("how many are in a list is `count(...)`, how long a text is `length(...)`"),
        _ => site.suggest(diagnostic, nearest),
    }
}

/// An action or workflow called inside an expression.
pub(crate) fn action_in_expression(site: Site, name: &str, workflow: bool) -> Diagnostic {
    let (one, all) = if workflow { ("a workflow", "workflows") } else { ("an action", "actions") };
    site.error(Code::F0116, format!("`{name}` is {one}, and {all} are called by `step` only"))
        .help(format!("write `step result = {name}(...)` before, and use `result` here"))
}

/// A declared name of another kind where a value is needed.
pub(crate) fn not_a_value(site: Site, name: &str, what: &str) -> Diagnostic {
    let diagnostic = site.error(Code::F0116, format!("`{name}` is {what}, not a value"));
    match what {
        "an enum" => diagnostic.help(format!("its values are its members: `{name}.member`")),
        "a record" => diagnostic.help("a value of it is written `{ field: value }`"),
        _ => diagnostic,
    }
}

/// A declared name of another kind where an action is needed.
pub(crate) fn not_an_action(site: Site, name: &str, what: &str) -> Diagnostic {
    site.error(Code::F0116, format!("`{name}` is {what}, not an action")).help("a step calls an action or a workflow")
}

/// A declared name of another kind where a workflow is needed.
pub(crate) fn not_a_workflow(site: Site, name: &str, what: &str) -> Diagnostic {
    site.error(Code::F0116, format!("`{name}` is {what}, not a workflow"))
}

/// A declared name of another kind where a type is needed.
pub(crate) fn not_a_type(site: Site, name: &str, what: &str) -> Diagnostic {
    site.error(Code::F0116, format!("`{name}` is {what}, not a type"))
        .help("types are built in, such as `text`, or declared by `record` and `enum`")
}

/// A gate's name used as a value.
pub(crate) fn gate_as_value(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0116, format!("`{name}` is a gate, not a value"))
        .help(format!("its values are `{name}.by`, `{name}.at` and `{name}.comment`"))
}

/// A declaration under the name of something built in.
pub(crate) fn built_in(site: Site, name: &str, what: &str) -> Diagnostic {
    site.error(Code::F0111, format!("`{name}` is the name of {what} that is built in")).help("choose another name")
}

/// A parameter that hides a part of the answer which its action uses.
pub(crate) fn hides_answer(site: Site, name: &str, used: Span) -> Diagnostic {
    site.error(Code::F0111, format!("a parameter called `{name}` cannot be told from the `{name}` of the answer"))
        .because(used, "the answer's is used here")
        .help("give the parameter another name")
}

/// A value called `owner` or `requester` where approvers are named.
pub(crate) fn taken_by_people(site: Site, name: &str, declared: Span) -> Diagnostic {
    site.error(Code::F0111, format!("`{name}` here means the run's {name}, and a value has that name too"))
        .because(declared, "this value")
        .help("give the value another name")
}

/// A member that the enum does not have.
pub(crate) fn unknown_member(site: Site, member: &str, of: &str, nearest: Option<&str>, all: &[&str]) -> Diagnostic {
    let diagnostic = site.error(Code::F0112, format!("`{of}` has no member `{member}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None if all.is_empty() || all.len() > 12 => diagnostic,
        None => diagnostic.help(format!("it has {}", super::listed(all))),
    }
}

/// A word of a small fixed set that is none of them.
pub(crate) fn unknown_choice(site: Site, word: &str, what: &str, nearest: Option<&str>, all: &[&str]) -> Diagnostic {
    let diagnostic = site.error(Code::F0115, format!("`{word}` is no {what}"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help(format!("here may stand {}", either(all))),
    }
}
