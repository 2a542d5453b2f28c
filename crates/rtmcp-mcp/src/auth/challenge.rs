//! [`Challenge`]: what a server says with a 401 or 403 (`WWW-Authenticate`, RFC 9110 and RFC 6750).

use http::{HeaderMap, header};

/// What a server wants to see, and where it says more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The URL of its metadata, as it stands there.
    pub(crate) metadata: Option<String>,
    /// What the request needs.
    pub(crate) scopes: Vec<String>,
    /// It knows the token, and the token may not do that.
    pub(crate) lacks_scope: bool,
    /// It said anything of bearer tokens at all.
    pub(crate) is_there: bool,
}

impl Challenge {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut challenge = Self::default();
        for value in headers.get_all(header::WWW_AUTHENTICATE) {
            let Ok(value) = value.to_str() else { continue };
            if let Some(parameters) = bearer_parameters(value) {
                challenge.is_there = true;
                challenge.take(parameters);
            }
        }
        challenge
    }

    fn take(&mut self, parameters: &str) {
        for (name, value) in Parameters(parameters) {
            match name.to_ascii_lowercase().as_str() {
                "resource_metadata" => self.metadata = Some(value),
                "scope" => self.scopes = value.split_whitespace().map(str::to_owned).collect(),
                "error" => self.lacks_scope = value == "insufficient_scope",
                _ => {}
            }
        }
    }
}

/// What follows the scheme `Bearer` (or `DPoP`, which says the same) in a list of challenges.
fn bearer_parameters(value: &str) -> Option<&str> {
    ["bearer", "dpop"].into_iter().find_map(|scheme| {
        let lower = value.to_ascii_lowercase();
        let mut from = 0;
        while let Some(at) = lower.get(from..)?.find(scheme).map(|at| at + from) {
            let before = lower[..at].trim_end().chars().last();
            let after = lower[at + scheme.len()..].chars().next();
            let begins = before.is_none() || before == Some(',');
            if begins && after.is_none_or(char::is_whitespace) {
                return Some(&value[at + scheme.len()..]);
            }
            from = at + scheme.len();
        }
        None
    })
}

/// `name=value` and `name="value"`, with commas in between; ends at what is neither.
struct Parameters<'a>(&'a str);

impl Iterator for Parameters<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_start_matches([' ', '\t', ',']);
        let (name, rest) = text.split_once('=')?;
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            // Another challenge begins here.
            return None;
        }
        let rest = rest.trim_start();
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = rest.find([',', ' ', '\t']).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        self.0 = rest;
        Some((name.to_owned(), value))
    }
}

/// A quoted string without its first quote, and what follows its last.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            _ => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Challenge {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_str(value).unwrap(),
            );
        }
        Challenge::read(&headers)
    }

    #[test]
    fn the_parameters_of_bearer_are_read() {
        let challenge = read(&[
            r#"Bearer error="insufficient_scope", scope="files:read files:write", resource_metadata="https://a.example/.well-known/x, \"y\"""#,
        ]);
        assert!(challenge.lacks_scope);
        assert_eq!(challenge.scopes, ["files:read", "files:write"]);
        let metadata = challenge.metadata.as_deref();
        assert_eq!(metadata, Some(r#"https://a.example/.well-known/x, "y""#));
    }

    #[test]
    fn bearer_is_found_among_others() {
        for value in [
            r#"Basic realm="a bearer b", Bearer scope=x"#,
            r#"bearer scope=x, Digest nonce="1""#,
            r#"BEARER realm="r" , scope = "x""#,
        ] {
            assert_eq!(read(&[value]).scopes, ["x"], "{value}");
        }
        assert_eq!(read(&["Basic realm=\"x\"", "Bearer scope=x"]).scopes, ["x"]);
        assert!(read(&["Bearer"]).is_there);
        assert!(!read(&["Basic realm=\"bearer \""]).is_there);
    }

    #[test]
    fn what_is_broken_is_left() {
        for value in [
            "Bearer scope=\"x",
            "Bearer =",
            "Bearer scope",
            "Bearer \"\\",
        ] {
            assert_eq!(read(&[value]).scopes, Vec::<String>::new(), "{value}");
        }
    }
}
