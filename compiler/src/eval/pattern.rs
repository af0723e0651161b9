//! Regular expressions: linear time, bounded size, compiled once.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};
use smol_str::SmolStr;

use super::EvalError;

/// How many compiled patterns a thread keeps.
const KEPT: usize = 128;

thread_local! {
    static PATTERNS: RefCell<HashMap<SmolStr, Regex>> = RefCell::default();
}

/// Whether a text has a match.
pub(super) fn matches(pattern: &SmolStr, text: &str) -> Result<bool, EvalError> {
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(compiled) = patterns.get(pattern) {
            return Ok(compiled.is_match(text));
        }
        let compiled = compile(pattern).map_err(EvalError)?;
        let found = compiled.is_match(text);
        if patterns.len() >= KEPT {
            patterns.clear();
        }
        patterns.insert(pattern.clone(), compiled);
        Ok(found)
    })
}

/// Whether a pattern is one, and not too large.
///
/// # Errors
/// Says what is wrong with it.
pub fn check(pattern: &str) -> Result<(), String> {
    compile(pattern).map(|_| ())
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(1 << 20).dfa_size_limit(1 << 20).nest_limit(64).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".into(),
        // Several lines that draw the pattern; the last says what is wrong.
        error => {
            let text = error.to_string();
            let last = text.lines().next_back().unwrap_or_default();
            format!("the pattern is wrong: {}", last.trim_start_matches("error: "))
        }
    })
}
