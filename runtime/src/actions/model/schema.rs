//! The JSON schema of a type, as strict structured output takes it: every member required, none besides.

use flow_compiler::plan::{Field, Type, TypeDef, TypeKind};
use serde_json::{Map, Value as Json, json};

use super::{WRAP, plain};

/// Whether the answer stands in an object of its own: only an object may stand at the top.
pub(super) fn is_wrapped(ty: &Type) -> bool {
    !matches!(ty, Type::Record(_))
}

/// A name and the schema of an answer.
pub(super) fn of(ty: &Type, types: &[TypeDef]) -> (String, Json) {
    let mut writer = Writer { types, used: Vec::new() };
    let mut schema = match ty {
        Type::Record(index) => writer.record(*index),
        other => {
            let answer = writer.schema(other);
            object(Map::from_iter([(WRAP.to_owned(), answer)]))
        }
    };
    // Definitions may use others, which are added at the end.
    let mut definitions = Map::new();
    let mut at = 0;
    while let Some(index) = writer.used.get(at).copied() {
        let definition = writer.record(index);
        definitions.insert(key(index), definition);
        at += 1;
    }
    if let Some(schema) = schema.as_object_mut().filter(|_| !definitions.is_empty()) {
        schema.insert("$defs".into(), Json::Object(definitions));
    }
    (name(ty, types), schema)
}

/// What the schema is called: letters, digits and `_`.
fn name(ty: &Type, types: &[TypeDef]) -> String {
    let def = match plain(ty) {
        Type::Record(index) | Type::Enum(index) => find(types, *index),
        _ => None,
    };
    def.map_or_else(|| WRAP.to_owned(), |def| def.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

fn find(types: &[TypeDef], index: u32) -> Option<&TypeDef> {
    types.get(usize::try_from(index).ok()?)
}

fn key(index: u32) -> String {
    format!("type{index}")
}

fn object(properties: Map<String, Json>) -> Json {
    let required: Vec<&String> = properties.keys().collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

struct Writer<'t> {
    types: &'t [TypeDef],
    /// The records that need a definition.
    used: Vec<u32>,
}

impl Writer<'_> {
    fn schema(&mut self, ty: &Type) -> Json {
        match ty {
            Type::Text => json!({ "type": "string" }),
            Type::Number => json!({ "type": "number" }),
            Type::Bool => json!({ "type": "boolean" }),
            Type::Money => json!({ "type": "string", "description": "an amount and its currency, such as \"1500.00 EUR\"" }),
            Type::Date => json!({ "type": "string", "format": "date" }),
            Type::Time => json!({ "type": "string", "format": "date-time" }),
            Type::Duration => json!({ "type": "string", "format": "duration" }),
            Type::List(item) => json!({ "type": "array", "items": self.schema(item) }),
            Type::Optional(inner) => json!({ "anyOf": [self.schema(inner), { "type": "null" }] }),
            Type::Record(index) => {
                if !self.used.contains(index) {
                    self.used.push(*index);
                }
                json!({ "$ref": format!("#/$defs/{}", key(*index)) })
            }
            Type::Enum(index) => match find(self.types, *index).map(|def| &def.kind) {
                Some(TypeKind::Enum(members)) => json!({ "type": "string", "enum": members }),
                _ => json!({ "type": "string" }),
            },
            // The compiler refuses them in what a model answers.
            Type::Json | Type::Secret => json!({}),
        }
    }

    fn record(&mut self, index: u32) -> Json {
        let Some(def) = find(self.types, index) else { return json!({}) };
        let TypeKind::Record(fields) = &def.kind else { return json!({}) };
        let properties = fields.iter().map(|field| (field.json.to_string(), self.field(field))).collect();
        let mut schema = object(properties);
        if let (Some(doc), Some(schema)) = (&def.doc, schema.as_object_mut()) {
            schema.insert("description".into(), Json::String(doc.clone()));
        }
        schema
    }

    /// A field with what its author says about it.
    fn field(&mut self, field: &Field) -> Json {
        let mut schema = self.schema(&field.ty);
        let Some(members) = schema.as_object_mut() else { return schema };
        let Some(doc) = &field.doc else { return schema };
        let doc = match members.get("description").and_then(Json::as_str) {
            Some(form) => format!("{doc} ({form})"),
            None => doc.clone(),
        };
        if members.contains_key("$ref") {
            // Nothing may stand beside a reference.
            return json!({ "anyOf": [schema], "description": doc });
        }
        members.insert("description".into(), Json::String(doc));
        schema
    }
}
