//! What is built in, as an editor explains it.

/// A word that is built in.
pub(super) struct Word {
    pub(super) name: &'static str,
    /// How it is written, or its type.
    pub(super) signature: &'static str,
    pub(super) about: &'static str,
}

const fn word(name: &'static str, signature: &'static str, about: &'static str) -> Word {
    Word { name, signature, about }
}

/// Functions.
pub(super) const FUNCTIONS: &[Word] = &[
    word("count", "count(list) -> number", "How many items a list has; `count(i for i in list if condition)` counts some of them."),
    word("sum", "sum(value for item in list) -> number, money or duration", "The sum of a list's items; of money, all in one currency."),
    word("min", "min(value for item in list) -> T?", "The smallest; `none` where the list is empty."),
    word("max", "max(value for item in list) -> T?", "The largest; `none` where the list is empty."),
    word("first", "first(list) -> T?", "The first item; `none` where the list is empty."),
    word("last", "last(list) -> T?", "The last item; `none` where the list is empty."),
    word("any", "any(condition for item in list) -> bool", "Whether the condition holds for at least one item."),
    word("all", "all(condition for item in list) -> bool", "Whether the condition holds for every item; it does where there is none."),
    word("sort", "sort(item by value for item in list) -> [T]", "The items from the smallest value to the largest."),
    word("lower", "lower(text) -> text", "The text in small letters."),
    word("upper", "upper(text) -> text", "The text in capital letters."),
    word("trim", "trim(text) -> text", "The text without blanks at its ends."),
    word("join", "join(list, between) -> text", "The texts of a list with a text between them."),
    word("replace", "replace(text, what, by) -> text", "The text with every `what` in it replaced."),
    word("date", "date(time) -> date", "The day of a time."),
    word("days", "days(number) -> duration", "So many days."),
    word("hours", "hours(number) -> duration", "So many hours."),
    word("money", "money(number, \"EUR\") -> money", "An amount of a currency."),
    word(
        "minor",
        "minor(number, \"EUR\") -> money",
        "An amount that counts the currency's smallest unit: `minor(1250, \"EUR\")` is 12.50 EUR.",
    ),
    word("length", "length(text or list) -> number", "How many letters a text has, or items a list."),
    word("split", "split(text, at) -> [text]", "The parts of a text between each `at`."),
    word("round", "round(number or money, digits) -> the same", "Rounded to so many digits after the point; without `digits`, to none."),
    word("abs", "abs(number or money) -> the same", "Without its sign."),
    word("floor", "floor(number or money) -> the same", "The next whole number below."),
    word("ceil", "ceil(number or money) -> the same", "The next whole number above."),
];

/// Values that are there unless a name hides them.
pub(super) const VALUES: &[Word] = &[
    word("now", "time", "The time at which the step or gate is reached; it is recorded, so that looking back gives the same."),
    word("today", "date", "The day on which the step or gate is reached; it is recorded, so that looking back gives the same."),
    word("owner", "text", "Who owns the workflow's runs, as `owner` says; else whoever started the run."),
    word("requester", "text", "Who started the run."),
    word("env", "env.NAME", "A variable of the environment, as a text."),
    word("secret", "secret.NAME", "A secret of the project: only an action's own header, body, input, query or connection may hold it."),
];

/// Types.
pub(super) const TYPES: &[Word] = &[
    word("text", "text", "Any text."),
    word("number", "number", "An exact decimal number, of 28 digits at most."),
    word("bool", "bool", "`true` or `false`."),
    word("money", "money", "An exact amount with its currency, such as `1500.00 EUR`."),
    word("date", "date", "A day of the calendar, such as `2026-11-22`."),
    word("time", "time", "A point in time, such as `2026-11-22T09:00:00Z`."),
    word("duration", "duration", "A span of time, such as `30 seconds`."),
    word("json", "json", "Anything; `value as Type` reads it."),
];

/// A word of a table.
pub(super) fn find(table: &'static [Word], name: &str) -> Option<&'static Word> {
    table.iter().find(|word| word.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FUNCTIONS, TYPES};

    #[test]
    fn every_function_and_type_is_explained() {
        let explained: BTreeSet<&str> = FUNCTIONS.iter().map(|word| word.name).collect();
        assert_eq!(explained, crate::check::functions().collect());
        let explained: BTreeSet<&str> = TYPES.iter().map(|word| word.name).chain(["secret"]).collect();
        assert_eq!(explained, crate::check::TYPES.iter().map(|(name, _)| *name).collect());
    }
}
