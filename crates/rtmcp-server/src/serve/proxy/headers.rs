//! Which headers go on to the endpoint, and which come back.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
};

use super::keys::protocols;

/// What clients say with a header of the name, or with a subprotocol that begins so, as browsers
/// can set no headers.
const SAID: [(HeaderName, Option<&str>); 5] = [
    (
        HeaderName::from_static("openai-organization"),
        Some("openai-organization."),
    ),
    (
        HeaderName::from_static("openai-project"),
        Some("openai-project."),
    ),
    (HeaderName::from_static("openai-safety-identifier"), None),
    (
        HeaderName::from_static("x-openai-agents-sdk"),
        Some("openai-agents-sdk."),
    ),
    (USER_AGENT, None),
];

/// Returns what goes on to the endpoint. The rest stays here: cookies, addresses of the network, the
/// key, and what asks for the shapes of the beta (`OpenAI-Beta`), which no endpoint has any more.
pub(super) fn to_endpoint(headers: &HeaderMap) -> HeaderMap {
    let said = SAID.into_iter().filter_map(|(name, protocol)| {
        let by_header = headers.get(&name).cloned();
        let by_protocol = || {
            let protocol = protocol?;
            let said = protocols(headers).find_map(|it| it.strip_prefix(protocol))?;
            HeaderValue::from_str(said).ok()
        };
        let value = by_header.or_else(by_protocol)?;
        Some((name, value))
    });
    said.collect()
}

/// Returns what comes back to the client of the endpoint's answer: what programs and people can use.
pub(super) fn to_client(headers: &HeaderMap) -> HeaderMap {
    let is_for_clients = |name: &HeaderName| {
        [CONTENT_TYPE, RETRY_AFTER].contains(name)
            || ["openai-", "x-ratelimit-", "x-request-id", "retry-after-ms"]
                .iter()
                .any(|it| name.as_str().starts_with(it))
    };
    let headers = headers.iter().filter(|(name, _)| is_for_clients(name));
    headers
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::header::{AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL};

    use super::*;

    fn headers(pairs: &[(&HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn what_a_client_says_of_itself_goes_on_and_nothing_else() {
        let beta = HeaderName::from_static("openai-beta");
        let organization = HeaderName::from_static("openai-organization");
        let project = HeaderName::from_static("openai-project");
        let safety = HeaderName::from_static("openai-safety-identifier");
        let passed = to_endpoint(&headers(&[
            (&AUTHORIZATION, "Bearer sk-1"),
            (&COOKIE, "a=b"),
            (&beta, "realtime=v1"),
            (&organization, "org-1"),
            (&safety, "abc"),
            (
                &SEC_WEBSOCKET_PROTOCOL,
                "realtime, openai-beta.realtime-v1, openai-project.proj-1, openai-organization.no",
            ),
        ]));
        assert_eq!(passed.len(), 3, "{passed:?}");
        assert_eq!(passed[organization], "org-1");
        assert_eq!(passed[project], "proj-1");
        assert_eq!(passed[safety], "abc");
    }

    #[test]
    fn what_helps_a_client_comes_back() {
        let request = HeaderName::from_static("x-request-id");
        let cookie = HeaderName::from_static("set-cookie");
        let back = to_client(&headers(&[
            (&CONTENT_TYPE, "application/sdp"),
            (&request, "req_1"),
            (&cookie, "a=b"),
        ]));
        assert_eq!(back.len(), 2, "{back:?}");
    }
}
