//! A cell as JSON, read from what the server sends: never through a binary float where it holds none.

use std::error::Error;
use std::fmt::Write as _;
use std::str::FromStr as _;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Number, Value as Json};
use tokio_postgres::types::{FromSql, Kind, Type};

/// Seconds and days are counted from the first day of 2000.
const EPOCH: i64 = 946_684_800_000_000;

/// A cell, with what it weighs.
pub(super) struct Cell {
    pub(super) json: Result<Json, String>,
    pub(super) weight: usize,
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self { json: json(ty, raw), weight: raw.len().saturating_add(16) })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self { json: Ok(Json::Null), weight: 16 })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn json(ty: &Type, raw: &[u8]) -> Result<Json, String> {
    match ty.kind() {
        Kind::Domain(inner) => return json(inner, raw),
        Kind::Enum(_) => return text(raw),
        Kind::Array(_) => return array(ty, raw),
        _ => {}
    }
    Ok(match *ty {
        Type::BOOL => Json::Bool(raw.first().is_some_and(|byte| *byte != 0)),
        Type::INT2 => Json::from(i16::from_be_bytes(exactly(raw)?)),
        Type::INT4 => Json::from(i32::from_be_bytes(exactly(raw)?)),
        Type::INT8 => Json::from(i64::from_be_bytes(exactly(raw)?)),
        Type::OID => Json::from(u32::from_be_bytes(exactly(raw)?)),
        Type::FLOAT4 => number(&f32::from_be_bytes(exactly(raw)?).to_string())?,
        Type::FLOAT8 => number(&f64::from_be_bytes(exactly(raw)?).to_string())?,
        Type::NUMERIC => number(&numeric(raw)?)?,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => text(raw)?,
        Type::DATE => Json::String(day(i32::from_be_bytes(exactly(raw)?))?),
        Type::TIMESTAMPTZ => Json::String(instant(i64::from_be_bytes(exactly(raw)?))?.to_string()),
        // Without a zone it is no instant: as a text it says what stands there.
        Type::TIMESTAMP => Json::String(instant(i64::from_be_bytes(exactly(raw)?))?.to_string().trim_end_matches('Z').to_owned()),
        Type::INTERVAL => Json::String(interval(raw)?),
        Type::UUID => Json::String(uuid(raw)),
        Type::JSON => parsed(raw)?,
        Type::JSONB => parsed(raw.get(1..).unwrap_or_default())?,
        Type::BYTEA => return Err("bytes are no value of the language".into()),
        _ if ty.name() == "citext" => text(raw)?,
        _ => return Err(format!("a column of the kind `{}` is no value of the language; give it as text, with `::text`", ty.name())),
    })
}

fn exactly<const N: usize>(raw: &[u8]) -> Result<[u8; N], String> {
    raw.try_into().map_err(|_| format!("{} bytes are no such value", raw.len()))
}

fn text(raw: &[u8]) -> Result<Json, String> {
    std::str::from_utf8(raw).map(|text| Json::String(text.to_owned())).map_err(|_| "the text is not UTF-8".into())
}

fn parsed(raw: &[u8]) -> Result<Json, String> {
    serde_json::from_slice(raw).map_err(|error| format!("it is no JSON: {error}"))
}

fn number(text: &str) -> Result<Json, String> {
    Number::from_str(text).map(Json::Number).map_err(|_| "the number is not finite".into())
}

/// A `numeric`: groups of four digits, the weight of the first, a sign, and how many digits follow the point.
fn numeric(raw: &[u8]) -> Result<String, String> {
    let mut words =
        raw.chunks_exact(2).map(|pair| i16::from_be_bytes([pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)]));
    let mut next = || words.next().ok_or_else(|| "the number is cut off".to_owned());
    let (count, weight, sign, scale) = (next()?, next()?, next()?, next()?);
    let groups: Vec<i16> = (0..count).map(|_| next()).collect::<Result<_, _>>()?;
    if !matches!(sign, 0 | 0x4000) {
        return Err("the number is not finite".into());
    }
    let weight = i32::from(weight);
    let group = |place: i32| usize::try_from(weight - place).ok().and_then(|at| groups.get(at)).copied().unwrap_or(0);
    let mut whole = String::new();
    for place in (0..=weight).rev() {
        let _ = write!(whole, "{:04}", group(place));
    }
    let scale = usize::try_from(scale).unwrap_or(0);
    let mut fraction = String::new();
    let mut place = -1;
    while fraction.len() < scale {
        let _ = write!(fraction, "{:04}", group(place));
        place -= 1;
    }
    fraction.truncate(scale);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if sign == 0 { "" } else { "-" };
    Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn day(days: i32) -> Result<String, String> {
    let day = date(2000, 1, 1).checked_add(jiff::Span::new().days(i64::from(days).clamp(-7_304_484, 7_304_484)));
    match day {
        Ok(day) if !matches!(days, i32::MIN | i32::MAX) => Ok(day.to_string()),
        _ => Err("the day is out of range".into()),
    }
}

fn instant(micros: i64) -> Result<Timestamp, String> {
    let micros = micros.checked_add(EPOCH).ok_or_else(|| "the time is out of range".to_owned())?;
    Timestamp::from_microsecond(micros).map_err(|_| "the time is out of range".into())
}

/// Microseconds, days and months; months have no length of their own.
fn interval(raw: &[u8]) -> Result<String, String> {
    let (micros, rest) = raw.split_at_checked(8).unwrap_or_default();
    let (days, months) = rest.split_at_checked(4).unwrap_or_default();
    if i32::from_be_bytes(exactly(months)?) != 0 {
        return Err("months have no length of their own; give it as text, with `::text`".into());
    }
    let days = SignedDuration::from_hours(24).checked_mul(i32::from_be_bytes(exactly(days)?));
    let length = days.and_then(|days| days.checked_add(SignedDuration::from_micros(i64::from_be_bytes(exactly(micros).ok()?))));
    length.map(|length| length.to_string()).ok_or_else(|| "the interval is out of range".into())
}

fn uuid(raw: &[u8]) -> String {
    let mut text = String::new();
    for (index, byte) in raw.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn array(ty: &Type, raw: &[u8]) -> Result<Json, String> {
    let cells = Vec::<Cell>::from_sql(ty, raw).map_err(|error| format!("the array cannot be read: {error}"))?;
    cells.into_iter().map(|cell| cell.json).collect::<Result<_, _>>().map(Json::Array)
}
