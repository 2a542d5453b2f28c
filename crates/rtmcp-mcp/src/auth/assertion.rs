//! [`SigningKey`]: signs what a client says of itself (`private_key_jwt`, RFC 7523).

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rtmcp_core::Private;
use serde_json::{Value, json};

use super::{crypto, problem::Problem, record};

/// A private key of this program, of which an authorization server knows the public half.
///
/// Cloning is a reference count. `Debug` doesn't show it.
#[derive(Clone)]
pub struct SigningKey(Arc<Pair>);

enum Pair {
    P256(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

/// A text is no key that we can sign with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no private key for ES256 or RS256 in PKCS#8: it must begin with -----BEGIN PRIVATE KEY-----"
)]
pub struct SigningKeyError;

impl SigningKey {
    /// Reads a key in PEM, PKCS#8: P-256 for ES256, or RSA for RS256.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`] when it is anything else.
    pub fn from_pem(pem: &Private<String>) -> Result<Self, SigningKeyError> {
        let body = pem.expose().trim().strip_prefix(BEGIN);
        let body = body
            .and_then(|body| body.strip_suffix(END))
            .ok_or(SigningKeyError)?;
        let text: String = body.split_whitespace().collect();
        let der = STANDARD.decode(text).map_err(|_| SigningKeyError)?;
        let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).map(Pair::P256);
        let pair = p256.or_else(|_| rsa::KeyPair::from_pkcs8(&der).map(Pair::Rsa));
        Ok(Self(Arc::new(pair.map_err(|_| SigningKeyError)?)))
    }

    /// Says, signed, that the client `id` asks the server `audience`, now and once.
    pub(super) fn assertion(&self, id: &str, audience: &str) -> Result<Private<String>, Problem> {
        let now = record::now();
        let claims = json!({
            "iss": id,
            "sub": id,
            "aud": audience,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": crypto::random()?,
        });
        self.sign(&json!({"alg": self.algorithm(), "typ": "JWT"}), &claims)
    }

    fn algorithm(&self) -> &'static str {
        match *self.0 {
            Pair::P256(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> Result<Private<String>, Problem> {
        let part = |value: &Value| crypto::base64url(value.to_string().as_bytes());
        let text = format!("{}.{}", part(header), part(claims));
        let signature = self.0.sign(text.as_bytes());
        let signature = signature.ok_or(Problem::Config("the key of this client signs nothing"))?;
        Ok(Private::new(format!(
            "{text}.{}",
            crypto::base64url(&signature)
        )))
    }
}

impl Pair {
    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::P256(pair) => Some(pair.sign(&random, text).ok()?.as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
                    .ok()?;
                Some(signature)
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm())
    }
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// In seconds: it is used at once.
const LIFETIME: u64 = 120;

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::AsDer as _,
        signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey},
    };
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn an_assertion_is_signed_with_the_key() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        let body = STANDARD.encode(der.as_ref());
        let pem = Private::new(format!(
            "{BEGIN}\n{}\n{}\n{END}\n",
            &body[..64],
            &body[64..]
        ));
        let key = SigningKey::from_pem(&pem).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(ES256)");

        let jwt = key.assertion("us", "https://as.example").unwrap();
        let (text, signature) = jwt.expose().rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public = pair.public_key().as_der().unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public.as_ref());
        public.verify(text.as_bytes(), &signature).unwrap();
        let claims = text.split_once('.').unwrap().1;
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(
            (&claims["sub"], &claims["aud"]),
            (&"us".into(), &"https://as.example".into())
        );
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in [
            "",
            "-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----",
            "secret",
        ] {
            assert_eq!(
                SigningKey::from_pem(&Private::from(text)).unwrap_err(),
                SigningKeyError
            );
        }
    }
}
