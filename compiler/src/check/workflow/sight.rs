//! Values that a condition looks at, with their names: what the journal records of it.

use flow_grammar::ast;
use smol_str::SmolStr;

use crate::check::Checker;
use crate::check::expr::MAX_OPERATIONS;
use crate::plan::{Show, Style};

impl<'a> Checker<'a> {
    /// The names and paths in a condition, each once, in the order of the text.
    pub(super) fn sees(&mut self, condition: &'a ast::Expr) -> Vec<Show> {
        let mut paths = Vec::new();
        collect(condition, MAX_OPERATIONS, &mut Vec::new(), &mut paths);
        let mut shows: Vec<Show> = Vec::new();
        for path in paths {
            let label = SmolStr::new(self.written(path.span));
            if shows.iter().any(|show| show.label == label) {
                continue;
            }
            // What cannot be looked at alone (the field of something that may be none, the member of an enum) is left out in silence:
            // if it is wrong, the condition itself has said so.
            let (reported, warned) = (self.diagnostics.len(), self.lints.len());
            let typed = self.expr(path, None);
            let sound = self.diagnostics.len() == reported && !typed.ty.is_broken();
            self.diagnostics.truncate(reported);
            self.lints.truncate(warned);
            if sound {
                shows.push(Show { label, value: typed.expr, ty: typed.ty.lower(), style: Style::Plain });
            }
        }
        shows
    }
}

fn collect<'a>(expr: &'a ast::Expr, depth: u32, items: &mut Vec<&'a str>, paths: &mut Vec<&'a ast::Expr>) {
    use ast::ExprKind as Kind;
    let Some(depth) = depth.checked_sub(1) else { return };
    match &expr.kind {
        Kind::Name(_) | Kind::Field { .. } => match root(expr) {
            Some(name) if items.contains(&name) => {}
            Some(_) => paths.push(expr),
            None => {
                if let Kind::Field { of, .. } = &expr.kind {
                    collect(of, depth, items, paths);
                }
            }
        },
        Kind::Text(template) => template.parts.iter().for_each(|part| {
            if let ast::TemplatePart::Expr(expr) = part {
                collect(expr, depth, items, paths);
            }
        }),
        Kind::List(all) | Kind::Call { arguments: all, .. } => all.iter().for_each(|item| collect(item, depth, items, paths)),
        Kind::Record(fields) => {
            fields.iter().filter_map(|field| field.value.as_ref()).for_each(|value| collect(value, depth, items, paths))
        }
        Kind::ListFor(clause) | Kind::CallFor { body: clause, .. } => {
            collect(&clause.list, depth, items, paths);
            items.push(&clause.item.name);
            clause.filter.iter().chain([&clause.body]).for_each(|part| collect(part, depth, items, paths));
            items.pop();
        }
        Kind::Index { of, index } => {
            collect(of, depth, items, paths);
            collect(index, depth, items, paths);
        }
        Kind::Unary { operand, .. } | Kind::Is { operand, .. } | Kind::As { operand, .. } => collect(operand, depth, items, paths),
        Kind::Binary { left, right, .. } => {
            collect(left, depth, items, paths);
            collect(right, depth, items, paths);
        }
        Kind::If { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|part| collect(part, depth, items, paths));
        }
        Kind::Number(_)
        | Kind::Money { .. }
        | Kind::Duration { .. }
        | Kind::Date(_)
        | Kind::Time(_)
        | Kind::Regex(_)
        | Kind::Bool(_)
        | Kind::None
        | Kind::Broken => {}
    }
}

/// The name that a path begins with.
fn root(expr: &ast::Expr) -> Option<&str> {
    let mut at = expr;
    loop {
        match &at.kind {
            ast::ExprKind::Name(name) => return Some(name),
            ast::ExprKind::Field { of, .. } => at = of,
            _ => return None,
        }
    }
}
