//! The one codec of values: deterministic CBOR.
//!
//! Numbers are normalised, so that `1.0` and `1.00` are one sequence of bytes and hash alike.

use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp, civil::Date};
use minicbor::data::{Tag, Type};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::serde_duration::from_parts;
use super::{MOST_LEVELS, Money, Value};

const DECIMAL: u64 = 4;
const TIME: u64 = 1;
const DATE: u64 = 100;
const DURATION: u64 = 1002;
const MONEY: u64 = 60_001;
const RECORD: u64 = 60_002;
const MEMBER: u64 = 60_003;
const JSON: u64 = 262;

type Out<W> = Result<(), encode::Error<<W as encode::Write>::Error>>;

impl<C> Encode<C> for Value {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Out<W> {
        match self {
            // Not null, which is a value that is not there at all.
            Self::None => e.undefined()?.ok(),
            Self::Bool(value) => e.bool(*value)?.ok(),
            Self::Number(number) => decimal(e.tag(Tag::new(DECIMAL))?, *number),
            Self::Money(money) => {
                e.tag(Tag::new(MONEY))?.array(2)?.str(money.currency.code())?;
                decimal(e, money.amount)
            }
            Self::Text(text) => e.str(text)?.ok(),
            Self::Date(date) => {
                let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
                e.tag(Tag::new(DATE))?.i64(days)?.ok()
            }
            Self::Time(time) => e.tag(Tag::new(TIME))?.array(2)?.i64(time.as_second())?.i32(time.subsec_nanosecond())?.ok(),
            Self::Duration(span) => e.tag(Tag::new(DURATION))?.array(2)?.i64(span.as_secs())?.i32(span.subsec_nanos())?.ok(),
            Self::List(items) => list(e, items, ctx),
            Self::Record(fields) => list(e.tag(Tag::new(RECORD))?, fields, ctx),
            Self::Enum(member) => e.tag(Tag::new(MEMBER))?.u32(*member)?.ok(),
            Self::Json(json) => e.tag(Tag::new(JSON))?.bytes(json.to_string().as_bytes())?.ok(),
        }
    }
}

fn list<C, W: encode::Write>(e: &mut Encoder<W>, items: &[Value], ctx: &mut C) -> Out<W> {
    e.array(items.len() as u64)?;
    items.iter().try_for_each(|item| item.encode(e, ctx))
}

fn decimal<W: encode::Write>(e: &mut Encoder<W>, number: Decimal) -> Out<W> {
    let number = number.normalize();
    e.array(2)?.u32(number.scale())?;
    match i64::try_from(number.mantissa()) {
        Ok(small) => e.i64(small)?.ok(),
        Err(_) => e.bytes(&number.mantissa().to_be_bytes())?.ok(),
    }
}

impl<'b, C> Decode<'b, C> for Value {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        value(d, 0)
    }
}

fn value(d: &mut Decoder<'_>, depth: usize) -> Result<Value, decode::Error> {
    match d.datatype()? {
        Type::Undefined => d.undefined().map(|()| Value::None),
        Type::Bool => d.bool().map(Value::Bool),
        Type::String => d.str().map(|text| Value::Text(SmolStr::new(text))),
        Type::Array => items(d, depth).map(|items| Value::List(items.into())),
        Type::Tag => tagged(d, depth),
        other => Err(decode::Error::type_mismatch(other)),
    }
}

fn tagged(d: &mut Decoder<'_>, depth: usize) -> Result<Value, decode::Error> {
    match d.tag()?.as_u64() {
        DECIMAL => read_decimal(d).map(Value::Number),
        MONEY => {
            pair(d)?;
            let currency = Currency::from_code(d.str()?).ok_or_else(|| decode::Error::message("no such currency"))?;
            Ok(Value::Money(Money { amount: read_decimal(d)?, currency }))
        }
        DATE => {
            let days = SignedDuration::try_from_hours(d.i64()?.saturating_mul(24));
            let days = days.ok_or_else(|| decode::Error::message("date out of range"))?;
            Date::constant(1970, 1, 1).checked_add(days).map(Value::Date).map_err(decode::Error::custom)
        }
        TIME => {
            pair(d)?;
            Timestamp::new(d.i64()?, d.i32()?).map(Value::Time).map_err(decode::Error::custom)
        }
        DURATION => {
            pair(d)?;
            let whole = from_parts(d.i64()?, d.i32()?).ok_or_else(|| decode::Error::message("no such duration"))?;
            Ok(Value::Duration(whole))
        }
        RECORD => items(d, depth).map(|fields| Value::Record(fields.into())),
        MEMBER => d.u32().map(Value::Enum),
        JSON => serde_json::from_slice(d.bytes()?).map(|json| Value::Json(std::sync::Arc::new(json))).map_err(decode::Error::custom),
        _ => Err(decode::Error::message("unknown kind of value")),
    }
}

fn pair(d: &mut Decoder<'_>) -> Result<(), decode::Error> {
    match d.array()? {
        Some(2) => Ok(()),
        _ => Err(decode::Error::message("expected a pair")),
    }
}

fn items(d: &mut Decoder<'_>, depth: usize) -> Result<Vec<Value>, decode::Error> {
    if depth >= MOST_LEVELS {
        return Err(decode::Error::message("nested too deep"));
    }
    let length = d.array()?.ok_or_else(|| decode::Error::message("expected a length"))?;
    let mut items = Vec::with_capacity(length.min(1024) as usize);
    for _ in 0..length {
        items.push(value(d, depth + 1)?);
    }
    Ok(items)
}

fn read_decimal(d: &mut Decoder<'_>) -> Result<Decimal, decode::Error> {
    pair(d)?;
    let scale = d.u32()?;
    let mantissa = if d.datatype()? == Type::Bytes {
        let bytes = <[u8; 16]>::try_from(d.bytes()?).map_err(decode::Error::custom)?;
        i128::from_be_bytes(bytes)
    } else {
        i128::from(d.i64()?)
    };
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(decode::Error::custom)
}
