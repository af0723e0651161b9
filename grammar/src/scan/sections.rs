//! Where a text falls apart into sections, each of which can be read without the others.
//!
//! A section begins after the line on which the last token before a declaration ends, so that a declaration has the comments above it in its
//! section. INVARIANT: nothing is open there, and what begins is a declaration for sure (`decl_start_strict` of the grammar), so every rule
//! of the grammar, those of junk too, ends there as it ends at the end of a text.

use super::Scanner;

impl Scanner<'_> {
    /// A declaration's word stands in the first column.
    pub(super) fn begin_section(&mut self, word: &str) {
        let before = self.text.get(..self.last).unwrap_or_default();
        // Of `read action` the first word may stand on the line above.
        let open = !self.stack.is_empty() || self.above > 0 || before.ends_with("read") || before.ends_with("irreversible");
        if open || self.last == 0 || !declares(word, self.text.get(self.at..).unwrap_or_default()) {
            return;
        }
        let between = self.text.get(self.last..).unwrap_or_default();
        if let Some(end) = between.find('\n') {
            self.scan.sections.push(self.last + end + 1);
        }
    }
}

/// Whether a word and what follows it on its line begin a declaration.
fn declares(word: &str, rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    let named = |with: char| {
        let after = rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
        after.len() < rest.len() && after.trim_start_matches([' ', '\t']).starts_with(with)
    };
    match word {
        "use" | "policy" | "test" => rest.starts_with('"'),
        "record" | "enum" | "group" => named('{'),
        "workflow" | "action" => named('('),
        "read" | "irreversible" => {
            rest.strip_prefix("action").is_some_and(|rest| rest.starts_with([' ', '\t']) && declares("action", rest))
        }
        _ => false,
    }
}
