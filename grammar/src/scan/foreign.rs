//! Signs of other languages and of word processors: other quotes, signs of currencies, other comments. Each is one fault, and what it stands
//! for is read on as far as that is sure.

use smol_str::SmolStr;

use super::{Scanner, span};
use crate::FaultKind;

impl Scanner<'_> {
    /// A text in other quotes is read as if they were the right ones; a quote alone means nothing.
    pub(super) fn other_quotes(&mut self, open: char, close: char) {
        let start = self.at;
        let inside = start + open.len_utf8();
        let line = self.text.get(inside..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let Some(length) = line.find([close, '"']).filter(|end| line.get(*end..).is_some_and(|rest| rest.starts_with(close))) else {
            self.at = inside;
            self.fault(FaultKind::StrayCharacter(open), start, inside);
            self.scan.hidden.push(span(start, inside));
            return;
        };
        let end = inside + length + close.len_utf8();
        self.at = end;
        let (first, last) = (open.len_utf8(), close.len_utf8());
        self.scan.hidden.push(span(start, inside));
        self.scan.hidden.push(span(end - last, end));
        self.scan.quotes.push(inside - 1);
        self.scan.quotes.push(end - last);
        self.fault(FaultKind::WrongQuotes { open: span(first, 0).start, close: span(last, 0).start }, start, end);
    }

    /// `“text”`, `„text“`, `‘text’`, `«text»`
    pub(super) fn typographic(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let open = rest.chars().next().unwrap_or('“');
        let ends: &[char] = match open {
            '‘' | '’' => &['’', '‘'],
            '«' => &['»'],
            _ => &['”', '“'],
        };
        let line = rest.get(open.len_utf8()..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let close = line.chars().find(|character| ends.contains(character)).unwrap_or('”');
        self.other_quotes(open, close);
    }

    /// `€100`
    pub(super) fn currency_sign(&mut self, sign: char, code: &'static str) {
        let start = self.at;
        self.at += sign.len_utf8();
        self.scan.hidden.push(span(start, self.at));
        let digits = self.text.get(self.at..).unwrap_or_default();
        let length =
            digits.find(|character: char| !(character.is_ascii_digit() || character == '.' || character == '_')).unwrap_or(digits.len());
        let digits = digits.get(..length).unwrap_or_default().trim_end_matches('.');
        match digits.is_empty() {
            true => self.fault(FaultKind::StrayCharacter(sign), start, self.at),
            false => self.fault(FaultKind::CurrencySign { sign, code, digits: digits.into() }, start, self.at + digits.len()),
        }
    }

    /// A comment as other languages write it; `length` is that of its sign.
    pub(super) fn other_comment(&mut self, length: usize) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        self.at = start + rest.find('\n').unwrap_or(rest.len());
        let written = SmolStr::new(rest.get(..length).unwrap_or_default());
        self.fault(FaultKind::WrongOperator { written, meant: "#" }, start, start + length);
        self.scan.hidden.push(span(start, self.at));
    }

    /// `/* ... */`
    pub(super) fn block_comment(&mut self) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        self.at = start + rest.find("*/").map_or(rest.len(), |end| end + 2);
        let help = "a comment begins with `#` and ends with its line";
        self.fault(FaultKind::Foreign { written: "/*".into(), help }, start, start + 2);
        self.scan.hidden.push(span(start, self.at));
    }
}
