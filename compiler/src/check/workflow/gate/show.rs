//! What a gate shows, and how.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use crate::check::Checker;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Show, Style};

/// Where the values stand.
pub(super) fn place(shows: &[ast::Show]) -> Option<Span> {
    let last = shows.last()?;
    Some(shows.first()?.value.span.to(last.label.as_ref().map_or(last.value.span, |label| label.span)))
}

/// How a value may be drawn.
const STYLES: [&str; 4] = ["table", "diff", "markdown", "code"];

impl<'a> Checker<'a> {
    pub(super) fn shown(&mut self, show: &'a ast::Show) -> Show {
        if let Some(shown) = self.misspelt_style(show) {
            return shown;
        }
        let typed = self.expr(&show.value, None);
        let style = show.style.as_ref().map_or(Style::Plain, |style| self.style(style, &typed.ty, show.value.span));
        let label = match &show.label {
            Some(label) => label.literal().map_or_else(SmolStr::default, SmolStr::new),
            None => SmolStr::new(self.written(show.value.span)),
        };
        if let Some(label) = show.label.as_ref().filter(|label| label.literal().is_none()) {
            let site = self.site(label.span);
            self.report(faults::types::literal_only(site, "a label", "`\"Amount\"`"));
        }
        Show { label, value: typed.expr, ty: typed.ty.lower(), style }
    }

    /// `as tabel`, which reads like the decoding of json.
    fn misspelt_style(&mut self, show: &'a ast::Show) -> Option<Show> {
        let ast::ExprKind::As { operand, ty } = &show.value.kind else { return None };
        let ast::TypeKind::Name(path) = &ty.kind else { return None };
        let name = &path.name.name;
        let is_type =
            path.module.is_some() || self.declared.contains_key(name) || crate::check::resolve::TYPES.iter().any(|(ty, _)| ty == name);
        if is_type || name.starts_with(char::is_uppercase) {
            return None;
        }
        let typed = self.expr(operand, None);
        let style = self.style(&path.name, &typed.ty, operand.span);
        Some(Show { label: SmolStr::new(self.written(operand.span)), value: typed.expr, ty: typed.ty.lower(), style })
    }

    fn style(&mut self, style: &ast::Ident, ty: &Ty, value: Span) -> Style {
        let (drawn, fits, wanted) = match style.name.as_str() {
            "table" => (Style::Table, matches!(ty.present(), Ty::List(_) | Ty::Json | Ty::Broken), "a list"),
            "diff" => (Style::Diff, matches!(ty.present(), Ty::Text | Ty::Broken), "text"),
            "markdown" => (Style::Markdown, matches!(ty.present(), Ty::Text | Ty::Broken), "text"),
            "code" => (Style::Code, true, "a value"),
            other => {
                let nearest = self.nearest(other, STYLES);
                let site = self.site(style.span);
                self.report(faults::names::unknown_choice(site, other, "way to show a value", nearest, &STYLES));
                return Style::Plain;
            }
        };
        if !fits {
            let fault = faults::types::mismatch(self.site(value), wanted, &self.show(ty));
            self.report(fault);
        }
        drawn
    }
}
