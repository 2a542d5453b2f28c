//! [`sign`]: how a webhook knows that a request is from here, and from now.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use rtmcp_core::Private;
use sha2::Sha256;

/// Signs a request as [Standard Webhooks](https://www.standardwebhooks.com) has it: returns what goes
/// into the header `webhook-signature`, beside `webhook-id` and `webhook-timestamp` (seconds since
/// 1970) with the same values.
///
/// A secret that begins with `whsec_` is base64 after that; any other is the key as it is.
///
/// # Example
///
/// ```
/// use rtmcp::{approval::sign, core::Private};
///
/// let secret = Private::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
/// let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
/// assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
/// ```
pub fn sign(secret: &Private<String>, id: &str, timestamp: u64, body: &str) -> String {
    let secret = secret.expose();
    let decoded = secret.strip_prefix("whsec_").map(|it| STANDARD.decode(it));
    let key = match decoded {
        Some(Ok(key)) => key,
        _ => secret.as_bytes().to_vec(),
    };
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return String::new();
    };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_the_id_the_time_and_the_body() {
        let secret = Private::from("a secret of the owner");
        let one = sign(&secret, "msg_1", 1_700_000_000, "{}");
        // printf 'msg_1.1700000000.{}' | openssl dgst -sha256 -hmac 'a secret of the owner' -binary | base64
        assert_eq!(one, "v1,i4JRltlbFD1tq/DP1jcYXD2lryWAaM9qPVWaLr/ZhcQ=");
        for other in [
            sign(&secret, "msg_2", 1_700_000_000, "{}"),
            sign(&secret, "msg_1", 1_700_000_001, "{}"),
            sign(&secret, "msg_1", 1_700_000_000, "{ }"),
            sign(&Private::from("another"), "msg_1", 1_700_000_000, "{}"),
        ] {
            assert_ne!(one, other);
        }
    }
}
