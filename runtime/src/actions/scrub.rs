//! Takes known secrets out of what an action answered, before anybody sees or stores it.

use flow_compiler::value::Value;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

const INSTEAD: &str = "***";

/// The secrets that an attempt has used, in every spelling in which an answer could echo them.
#[derive(Clone, Default)]
pub(super) struct Scrub {
    spellings: Vec<String>,
}

impl Scrub {
    /// Learns a secret.
    pub(super) fn learn(&mut self, secret: &str) {
        let quoted = Json::String(secret.to_owned()).to_string();
        let quoted = quoted.trim_matches('"').to_owned();
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let base64 = data_encoding::BASE64.encode(secret.as_bytes());
        for spelling in [secret.to_owned(), secret.trim().to_owned(), quoted, encoded, base64] {
            if !spelling.is_empty() && !self.spellings.contains(&spelling) {
                self.spellings.push(spelling);
            }
        }
        // The longest first: one spelling may hold another.
        self.spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    }

    /// A text without them.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        if !self.spellings.iter().any(|spelling| text.contains(spelling.as_str())) {
            return None;
        }
        let clean = self.spellings.iter().fold(text.to_owned(), |text, spelling| text.replace(spelling.as_str(), INSTEAD));
        Some(clean)
    }

    /// JSON without them, in texts, names and numbers.
    pub(super) fn json(&self, json: Json) -> Json {
        if self.spellings.is_empty() {
            return json;
        }
        match json {
            Json::String(text) => Json::String(self.text(&text).unwrap_or(text)),
            Json::Number(number) if self.spellings.contains(&number.to_string()) => Json::String(INSTEAD.into()),
            Json::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Json::Object(fields) => {
                let clean = |(name, value): (String, Json)| (self.text(&name).unwrap_or(name), self.json(value));
                Json::Object(fields.into_iter().map(clean).collect())
            }
            other => other,
        }
    }

    /// A value without them.
    pub(super) fn value(&self, value: Value) -> Value {
        if self.spellings.is_empty() {
            return value;
        }
        match value {
            Value::Text(text) => Value::Text(self.text(&text).map_or(text, Into::into)),
            Value::Json(json) => Value::Json(self.json((*json).clone()).into()),
            Value::List(items) => Value::List(items.iter().cloned().map(|item| self.value(item)).collect()),
            Value::Record(fields) => Value::Record(fields.iter().cloned().map(|field| self.value(field)).collect()),
            other => other,
        }
    }
}
