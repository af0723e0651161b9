//! Texts with interpolations.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::{Checker, Typed};
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Expr, TextPart};
use crate::value::Value;

/// What may stand in the braces of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// What has a text.
    Texts,
    /// What can be a bound parameter: also none, and lists.
    Parameters,
}

impl<'a> Checker<'a> {
    /// A text as a value.
    pub(crate) fn text(&mut self, template: &'a ast::Template, wanted: Option<&Ty>) -> Typed {
        if let Some(text) = template.literal() {
            return self.simple(Value::Text(SmolStr::new(text)), Ty::Text, wanted);
        }
        Typed::new(Expr::Text(self.parts(template, Allowed::Texts)), Ty::Text)
    }

    /// The parts of a text.
    pub(crate) fn parts(&mut self, template: &'a ast::Template, allowed: Allowed) -> Vec<TextPart> {
        template
            .parts
            .iter()
            .map(|part| match part {
                ast::TemplatePart::Text(text) => TextPart::Text(SmolStr::new(text)),
                ast::TemplatePart::Expr(expr) => {
                    let typed = self.expr(expr, None);
                    let ty = self.has_text(typed.ty, allowed, expr.span);
                    TextPart::Value(typed.expr, ty.lower())
                }
            })
            .collect()
    }

    /// Reports a value that has no text.
    pub(crate) fn has_text(&mut self, ty: Ty, allowed: Allowed, span: Span) -> Ty {
        let inner = match (&ty, allowed) {
            (Ty::Optional(inner), Allowed::Parameters) => (**inner).clone(),
            _ => ty.clone(),
        };
        let inner = match (&inner, allowed) {
            (Ty::List(item), Allowed::Parameters) => (**item).clone(),
            _ => inner,
        };
        let site = self.site(span);
        let fault = match &inner {
            Ty::Text | Ty::Number | Ty::Money | Ty::Bool | Ty::Date | Ty::Time | Ty::Duration | Ty::Enum(_) | Ty::Broken => return ty,
            Ty::Never => return ty,
            Ty::Secret if self.sink => return ty,
            Ty::Secret => faults::types::secret_here(site),
            Ty::Optional(_) => faults::types::may_be_none(site, &self.snippet(span)),
            other => faults::types::no_text(site, &self.show(other)),
        };
        self.report(fault);
        Ty::Broken
    }
}
