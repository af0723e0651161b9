//! Values of any type: near what a flow speaks of, and at the ends of what there is.

use flow_compiler::plan::{Type, TypeDef, TypeKind};
use flow_compiler::value::{Value, from_input};
use serde_json::{Value as Json, json};

use super::make::Choices;

/// What a flow speaks of.
pub(crate) struct Near {
    numbers: Vec<String>,
    texts: Vec<String>,
    dates: Vec<String>,
}

impl Near {
    /// What is written in its text.
    pub(crate) fn of(text: &str) -> Self {
        let mut numbers: Vec<String> =
            ["0", "1", "2", "3", "-1", "0.01", "1000", "9007199254740993", "7922816251426433759354395033"].map(str::to_owned).to_vec();
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        for word in text.split(|c: char| !is_number(c)).filter(|word| !word.is_empty() && !word.ends_with('.') && word.len() < 12) {
            let Ok(number) = word.parse::<f64>() else { continue };
            for near in [number, number + 0.01, number - 0.01, number + 1.0, number / 2.0, number * 2.0, -number] {
                numbers.push(format!("{near:.2}"));
            }
        }
        numbers.sort();
        numbers.dedup();
        let texts =
            text.split('"').skip(1).step_by(2).filter(|text| text.len() < 6).map(str::to_owned).chain(["".to_owned(), "other".to_owned()]);
        let dates = text.split(|c: char| !c.is_ascii_digit() && c != '-').filter(|word| word.len() == 10 && word.matches('-').count() == 2);
        let dates =
            dates.map(str::to_owned).chain(["2025-12-31", "2026-01-03", "9999-12-31", "-009999-01-01"].map(str::to_owned)).collect();
        Self { numbers, texts: texts.collect(), dates }
    }

    /// Any value of a type.
    pub(crate) fn value(&self, ty: &Type, types: &[TypeDef], choices: &mut Choices) -> Value {
        for _ in 0..20 {
            let json = self.json(ty, types, choices);
            if let Ok(value) = from_input(&json, ty, types, "value") {
                return value;
            }
        }
        Value::None
    }

    fn json(&self, ty: &Type, types: &[TypeDef], choices: &mut Choices) -> Json {
        let mut one = |of: &[String]| of[usize::try_from(choices.below(of.len() as u64)).unwrap()].clone();
        match ty {
            Type::Text => json!(one(&self.texts)),
            Type::Number => serde_json::from_str(&one(&self.numbers)).unwrap(),
            Type::Bool => json!(choices.often(50)),
            Type::Money => {
                let amount = one(&self.numbers);
                json!(format!("{amount} {}", if choices.often(80) { "EUR" } else { "USD" }))
            }
            Type::Date => json!(one(&self.dates)),
            Type::Time => json!(format!("{}T12:00:00Z", one(&self.dates))),
            Type::Duration => json!(format!("P{}D", choices.below(9))),
            Type::Json | Type::Secret => Json::Null,
            Type::List(item) => {
                let length = [0, 1, 1, 2, 2, 3, 5][usize::try_from(choices.below(7)).unwrap()];
                (0..length).map(|_| self.json(item, types, choices)).collect()
            }
            Type::Optional(inner) => {
                if choices.often(40) {
                    Json::Null
                } else {
                    self.json(inner, types, choices)
                }
            }
            Type::Record(index) => match &types[*index as usize].kind {
                TypeKind::Record(fields) => fields
                    .iter()
                    .map(|field| (field.json.to_string(), self.json(&field.ty, types, choices)))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                TypeKind::Enum(_) => Json::Null,
            },
            Type::Enum(index) => match &types[*index as usize].kind {
                TypeKind::Enum(members) => json!(members[usize::try_from(choices.below(members.len() as u64)).unwrap()]),
                TypeKind::Record(_) => Json::Null,
            },
        }
    }
}
