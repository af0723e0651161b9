//! Text that is safe to put into a page: escaped, and with what cannot be seen, or makes other text seem what it is not, made visible.

use std::fmt;

use askama::filters::HtmlSafe;

/// A piece of a page. INVARIANT: everything in it that is not written in this program has been escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Foreign text.
    pub(super) fn text(text: &str) -> Self {
        let mut html = Self::default();
        html.push_text(text);
        html
    }

    /// Foreign text where no markup can stand: what is hidden is shown without being set apart.
    pub(super) fn plain(text: &str) -> Self {
        let shown: String = text.chars().map(|c| if hides(c, None, None) { '\u{FFFD}' } else { c }).collect();
        Self::text(&shown)
    }

    /// A message of the engine, in which what stands between backticks is somebody's own words.
    pub(super) fn prose(text: &str) -> Self {
        let mut html = Self::default();
        html.push_prose(text);
        html
    }

    /// Adds a sentence, with what it quotes as code.
    pub(super) fn push_prose(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, quoted, after)) = quotation(rest) {
            self.push_text(before);
            self.push("<code>");
            self.push_text(quoted);
            self.push("</code>");
            rest = after;
        }
        self.push_text(rest);
    }

    /// Adds markup.
    pub(super) fn push(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Adds foreign text.
    pub(super) fn push_text(&mut self, text: &str) {
        let mut before = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let after = chars.peek().copied();
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\r' if after == Some('\n') => {}
                _ if hides(c, before, after) => self.push_code(c),
                _ => self.0.push(c),
            }
            before = Some(c);
        }
    }

    fn push_code(&mut self, c: char) {
        let code = u32::from(c);
        self.0.push_str(&format!("<span class=\"odd\" title=\"an invisible character\">⟨U+{code:04X}⟩</span>"));
    }
}

fn quotation(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (quoted, after) = rest.split_once('`')?;
    Some((before, quoted, after))
}

/// Whether a character is invisible or changes the direction of what stands around it.
fn hides(c: char, before: Option<char>, after: Option<char>) -> bool {
    match c {
        '\n' | '\t' => false,
        // Joiners belong to the writing of some scripts and to emoji; between Latin letters they only hide.
        '\u{200C}' | '\u{200D}' => {
            ![before, after].iter().all(|near| near.is_some_and(|near| !near.is_ascii() && !hides(near, None, None)))
        }
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}'
        | '\u{FFA0}' => true,
        '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FFF0}'..='\u{FFFB}' => {
            true
        }
        '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}' => true,
        _ => c.is_control(),
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_between_backticks_are_set_apart() {
        assert_eq!(Html::plain("a\u{202E}<").to_string(), "a\u{FFFD}&lt;");
        assert_eq!(Html::prose("`a < b` holds, `c").to_string(), "<code>a &lt; b</code> holds, `c");
    }

    #[test]
    fn foreign_text_is_text_and_hides_nothing() {
        let odd = |code: &str| format!("<span class=\"odd\" title=\"an invisible character\">⟨U+{code}⟩</span>");
        let cases = [
            ("<script>'&\"", "&lt;script&gt;&#39;&amp;&quot;".to_owned()),
            ("pay \u{202E}001", format!("pay {}001", odd("202E"))),
            ("a\u{200B}b", format!("a{}b", odd("200B"))),
            ("a\u{200D}b", format!("a{}b", odd("200D"))),
            ("line\r\nline\tx", "line\nline\tx".to_owned()),
            ("a\rb\0", format!("a{}b{}", odd("000D"), odd("0000"))),
            ("👩\u{200D}💻 نمی\u{200C}خواهم", "👩\u{200D}💻 نمی\u{200C}خواهم".to_owned()),
            ("Grüße, 世界", "Grüße, 世界".to_owned()),
            ("\u{E0041}", odd("E0041")),
        ];
        for (text, html) in cases {
            assert_eq!(Html::text(text).to_string(), html, "{text:?}");
        }
    }
}
