//! Money as text.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::{Money, decimal};

/// `1500.00`: as many digits as the currency has, more where the amount has more.
pub(crate) fn amount_text(money: Money) -> String {
    let mut amount = decimal::plain(money.amount).normalize();
    let digits = minor_digits(money.currency);
    if amount.scale() >= digits {
        return amount.to_string();
    }
    amount.rescale(digits);
    if amount.scale() == digits {
        return amount.to_string();
    }
    // Too large to hold the zeros as digits of its own.
    let missing = digits.saturating_sub(amount.scale()) as usize;
    let point = if amount.scale() == 0 { "." } else { "" };
    format!("{amount}{point}{}", "0".repeat(missing))
}

/// `1500.00 EUR`
pub(crate) fn text(money: Money) -> String {
    format!("{} {}", amount_text(money), money.currency.code())
}

/// How many digits the currency's smallest unit has.
pub(crate) fn minor_digits(currency: Currency) -> u32 {
    currency.exponent().map_or(0, u32::from)
}

/// Reads `1500.00 EUR`.
pub(crate) fn parse(text: &str) -> Result<Money, String> {
    let Some((amount, code)) = text.trim().split_once(' ') else {
        return Err(expected(text));
    };
    from_parts(amount, code.trim_start()).ok_or_else(|| expected(text))?
}

/// Reads an amount and a code. `None` where the amount is no number.
pub(crate) fn from_parts(amount: &str, code: &str) -> Option<Result<Money, String>> {
    let amount: Decimal = match decimal::parse(amount) {
        Ok(amount) => amount,
        Err(decimal::Fault::Text) => return None,
        Err(_) => return Some(Err(format!("`{amount}` has more than 28 digits"))),
    };
    Some(currency(code).map(|currency| Money { amount, currency }))
}

fn expected(text: &str) -> String {
    format!("expected money such as \"1500.00 EUR\", found text {}", super::json::quoted(text))
}

/// Reads a code.
pub(crate) fn currency(code: &str) -> Result<Currency, String> {
    Currency::from_code(code).ok_or_else(|| format!("no currency has the code {}", super::json::quoted(code)))
}
