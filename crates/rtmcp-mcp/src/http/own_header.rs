//! [`BadHeader`]: which headers somebody may add to the requests for a server.

use http::{HeaderName, HeaderValue};
use rtmcp_core::Private;

use super::Guard;

/// A header that can't be added to requests. `Display` says why, without its name and its value: a
/// secret may be in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadHeader {
    /// The name has characters that no name has.
    #[error("its name is no header name: use letters, digits and `-`")]
    Name,
    /// The protocol sets it, or the connection.
    #[error("it belongs to the protocol or the connection: leave it out")]
    Reserved,
    /// The value has characters that no value has.
    #[error("its value has characters that no header can carry, such as line breaks")]
    Value,
}

impl Guard {
    /// Checks a header that somebody adds to the requests for a server.
    ///
    /// # Errors
    ///
    /// [`BadHeader`] when it can't be sent, or isn't theirs to set.
    pub fn check_header(&self, name: &str, value: &Private<String>) -> Result<(), BadHeader> {
        self.header(name, value).map(|_| ())
    }

    pub(super) fn header(
        &self,
        name: &str,
        value: &Private<String>,
    ) -> Result<(HeaderName, HeaderValue), BadHeader> {
        let name = HeaderName::try_from(name).map_err(|_| BadHeader::Name)?;
        // The owner may know better by what name a server is called; for a stranger it is a way to
        // reach another one than the one that was checked.
        let is_reserved = RESERVED.contains(&name.as_str())
            || name.as_str().starts_with(PARAMETER)
            || (name == http::header::HOST && !self.is_owner());
        if is_reserved {
            return Err(BadHeader::Reserved);
        }
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| BadHeader::Value)?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}

/// What the protocol and the connection set.
const RESERVED: [&str; 19] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "keep-alive",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Arguments of a call that a tool wants to see in the headers.
const PARAMETER: &str = "mcp-param-";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AllowList;

    #[test]
    fn a_header_is_sent_only_where_it_is_theirs() {
        let owner = Guard::default();
        let stranger = Guard::strangers(AllowList::default());
        for (name, value, expected) in [
            ("X-Api-Key", "abc", Ok(())),
            ("Authorization", "Bearer abc", Ok(())),
            ("X-Words", "é", Ok(())),
            ("X-Split", "a\r\nX-Evil: 1", Err(BadHeader::Value)),
            ("X-Split\r\nX-Evil", "1", Err(BadHeader::Name)),
            ("X Space", "1", Err(BadHeader::Name)),
            ("", "1", Err(BadHeader::Name)),
            ("Content-Length", "0", Err(BadHeader::Reserved)),
            ("Transfer-Encoding", "chunked", Err(BadHeader::Reserved)),
            ("Mcp-Session-Id", "s", Err(BadHeader::Reserved)),
            ("MCP-Name", "t", Err(BadHeader::Reserved)),
            ("Mcp-Param-City", "Paris", Err(BadHeader::Reserved)),
        ] {
            let value = Private::from(value);
            assert_eq!(owner.check_header(name, &value), expected, "{name}");
            assert_eq!(stranger.check_header(name, &value), expected, "{name}");
        }
        let host = Private::from("inner.example");
        assert_eq!(owner.check_header("Host", &host), Ok(()));
        let refused = stranger.check_header("Host", &host);
        assert_eq!(refused, Err(BadHeader::Reserved));
    }
}
