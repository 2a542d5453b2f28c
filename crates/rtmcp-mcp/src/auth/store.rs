//! [`TokenStore`]: where tokens are kept, in memory or sealed in files.

mod file;

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use rtmcp_core::Private;
use url::Url;

pub use self::file::{FileStore, StoreKey};
use crate::failure::public_url;

/// Whose tokens, and for which server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TokenKey {
    /// The server's URL, without userinfo, query and fragment.
    pub server: String,
    /// The person, where a store has tokens of several.
    pub person: Option<String>,
}

impl TokenKey {
    /// The key of the tokens for the server at `url`.
    pub fn new(url: &Url, person: Option<String>) -> Self {
        Self {
            server: public_url(url),
            person,
        }
    }
}

/// Keeps a text for each server and person: the tokens, and what it takes to refresh them.
///
/// What is kept is as secret as a password, and whoever keeps it outside of this process's memory
/// seals it. A record replaces the one before it, and is never to be seen half written.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// Returns what was kept last.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it can't be read, which is another thing than that there is nothing.
    fn load<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Private<String>>, StoreError>>;

    /// Keeps a record in the place of the one before it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it can't be written.
    fn save<'a>(
        &'a self,
        key: &'a TokenKey,
        record: Private<String>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Tells whether what is kept outlives this program.
    fn is_lasting(&self) -> bool {
        true
    }

    /// Waits until nobody else refreshes these tokens, and keeps others from it until the lease is
    /// dropped: a refresh token often works only once.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when that can't be had.
    fn lease<'a>(&'a self, key: &'a TokenKey) -> BoxFuture<'a, Result<Lease, StoreError>>;
}

/// Keeps others from refreshing the same tokens, until it is dropped.
pub struct Lease(#[expect(dead_code, reason = "it is held, and dropped")] Box<dyn Any + Send>);

impl Lease {
    /// A lease that ends when `guard` is dropped.
    pub fn new(guard: impl Any + Send) -> Self {
        Self(Box::new(guard))
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}

/// Tokens can't be kept, or what is kept can't be read.
///
/// The words say what to do, and hold nothing of what is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(String);

impl StoreError {
    /// An error with words for whoever runs this program.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// Keeps tokens until the program ends. Cloning is a reference count.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Memory>);

#[derive(Default)]
struct Memory {
    records: Mutex<HashMap<TokenKey, Private<String>>>,
    turns: Turns,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

impl TokenStore for MemoryStore {
    fn is_lasting(&self) -> bool {
        false
    }

    fn load<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Private<String>>, StoreError>> {
        let records = self.0.records.lock();
        let record = records
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned();
        Box::pin(std::future::ready(Ok(record)))
    }

    fn save<'a>(
        &'a self,
        key: &'a TokenKey,
        record: Private<String>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut records = self
            .0
            .records
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        records.insert(key.clone(), record);
        Box::pin(std::future::ready(Ok(())))
    }

    fn lease<'a>(&'a self, key: &'a TokenKey) -> BoxFuture<'a, Result<Lease, StoreError>> {
        Box::pin(async { Ok(Lease::new(self.0.turns.take(key).await)) })
    }
}

/// One lock a key, within this process.
#[derive(Debug, Default)]
struct Turns(Mutex<HashMap<TokenKey, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn take(&self, key: &TokenKey) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that only this map holds are nobody's turn.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(key.clone()).or_default())
        };
        turn.lock_owned().await
    }
}
