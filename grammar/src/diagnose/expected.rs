//! What pest expected, in an author's words.

use crate::grammar::Rule;

/// How likely it is that the author meant this.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likely {
    /// It had to come.
    Must,
    /// It could have come.
    May,
    /// It can nearly always come.
    Always,
}

/// What was expected.
#[derive(Default)]
pub(super) struct Described {
    /// The likeliest first, none twice.
    pub(super) words: Vec<String>,
    /// Whether something had to come.
    pub(super) must: bool,
}

/// The words for a set of rules. What can nearly always come is left out beside anything else.
pub(super) fn describe(rules: &[Rule]) -> Described {
    let operand = rules.contains(&Rule::measure);
    let operator = rules.iter().any(|rule| is_operator(*rule));
    // What is told together of one rule is ordered among the words of all.
    let several = |(likely, words): (Likely, String)| -> Vec<(Likely, String)> {
        if !words.starts_with('`') {
            return vec![(likely, words)];
        }
        words.split(", ").flat_map(|words| words.split(" or ")).map(|word| (likely, word.to_owned())).collect()
    };
    let mut described: Vec<(Likely, String)> = rules.iter().filter_map(|rule| word(*rule)).flat_map(several).collect();
    for (likely, word) in &mut described {
        // After a whole expression everything that could make it longer is possible, and seldom meant.
        if operator && ["`(`", "`[`", "`as`", "`is`", "`.`", "`for`"].contains(&word.as_str()) {
            *likely = Likely::Always;
            "an operator".clone_into(word);
        }
        // Where one thing that begins an expression can stand, all can.
        if operand && ["`(`", "`[`", "`{`", "`none`", "`if`", "a name", "a text in quotes", "a number"].contains(&word.as_str()) {
            "an expression".clone_into(word);
        }
    }
    described.sort();
    described.dedup();
    if described.iter().any(|(likely, _)| *likely != Likely::Always) {
        described.retain(|(likely, _)| *likely != Likely::Always);
    }
    let must = described.iter().any(|(likely, _)| *likely == Likely::Must);
    Described { words: described.into_iter().map(|(_, word)| word).collect(), must }
}

fn word(rule: Rule) -> Option<(Likely, String)> {
    let name = format!("{rule:?}");
    if let Some(keyword) = name.strip_prefix("kw_") {
        let keyword = if keyword == "times" { "times" } else { keyword };
        return Some((Likely::Must, format!("`{keyword}`")));
    }
    let (likely, word) = match rule {
        Rule::open_brace | Rule::block | Rule::workflow_block | Rule::action_block | Rule::preview_block => (Likely::Must, "`{`"),
        Rule::step_block | Rule::gate_block => (Likely::May, "`{`"),
        Rule::close_brace => (Likely::Must, "`}`"),
        Rule::open_paren | Rule::parameters => (Likely::Must, "`(`"),
        Rule::close_paren => (Likely::Must, "`)`"),
        Rule::open_bracket => (Likely::Must, "`[`"),
        Rule::close_bracket => (Likely::Must, "`]`"),
        Rule::comma => (Likely::Must, "`,`"),
        Rule::colon => (Likely::Must, "`:`"),
        Rule::assign => (Likely::Must, "`=`"),
        Rule::arrow => (Likely::May, "`->`"),
        Rule::name | Rule::word | Rule::path | Rule::call | Rule::member | Rule::parameter => (Likely::Must, "a name"),
        Rule::expr | Rule::measure | Rule::paren | Rule::list | Rule::record_value | Rule::if_value | Rule::bool | Rule::show_item => {
            (Likely::Must, "an expression")
        }
        Rule::type_name | Rule::list_type => (Likely::Must, "a type"),
        Rule::text | Rule::long_text => (Likely::Must, "a text in quotes"),
        Rule::number => (Likely::Must, "a number"),
        Rule::regex => (Likely::Must, "a pattern in quotes"),
        Rule::approvers | Rule::escalated_to | Rule::stage | Rule::term | Rule::person | Rule::all_of | Rule::some_of => {
            (Likely::Must, "a person or group")
        }
        Rule::http_method => (Likely::Must, "`get`, `post`, `put`, `patch` or `delete`"),
        Rule::handler_event => (Likely::Must, "`failure`, `reject` or `cancel`"),
        Rule::lapse | Rule::escalation => (Likely::Must, "`reject`, `fail`, `approve` or `escalate`"),
        Rule::field => (Likely::Must, "a field"),
        Rule::init | Rule::pinned => (Likely::Must, "a name"),
        Rule::status => (Likely::Must, "a status"),
        Rule::expect_status | Rule::expect_called | Rule::expect_shows => (Likely::Must, "what is expected"),
        Rule::duty | Rule::policy_rule => (Likely::May, "`only after approval`"),
        Rule::at_most => (Likely::May, "`at most`"),
        Rule::for_tail => (Likely::Always, "`for`"),
        Rule::arguments => (Likely::Always, "`(`"),
        Rule::step
        | Rule::let_value
        | Rule::return_value
        | Rule::gate
        | Rule::if_else
        | Rule::for_each
        | Rule::match_on
        | Rule::parallel
        | Rule::wait
        | Rule::fail
        | Rule::give => (Likely::May, "a statement"),
        operator if is_operator(operator) => (Likely::Always, "an operator"),
        _ => return None,
    };
    Some((likely, word.to_owned()))
}

const fn is_operator(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::op_or
            | Rule::op_and
            | Rule::op_compare
            | Rule::op_compare_word
            | Rule::op_otherwise
            | Rule::op_matches
            | Rule::op_add
            | Rule::op_multiply
    )
}

/// What the first words of a text say is being read.
pub(super) fn reading(text: &str, otherwise: &'static str) -> &'static str {
    let mut words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').filter(|word| !word.is_empty());
    let first = match words.next() {
        Some("try" | "read" | "irreversible") => words.next(),
        first => first,
    };
    match first {
        Some("step") => "a step",
        Some("let") => "a `let`",
        Some("require") => "a gate",
        Some("if") => "an `if`",
        Some("match") => "a `match`",
        Some("for") => "a `for each`",
        Some("parallel") => "a `parallel`",
        Some("wait") => "a `wait`",
        Some("return") => "a `return`",
        Some("fail") => "a `fail`",
        Some("give") => "a `give`",
        Some("record") => "a record",
        Some("enum") => "an enum",
        Some("group") => "a group",
        Some("action") => "an action",
        Some("workflow") => "a workflow",
        Some("policy") => "a policy",
        Some("test") => "a test",
        Some("use") => "a `use`",
        Some("show") => "a `show`",
        Some("within") => "a deadline",
        Some("ask") => "an `ask`",
        Some("retry") => "a `retry`",
        Some("repeat") => "a `repeat`",
        Some("expect") => "an `expect`",
        Some("stub") => "a `stub`",
        _ => otherwise,
    }
}
