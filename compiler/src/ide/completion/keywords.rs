//! The words that may stand at a place, by what is open around it.

use super::items::Found;
use super::surroundings::{Block, Surroundings, Token};
use super::{Item, ItemKind, after_value};

/// A word, or some that belong together, and the same with places to fill in.
type Words = &'static [(&'static str, Option<&'static str>)];

const DECLARATIONS: Words = &[
    ("workflow", Some("workflow ${1:name}(${2}) {\n  $0\n}")),
    ("action", Some("action ${1:name}(${2}) {\n  $0\n}")),
    ("read action", Some("read action ${1:name}(${2}) -> ${3:text} {\n  $0\n}")),
    ("irreversible action", Some("irreversible action ${1:name}(${2}) -> ${3:text} {\n  $0\n}")),
    ("record", Some("record ${1:Name} {\n  ${2:field}: ${3:text}\n}")),
    ("enum", Some("enum ${1:Name} { ${2:member} }")),
    ("group", Some("group ${1:name} { \"${2:somebody@example.com}\" }")),
    ("use", Some("use \"${1:other.flow}\"")),
    ("policy", None),
    ("test", Some("test \"${1:what must hold}\" {\n  $0\n}")),
];

const STATEMENTS: Words = &[
    ("step", None),
    ("let", None),
    ("require approval", None),
    ("if", Some("if ${1} {\n  $0\n}")),
    ("match", Some("match ${1} {\n  $0\n}")),
    ("for each", Some("for each ${1:item} in ${2} {\n  $0\n}")),
    ("parallel", Some("parallel {\n  branch {\n    $0\n  }\n}")),
    ("wait", None),
    ("wait until", None),
    ("return", None),
    ("fail", None),
    ("give", None),
    ("try step", None),
];

const SETTINGS: Words = &[
    ("owner", None),
    ("once per", None),
    ("one at a time per", None),
    ("starts by", None),
    ("seen by", None),
    ("on schedule", None),
    ("on webhook", None),
    ("on failure", Some("on failure {\n  $0\n}")),
    ("on reject", Some("on reject {\n  $0\n}")),
    ("on cancel", Some("on cancel {\n  $0\n}")),
];

const STEP: Words = &[
    ("retry", Some("retry ${1:3} times every ${2:10 seconds}")),
    ("timeout", None),
    ("repeat every", Some("repeat every ${1:10 seconds} until ${2} within ${3:5 minutes}")),
    ("undo", None),
    ("without approval because", Some("without approval because \"${1}\"")),
];

const GATE: Words = &[
    ("title", Some("title \"${1}\"")),
    ("show", None),
    ("by", None),
    ("when", None),
    ("within", Some("within ${1:2 days}, then ${2:reject}")),
    ("remind every", None),
    ("ask", Some("ask ${1:field}: ${2:text}")),
    ("reason required", None),
    ("send back to requester", None),
    ("otherwise", None),
];

const IMPLEMENTATIONS: Words = &[
    ("http get", Some("http get \"${1}\"")),
    ("http post", Some("http post \"${1}\"")),
    ("http put", Some("http put \"${1}\"")),
    ("http patch", Some("http patch \"${1}\"")),
    ("http delete", Some("http delete \"${1}\"")),
    ("exec", Some("exec \"${1:program}\" [${2}]")),
    ("sql", Some("sql \"${1:sqlite:data.db}\" \"${2}\"")),
    ("email", None),
    ("model", Some("model \"${1:name}\"")),
    ("timeout", None),
    ("header", Some("header \"${1:name}\" \"${2}\"")),
    ("query", Some("query \"${1:name}\" ${2}")),
    ("body", None),
    ("ok when", None),
    ("not done when", None),
    ("result", None),
    ("stdin", None),
    ("cwd", None),
    ("env", Some("env { ${1:NAME}: ${2} }")),
    ("to", None),
    ("subject", None),
    ("attach", None),
    ("prompt", None),
    ("temperature", None),
    ("preview", Some("preview {\n  $0\n}")),
];

const TEST: Words = &[
    ("stub", None),
    ("run", None),
    ("expect waiting", None),
    ("expect completed", None),
    ("expect rejected", None),
    ("expect failed", None),
    ("expect cancelled", None),
    ("expect in doubt", None),
    ("expect approval shows", None),
    ("expect", None),
    ("approve by", None),
    ("reject by", None),
    ("send back by", None),
    ("cancel by", None),
    ("done by", None),
    ("not done by", None),
    ("give up by", None),
    ("advance", None),
];

const POLICY: Words = &[("any action", None), ("any irreversible action", None)];

const OPERATORS: &[&str] =
    &["and", "or", "is none", "is present", "otherwise", "in", "not in", "contains", "starts with", "ends with", "matches"];

/// What may follow a word, whatever is open around it.
fn following(word: &str) -> &'static [&'static str] {
    match word {
        "require" => &["approval"],
        "try" => &["step"],
        "for" => &["each"],
        "read" | "irreversible" => &["action"],
        "only" => &["after approval"],
        "after" => &["approval"],
        "http" => &["get", "post", "put", "patch", "delete"],
        "on" => &["failure", "reject", "cancel", "schedule", "webhook"],
        "once" => &["per"],
        "one" => &["at a time per"],
        "starts" | "seen" => &["by"],
        "remind" => &["every"],
        "reason" => &["required"],
        "required" => &["on reject", "on approve"],
        "send" => &["back to requester"],
        "without" => &["approval because"],
        "then" => &["reject", "fail", "approve", "escalate to"],
        "is" => &["none", "present"],
        "ok" => &["when"],
        "ends" => &["with"],
        "expect" => &["waiting", "completed", "rejected", "failed", "cancelled", "in doubt", "approval shows"],
        "any" => &["action", "irreversible action"],
        _ => &[],
    }
}

/// Adds the words that may stand at a place. `wished` says that a name may stand there.
pub(super) fn add(around: &Surroundings<'_>, starts_line: bool, wished: bool, found: &mut Found) {
    if starts_line && !around.is_nested() {
        // What is written most comes first: statements before settings.
        for (rank, words) in (1..).zip(starting(around.block())) {
            words.iter().for_each(|(label, snippet)| word(label, *snippet, rank, found));
        }
        return;
    }
    let last = match around.tokens.last() {
        Some((Token::Word(word), _)) => *word,
        _ => "",
    };
    let followed = following(last);
    followed.iter().for_each(|label| word(label, None, 0, found));
    // After a `.` stands a name, and nothing else.
    let dotted = matches!(around.tokens.last(), Some((Token::Sign(b'.'), _)));
    if wished || dotted || !followed.is_empty() || !after_value(around) {
        return;
    }
    if !around.is_nested() {
        heads(around, last, found);
    }
    OPERATORS.iter().for_each(|label| word(label, None, 3, found));
}

/// Words that go on with a statement or a declaration that has begun.
fn heads(around: &Surroundings<'_>, last: &str, found: &mut Found) {
    let words = around.since_bracket().iter().rev().filter_map(|(token, _)| if let Token::Word(word) = token { Some(*word) } else { None });
    for head in words {
        match head {
            "require" => {
                if last == "approval" {
                    word("as", None, 1, found);
                }
                GATE.iter().for_each(|(label, snippet)| word(label, *snippet, 1, found));
            }
            "action" => word("only after approval", None, 1, found),
            "retry" => ["times", "every", "doubling"].iter().for_each(|label| word(label, None, 1, found)),
            "repeat" => ["until", "within"].iter().for_each(|label| word(label, None, 1, found)),
            "by" | "within" | "when" | "as" => continue,
            "show" if last == "as" => ["table", "diff", "markdown", "code"].iter().for_each(|label| word(label, None, 0, found)),
            "for" => ["in", "at most"].iter().for_each(|label| word(label, None, 1, found)),
            "step" | "let" | "workflow" | "if" | "match" | "return" | "fail" | "give" | "wait" => {}
            _ => continue,
        }
        return;
    }
    if around.block() == Some(Block::Gate) {
        ["as", "and", "except", "then", "by", "nobody"].iter().for_each(|label| word(label, None, 1, found));
    }
}

/// The words that begin something in a block.
fn starting(block: Option<Block>) -> &'static [Words] {
    match block {
        None => &[DECLARATIONS],
        Some(Block::Workflow) => &[STATEMENTS, SETTINGS],
        Some(Block::Statements) => &[STATEMENTS],
        Some(Block::Step) => &[STEP],
        Some(Block::Gate) => &[GATE],
        Some(Block::Action) => &[IMPLEMENTATIONS],
        Some(Block::Match) => &[&[("else", Some("else {\n  $0\n}"))]],
        Some(Block::Parallel) => &[&[("branch", Some("branch {\n  $0\n}"))]],
        Some(Block::Test) => &[TEST],
        Some(Block::Policy) => &[POLICY],
        Some(Block::Record | Block::Enum | Block::Group | Block::Literal | Block::Round | Block::Square | Block::Hole { .. }) => &[],
    }
}

fn word(label: &str, snippet: Option<&str>, rank: u8, found: &mut Found) {
    let (label, insert) = (label.to_owned(), label.to_owned());
    let snippet = snippet.map(str::to_owned);
    found.add(Item { label, kind: ItemKind::Keyword, detail: String::new(), doc: String::new(), insert, snippet, rank });
}
