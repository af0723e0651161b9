//! Functions that are built in, and folds over lists.

use flow_grammar::{Span, ast};

use super::{Checker, Typed, builtin};
use crate::check::declare::What;
use crate::check::record::Target;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Builtin, Expr, Fold};

/// Functions over one list.
const OVER_LISTS: [(&str, Builtin); 9] = [
    ("count", Builtin::Count),
    ("sum", Builtin::Sum),
    ("min", Builtin::Min),
    ("max", Builtin::Max),
    ("first", Builtin::First),
    ("last", Builtin::Last),
    ("any", Builtin::Any),
    ("all", Builtin::All),
    ("sort", Builtin::Sort),
];

/// Functions whose arguments and result have fixed types.
const PLAIN: [(&str, Builtin, &[Param], Ty); 10] = [
    ("lower", Builtin::Lower, &[Param::Text], Ty::Text),
    ("upper", Builtin::Upper, &[Param::Text], Ty::Text),
    ("trim", Builtin::Trim, &[Param::Text], Ty::Text),
    ("join", Builtin::Join, &[Param::Texts, Param::Text], Ty::Text),
    ("replace", Builtin::Replace, &[Param::Text, Param::Text, Param::Text], Ty::Text),
    ("date", Builtin::Date, &[Param::Time], Ty::Date),
    ("days", Builtin::Days, &[Param::Number], Ty::Duration),
    ("hours", Builtin::Hours, &[Param::Number], Ty::Duration),
    ("money", Builtin::Money, &[Param::Number, Param::Currency], Ty::Money),
    ("minor", Builtin::Minor, &[Param::Number, Param::Currency], Ty::Money),
];

/// Functions with rules of their own.
const OTHERS: [&str; 6] = ["length", "split", "round", "abs", "floor", "ceil"];

/// The names of all functions.
pub(crate) fn functions() -> impl Iterator<Item = &'static str> {
    OVER_LISTS.iter().map(|(name, _)| *name).chain(PLAIN.iter().map(|(name, ..)| *name)).chain(OTHERS)
}

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Param {
    Text,
    Texts,
    Number,
    Time,
    /// A text; written out, it must be a currency.
    Currency,
}

impl Param {
    fn ty(self) -> Ty {
        match self {
            Self::Text | Self::Currency => Ty::Text,
            Self::Texts => Ty::list(Ty::Text),
            Self::Number => Ty::Number,
            Self::Time => Ty::Time,
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn call(&mut self, function: &'a ast::Ident, arguments: &'a [ast::Expr], span: Span) -> Typed {
        self.refer_function(function);
        let name = function.name.as_str();
        if let Some((_, builtin)) = OVER_LISTS.iter().find(|(known, _)| *known == name) {
            return self.over_list(*builtin, function, arguments);
        }
        if let Some((_, function_id, parameters, ty)) = PLAIN.iter().find(|(known, ..)| *known == name) {
            let wanted = if parameters.len() == 1 { "1 argument".to_owned() } else { format!("{} arguments", parameters.len()) };
            if !self.counted(function, arguments, parameters.len(), &wanted) {
                return Typed::new(super::nothing(), ty.clone());
            }
            let arguments = arguments.iter().zip(parameters.iter()).map(|(argument, param)| self.argument(argument, *param)).collect();
            let call = builtin(*function_id, arguments, ty.clone());
            return self.folded_call(call, span);
        }
        match name {
            "split" => {
                if !self.counted(function, arguments, 2, "2 arguments") {
                    return Typed::new(super::nothing(), Ty::list(Ty::Text));
                }
                let arguments = arguments.iter().map(|argument| self.argument(argument, Param::Text)).collect();
                builtin(Builtin::Split, arguments, Ty::list(Ty::Text))
            }
            "length" => self.length(function, arguments, span),
            "round" => self.rounding(Builtin::Round, function, arguments, 1..=2, span),
            "abs" => self.rounding(Builtin::Abs, function, arguments, 1..=1, span),
            "floor" => self.rounding(Builtin::Floor, function, arguments, 1..=1, span),
            "ceil" => self.rounding(Builtin::Ceil, function, arguments, 1..=1, span),
            _ => self.unknown_function(function, arguments),
        }
    }

    /// Keeps a name that is a function's.
    fn refer_function(&mut self, function: &ast::Ident) {
        if functions().any(|name| name == function.name) {
            self.refer(function.span, || Target::Function);
        }
    }

    fn folded_call(&mut self, call: Typed, span: Span) -> Typed {
        self.folded_constant(call.expr, call.ty, span)
    }

    fn argument(&mut self, argument: &'a ast::Expr, param: Param) -> Expr {
        let expr = self.expect(argument, &param.ty());
        if param == Param::Currency
            && let ast::ExprKind::Text(template) = &argument.kind
            && let Some(code) = template.literal()
            && self.currency(code, argument.span).is_none()
        {
            return super::nothing();
        }
        expr
    }

    fn counted(&mut self, function: &ast::Ident, arguments: &'a [ast::Expr], wanted: usize, words: &str) -> bool {
        if arguments.len() == wanted {
            return true;
        }
        let site = self.site(function.span);
        self.report(faults::types::argument_count(site, &function.name, words, arguments.len()));
        for argument in arguments {
            self.expr(argument, None);
        }
        false
    }

    /// Of a text its characters, of a list its items.
    fn length(&mut self, function: &'a ast::Ident, arguments: &'a [ast::Expr], span: Span) -> Typed {
        let [argument] = arguments else {
            self.counted(function, arguments, 1, "1 argument");
            return Typed::new(super::nothing(), Ty::Number);
        };
        let of = self.solid(argument, None);
        if !matches!(of.ty, Ty::Text | Ty::List(_) | Ty::Broken) {
            let fault = faults::types::mismatch(self.site(argument.span), "a text or a list", &self.show(&of.ty));
            self.report(fault);
            return Typed::new(super::nothing(), Ty::Number);
        }
        self.folded_call(builtin(Builtin::Length, vec![of.expr], Ty::Number), span)
    }

    fn rounding(
        &mut self,
        id: Builtin,
        function: &'a ast::Ident,
        arguments: &'a [ast::Expr],
        wanted: std::ops::RangeInclusive<usize>,
        span: Span,
    ) -> Typed {
        if !wanted.contains(&arguments.len()) {
            let words = if *wanted.end() == 1 { "1 argument" } else { "1 or 2 arguments" };
            self.counted(function, arguments, usize::MAX, words);
            return Typed::broken();
        }
        let mut exprs = Vec::with_capacity(arguments.len());
        let mut ty = Ty::Broken;
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                exprs.push(self.expect(argument, &Ty::Number));
                continue;
            }
            let first = self.solid(argument, None);
            if !matches!(first.ty, Ty::Number | Ty::Money | Ty::Broken) {
                let fault = faults::types::mismatch(self.site(argument.span), "number or money", &self.show(&first.ty));
                self.report(fault);
                return Typed::broken();
            }
            ty = first.ty;
            exprs.push(first.expr);
        }
        self.folded_call(builtin(id, exprs, ty), span)
    }

    fn unknown_function(&mut self, function: &'a ast::Ident, arguments: &'a [ast::Expr]) -> Typed {
        let name = &function.name;
        for argument in arguments {
            self.expr(argument, None);
        }
        let site = self.site(function.span);
        match self.declared.get(name).map(|declared| declared.what) {
            Some(What::Poisoned) => {}
            Some(What::Action(_)) => self.report(faults::names::action_in_expression(site, name, false)),
            Some(What::Workflow(_)) => self.report(faults::names::action_in_expression(site, name, true)),
            _ => {
                let nearest = self.nearest(name, functions());
                self.report(faults::names::unknown_function(site, name, nearest));
            }
        }
        Typed::broken()
    }

    fn over_list(&mut self, id: Builtin, function: &'a ast::Ident, arguments: &'a [ast::Expr]) -> Typed {
        let [argument] = arguments else {
            self.counted(function, arguments, 1, "one list");
            return Typed::broken();
        };
        let list = self.solid(argument, None);
        let item = self.item_type(&list.ty, argument.span);
        let ty = match id {
            // An empty list has none.
            Builtin::First | Builtin::Last => Ty::optional(item),
            Builtin::Sort => {
                self.folded(Fold::Sort, &item, &item, argument.span);
                list.ty
            }
            Builtin::Sum => self.folded(Fold::Sum, &item, &item, argument.span),
            Builtin::Min => self.folded(Fold::Min, &item, &item, argument.span),
            Builtin::Max => self.folded(Fold::Max, &item, &item, argument.span),
            Builtin::Any => self.folded(Fold::Any, &item, &item, argument.span),
            Builtin::All => self.folded(Fold::All, &item, &item, argument.span),
            _ => Ty::Number,
        };
        builtin(id, vec![list.expr], ty)
    }

    pub(super) fn call_for(&mut self, function: &'a ast::Ident, subject: Option<&'a ast::Expr>, clause: &'a ast::For, span: Span) -> Typed {
        self.refer_function(function);
        let fold = match function.name.as_str() {
            "sum" => Fold::Sum,
            "any" => Fold::Any,
            "all" => Fold::All,
            "min" => Fold::Min,
            "max" => Fold::Max,
            "count" => Fold::Count,
            "sort" => Fold::Sort,
            _ => {
                if !functions().any(|known| known == function.name) {
                    return self.unknown_function(function, &[]);
                }
                let site = self.site(function.span);
                self.report(faults::types::no_for_form(site, &function.name));
                return Typed::broken();
            }
        };
        let folded = self.comprehension(fold, clause, None);
        match subject {
            Some(subject) if fold == Fold::Sort => self.sorted(folded, subject, clause),
            Some(_) => {
                let site = self.site(span);
                self.report(faults::types::no_for_form(site, "by"));
                folded
            }
            None => folded,
        }
    }

    /// `sort(subject by key for item in list)`: the sorted items, and of each the subject.
    fn sorted(&mut self, sorted: Typed, subject: &'a ast::Expr, clause: &'a ast::For) -> Typed {
        if matches!(&subject.kind, ast::ExprKind::Name(name) if *name == clause.item.name) {
            return sorted;
        }
        let item = if let Ty::List(item) = &sorted.ty { (**item).clone() } else { Ty::Broken };
        let mark = self.scope.enter_local(clause.item.name.clone(), clause.item.span, item);
        let body = self.expr(subject, None);
        self.scope.leave_local(mark);
        let expr = Expr::For { fold: Fold::List, list: Box::new(sorted.expr), filter: None, body: Box::new(body.expr) };
        Typed::new(expr, Ty::list(body.ty))
    }

    /// The type of a fold, reporting where its values do not go with it.
    pub(super) fn folded(&mut self, fold: Fold, body: &Ty, item: &Ty, span: Span) -> Ty {
        if matches!(body, Ty::Optional(_)) && !matches!(fold, Fold::List | Fold::Count) {
            let fault = faults::types::may_be_none(self.site(span), &self.snippet(span));
            self.report(fault);
        }
        let body = if fold == Fold::List { body } else { body.present() };
        let ordered = matches!(body, Ty::Number | Ty::Money | Ty::Date | Ty::Time | Ty::Duration | Ty::Text | Ty::Broken | Ty::Never);
        let (fits, ty, wanted) = match fold {
            Fold::List => (*body != Ty::Secret, Ty::list(body.clone()), "a value"),
            Fold::Count => (true, Ty::Number, ""),
            Fold::Any | Fold::All => (body.fits(&Ty::Bool), Ty::Bool, "bool"),
            Fold::Sum => {
                let fits = matches!(body, Ty::Number | Ty::Money | Ty::Duration | Ty::Broken | Ty::Never);
                (fits, if *body == Ty::Never { Ty::Number } else { body.clone() }, "number, money or duration")
            }
            Fold::Min | Fold::Max => (ordered, Ty::optional(body.clone()), "values that have an order"),
            Fold::Sort => (ordered, Ty::list(item.clone()), "values that have an order"),
        };
        if !fits {
            let fault = match body {
                Ty::Secret => faults::types::secret_here(self.site(span)),
                _ => faults::types::mismatch(self.site(span), wanted, &self.show(body)),
            };
            self.report(fault);
            return Ty::Broken;
        }
        ty
    }
}
