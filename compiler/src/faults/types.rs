//! Faults of types, and of literals.

use flow_grammar::Span;

use super::{Site, listed};
use crate::{Code, Diagnostic};

/// A value of another type than its place needs.
pub(crate) fn mismatch(site: Site, wanted: &str, found: &str) -> Diagnostic {
    let diagnostic = site.error(Code::F0201, format!("expected {wanted}, found {found}"));
    match (wanted, found) {
        ("money", "number") => diagnostic.help("an amount has a currency: `1000 EUR`, or `money(n, \"EUR\")` for a number"),
        ("number", "money") => diagnostic.help("the number of an amount is its `.amount`"),
        ("bool", _) => diagnostic.help("a condition compares, as in `amount > 100`, or asks, as in `note is present`"),
        ("text", "number" | "money" | "bool" | "date" | "time" | "duration") => diagnostic.help("as text it is written `\"{...}\"`"),
        ("time", "date") | ("date", "time") => diagnostic.help("the date of a time is `date(...)`"),
        (wanted, "json") => diagnostic.help(format!("json can hold anything: read it as what it must be with `... as {wanted}`")),
        ("json", _) => diagnostic.help("only json, a record literal or a simple literal can stand here"),
        (list, one) if list == format!("[{one}]") => diagnostic.help("a list is written in brackets, also of one value: `[...]`"),
        _ => diagnostic,
    }
}

/// A value that may be none where one is needed.
pub(crate) fn may_be_none(site: Site, text: &str) -> Diagnostic {
    site.error(Code::F0202, format!("`{text}` may be none"))
        .help(format!("give a default with `{text} otherwise ...`, or use it where `{text} is present` holds"))
}

/// `x == none`
pub(crate) fn compared_with_none(site: Site, positive: bool, (value, whole): (&str, Span)) -> Diagnostic {
    let meant = if positive { "is none" } else { "is present" };
    site.error(Code::F0203, format!("whether a value is there is asked with `{meant}`")).help(format!("write `{value} {meant}`")).replace(
        format!("change to `{value} {meant}`"),
        whole,
        format!("{value} {meant}"),
    )
}

/// An operator whose operands do not go together.
pub(crate) fn operands(site: Site, operator: &str, left: (&str, Span), right: (&str, Span)) -> Diagnostic {
    let diagnostic = site
        .error(Code::F0203, format!("`{operator}` does not go with {} and {}", left.0, right.0))
        .because(left.1, format!("of type {}", left.0))
        .because(right.1, format!("of type {}", right.0));
    match (left.0, right.0) {
        ("money", "number") | ("number", "money") => {
            diagnostic.help("numbers and money do not mix: write the amount with its currency, as in `1000 EUR`, or use `.amount`")
        }
        ("date" | "time", "text") | ("text", "date" | "time") => {
            diagnostic.help("dates and times stand without quotes: `2026-12-31`, `2026-12-31T09:00:00Z`")
        }
        ("text", "number" | "money") | ("number" | "money", "text") => diagnostic.help("a text takes values in braces: `\"{...}\"`"),
        (_, "secret") | ("secret", _) => diagnostic.help("a secret can only be sent"),
        (_, "json") | ("json", _) => diagnostic.help("json is opaque until it is decoded: `... as T`"),
        _ => diagnostic,
    }
}

/// An operator whose one operand does not fit.
pub(crate) fn operand(site: Site, operator: &str, found: &str) -> Diagnostic {
    site.error(Code::F0203, format!("`{operator}` does not go with {found}"))
}

/// Values of one list, or of the two sides of an `if`, that are of different types.
pub(crate) fn differ(site: Site, first: (&str, Span), found: &str) -> Diagnostic {
    site.error(Code::F0201, format!("expected {} like the one before, found {found}", first.0))
        .because(first.1, format!("of type {}", first.0))
}

/// Arguments that a call lacks.
pub(crate) fn missing_arguments(site: Site, action: &str, missing: &[&str], declared: Option<Site>) -> Diagnostic {
    let diagnostic = site.error(Code::F0204, format!("`{action}` also needs {}", listed(missing)));
    match declared {
        Some(at) => diagnostic.because_in(at.file, at.span, "its parameters are declared here"),
        None => diagnostic,
    }
}

/// Fields that a record literal lacks.
pub(crate) fn missing_fields(site: Site, record: &str, missing: &[&str], declared: Site) -> Diagnostic {
    site.error(Code::F0205, format!("this `{record}` lacks {}", listed(missing))).because_in(
        declared.file,
        declared.span,
        "its fields are declared here",
    )
}

/// A record literal, `none` or `[]` where no type is expected.
pub(crate) fn unknown_literal(site: Site, what: &str, example: &str) -> Diagnostic {
    site.error(Code::F0206, format!("nothing says which type {what} has")).help(format!("say it with `as`: `{example}`"))
}

/// Literals that fail on every evaluation.
pub(crate) fn cannot_work(site: Site, why: &str) -> Diagnostic {
    site.error(Code::F0207, format!("this can never work: {why}"))
}

/// A number that is too long.
pub(crate) fn too_many_digits(site: Site) -> Diagnostic {
    site.error(Code::F0208, "a number has at most 28 digits")
}

/// A code that is no currency.
pub(crate) fn unknown_currency(site: Site, code: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0209, format!("there is no currency `{code}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help("a currency is written as its three letters, such as `EUR`"),
    }
}

/// A date or time that is not on the calendar.
pub(crate) fn no_such_date(site: Site, text: &str, what: &str) -> Diagnostic {
    site.error(Code::F0210, format!("`{text}` is no {what}"))
}

/// A pattern that does not compile.
pub(crate) fn bad_pattern(site: Site, why: &str) -> Diagnostic {
    site.error(Code::F0211, format!("this pattern cannot be read: {why}"))
}

/// A function called with too few or too many arguments.
pub(crate) fn argument_count(site: Site, function: &str, wanted: &str, found: usize) -> Diagnostic {
    let found = if found == 1 { "1 argument".to_owned() } else { format!("{found} arguments") };
    site.error(Code::F0212, format!("`{function}` takes {wanted}, found {found}"))
}

/// A function that has no form with `for`.
pub(crate) fn no_for_form(site: Site, function: &str) -> Diagnostic {
    site.error(Code::F0212, format!("`{function}` takes no `for`"))
        .help("with `for` go `count`, `sum`, `any`, `all`, `min`, `max` and `sort`")
}

/// A value in a text that has no text.
pub(crate) fn no_text(site: Site, ty: &str) -> Diagnostic {
    let diagnostic = site.error(Code::F0213, format!("a value of type {ty} cannot be put into a text"));
    match ty {
        "json" => diagnostic.help("decode it first: `... as text`"),
        "[text]" => diagnostic.help("make one text of it first: `join(names, \", \")`"),
        _ => diagnostic.help("put its parts into the text one by one"),
    }
}

/// `as` on a value that needs no decoding.
pub(crate) fn nothing_to_decode(site: Site, found: &str) -> Diagnostic {
    site.error(Code::F0214, format!("`as` decodes json, and this is {found}"))
        .help("leave the `as` out; what comes from outside is read by the type of its parameter")
}

/// A place that takes a literal only.
pub(crate) fn literal_only(site: Site, what: &str, example: &str) -> Diagnostic {
    site.error(Code::F0215, format!("{what} must be written out")).help(format!("such as {example}"))
}

/// A unit that no duration has.
pub(crate) fn unknown_unit(site: Site, unit: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0216, format!("`{unit}` is no unit of time"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help("units are `seconds`, `minutes`, `hours`, `days` and `weeks`"),
    }
}

/// Business days where no calendar is looked at.
pub(crate) fn business_days(site: Site) -> Diagnostic {
    site.error(Code::F0216, "business days can stand after `within`, `wait` and `remind every` only").help("use plain `days` here")
}

/// Business days that are no whole days.
pub(crate) fn business_unit(site: Site) -> Diagnostic {
    site.error(Code::F0216, "business time is counted in whole days").help("such as `2 business days`")
}

/// A duration that is zero or too long.
pub(crate) fn duration_range(site: Site, what: &str) -> Diagnostic {
    site.error(Code::F0216, format!("{what} must be longer than nothing and shorter than a hundred years"))
}

/// A record that could never be built.
pub(crate) fn holds_itself(site: Site, record: &str) -> Diagnostic {
    site.error(Code::F0218, format!("each `{record}` would hold another `{record}`, without end"))
        .help("make the field a list, or optional with `?`")
}

/// An expression deeper than can be checked.
pub(crate) fn too_deep(site: Site, most: impl std::fmt::Display) -> Diagnostic {
    site.error(Code::F0223, format!("this expression is more than {most} operations deep")).help("name parts of it with `let`")
}

/// A secret outside of its place.
pub(crate) fn secret_here(site: Site) -> Diagnostic {
    site.error(Code::F0301, "a secret cannot be used here")
        .help("secrets can only stand in an action's own `header`, `body`, `stdin`, `query` or connection")
}

/// `secret` as the type of something declared.
pub(crate) fn secret_type(site: Site) -> Diagnostic {
    site.error(Code::F0301, "nothing can be declared to hold a secret").help("take it where it is sent, as `secret.NAME`")
}
