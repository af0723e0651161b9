//! The words of the language, by the place where they open something.

/// Words that open a declaration.
pub(crate) const DECLARATIONS: &[&str] =
    &["workflow", "action", "read", "irreversible", "record", "enum", "group", "policy", "test", "use"];

/// Words that open a statement.
pub(crate) const STATEMENTS: &[&str] =
    &["step", "let", "require", "if", "match", "for", "parallel", "wait", "return", "fail", "give", "try"];

/// Words that open a statement, a setting or a handler of a workflow.
pub(crate) const WORKFLOW_ITEMS: &[&str] = &[
    "step", "let", "require", "if", "match", "for", "parallel", "wait", "return", "fail", "give", "try", "owner", "once", "one", "starts",
    "seen", "on",
];

/// Words that open a clause or detail of a gate.
pub(crate) const GATE_CLAUSES: &[&str] =
    &["title", "show", "by", "when", "within", "remind", "ask", "reason", "send", "otherwise", "nobody"];

/// Words that open a clause of a step.
pub(crate) const STEP_CLAUSES: &[&str] = &["retry", "timeout", "repeat", "undo", "without"];

/// Words that open an implementation or one of its clauses.
pub(crate) const ACTION_ITEMS: &[&str] = &[
    "http",
    "exec",
    "sql",
    "email",
    "model",
    "timeout",
    "header",
    "query",
    "body",
    "ok",
    "not",
    "result",
    "stdin",
    "cwd",
    "env",
    "to",
    "subject",
    "attach",
    "prompt",
    "temperature",
    "preview",
];

/// Words that open a statement of a test.
pub(crate) const TEST_STATEMENTS: &[&str] =
    &["stub", "run", "expect", "approve", "reject", "send", "advance", "done", "not", "give", "cancel"];

/// What opens a branch of `parallel`.
pub(crate) const BRANCHES: &[&str] = &["branch"];

/// What opens the last arm of a `match`; all others are members.
pub(crate) const ARMS: &[&str] = &["else"];

const RESERVED: &[&str] = &[
    "step",
    "try",
    "let",
    "require",
    "if",
    "then",
    "else",
    "match",
    "for",
    "parallel",
    "wait",
    "return",
    "give",
    "fail",
    "on",
    "and",
    "or",
    "not",
    "in",
    "is",
    "as",
    "otherwise",
    "contains",
    "starts",
    "ends",
    "matches",
    "true",
    "false",
    "none",
    "use",
    "record",
    "enum",
    "group",
    "action",
    "policy",
    "workflow",
    "test",
];

/// Words of other languages, and of offices, with those that are meant.
const FOREIGN: &[(&str, &str)] = &[
    ("function", "workflow"),
    ("func", "workflow"),
    ("fn", "workflow"),
    ("def", "workflow"),
    ("process", "workflow"),
    ("flow", "workflow"),
    ("pipeline", "workflow"),
    ("class", "record"),
    ("struct", "record"),
    ("type", "record"),
    ("interface", "record"),
    ("import", "use"),
    ("include", "use"),
    ("team", "group"),
    ("role", "group"),
    ("var", "let"),
    ("const", "let"),
    ("set", "let"),
    ("val", "let"),
    ("foreach", "for each"),
    ("switch", "match"),
    ("call", "step"),
    ("do", "step"),
    ("await", "step"),
    ("task", "step"),
    ("approval", "require approval"),
    ("approve", "require approval"),
    ("gate", "require approval"),
    ("sleep", "wait"),
    ("delay", "wait"),
    ("pause", "wait"),
    ("throw", "fail"),
    ("raise", "fail"),
    ("abort", "fail"),
    ("exit", "return"),
    ("stop", "return"),
    ("yield", "give"),
    ("deadline", "within"),
    ("timeout", "within"),
    ("expires", "within"),
    ("display", "show"),
    ("approvers", "by"),
    ("approver", "by"),
    ("assignee", "by"),
    ("if", "when"),
    ("description", "title"),
    ("label", "title"),
    ("reminder", "remind"),
    ("retries", "retry"),
    ("rollback", "undo"),
    ("compensate", "undo"),
    ("shell", "exec"),
    ("command", "exec"),
    ("payload", "body"),
    ("data", "body"),
    ("assert", "expect"),
    ("mock", "stub"),
];

/// What `else if` is called elsewhere.
pub(crate) const ELSE_IF: &[&str] = &["elif", "elseif", "elsif"];

/// The words that are meant by a word of another language, where they may stand.
pub(crate) fn foreign(word: &str, allowed: &[&str]) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let (_, meant) = FOREIGN.iter().find(|(foreign, _)| *foreign == lower)?;
    meant.split(' ').next().filter(|first| allowed.contains(first)).map(|_| *meant)
}

/// Whether a word may not name a value or parameter.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Whether a word opens a clause of a step or a gate.
pub(crate) fn is_clause(word: &str) -> bool {
    STEP_CLAUSES.contains(&word) || GATE_CLAUSES.contains(&word)
}

/// Whether a word at the beginning of a line begins a statement.
pub(crate) fn opens_statement(word: &str) -> bool {
    STATEMENTS.contains(&word) && word != "if" && word != "for"
}

/// The allowed word that an author may have meant, if one is near enough.
pub(crate) fn nearest(word: &str, allowed: &'static [&'static str]) -> Option<&'static str> {
    if let meant @ Some(_) = foreign(word, allowed) {
        return meant;
    }
    // A word that has its place elsewhere is not misspelt.
    if is_reserved(word) || is_clause(word) {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let limit = match word.chars().count() {
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    allowed
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), *candidate))
        // A word of two letters is near to everything: at least half of it has to be right.
        .filter(|(distance, candidate)| *distance <= limit && distance * 2 <= candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
