//! Addresses with values in them: a value never changes which place an address names.

use flow_compiler::plan::{Http, TextPart, Type};
use flow_compiler::value::Value;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;

use super::call::Call;

/// All but what RFC 3986 calls unreserved.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as one part of an address.
pub(super) fn component(value: &str) -> String {
    utf8_percent_encode(value, COMPONENT).to_string()
}

/// The address of a call.
pub(super) fn render(call: &Call<'_>, http: &Http) -> Result<Url, String> {
    let text = path(call, &http.url)?;
    let mut url = Url::parse(&text).map_err(|error| format!("`{text}` is no web address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` does not start with `http://` or `https://`"));
    }
    for (name, expr, ty) in &http.query {
        append(&mut url, call, name, &call.eval(expr)?, ty);
    }
    Ok(url)
}

fn append(url: &mut Url, call: &Call<'_>, name: &str, value: &Value, ty: &Type) {
    match (value, ty) {
        (Value::None, _) => {}
        (value, Type::Optional(inner)) => append(url, call, name, value, inner),
        (Value::List(items), Type::List(inner)) => {
            for item in items.iter() {
                append(url, call, name, item, inner);
            }
        }
        (value, ty) => {
            url.query_pairs_mut().append_pair(name, &call.write(value, ty));
        }
    }
}

fn path(call: &Call<'_>, parts: &[TextPart]) -> Result<String, String> {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            TextPart::Text(part) => text.push_str(part),
            // A base address, slash at its end or not: what follows it begins with one.
            TextPart::Value(expr, ty) if index == 0 => {
                let base = call.write(&call.eval(expr)?, ty);
                let follows = matches!(parts.get(1), Some(TextPart::Text(next)) if next.starts_with('/'));
                text.push_str(if follows { base.trim_end_matches('/') } else { &base });
            }
            TextPart::Value(expr, ty) => {
                let value = call.write(&call.eval(expr)?, ty);
                let alone = text.ends_with('/') && stands_alone(parts.get(index + 1));
                if value.is_empty() && alone && !text.contains('?') {
                    return Err(format!("a value in the address is empty: `{text}`"));
                }
                text.extend(utf8_percent_encode(&value, COMPONENT));
            }
        }
    }
    // `..` as a value would climb to another place; as the author's own text nobody needs it.
    let place = text.split(['?', '#']).next().unwrap_or_default();
    let climbs = place.split('/').skip(3).any(|segment| {
        let segment = percent_decode_str(segment).decode_utf8_lossy();
        segment == "." || segment == ".."
    });
    if climbs { Err(format!("a value in the address is `.` or `..`: `{text}`")) } else { Ok(text) }
}

/// Whether a value before this part is a whole segment.
fn stands_alone(next: Option<&TextPart>) -> bool {
    match next {
        None => true,
        Some(TextPart::Text(next)) => next.starts_with(['/', '?', '#']),
        Some(TextPart::Value(..)) => false,
    }
}
