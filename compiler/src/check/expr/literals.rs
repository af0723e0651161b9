//! Literals: numbers, money, durations, dates and times.

use flow_grammar::{Span, ast};
use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp, civil::Date};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Checker, Typed};
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Expr, Period};
use crate::value::{Money, Value};

/// The units of durations and their seconds.
const UNITS: [(&str, &str, i64); 5] =
    [("second", "seconds", 1), ("minute", "minutes", 60), ("hour", "hours", 3600), ("day", "days", 86_400), ("week", "weeks", 604_800)];

/// What other languages call units.
fn other_unit(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "s" | "sec" | "secs" => "seconds",
        "m" | "min" | "mins" => "minutes",
        "h" | "hr" | "hrs" => "hours",
        "d" => "days",
        "w" => "weeks",
        _ => return None,
    })
}

/// No duration of a flow is longer: a hundred years, in seconds.
const LONGEST: i64 = 100 * 366 * 86_400;

const DIGITS: usize = 28;

impl<'a> Checker<'a> {
    pub(super) fn number(&mut self, text: &str, span: Span, wanted: Option<&Ty>) -> Typed {
        match self.decimal(text, span) {
            Some(number) => self.simple(Value::Number(number), Ty::Number, wanted),
            None => Typed::new(super::nothing(), Ty::Number),
        }
    }

    /// The number that digits mean, if there are not too many of them.
    fn decimal(&mut self, text: &str, span: Span) -> Option<Decimal> {
        let plain: String = text.chars().filter(|character| *character != '_').collect();
        let significant = plain.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
        let number = Decimal::from_str_exact(&plain).ok().filter(|_| significant <= DIGITS);
        if number.is_none() {
            let site = self.site(span);
            self.report(faults::types::too_many_digits(site));
        }
        number
    }

    pub(super) fn money(&mut self, amount: &str, currency: &ast::Ident, span: Span) -> Typed {
        let amount = self.decimal(amount, span);
        let code = self.currency(&currency.name, currency.span);
        match (amount, code) {
            (Some(amount), Some(currency)) => Typed::new(Expr::Const(Value::Money(Money { amount, currency })), Ty::Money),
            _ => Typed::new(super::nothing(), Ty::Money),
        }
    }

    /// The currency of a code.
    pub(super) fn currency(&mut self, code: &str, span: Span) -> Option<Currency> {
        let known = Currency::from_code(code);
        if known.is_none() {
            let upper = code.to_uppercase();
            let nearest = Currency::from_code(&upper).map(|currency| currency.code());
            let site = self.site(span);
            self.report(faults::types::unknown_currency(site, code, nearest));
        }
        known
    }

    pub(super) fn date(&mut self, text: &str, span: Span) -> Typed {
        match text.parse::<Date>() {
            Ok(date) => Typed::new(Expr::Const(Value::Date(date)), Ty::Date),
            Err(_) => {
                let site = self.site(span);
                self.report(faults::types::no_such_date(site, text, "date of the calendar"));
                Typed::new(super::nothing(), Ty::Date)
            }
        }
    }

    pub(super) fn time(&mut self, text: &str, span: Span) -> Typed {
        match text.parse::<Timestamp>() {
            Ok(time) => Typed::new(Expr::Const(Value::Time(time)), Ty::Time),
            Err(_) => {
                let site = self.site(span);
                self.report(faults::types::no_such_date(site, text, "time with its zone, such as `2026-11-22T09:00:00Z`"));
                Typed::new(super::nothing(), Ty::Time)
            }
        }
    }

    /// A duration as a value: by the clock only.
    pub(super) fn duration_value(&mut self, expr: &'a ast::Expr) -> Typed {
        match self.period(expr, "a duration", false) {
            Some(Period::Exact(duration)) => Typed::new(Expr::Const(Value::Duration(duration)), Ty::Duration),
            _ => Typed::new(super::nothing(), Ty::Duration),
        }
    }

    /// A duration that is written out and longer than nothing, such as a timeout.
    pub(crate) fn fixed_duration(&mut self, expr: &'a ast::Expr, what: &str) -> Option<SignedDuration> {
        match self.fixed_period(expr, what, false)? {
            Period::Exact(duration) => Some(duration),
            Period::BusinessDays(_) => None,
        }
    }

    /// A deadline: a duration that is written out, in business days too.
    pub(crate) fn deadline_period(&mut self, expr: &'a ast::Expr, what: &str) -> Option<Period> {
        self.fixed_period(expr, what, true)
    }

    fn fixed_period(&mut self, expr: &'a ast::Expr, what: &str, business: bool) -> Option<Period> {
        if matches!(expr.kind, ast::ExprKind::Broken) {
            return None;
        }
        if !matches!(expr.kind, ast::ExprKind::Duration { .. }) {
            let site = self.site(expr.span);
            self.report(faults::types::literal_only(site, what, "`30 seconds`"));
            return None;
        }
        let period = self.period(expr, what, business)?;
        let empty = match period {
            Period::Exact(duration) => duration <= SignedDuration::ZERO,
            Period::BusinessDays(days) => days == 0,
        };
        if empty {
            let site = self.site(expr.span);
            self.report(faults::types::duration_range(site, what));
        }
        (!empty).then_some(period)
    }

    fn period(&mut self, expr: &'a ast::Expr, what: &str, business_allowed: bool) -> Option<Period> {
        let ast::ExprKind::Duration { amount, unit, business } = &expr.kind else { return None };
        let number = self.decimal(amount, expr.span)?;
        let site = self.site(expr.span);
        if *business {
            if !business_allowed {
                self.report(faults::types::business_days(site));
                return None;
            }
            let days = matches!(unit.name.as_str(), "day" | "days").then(|| number.normalize()).filter(|days| days.scale() == 0);
            let days = days.and_then(|days| days.to_u32()).filter(|days| *days <= 36_600);
            if days.is_none() {
                self.report(faults::types::business_unit(site));
            }
            return days.map(Period::BusinessDays);
        }
        let Some((_, _, seconds)) = UNITS.iter().find(|(one, many, _)| *one == unit.name || *many == unit.name) else {
            let nearest = other_unit(&unit.name).or_else(|| self.nearest(&unit.name, UNITS.iter().map(|(_, many, _)| *many)));
            let site = self.site(unit.span);
            self.report(faults::types::unknown_unit(site, &unit.name, nearest));
            return None;
        };
        let duration = exact_duration(number, *seconds);
        if duration.is_none() {
            self.report(faults::types::duration_range(site, what));
        }
        duration.map(Period::Exact)
    }

    /// A whole number that is written out.
    pub(crate) fn fixed_count(&mut self, expr: &'a ast::Expr, what: &str, most: u32) -> Option<u32> {
        if matches!(expr.kind, ast::ExprKind::Broken) {
            return None;
        }
        let count = match &expr.kind {
            ast::ExprKind::Number(text) => text.replace('_', "").parse::<u32>().ok(),
            _ => None,
        };
        let count = count.filter(|count| (1..=most).contains(count));
        if count.is_none() {
            let site = self.site(expr.span);
            self.report(faults::types::literal_only(site, what, &format!("`3`, from 1 to {most}")));
        }
        count
    }
}

fn exact_duration(number: Decimal, unit: i64) -> Option<SignedDuration> {
    let nanos = number.checked_mul(Decimal::from(unit))?.checked_mul(Decimal::from(1_000_000_000_i64))?;
    let nanos = nanos.normalize();
    if nanos.scale() > 0 {
        return None;
    }
    let nanos = nanos.to_i128()?;
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok().filter(|seconds| *seconds <= LONGEST)?;
    let rest = i32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
    Some(SignedDuration::new(seconds, rest))
}
