//! What happens around every request: strangers and bodies beyond the limit are turned away, a panic becomes an answer, headers are set.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::app::App;
use super::body::discard;
use super::peer::Peer;
use super::problem::Problem;

const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

pub(super) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>();
    if peer == Some(&Peer::Stranger) {
        return dressed(Problem::forbidden("this socket belongs to another user of this machine").into_response());
    }
    let limit = match peer {
        Some(Peer::Owner { .. }) if request.uri().path().starts_with("/local/") => app.options.plan_limit,
        _ => app.options.body_limit,
    };
    if request.body().size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        if !request.headers().contains_key(header::EXPECT) {
            discard(request.into_body().into_data_stream()).await;
        }
        return dressed(Problem::too_large(limit).into_response());
    }
    dressed(caught(next.run(request)).await)
}

/// A panic in a handler is an answer, and the end of nothing but that request.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => Problem::internal(&words(panic.as_ref())).into_response(),
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a message"))
}

fn dressed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    set_default(headers, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CSP);
    response
}

fn set_default(headers: &mut HeaderMap, name: header::HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let answer = caught(async { std::panic::panic_any("boom") }).await;
        assert_eq!(answer.status(), 500);
        assert_eq!(words(&"boom"), "panic: boom");
        assert_eq!(words(&"boom".to_owned()), "panic: boom");
        assert_eq!(words(&7), "panic: without a message");
    }
}
