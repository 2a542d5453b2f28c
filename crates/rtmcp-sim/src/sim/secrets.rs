//! [`Secrets`]: keys for browsers, which open sessions for a while and bring their settings along.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use rtmcp_core::Private;
use serde_json::{Map, Value};

/// What every secret begins with.
pub(crate) const PREFIX: &str = "ek_";
/// Seconds for which a secret is remembered that has expired, so that its holder can be told why
/// it opens nothing.
const REMEMBERED: u64 = 3_600;

/// A key for a browser.
#[derive(Debug)]
pub(crate) struct Secret {
    pub(crate) value: Private<String>,
    /// The settings of the sessions that it opens, which have passed their check.
    pub(crate) session: Private<Map<String, Value>>,
}

/// All that were minted.
pub(crate) struct Secrets {
    /// Values are drawn from this: nobody who has one can tell another.
    random: RandomState,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    minted: u64,
    by_value: HashMap<String, (u64, Arc<Secret>)>,
}

/// Why a secret opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSecret {
    Unknown,
    Expired,
}

impl Secrets {
    pub(crate) fn new() -> Self {
        Self {
            random: RandomState::new(),
            kept: Mutex::default(),
        }
    }

    /// Makes a secret that expires at a time, in seconds since 1970.
    pub(crate) fn mint(
        &self,
        session: Map<String, Value>,
        now: u64,
        expires_at: u64,
    ) -> Arc<Secret> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_value
            .retain(|_, (expired, _)| *expired + REMEMBERED > now);
        kept.minted += 1;
        let value = self.value(kept.minted);
        let secret = Arc::new(Secret {
            value: Private::new(value.clone()),
            session: Private::new(session),
        });
        kept.by_value
            .insert(value, (expires_at, Arc::clone(&secret)));
        secret
    }

    /// Returns the secret of this value.
    pub(crate) fn find(&self, value: &str, now: u64) -> Result<Arc<Secret>, NoSecret> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.by_value.get(value) {
            None => Err(NoSecret::Unknown),
            Some((expires_at, _)) if now >= *expires_at => Err(NoSecret::Expired),
            Some((_, secret)) => Ok(Arc::clone(secret)),
        }
    }

    /// Lets all of them expire at once.
    pub(crate) fn expire(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (expires_at, _) in kept.by_value.values_mut() {
            *expires_at = 0;
        }
    }

    fn value(&self, number: u64) -> String {
        let mut value = PREFIX.to_owned();
        for half in 0..2 {
            // Writing to a string never fails.
            let _ = write!(value, "{:016x}", self.random.hash_one((number, half)));
        }
        value
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{NoSecret, Secrets};

    #[test]
    fn a_secret_opens_sessions_until_its_time_is_up() {
        let secrets = Secrets::new();
        let session = Map::from_iter([("type".to_owned(), json!("realtime"))]);
        let secret = secrets.mint(session.clone(), 100, 110);
        let value = secret.value.expose();
        for now in [100, 109] {
            let found = secrets.find(value, now).unwrap();
            assert_eq!(*found.session.expose(), session);
        }
        assert_eq!(secrets.find(value, 110).unwrap_err(), NoSecret::Expired);
        assert_eq!(secrets.find("ek_0", 100).unwrap_err(), NoSecret::Unknown);
    }

    #[test]
    fn each_is_another_and_old_ones_are_forgotten() {
        let secrets = Secrets::new();
        let first = secrets.mint(Map::new(), 0, 10);
        let second = secrets.mint(Map::new(), 0, 10);
        assert_ne!(first.value, second.value);
        assert_eq!(second.value.expose().len(), 35);
        secrets.mint(Map::new(), 3_609, 3_700);
        let find = |now| secrets.find(first.value.expose(), now).unwrap_err();
        assert_eq!(find(3_609), NoSecret::Expired);
        secrets.mint(Map::new(), 3_610, 3_700);
        assert_eq!(find(3_610), NoSecret::Unknown);
    }

    #[test]
    fn all_of_them_can_be_let_expire() {
        let secrets = Secrets::new();
        let secret = secrets.mint(Map::new(), 100, 200);
        secrets.expire();
        let found = secrets.find(secret.value.expose(), 100);
        assert_eq!(found.unwrap_err(), NoSecret::Expired);
    }
}
