//! `as markdown`: headings, lists, paragraphs, emphasis and code. Everything else (links, images, HTML) stays the text that it is, so that
//! nothing that was written is hidden and nothing leads anywhere.

use super::html::Html;

/// Draws a text.
pub(super) fn draw(text: &str) -> Html {
    let mut html = Html::default();
    let mut open = Block::None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            open.end(&mut html);
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")).collect();
            html.push("<pre tabindex=\"0\"><code>");
            html.push_text(&code.join("\n"));
            html.push("</code></pre>");
        } else if trimmed.is_empty() {
            open.end(&mut html);
        } else if let Some(heading) = heading(trimmed) {
            open.end(&mut html);
            html.push("<p><strong>");
            inline(&mut html, heading);
            html.push("</strong></p>");
        } else if let Some(item) = ["- ", "* "].iter().find_map(|bullet| trimmed.strip_prefix(bullet)) {
            open.begin(&mut html, Block::List);
            html.push("<li>");
            inline(&mut html, item);
            html.push("</li>");
        } else {
            let goes_on = open == Block::Paragraph;
            open.begin(&mut html, Block::Paragraph);
            if goes_on {
                html.push("\n");
            }
            inline(&mut html, trimmed);
        }
    }
    open.end(&mut html);
    html
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    None,
    Paragraph,
    List,
}

impl Block {
    fn begin(&mut self, html: &mut Html, block: Self) {
        if *self == block {
            return;
        }
        self.end(html);
        html.push(if block == Self::List { "<ul>" } else { "<p>" });
        *self = block;
    }

    fn end(&mut self, html: &mut Html) {
        html.push(match self {
            Self::None => "",
            Self::Paragraph => "</p>",
            Self::List => "</ul>",
        });
        *self = Self::None;
    }
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    rest.strip_prefix(' ').filter(|_| (1..=6).contains(&level)).map(str::trim)
}

/// `**strong**` and `` `code` ``; a mark without its other half is text.
fn inline(html: &mut Html, text: &str) {
    let mut rest = text;
    loop {
        let next = [("`", "<code>", "</code>"), ("**", "<strong>", "</strong>")]
            .into_iter()
            .filter_map(|(mark, start, end)| {
                let (before, after) = rest.split_once(mark)?;
                let (inside, after) = after.split_once(mark)?;
                (!inside.is_empty()).then_some((before, start, inside, end, after))
            })
            .min_by_key(|(before, ..)| before.len());
        let Some((before, start, inside, end, after)) = next else { break };
        html.push_text(before);
        html.push(start);
        html.push_text(inside);
        html.push(end);
        rest = after;
    }
    html.push_text(rest);
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_known_is_drawn_and_the_rest_is_text() {
        let cases = [
            ("# Terms\nfirst\nsecond", "<p><strong>Terms</strong></p><p>first\nsecond</p>"),
            ("- a **b** `c<`\n* d\n\ne", "<ul><li>a <strong>b</strong> <code>c&lt;</code></li><li>d</li></ul><p>e</p>"),
            ("```sh\nrm -rf <x>\n```\nend", "<pre tabindex=\"0\"><code>rm -rf &lt;x&gt;</code></pre><p>end</p>"),
            ("[a](javascript:x) <b>", "<p>[a](javascript:x) &lt;b&gt;</p>"),
            ("a ** b ` c", "<p>a ** b ` c</p>"),
            ("#no heading", "<p>#no heading</p>"),
        ];
        for (text, html) in cases {
            assert_eq!(super::draw(text).to_string(), html, "{text}");
        }
    }
}
