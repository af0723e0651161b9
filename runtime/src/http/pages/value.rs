//! Values drawn: tables, differences, code, and everything else by its shape.

use serde_json::{Map, Value as Json};

use super::html::Html;
use crate::view::{Preview, Shown};

/// How deep values are drawn one inside the other before they are written as JSON.
const DEEP: usize = 4;

/// The mark of what a model wrote.
const BY_MODEL: &str = "<p class=\"by-model\">written by a model</p>";

/// A shown value.
pub(super) fn shown(shown: &Shown) -> Html {
    let mut html = Html::default();
    if shown.by_model {
        html.push(BY_MODEL);
    }
    match shown.style {
        "error" => {
            html.push("<p class=\"fault\">");
            html.push_text(&shown.text);
            html.push("</p>");
        }
        "table" => table_or_value(&mut html, &shown.value),
        "diff" => diff(&mut html, &shown.text),
        "code" => pre(&mut html, &shown.text),
        "markdown" => return super::markdown::draw(&shown.text),
        _ if shown.value.is_array() || shown.value.is_object() => any(&mut html, &shown.value, 0),
        _ => plain(&mut html, &shown.text),
    }
    html
}

/// A value of any kind.
pub(super) fn value(json: &Json) -> Html {
    let mut html = Html::default();
    any(&mut html, json, 0);
    html
}

/// An argument of a call, of which the text is known too.
pub(super) fn argument(json: Option<&Json>, text: &str, by_model: bool) -> Html {
    let mut html = Html::default();
    if by_model {
        html.push(BY_MODEL);
    }
    match json {
        Some(json @ (Json::Array(_) | Json::Object(_))) => any(&mut html, json, 0),
        _ => plain(&mut html, text),
    }
    html
}

/// What the calls of a loop are given that differs from item to item.
pub(super) fn of_items(items: &[Map<String, Json>], by_model: &[String]) -> Html {
    let mut html = Html::default();
    for name in by_model.iter().filter(|name| items.iter().any(|item| item.contains_key(*name))) {
        html.push("<p class=\"by-model\">");
        html.push_text(name);
        html.push(": written by a model</p>");
    }
    if items.is_empty() {
        html.push("<p class=\"none\">there is no item, so it is not called</p>");
    } else {
        let items: Vec<&Map<String, Json>> = items.iter().collect();
        table(&mut html, &items, 0, Rows { name: "item", absent: "cannot be computed" });
    }
    html
}

/// What a call would touch.
pub(super) fn preview(preview: &Preview) -> Html {
    let mut html = Html::default();
    if preview.failed || !preview.needs.is_empty() {
        html.push(if preview.failed { "<p class=\"fault\">" } else { "<p class=\"none\">" });
        html.push_prose(&preview.text);
        html.push("</p>");
        return html;
    }
    match &preview.value {
        json @ (Json::Array(_) | Json::Object(_)) => any(&mut html, json, 0),
        _ => plain(&mut html, &preview.text),
    }
    html
}

/// What a run returned.
pub(super) fn output(json: &Json, by_model: bool) -> Html {
    let mut html = Html::default();
    if by_model {
        html.push(BY_MODEL);
    }
    any(&mut html, json, 0);
    html
}

fn any(html: &mut Html, json: &Json, depth: usize) {
    match json {
        Json::Array(items) if items.is_empty() => none(html, "none"),
        Json::Object(map) if map.is_empty() => none(html, "nothing"),
        Json::Array(_) | Json::Object(_) if depth >= DEEP => pre(html, &json.to_string()),
        Json::Array(items) => match records(items) {
            Some(records) if depth < 2 => table(html, &records, depth, ROWS),
            _ => list(html, items, depth),
        },
        Json::Object(map) => fields(html, map, depth),
        Json::Null => none(html, "none"),
        Json::Bool(yes) => html.push(if *yes { "yes" } else { "no" }),
        Json::Number(number) => plain(html, &number.to_string()),
        Json::String(text) => plain(html, text),
    }
}

fn none(html: &mut Html, word: &'static str) {
    html.push("<span class=\"none\">");
    html.push(word);
    html.push("</span>");
}

fn plain(html: &mut Html, text: &str) {
    if text.is_empty() {
        return none(html, "empty");
    }
    html.push(if text.contains('\n') { "<div class=\"text\">" } else { "<span class=\"text\">" });
    html.push_text(text);
    html.push(if text.contains('\n') { "</div>" } else { "</span>" });
}

fn pre(html: &mut Html, text: &str) {
    html.push("<pre tabindex=\"0\"><code>");
    html.push_text(text);
    html.push("</code></pre>");
}

fn list(html: &mut Html, items: &[Json], depth: usize) {
    html.push("<ul class=\"items\">");
    for item in items {
        html.push("<li>");
        any(html, item, depth + 1);
        html.push("</li>");
    }
    html.push("</ul>");
}

fn fields(html: &mut Html, map: &Map<String, Json>, depth: usize) {
    html.push("<dl class=\"fields\">");
    for (name, value) in map {
        html.push("<div><dt>");
        html.push_text(name);
        html.push("</dt><dd>");
        any(html, value, depth + 1);
        html.push("</dd></div>");
    }
    html.push("</dl>");
}

/// The items as records, when they all are.
fn records(items: &[Json]) -> Option<Vec<&Map<String, Json>>> {
    items.iter().map(Json::as_object).collect()
}

fn table_or_value(html: &mut Html, json: &Json) {
    match json {
        Json::Array(items) if !items.is_empty() => match records(items) {
            Some(records) => table(html, &records, 0, ROWS),
            None => list(html, items, 0),
        },
        other => any(html, other, 0),
    }
}

/// What the rows of a table are, and what stands where a row has nothing in a column.
struct Rows {
    name: &'static str,
    absent: &'static str,
}

/// Rows of any table.
const ROWS: Rows = Rows { name: "row", absent: "" };

fn table(html: &mut Html, records: &[&Map<String, Json>], depth: usize, rows: Rows) {
    let mut columns: Vec<&String> = Vec::new();
    for name in records.iter().flat_map(|record| record.keys()) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    html.push("<div class=\"scroll\" role=\"region\" aria-label=\"table\" tabindex=\"0\"><table><thead><tr>");
    for name in &columns {
        html.push(if numeric(records, name) { "<th scope=\"col\" class=\"num\">" } else { "<th scope=\"col\">" });
        html.push_text(name);
        html.push("</th>");
    }
    html.push("</tr></thead><tbody>");
    for record in records {
        html.push("<tr>");
        for name in &columns {
            html.push(if numeric(records, name) { "<td class=\"num\">" } else { "<td>" });
            match record.get(*name) {
                Some(value) => any(html, value, depth + 2),
                None if rows.absent.is_empty() => {}
                None => none(html, rows.absent),
            }
            html.push("</td>");
        }
        html.push("</tr>");
    }
    html.push("</tbody></table></div><p class=\"count\">");
    html.push_text(&format!("{} {}{}", records.len(), rows.name, if records.len() == 1 { "" } else { "s" }));
    html.push("</p>");
}

/// Whether a column holds numbers or amounts; the first few rows tell.
fn numeric(records: &[&Map<String, Json>], name: &str) -> bool {
    let mut values = records.iter().take(5).filter_map(|record| record.get(name)).filter(|value| !value.is_null()).peekable();
    values.peek().is_some()
        && values.all(|value| match value {
            Json::Number(_) => true,
            Json::String(text) => amount(text),
            _ => false,
        })
}

/// `1500.00 EUR`
fn amount(text: &str) -> bool {
    let Some((number, currency)) = text.split_once(' ') else { return false };
    currency.len() == 3
        && currency.bytes().all(|byte| byte.is_ascii_uppercase())
        && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

fn diff(html: &mut Html, text: &str) {
    if text.is_empty() {
        return none(html, "no difference");
    }
    html.push("<pre class=\"diff\" tabindex=\"0\"><code>");
    for line in text.lines() {
        html.push(match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => "<span class=\"file\">",
            [b'+', ..] => "<span class=\"add\">",
            [b'-', ..] => "<span class=\"del\">",
            [b'@', b'@', ..] => "<span class=\"hunk\">",
            _ => "<span>",
        });
        html.push_text(line);
        html.push("\n</span>");
    }
    html.push("</code></pre>");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draw(style: &'static str, value: Json, text: &str) -> String {
        shown(&Shown { label: String::new(), value, text: text.to_owned(), style, by_model: false }).to_string()
    }

    #[test]
    fn records_are_tables_with_headers() {
        let rows = json!([{"id": 7, "name": "<b>"}, {"id": 8, "due": "5.00 EUR"}]);
        for style in ["table", "plain"] {
            let html = draw(style, rows.clone(), "");
            assert!(html.contains("<th scope=\"col\" class=\"num\">id</th>"), "{html}");
            assert!(html.contains("<th scope=\"col\" class=\"num\">due</th>"), "{html}");
            assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
            assert!(html.contains("2 rows"), "{html}");
        }
        assert!(draw("table", json!([]), "").contains("none"));
        assert!(draw("table", json!(["a", "b"]), "").contains("<li>"));
    }

    #[test]
    fn lines_of_a_difference_say_what_they_are() {
        let html = draw("diff", json!("x"), "--- a\n+++ b\n@@ -1 +1 @@\n-old <\n+new\u{202E}\n same");
        for part in [
            "<span class=\"file\">--- a",
            "<span class=\"hunk\">@@",
            "<span class=\"del\">-old &lt;",
            "<span class=\"add\">+new<span class=\"odd\"",
            "<span> same",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn what_a_model_wrote_says_so() {
        let shown = shown(&Shown { label: String::new(), value: json!("a"), text: "a".into(), style: "plain", by_model: true });
        assert_eq!(shown.to_string(), "<p class=\"by-model\">written by a model</p><span class=\"text\">a</span>");
    }

    #[test]
    fn nothing_that_is_deep_is_drawn_without_end() {
        let mut deep = json!("x");
        for _ in 0..100 {
            deep = json!({ "a": deep });
        }
        let html = draw("plain", deep, "");
        assert!(html.matches("<dl").count() == DEEP, "{html}");
        assert!(html.contains("<pre"));
    }

    #[test]
    fn errors_and_texts() {
        assert_eq!(draw("error", Json::Null, "no <x>"), "<p class=\"fault\">no &lt;x&gt;</p>");
        assert_eq!(draw("plain", json!("a"), "a"), "<span class=\"text\">a</span>");
        assert_eq!(draw("plain", json!("a\nb"), "a\nb"), "<div class=\"text\">a\nb</div>");
        assert_eq!(draw("code", json!("a<"), "a<"), "<pre tabindex=\"0\"><code>a&lt;</code></pre>");
    }
}
