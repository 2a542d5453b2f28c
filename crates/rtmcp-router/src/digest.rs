//! [`Digest`]: names exactly one JSON value, so that a decision about it can't be one about another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a JSON value in its canonical form.
///
/// The canonical form has the keys of each object in the order of their bytes, no white space, and
/// numbers and strings as `serde_json` writes them: equal values have equal digests, however they
/// were written, and `1` is another value than `1.0`.
///
/// # Example
///
/// ```
/// use rtmcp_router::Digest;
/// use serde_json::json;
///
/// let digest = Digest::of(&json!({ "order": "A-7", "cents": 250 }));
/// assert_eq!(digest, Digest::of(&json!({ "cents": 250, "order": "A-7" })));
/// assert_ne!(digest, Digest::of(&json!({ "cents": 251, "order": "A-7" })));
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests a value.
    pub fn of(value: &Value) -> Self {
        let mut text = String::new();
        canonical(value, &mut text);
        Self(Sha256::digest(text).into())
    }
}

/// A text that is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits: send it as it stood in the request")]
pub struct BadDigest;

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(BadDigest);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| BadDigest)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// Writes the canonical form. As deep as the value, which a parser has limited already.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (at, (name, value)) in fields.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                canonical(value, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canonical_form_is_the_same_however_a_value_is_written() {
        let written = r#" { "b" : [ 1, { "z":null, "a":"é\u0022" } ], "a" : 1.50 } "#;
        let mut text = String::new();
        canonical(&serde_json::from_str(written).unwrap(), &mut text);
        assert_eq!(text, r#"{"a":1.5,"b":[1,{"a":"é\"","z":null}]}"#);
    }

    #[test]
    fn a_digest_is_the_known_one() {
        // printf '{}' | sha256sum
        assert_eq!(
            Digest::of(&json!({})).to_string(),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for text in ["", "44", &"g".repeat(64), &"4".repeat(65), &"é".repeat(32)] {
            assert_eq!(text.parse::<Digest>(), Err(BadDigest), "{text}");
        }
    }
}
