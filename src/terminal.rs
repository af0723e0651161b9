//! What a terminal gets: styles, and no character that would move its cursor.

use clap::builder::styling::{AnsiColor, Color, Style};

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}

/// The word `error`.
pub(crate) const ERROR: Style = colour(AnsiColor::BrightRed).bold();
/// The word `warning`.
pub(crate) const WARNING: Style = colour(AnsiColor::BrightYellow).bold();
/// Ways out.
pub(crate) const HELP: Style = colour(AnsiColor::Cyan).bold();
/// What went well.
pub(crate) const GOOD: Style = colour(AnsiColor::Green).bold();
/// What matters in a line.
pub(crate) const STRONG: Style = Style::new().bold();
/// What matters less.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Lines and numbers around source text.
pub(crate) const FRAME: Style = colour(AnsiColor::Blue);

/// A text with its control characters and characters that change the direction of reading replaced, byte for byte of the same length,
/// so that places in it stay what they are.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

fn visible_char(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\r' => ' ',
        c if c.is_ascii_control() => '?',
        // Two bytes long, as they are.
        '\u{80}'..='\u{9f}' => '\u{bf}',
        // Three bytes long, as they are.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn hostile_characters_become_visible_and_keep_their_length() {
        for text in ["a\u{1b}[2Jb", "x\u{9b}y", "\u{202e}abc\u{2066}", "plain ä 漢"] {
            let shown = visible(text);
            assert_eq!(shown.len(), text.len());
            assert!(!shown.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
        }
    }
}
