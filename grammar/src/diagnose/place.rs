//! The places where junk can stand, and what belongs there.

use crate::grammar::Rule;
use crate::words;

/// What belongs into a place.
pub(crate) struct Place {
    /// `a statement`
    pub(crate) wanted: &'static str,
    /// The words that may open it.
    pub(crate) allowed: &'static [&'static str],
    /// Its strict rule.
    pub(crate) rule: Rule,
    /// What is being read, where no word says it.
    pub(crate) reading: &'static str,
    /// Items begin with a name of the author's, so that no word is unknown.
    pub(crate) strict: bool,
    /// An item is one token, which cannot be the rest of the item before it.
    pub(crate) single: bool,
}

const fn opened(wanted: &'static str, allowed: &'static [&'static str], rule: Rule, reading: &'static str) -> Place {
    Place { wanted, allowed, rule, reading, strict: false, single: false }
}

const fn named(wanted: &'static str, allowed: &'static [&'static str], rule: Rule, reading: &'static str) -> Place {
    Place { wanted, allowed, rule, reading, strict: true, single: false }
}

const fn single(wanted: &'static str, rule: Rule, reading: &'static str) -> Place {
    Place { wanted, allowed: &[], rule, reading, strict: true, single: true }
}

pub(crate) static DECLARATION: Place = opened("a declaration", words::DECLARATIONS, Rule::only_declaration, "a declaration");
pub(crate) static STATEMENT: Place = opened("a statement", words::STATEMENTS, Rule::only_statement, "a statement");
pub(crate) static WORKFLOW_ITEM: Place = opened("a statement", words::WORKFLOW_ITEMS, Rule::only_setting, "a statement");
pub(crate) static GATE_CLAUSE: Place = opened("a clause of a gate", words::GATE_CLAUSES, Rule::only_gate_clause, "a gate");
pub(crate) static STEP_CLAUSE: Place = opened("a clause of a step", words::STEP_CLAUSES, Rule::only_step_clause, "a step");
pub(crate) static ACTION_ITEM: Place = opened("a clause of an action", words::ACTION_ITEMS, Rule::only_action_item, "an action");
pub(crate) static TEST_STATEMENT: Place = opened("a statement of a test", words::TEST_STATEMENTS, Rule::only_test_statement, "a test");
pub(crate) static BRANCH: Place = opened("a branch", words::BRANCHES, Rule::only_branch, "a parallel");
pub(crate) static ARM: Place = named("an arm", words::ARMS, Rule::only_arm, "a match");
pub(crate) static FIELD: Place = named("a field", &[], Rule::only_field, "a record");
pub(crate) static MEMBER: Place = single("a name", Rule::name, "an enum");
pub(crate) static ADDRESS: Place = single("an address in quotes", Rule::text, "a group");
pub(crate) static POLICY_RULE: Place = named("a rule", &["any"], Rule::only_policy_rule, "a policy");
