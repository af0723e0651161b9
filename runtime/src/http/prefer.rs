//! Headers about how a request is to be answered: `Prefer: wait`, `If-Match`, `Idempotency-Key`.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::problem::Problem;
use crate::engine::Key;
use crate::ids::Digest;
use crate::people::Person;

/// The longest wait.
const LONGEST: u64 = 60;

/// `Prefer: wait=N` (RFC 7240), at most 60 seconds.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse::<u64>().ok())
        .map(|seconds| Duration::from_secs(seconds.min(LONGEST)))
}

/// Says that the wait was honoured.
pub(super) fn applied(response: &mut Response, wait: Duration) {
    if let Ok(value) = HeaderValue::from_str(&format!("wait={}", wait.as_secs())) {
        response.headers_mut().insert("preference-applied", value);
    }
}

/// What `If-Match` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// Nothing, anything (`*`) or several.
    Nothing,
    /// Something that is no digest, or a weak one: it matches nothing.
    Foreign,
    /// A digest.
    Digest(Digest),
}

/// Reads `If-Match`.
pub(super) fn if_match(headers: &HeaderMap) -> Match {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Match::Nothing };
    let Ok(text) = value.to_str() else { return Match::Foreign };
    let text = text.trim();
    if text.is_empty() || text.split(',').any(|tag| tag.trim() == "*") || text.contains(',') {
        return Match::Nothing;
    }
    let digest = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    Digest::parse(digest).map_or(Match::Foreign, Match::Digest)
}

/// `Idempotency-Key` with its scope: who asks, and the route.
pub(super) fn key(headers: &HeaderMap, person: &Person, route: &str, request: &[&[u8]]) -> Result<Option<Key>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > 255 || values.next().is_some() {
        return Err(Problem::malformed("an `Idempotency-Key` is one text of 1 to 255 visible ASCII characters"));
    }
    Ok(Some(Key { scope: format!("{person} {route}"), key: key.to_owned(), request: Digest::of(request) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn waits_are_read_and_capped() {
        let cases: [(&[&'static str], Option<u64>); 6] = [
            (&[], None),
            (&["wait=5"], Some(5)),
            (&["respond-async, WAIT = 10; foo=1"], Some(10)),
            (&["return=minimal", "wait=3"], Some(3)),
            (&["wait=100000"], Some(60)),
            (&["wait=soon"], None),
        ];
        for (values, seconds) in cases {
            assert_eq!(wait(&headers("prefer", values)), seconds.map(Duration::from_secs), "{values:?}");
        }
    }

    #[test]
    fn if_match_names_one_digest_or_nothing() {
        const TAG: &str = "\"00000000000000000000000000000000000000000000000000000000000000ff\"";
        let mut bytes = [0; 32];
        bytes[31] = 255;
        assert_eq!(if_match(&headers("if-match", &[TAG])), Match::Digest(Digest(bytes)));
        assert_eq!(if_match(&headers("if-match", &[])), Match::Nothing);
        assert_eq!(if_match(&headers("if-match", &["*"])), Match::Nothing);
        assert_eq!(if_match(&headers("if-match", &["\"a\", *"])), Match::Nothing);
        assert_eq!(if_match(&headers("if-match", &[TAG, TAG])), Match::Nothing);
        assert_eq!(if_match(&headers("if-match", &["\"abc\""])), Match::Foreign);
        assert_eq!(if_match(&headers("if-match", &["W/\"00ff\""])), Match::Foreign);
    }
}
