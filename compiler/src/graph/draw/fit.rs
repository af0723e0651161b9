//! Texts made to fit a box.

/// Texts longer than this are shortened in a box.
pub(super) const MAX_LINE: usize = 48;

/// Longer texts that matter may have so many lines.
const MAX_LINES: usize = 4;

/// On at most [`MAX_LINES`] lines, broken between words.
pub(super) fn wrapped(text: &str) -> Vec<String> {
    wrapped_at(text.split_whitespace())
}

/// On at most [`MAX_LINES`] lines, broken between the parts.
pub(super) fn wrapped_at<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in parts {
        let full = lines.len() == MAX_LINES;
        match lines.last_mut() {
            Some(line) if full || line.chars().count() + word.chars().count() < MAX_LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| short(line)).collect()
}

/// At most [`MAX_LINE`] characters, on one line.
pub(super) fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= MAX_LINE {
        return text;
    }
    let kept: String = text.chars().take(MAX_LINE - 1).collect();
    format!("{}…", kept.trim_end())
}
