//! Types as they are written, and how names are to be written.

use flow_grammar::ast;
use smol_str::SmolStr;

use super::Checker;
use super::declare::What;
use super::record::{Target, WishKind};
use super::ty::Ty;
use crate::faults;

/// The types that are built in.
pub(crate) const TYPES: [(&str, Ty); 9] = [
    ("text", Ty::Text),
    ("number", Ty::Number),
    ("bool", Ty::Bool),
    ("money", Ty::Money),
    ("date", Ty::Date),
    ("time", Ty::Time),
    ("duration", Ty::Duration),
    ("json", Ty::Json),
    ("secret", Ty::Secret),
];

/// What other languages call a type that is built in here.
fn other_name(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "string" | "str" | "varchar" => "text",
        "int" | "integer" | "float" | "double" | "decimal" | "num" => "number",
        "boolean" => "bool",
        "datetime" | "timestamp" | "instant" => "time",
        "amount" | "currency" => "money",
        "any" | "object" | "map" => "json",
        "interval" | "timespan" => "duration",
        _ => return None,
    })
}

impl Checker<'_> {
    /// The type that is written.
    pub(super) fn resolve(&mut self, ty: &ast::Type) -> Ty {
        match &ty.kind {
            ast::TypeKind::Name(path) => self.named_type(path),
            ast::TypeKind::List(item) => Ty::list(self.resolve(item)),
            ast::TypeKind::Optional(inner) => {
                // Many `?` in a row are a chain, not a nesting: no recursion for them.
                let mut inner = inner;
                while let ast::TypeKind::Optional(next) = &inner.kind {
                    inner = next;
                }
                Ty::optional(self.resolve(inner))
            }
        }
    }

    fn named_type(&mut self, path: &ast::Path) -> Ty {
        let site = self.site(path.span());
        if path.module.is_none() {
            self.wish(path.name.span, |_| WishKind::Type);
        }
        if let Some(module) = &path.module {
            return match self.in_module(module, &path.name, |what| matches!(what, What::Record(_) | What::Enum(_))) {
                Some(What::Record(index)) => Ty::Record(index),
                Some(What::Enum(index)) => Ty::Enum(index),
                Some(what) => {
                    self.report(faults::names::not_a_type(site, &format!("{}.{}", module.name, path.name.name), what.described()));
                    Ty::Broken
                }
                None => Ty::Broken,
            };
        }
        let name = &path.name.name;
        if let Some((_, ty)) = TYPES.iter().find(|(built_in, _)| built_in == name) {
            self.refer(path.name.span, || Target::BuiltInType);
            if *ty == Ty::Secret {
                self.report(faults::types::secret_type(site));
                return Ty::Broken;
            }
            return ty.clone();
        }
        let found = self.declared.get(name).map(|declared| declared.what);
        found.iter().for_each(|what| self.refer_declared(path.name.span, *what));
        match found {
            Some(What::Record(index)) => Ty::Record(index),
            Some(What::Enum(index)) => Ty::Enum(index),
            Some(What::Poisoned) => Ty::Broken,
            Some(what) => {
                self.report(faults::names::not_a_type(site, name, what.described()));
                Ty::Broken
            }
            // `list<text>` is no name at all.
            None if self.is_faulty(site.span) => Ty::Broken,
            None => {
                let nearest = match other_name(name) {
                    Some(meant) => Some(SmolStr::new(meant)),
                    None => self.nearest_type(name),
                };
                self.report(faults::names::unknown_type(site, name, nearest.as_deref()));
                Ty::Broken
            }
        }
    }

    fn nearest_type(&mut self, name: &str) -> Option<SmolStr> {
        self.hints = self.hints.checked_sub(1)?;
        let declared = self.types.iter().filter(|info| info.site.file == self.file).map(|info| info.name.as_str());
        crate::suggest::nearest(name, TYPES.iter().map(|(name, _)| *name).chain(declared)).map(SmolStr::new)
    }

    /// Names of values, actions and workflows are in snake_case.
    pub(super) fn snake_case(&mut self, ident: &ast::Ident, what: &str) {
        let sound = ident.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !sound {
            let better = to_snake(&ident.name);
            let site = self.site(ident.span);
            self.report(faults::names::wrong_case(site, &ident.name, what, "small letters with `_` between words", &better));
        }
    }

    pub(super) fn camel_case(&mut self, ident: &ast::Ident, what: &str) {
        // The name of something built in is reported as such.
        let sound = TYPES.iter().any(|(name, _)| *name == ident.name)
            || ident.name.starts_with(|first: char| first.is_ascii_uppercase()) && !ident.name.contains('_');
        if !sound {
            let better = to_camel(&ident.name);
            let site = self.site(ident.span);
            self.report(faults::names::wrong_case(site, &ident.name, what, "capitalised words without `_`", &better));
        }
    }
}

fn to_snake(name: &str) -> String {
    let mut out = String::new();
    let mut small = false;
    for character in name.chars() {
        if character.is_uppercase() && small {
            out.push('_');
        }
        small = character.is_lowercase() || character.is_ascii_digit();
        out.extend(character.to_lowercase());
    }
    out
}

fn to_camel(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            out.extend(first.to_uppercase());
        }
        out.push_str(letters.as_str());
    }
    out
}
