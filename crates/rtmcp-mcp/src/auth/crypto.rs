//! Random values, hashes and seals.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest, rand,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rtmcp_core::Private;

use super::problem::Problem;

/// The bytes of a key that seals.
pub(super) const KEY_BYTES: usize = 32;

/// A value that nobody can guess: 256 bits, in letters that stand in URLs as they are.
pub(super) fn random() -> Result<String, Problem> {
    Ok(base64url(&random_bytes()?))
}

pub(super) fn random_bytes() -> Result<[u8; KEY_BYTES], Problem> {
    let mut bytes = [0; KEY_BYTES];
    rand::fill(&mut bytes).map_err(|_| Problem::Config("this system gives no random numbers"))?;
    Ok(bytes)
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// The challenge that a verifier answers (RFC 7636, S256).
pub(super) fn s256(verifier: &str) -> String {
    base64url(&sha256(verifier.as_bytes()))
}

/// Seals what is kept in a file: AES-256-GCM, a random nonce in front. `about` is not kept, and must
/// be the same for opening: a sealed file that is moved to another's place doesn't open there.
pub(super) fn seal(key: &Private<[u8; KEY_BYTES]>, about: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.expose()).ok()?;
    let mut sealed = text.to_vec();
    let nonce = key
        .seal_in_place_append_tag(Aad::from(about), &mut sealed)
        .ok()?;
    let mut file = nonce.as_ref().to_vec();
    file.append(&mut sealed);
    Some(file)
}

/// Opens what [`seal`] made; `None` where the key, the text or what it is about is another.
pub(super) fn open(key: &Private<[u8; KEY_BYTES]>, about: &[u8], file: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = file.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.expose()).ok()?;
    let mut sealed = sealed.to_vec();
    let text = key
        .open_in_place(nonce, Aad::from(about), &mut sealed)
        .ok()?;
    Some(text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let challenge = s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_is_sealed_opens_only_as_it_was() {
        let key = Private::new(random_bytes().unwrap());
        let sealed = seal(&key, b"crm", b"a token").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"a token"));
        assert_eq!(open(&key, b"crm", &sealed).unwrap(), b"a token");
        assert_eq!(open(&key, b"shop", &sealed), None);
        assert_eq!(
            open(&Private::new(random_bytes().unwrap()), b"crm", &sealed),
            None
        );
        for at in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[at] ^= 1;
            assert_eq!(open(&key, b"crm", &broken), None);
        }
        assert_ne!(seal(&key, b"crm", b"a token").unwrap(), sealed);
        assert_ne!(random().unwrap(), random().unwrap());
    }
}
