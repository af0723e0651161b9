//! Texts as the scan sees them: where they end, their escapes, and the interpolations inside.

use smol_str::SmolStr;

use super::{Kind, Scanner};
use crate::{FaultKind, MAX_DEPTH, words};

/// How far it is looked for the end of a text inside an interpolation.
const MAX_LOOK: usize = 512;

impl Scanner<'_> {
    pub(super) fn open_text(&mut self) {
        // Inside an interpolation a quote opens a text of its own, unless the interpolation itself was left open.
        if self.holes > 0 && self.above == 0 && !self.opens_nested() {
            return self.leave_hole();
        }
        let start = self.at;
        let long = self.text.get(start..).is_some_and(|rest| rest.starts_with("\"\"\""));
        self.at += if long { 3 } else { 1 };
        self.text_body(long, start);
    }

    fn opens_nested(&self) -> bool {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        let mut line = rest.iter().take(MAX_LOOK).take_while(|byte| **byte != b'\n');
        line.any(|byte| *byte == b'"') && line.any(|byte| *byte == b'}')
    }

    fn leave_hole(&mut self) {
        while let Some(open) = self.stack.pop() {
            if matches!(open.kind, Kind::Hole { .. }) {
                self.holes -= 1;
                self.fault(FaultKind::UnclosedInterpolation, open.at, open.at + 1);
                break;
            }
        }
        self.at += 1;
    }

    /// Reads on in a text up to its end or its next interpolation. `start` is where the text, or this part of it, began.
    pub(super) fn text_body(&mut self, long: bool, start: usize) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' if !long => {
                    self.at += 1;
                    return;
                }
                b'"' if self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\"\"\"")) => {
                    self.at += 3;
                    return;
                }
                b'\n' if !long => break,
                b'\\' => self.escape(),
                b'{' if self.peek(1) == Some(b'\\') => {
                    self.fault(FaultKind::UnescapedBrace, self.at, self.at + 1);
                    self.scan.hidden.push(super::span(self.at, self.at + 1));
                    self.at += 1;
                }
                b'{' => {
                    if self.above > 0 || self.stack.len() >= MAX_DEPTH {
                        // The rest of the line is as deep.
                        let start = self.at;
                        self.at = self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(self.bytes.len(), |length| start + length);
                        self.too_deep(start, self.at);
                        if long {
                            continue;
                        }
                        return;
                    }
                    return self.open(Kind::Hole { long, broken: false });
                }
                _ => self.at += 1,
            }
        }
        // The end of a text that began a line before is told with its beginning.
        let rest = self.text.get(start + 1..self.at).unwrap_or_default();
        let between = |end: u32| self.text.get(end as usize..start).unwrap_or_default();
        let closes = !long && rest.bytes().all(|byte| b" \t\r)]},".contains(&byte));
        let before = self
            .scan
            .faults
            .iter()
            .rposition(|fault| fault.kind == FaultKind::UnclosedText && between(fault.span.end).matches('\n').count() == 1);
        match before.filter(|_| closes).and_then(|before| self.scan.faults.get_mut(before)) {
            Some(fault) => fault.span.end = super::span(0, self.at).end,
            None => self.fault(FaultKind::UnclosedText, start, self.at),
        }
    }

    fn escape(&mut self) {
        let start = self.at;
        self.at += 1;
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some('"' | '\\' | 'n' | 't' | '{') => self.at += 1,
            Some('u') if self.peek(1) == Some(b'{') => {
                let digits = self.text.get(self.at + 2..).unwrap_or_default();
                let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count().min(8);
                let code = digits.get(..length).unwrap_or_default();
                self.at += 2 + length;
                let closed = self.peek(0) == Some(b'}');
                self.at += usize::from(closed);
                let exists = closed && u32::from_str_radix(code, 16).ok().and_then(char::from_u32).is_some();
                if !exists {
                    let written = SmolStr::new(self.text.get(start..self.at).unwrap_or_default());
                    self.fault(FaultKind::NoSuchCharacter(written), start, self.at);
                }
            }
            Some('\n') | None => {}
            Some(other) => {
                self.at += other.len_utf8();
                let written = SmolStr::new(self.text.get(start..self.at).unwrap_or_default());
                self.fault(FaultKind::UnknownEscape(written), start, self.at);
            }
        }
    }

    /// The raw literal after `matches`.
    pub(super) fn regex(&mut self) {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\n' => break,
                b'\\' if self.peek(1).is_some_and(|next| next != b'\n') => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.fault(FaultKind::UnclosedText, start, self.at.min(self.bytes.len()));
    }

    pub(super) fn newline(&mut self) {
        self.line_start = true;
        self.at += 1;
        if self.holes > 0 {
            self.newline_in_hole();
        }
    }

    /// A newline inside `{...}` of a text: the author broke the line there, or forgot the `}`.
    fn newline_in_hole(&mut self) {
        let closed = self.text.get(self.at..).is_some_and(closes_soon);
        if closed {
            self.break_hole(self.at - 1, self.at);
            return;
        }
        let mut resume = None;
        while self.holes > 0 {
            let Some(open) = self.stack.pop() else { break };
            if let Kind::Hole { long, broken } = open.kind {
                self.holes -= 1;
                resume = Some(long);
                if self.holes == 0 && !broken {
                    self.fault(FaultKind::UnclosedInterpolation, open.at, open.at + 1);
                }
            }
        }
        if resume == Some(true) {
            self.text_body(true, self.at);
        }
    }

    pub(super) fn break_hole(&mut self, start: usize, end: usize) {
        let first = self.stack.iter_mut().rev().find_map(|open| match &mut open.kind {
            Kind::Hole { broken, .. } => Some(!std::mem::replace(broken, true)),
            _ => None,
        });
        if first == Some(true) {
            self.fault(FaultKind::BrokenInterpolation, start, end);
        }
    }
}

/// Whether a `}` comes before anything that does not belong into an interpolation.
fn closes_soon(rest: &str) -> bool {
    for line in rest.lines().take(5) {
        let first =
            line.trim_start().split(|character: char| !character.is_ascii_alphanumeric() && character != '_').next().unwrap_or_default();
        if words::opens_statement(first) {
            return false;
        }
        if let Some(index) = line.find(['}', '"', '{', '#']) {
            // Directly at the line's beginning it closes a block.
            return line.get(index..).is_some_and(|found| found.starts_with('}'))
                && (!line.trim_start().starts_with('}') || line.contains('"'));
        }
    }
    false
}
