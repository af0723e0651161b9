//! Tables and JSON on standard output.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value as Json;

use crate::terminal::visible;

/// The longest text of a cell that is shortened.
const SHORT: usize = 48;

/// A table without lines, as wide as the terminal allows; whole in a pipe.
pub(crate) fn draw(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(heads);
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    let mut out = String::new();
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim());
    }
    out
}

/// JSON with a line end.
pub(crate) fn json(value: &Json) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// A text with styles, without them where standard output does not want them.
pub(crate) fn styled(text: &str) -> String {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

/// The beginning of a text.
pub(crate) fn short(text: &str) -> String {
    if text.chars().count() <= SHORT {
        return text.to_owned();
    }
    let kept: String = text.chars().take(SHORT - 1).collect();
    format!("{}…", kept.trim_end())
}
