//! Faults of syntax: what the grammar found, in words.

use flow_grammar::{Fault, FaultKind, MAX_BYTES, MAX_DEPTH, MAX_EXPRESSION_DEPTH, Span};

use super::{Site, either};
use crate::diagnostic::{Edit, Fix};
use crate::{Code, Diagnostic, FileId};

/// The diagnostic of a fault of syntax in a text.
pub(crate) fn fault(file: FileId, text: &str, fault: &Fault) -> Diagnostic {
    let site = Site { file, span: fault.span };
    let mut diagnostic = worded(site, &fault.kind);
    if matches!(fault.kind, FaultKind::Expected { .. }) && text.get(..fault.span.start as usize).is_some_and(|before| before.ends_with('%'))
    {
        diagnostic = diagnostic.help("a percentage is written as a number, such as `0.19`");
    }
    let diagnostic = match mend(text, fault) {
        // `headers { ... }`: more than the word is of another language.
        None if matches!(&fault.kind, FaultKind::UnknownWord { nearest: Some("header" | "query"), .. })
            && opens_brace(text, fault.span) =>
        {
            Diagnostic { fix: None, ..diagnostic }
        }
        // Where a declaration has no brace, more than its first word is of another language.
        None if matches!(&fault.kind, FaultKind::UnknownWord { nearest: Some("workflow" | "record"), .. })
            && !has_brace(text, fault.span) =>
        {
            Diagnostic { fix: None, ..diagnostic }
        }
        Some((title, edits)) if diagnostic.fix.is_none() => {
            let edits = edits.into_iter().map(|(span, text)| Edit { file, span, text }).collect();
            Diagnostic { fix: Some(Fix { title, edits }), ..diagnostic }
        }
        _ => diagnostic,
    };
    match (fault.cause, &fault.kind) {
        (Some(cause), FaultKind::Unclosed { .. }) if cause == fault.span => diagnostic,
        (Some(cause), FaultKind::Unclosed { bracket, .. }) => diagnostic.because(cause, format!("this `{bracket}` is never closed")),
        (Some(cause), _) => diagnostic.because(cause, "it began here"),
        (None, _) => diagnostic,
    }
}

/// The bytes of a file are no UTF-8; the site is the end of what can be read.
pub(crate) fn not_utf8(site: Site) -> Diagnostic {
    site.error(Code::F0012, "the file is not UTF-8 text").here("up to here it can be read").help("save the file as UTF-8")
}

fn worded(site: Site, kind: &FaultKind) -> Diagnostic {
    match kind {
        FaultKind::Expected { expected, found, reading } => self::expected(site, expected, found.as_deref(), reading),
        FaultKind::UnknownWord { word, wanted, nearest, allowed } => unknown_word(site, word, wanted, *nearest, allowed),
        FaultKind::Unclosed { bracket: bracket @ ('(' | '['), .. } => site
            .error(Code::F0003, format!("this `{bracket}` is never closed: a `{}` is missing", closing(*bracket)))
            .help(format!("add `{}` where it ends", closing(*bracket))),
        FaultKind::Unclosed { bracket, of } => site
            .error(Code::F0003, format!("{of} is never closed: a `{}` is missing", closing(*bracket)))
            .help(format!("add `{}` where it ends", closing(*bracket))),
        FaultKind::Unopened(bracket) => site
            .error(Code::F0004, format!("nothing is open that `{bracket}` could close"))
            .help(format!("remove the `{bracket}`"))
            .replace(format!("remove the `{bracket}`"), site.span, ""),
        FaultKind::UnclosedText => site
            .error(Code::F0005, "this text does not end on its line")
            .help("add the closing `\"`, or use `\"\"\"` for a text of several lines"),
        FaultKind::UnknownEscape(escape) => site
            .error(Code::F0006, format!("`{escape}` is no escape"))
            .help("the escapes are `\\\"`, `\\\\`, `\\n`, `\\t`, `\\{` and `\\u{1F44D}`; a backslash itself is `\\\\`"),
        FaultKind::NoSuchCharacter(escape) => {
            site.error(Code::F0006, format!("`{escape}` is no character")).help("the last one is `\\u{10FFFF}`")
        }
        FaultKind::BrokenInterpolation => site
            .error(Code::F0007, "a value in a text stands on one line, without a comment")
            .help("name the value with `let` before, and put its name here"),
        FaultKind::EmptyInterpolation => {
            site.error(Code::F0007, "there is nothing in this `{}`").help("put a value in it, or write `\\{` for the brace itself")
        }
        FaultKind::UnclosedInterpolation => {
            site.error(Code::F0007, "this `{` in a text is never closed").help("add the `}`, or write `\\{` for the brace itself")
        }
        FaultKind::ReservedName(word) => {
            site.error(Code::F0008, format!("`{word}` is a word of the language and cannot be a name")).help("choose another name")
        }
        FaultKind::ChainedComparison => {
            site.error(Code::F0009, "comparisons do not chain").help("compare twice and join with `and`: `a < b and b < c`")
        }
        FaultKind::TooDeep => site.error(Code::F0010, format!("brackets are nested more than {MAX_DEPTH} deep")),
        FaultKind::LongExpression => super::types::too_deep(site, MAX_EXPRESSION_DEPTH),
        FaultKind::ManyEscalations(most) => site
            .error(Code::F0010, format!("a deadline escalates at most {most} times"))
            .help("let the last of them end with `then reject`"),
        FaultKind::TooLarge(bytes) => site
            .error(Code::F0011, format!("the file has {bytes} bytes, more than the {MAX_BYTES} that a file may have"))
            .help("split it into several files"),
        FaultKind::NotUtf8 => not_utf8(site),
        FaultKind::StrayCharacter(character) => site.error(Code::F0013, format!("`{character}` means nothing here")).help("remove it"),
        FaultKind::Semicolon => {
            site.error(Code::F0014, "statements end without a `;`").help("remove the `;`").replace("remove the `;`", site.span, "")
        }
        FaultKind::WrongOperator { written, meant } => {
            site.error(Code::F0015, format!("`{written}` is written `{meant}` here")).help(format!("write `{meant}`"))
        }
        FaultKind::Foreign { written, help } => site.error(Code::F0015, format!("`{written}` means nothing here")).help(*help),
        FaultKind::MissingKeyword { word, keyword: "let" } => {
            site.error(Code::F0002, format!("`{word}` is given a value without `let`")).help(format!("write `let {word} = ...`"))
        }
        FaultKind::MissingKeyword { word, keyword } => {
            site.error(Code::F0002, format!("`{word}` stands here without `{keyword}`")).help(match word.as_str() {
                "print" | "echo" | "console" | "puts" => "what is to be written down is given to `step log(message: ...)`".to_owned(),
                _ => format!("actions are called by `{keyword}`, and give their result a name: `step result = {word}(...)`"),
            })
        }
        FaultKind::WrongQuotes { .. } => site.error(Code::F0013, "a text stands in straight double quotes").help("write `\"...\"`"),
        FaultKind::CurrencySign { sign, code, digits } => site
            .error(Code::F0013, format!("`{sign}` means nothing here: an amount is followed by the code of its currency"))
            .help(format!("write `{digits} {code}`"))
            .replace(format!("change to `{digits} {code}`"), site.span, format!("{digits} {code}")),
        FaultKind::UnescapedBrace => site
            .error(Code::F0007, "a `{` in a text begins a value, and this one begins none")
            .help("write `\\{` for the brace itself")
            .replace("change to `\\{`", site.span, "\\{"),
        FaultKind::NotADate(digits) => site
            .error(Code::F0016, format!("`{digits}` is no date or time"))
            .help("a date is written `2026-11-22`, a time `2026-11-22T09:00:00Z`; a difference needs blanks around its `-`"),
        FaultKind::TrailingComma => site.error(Code::F0017, "no comma may stand at the end here").help("remove the comma").replace(
            "remove the comma",
            site.span,
            "",
        ),
    }
}

/// More than so many possibilities are not all told.
const MOST_EXPECTED: usize = 6;

fn expected(site: Site, expected: &[String], found: Option<&str>, reading: &str) -> Diagnostic {
    let wanted = match expected {
        _ if expected.len() > MOST_EXPECTED && reading == "a gate" => {
            "`by`, `when`, `within`, `show` or another clause of a gate".to_owned()
        }
        [first, second, third, ..] if expected.len() > MOST_EXPECTED => {
            format!("{first}, {second}, {third} or something else that can stand here")
        }
        [] => "something else".to_owned(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    };
    let found = found.map_or_else(|| "the end of the file".to_owned(), |found| format!("`{found}`"));
    let diagnostic = site.error(Code::F0001, format!("expected {wanted}, found {found}")).here(format!("while reading {reading}"));
    match hint(expected, &found, reading) {
        Some(hint) => diagnostic.help(hint),
        None => diagnostic,
    }
}

fn opens_brace(text: &str, at: Span) -> bool {
    text.get(at.end as usize..).is_some_and(|rest| rest.trim_start().starts_with('{'))
}

fn has_brace(text: &str, at: Span) -> bool {
    text.get(at.end as usize..).and_then(|rest| rest.lines().next()).is_some_and(|line| line.contains('{'))
}

/// What an author should know who wrote something else there.
fn hint(expected: &[String], found: &str, reading: &str) -> Option<&'static str> {
    let wants = |word: &str| expected.iter().any(|wanted| wanted == word);
    let value = found.strip_prefix('`').is_some_and(|found| found.starts_with(|first: char| first == '"' || first.is_ascii_digit()));
    match reading {
        _ if found == "`:`" && !wants("`=`") => Some("a word such as `show` is followed by its value, without a `:`"),
        _ if found == "`(`" && wants("an operator") => Some("a function stands before its values: `upper(name)`"),
        _ if matches!(found, "`month`" | "`months`" | "`year`" | "`years`") => {
            Some("time is counted in seconds, minutes, hours, days or weeks")
        }
        _ if currency(found.trim_matches('`')).is_some() => Some("a currency is written in capital letters: `100 EUR`"),
        _ if found.starts_with("`20") || found.starts_with("`19") => Some("a date is written `2026-12-31`"),
        "a step" if wants("`step`") => Some("`try` stands before one step: `try step result = action(...)`"),
        "a step" if wants("`(`") => {
            Some("a call names what it is given in brackets, and has brackets where it is given nothing: `step log(message: \"hello\")`")
        }
        "a `wait`" => Some("a wait is written `wait 2 days` or `wait until due`"),
        "a gate" if wants("`required`") => Some("a reason is asked for with `reason required`"),
        "a gate" if wants("`then`") && value => Some("people who must all approve are joined with `and`; one of several people is a group"),
        "a gate" if found == "`else`" => Some("what happens at the deadline is written `within 2 days, then reject`"),
        "an action" if wants("`[`") => Some("a program and its arguments are written apart: `exec \"ls\" [\"-l\", folder]`"),
        "an action" if wants("`}`") && value => Some("names stand without quotes: `body { order: order }`"),
        _ if wants("`failure`") => {
            Some("what is done at the end of a run that went wrong is written `on failure`, `on reject` or `on cancel`")
        }
        "a step" if wants("a name") && value => Some("values are given by name: `step log(message: \"hello\")`"),
        "a record" if wants("`:`") => Some("a field is written `name: type`"),
        "a record" if wants("a type") => Some("a type is a word without quotes, such as `text`, `number` or `money`"),
        "a gate" if wants("`by`") && matches!(found, "`from`" | "`to`" | "`for`" | "`of`") => Some("who decides is named after `by`"),
        "a gate" if found == "`as`" => Some("the name of a gate stands directly behind `approval`: `require approval as review`"),
        "a gate" if found == "`or`" => {
            Some("one of several people is a group: `group finance { \"ana@acme.example\" \"bo@acme.example\" }`")
        }
        "an `ask`" => Some("a field is asked for with its type: `ask count: number`"),
        "a gate" if wants("`approval`") => Some("a gate begins with `require approval`"),
        "a `for each`" => Some("a loop is written `for each item in list { ... }`"),
        "a match" if found == "`=>`" || found == "`:`" => Some("what is done for a member stands in braces: `low { ... }`"),
        "a workflow" | "an action" if wants("`(`") => {
            Some("a name is one word of small letters, digits and `_`, and its parameters stand in brackets behind it")
        }
        "a `retry`" => Some("a step is tried again with `retry 3 times every 10 seconds`"),
        _ => None,
    }
}

/// The edits that mend a fault where no other could be meant, and what they do.
fn mend(text: &str, fault: &Fault) -> Option<(String, Vec<(Span, String)>)> {
    let at = fault.span;
    let insert = |place: u32, what: &str| (Span::new(place, place), what.to_owned());
    match &fault.kind {
        FaultKind::WrongQuotes { open, close } => {
            let edits = vec![(Span::new(at.start, at.start + open), "\"".to_owned()), (Span::new(at.end - close, at.end), "\"".to_owned())];
            Some(("change to `\"`".to_owned(), edits))
        }
        FaultKind::MissingKeyword { word, keyword } if !matches!(word.as_str(), "print" | "echo" | "console" | "puts") => {
            Some((format!("add `{keyword}`"), vec![insert(at.start, &format!("{keyword} "))]))
        }
        FaultKind::UnknownEscape(escape) => {
            let letter = escape.strip_prefix('\\')?;
            let meant = if letter.starts_with(char::is_alphanumeric) { format!("\\{escape}") } else { letter.to_owned() };
            Some((format!("change to `{meant}`"), vec![(at, meant)]))
        }
        FaultKind::NotADate(digits) => {
            let (left, right) = digits.split_once('-')?;
            let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let difference = format!("{left} - {right}");
            (plain(left) && plain(right) && left.len() < 4).then(|| (format!("change to `{difference}`"), vec![(at, difference)]))
        }
        FaultKind::WrongOperator { meant, .. } => {
            // A word needs blanks where a sign needs none.
            let word = meant.starts_with(char::is_alphabetic);
            let tight = |beside: Option<char>| word && beside.is_some_and(|beside| !beside.is_whitespace());
            let before = if tight(text.get(..at.start as usize)?.chars().next_back()) && *meant != "not" { " " } else { "" };
            let after = if tight(text.get(at.end as usize..)?.chars().next()) { " " } else { "" };
            Some((format!("change to `{meant}`"), vec![(at, format!("{before}{meant}{after}"))]))
        }
        FaultKind::UnclosedText => closing_quote(text, at).map(|place| ("add the `\"`".to_owned(), vec![insert(place, "\"")])),
        FaultKind::Expected { found: Some(found), .. } if currency(found).is_some() => {
            currency(found).map(|code| (format!("change to `{code}`"), vec![(at, code)]))
        }
        FaultKind::Expected { expected, found: Some(found), reading } => missing_word(text, at, expected, found, reading),
        _ => None,
    }
}

/// The code of a currency that is written in small letters.
fn currency(found: &str) -> Option<String> {
    let code = found.to_ascii_uppercase();
    let small = found.len() == 3 && found.bytes().all(|byte| byte.is_ascii_lowercase());
    (small && iso_currency::Currency::from_code(&code).is_some()).then_some(code)
}

/// Where the quote of a text is missing that does not end: before the brackets that its line has to close, else at its end.
fn closing_quote(text: &str, at: Span) -> Option<u32> {
    let rest = text.get(at.range())?;
    if rest.contains('\n') {
        return None;
    }
    let end = rest.find('\n').unwrap_or(rest.len());
    let said = rest.get(..end)?.trim_end();
    if text.get(at.start as usize..)?.starts_with("\"\"\"") {
        return None;
    }
    let line = text.get(..at.start as usize)?.rsplit('\n').next()?;
    let count = |sign: char| line.matches(sign).count();
    let open = count('(').saturating_sub(count(')')) + count('[').saturating_sub(count(']'));
    let brackets = said.len() - said.trim_end_matches([')', ']']).len();
    (brackets == open && !said.ends_with([',', '{'])).then(|| at.start + u32::try_from(said.len() - brackets).unwrap_or_default())
}

/// The one word or sign that had to come is put in, or takes the place of what nearly was it.
fn missing_word(text: &str, at: Span, expected: &[String], found: &str, reading: &str) -> Option<(String, Vec<(Span, String)>)> {
    let [only] = expected else { return None };
    let wanted = only.strip_prefix('`')?.strip_suffix('`')?;
    let word = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    let change = || (format!("change to `{wanted}`"), vec![(at, wanted.to_owned())]);
    if word(wanted) && word(found) && strsim::damerau_levenshtein(wanted, found) <= 2 {
        return Some(change());
    }
    match wanted {
        ":" if found == "=" && reading == "a record" => Some((format!("change to `{wanted}`"), vec![(at, wanted.to_owned())])),
        "=" if found == ":" => Some(change()),
        "in" if found == "of" => Some(change()),
        "->" if found == ":" => Some(change()),
        ":" if word(found) => {
            let before = u32::try_from(text.get(..at.start as usize)?.trim_end().len()).ok()?;
            Some(("add the `:`".to_owned(), vec![(Span::new(before, before), ":".to_owned())]))
        }
        "," if found == "then" && at.start < at.end => {
            let before = u32::try_from(text.get(..at.start as usize)?.trim_end().len()).ok()?;
            Some(("add the `,`".to_owned(), vec![(Span::new(before, before), ",".to_owned())]))
        }
        "required" if word(found) => Some(change()),
        "each" | "times" | "every" | "a" if at.start < at.end => {
            Some((format!("add `{wanted}`"), vec![(Span::new(at.start, at.start), format!("{wanted} "))]))
        }
        _ => None,
    }
}

fn unknown_word(site: Site, word: &str, wanted: &str, nearest: Option<&str>, allowed: &[&str]) -> Diagnostic {
    let diagnostic = site.error(Code::F0002, format!("{wanted} cannot begin with `{word}`"));
    let elsewhere = match (wanted, word) {
        ("a statement", "retry" | "timeout" | "repeat" | "undo" | "without") => {
            Some("it stands in braces behind a step: `step action(...) { ... }`")
        }
        ("a statement", "title" | "show" | "within" | "remind" | "ask" | "reason" | "by" | "when") => {
            Some("it stands in a gate: `require approval { ... }`")
        }
        ("a statement", "while" | "loop" | "until") => {
            Some("what is done for each item of a list is written `for each`, and what is asked again and again `repeat`")
        }
        ("a statement", "break" | "continue") => Some("a loop is done for all of its items: leave some out with `if`"),
        ("a statement", "else") => Some("it stands behind the `}` of an `if`"),
        ("a clause of an action", "step" | "let" | "if" | "require") => {
            Some("an action is one call of the outside world; steps stand in a `workflow`")
        }
        ("a branch", _) => Some("what is done at the same time stands in branches: `branch { ... }`"),
        _ => None,
    };
    match nearest {
        None if elsewhere.is_some() => Diagnostic { help: elsewhere.map(ToOwned::to_owned), ..diagnostic },
        Some(_) => site.suggest(diagnostic, nearest),
        None if allowed.is_empty() => diagnostic,
        // Settings and handlers come after the statements, and would make the list longer than anybody reads.
        None => diagnostic.help(format!("here may stand {}", either(allowed.get(..12).unwrap_or(allowed)))),
    }
}

fn closing(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}
