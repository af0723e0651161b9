//! What an approval's form carried, read as an answer.

use serde_json::{Map, Value as Json};

use super::visitor::Sent;
use crate::engine::Answer;
use crate::http::problem::Problem;
use crate::view::FieldView;

/// An answer as the engine takes it.
pub(super) struct Answered {
    pub(super) answer: Answer,
    pub(super) comment: Option<String>,
    pub(super) values: Map<String, Json>,
}

impl Answered {
    /// Reads the form. What was entered counts only for the answers that it belongs to.
    pub(super) fn read(sent: &Sent, fields: &[FieldView]) -> Result<Self, Problem> {
        let answer = match sent.get("decision") {
            "approve" => Answer::Approve,
            "reject" => Answer::Reject,
            "send_back" => Answer::SendBack,
            "done" => Answer::Done,
            "not_done" => Answer::NotDone,
            "give_up" => Answer::GiveUp,
            _ => return Err(Problem::unfit_at("decision", "choose one of the buttons")),
        };
        // A browser sends line breaks as CR LF.
        let comment = sent.get("comment").replace("\r\n", "\n");
        let comment = Some(comment.trim().to_owned()).filter(|comment| !comment.is_empty());
        let wanted = matches!(answer, Answer::Approve | Answer::Done);
        let entered = fields.iter().filter(|_| wanted).filter_map(|field| {
            let value = entered(sent.get(&format!("value.{}", field.name)), field)?;
            Some((field.name.clone(), value))
        });
        Ok(Self { answer, comment, values: entered.collect() })
    }
}

/// How a field is entered: `line`, `lines`, `number`, `date`, `choice` of yes and no, `member` of an enum.
pub(super) fn kind(field: &FieldView) -> &'static str {
    match field.ty.trim_end_matches('?') {
        _ if !field.choices.is_empty() => "member",
        "bool" => "choice",
        "number" => "number",
        "date" => "date",
        "money" | "time" | "duration" => "line",
        _ => "lines",
    }
}

/// What was entered, as JSON of the field's type as far as its name tells; what does not fit is the engine's to refuse.
fn entered(text: &str, field: &FieldView) -> Option<Json> {
    let trimmed = text.trim();
    let ty = field.ty.trim_end_matches('?');
    if trimmed.is_empty() && (field.optional || ty != "text") {
        // What was proposed and taken out is not what was proposed.
        return match (&field.value, field.optional) {
            (Json::Null, _) => None,
            (_, true) => Some(Json::Null),
            (_, false) => Some(Json::String(String::new())),
        };
    }
    Some(match ty {
        "text" => Json::String(text.replace("\r\n", "\n")),
        "bool" => match trimmed {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            other => Json::String(other.to_owned()),
        },
        "number" => match serde_json::from_str(trimmed) {
            Ok(number @ Json::Number(_)) => number,
            _ => Json::String(trimmed.to_owned()),
        },
        "money" | "date" | "time" | "duration" => Json::String(trimmed.to_owned()),
        // Records, lists and JSON are written as JSON; the members of an enum as they are.
        _ => serde_json::from_str(trimmed).unwrap_or_else(|_| Json::String(trimmed.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(ty: &str) -> FieldView {
        let optional = ty.ends_with('?');
        FieldView {
            name: "result".to_owned(),
            label: String::new(),
            ty: ty.to_owned(),
            optional,
            default: Json::Null,
            value: Json::Null,
            by_model: false,
            choices: Vec::new(),
        }
    }

    #[test]
    fn what_is_entered_is_read_by_its_type() {
        for (ty, text, value) in [
            ("text", "12", Some(json!("12"))),
            ("text", "", Some(json!(""))),
            ("text?", " ", None),
            ("text", "a\r\nb", Some(json!("a\nb"))),
            ("bool", "true", Some(json!(true))),
            ("money", " 1500.00 EUR ", Some(json!("1500.00 EUR"))),
            ("number", "many", Some(json!("many"))),
            ("Receipt", r#"{"id": "x"}"#, Some(json!({"id": "x"}))),
            ("Level", "high", Some(json!("high"))),
            ("[text]", r#"["a"]"#, Some(json!(["a"]))),
            ("json", "", None),
        ] {
            assert_eq!(entered(text, &field(ty)), value, "{ty} {text:?}");
        }
        let proposed = |ty: &str| FieldView { value: json!("x"), ..field(ty) };
        assert_eq!(entered("", &proposed("text?")), Some(Json::Null));
        assert_eq!(entered(" ", &proposed("money")), Some(json!("")), "which is no money, and is refused");
        assert_eq!(entered("1.50", &field("number")).map(|value| value.to_string()), Some("1.50".to_owned()));
    }
}
