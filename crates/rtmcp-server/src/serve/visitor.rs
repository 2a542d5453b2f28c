//! [`Visitor`]: a browser, known by a random cookie and by nothing else.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

use super::refusal::Refusal;

/// A browser. Whoever has the cookie is this visitor, so that it is shown nowhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Visitor(Arc<str>);

impl Visitor {
    /// A browser that wasn't here before.
    pub(super) fn new() -> Result<Self, Refusal> {
        Ok(Self(random_id()?.into()))
    }

    /// Finds the visitor in a request's cookies.
    pub(super) fn find(headers: &HeaderMap, secure: bool) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).into_iter();
        let cookies = cookies.filter_map(|it| it.to_str().ok());
        let mut pairs = cookies.flat_map(|it| it.split(';'));
        let value = pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == cookie_name(secure)).then_some(value)
        })?;
        is_id(value).then(|| Self(value.into()))
    }

    /// Returns the cookie that a browser keeps until it is closed.
    ///
    /// `Lax`, as a browser that follows a link from another site must say who it is: it would be
    /// given a new cookie otherwise, and lose the calls of its other tabs. What changes something
    /// is let in by its origin.
    pub(super) fn cookie(&self, secure: bool) -> Option<HeaderValue> {
        let (name, value) = (cookie_name(secure), &self.0);
        let secure = if secure { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}");
        let mut cookie = HeaderValue::from_str(&cookie).ok()?;
        cookie.set_sensitive(true);
        Some(cookie)
    }

    /// Names the visitor in logs. The cookie can't be found from it.
    pub(super) fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        let bits = hasher.finish().to_be_bytes();
        hex(&bits[..4])
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Visitor({})", self.tag())
    }
}

/// Returns 128 random bits, as 32 hex digits.
pub(super) fn random_id() -> Result<String, Refusal> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)
        .map_err(|_| Refusal::internal("the system gives no random numbers: look at its log"))?;
    Ok(hex(&bits))
}

fn hex(bits: &[u8]) -> String {
    bits.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// With the prefix no other host of the same site can plant a cookie, and so no visitor.
const fn cookie_name(secure: bool) -> &'static str {
    match secure {
        true => "__Host-rtmcp_visitor",
        false => "rtmcp_visitor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn a_visitor_comes_back_by_the_cookie_alone() {
        let visitor = Visitor::new().unwrap();
        for secure in [false, true] {
            let cookie = visitor.cookie(secure).unwrap();
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let with_others = headers(&format!("theme=dark; {pair}; x=y"));
            assert_eq!(Visitor::find(&with_others, secure), Some(visitor.clone()));
            assert_eq!(Visitor::find(&with_others, !secure), None);
        }
        assert_ne!(Visitor::new().unwrap(), visitor);
    }

    #[test]
    fn what_is_no_cookie_of_ours_is_nobody() {
        for cookie in [
            "",
            "rtmcp_visitor",
            "rtmcp_visitor=",
            "rtmcp_visitor=12;",
            "a=b",
        ] {
            assert_eq!(Visitor::find(&headers(cookie), false), None, "{cookie}");
        }
    }

    #[test]
    fn the_cookie_is_not_shown() {
        let visitor = Visitor::new().unwrap();
        assert!(!format!("{visitor:?}").contains(&*visitor.0));
        assert!(format!("{:?}", visitor.cookie(false)).contains("Sensitive"));
    }
}
