//! [`FileStore`]: tokens sealed in files of one folder.

use std::{
    fmt, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::BoxFuture;
use rtmcp_core::Private;

use super::{Lease, StoreError, TokenKey, TokenStore, Turns};
use crate::auth::crypto::{self, KEY_BYTES};

/// Keeps tokens in a folder, each record sealed with AES-256-GCM.
///
/// Several programs may share the folder, and the key. Cloning is a reference count.
#[derive(Clone)]
pub struct FileStore(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    key: StoreKey,
    turns: Turns,
}

impl FileStore {
    /// A store in `folder`, which is made, for its owner alone, if it isn't there.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it can't be made.
    pub fn new(folder: impl Into<PathBuf>, key: StoreKey) -> Result<Self, StoreError> {
        let folder = folder.into();
        make_private_folder(&folder).map_err(|error| trouble("can't make", &folder, &error))?;
        Ok(Self(Arc::new(Inner {
            folder,
            key,
            turns: Turns::default(),
        })))
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileStore({})", self.0.folder.display())
    }
}

impl TokenStore for FileStore {
    fn load<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Private<String>>, StoreError>> {
        let (inner, key) = (Arc::clone(&self.0), key.clone());
        Box::pin(blocking(move || inner.load(&key)))
    }

    fn save<'a>(
        &'a self,
        key: &'a TokenKey,
        record: Private<String>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (inner, key) = (Arc::clone(&self.0), key.clone());
        Box::pin(blocking(move || inner.save(&key, &record)))
    }

    fn lease<'a>(&'a self, key: &'a TokenKey) -> BoxFuture<'a, Result<Lease, StoreError>> {
        Box::pin(async {
            // First among ourselves, so that one thread at most waits for other programs.
            let turn = self.0.turns.take(key).await;
            let path = self.0.path(key, "lock");
            let file = blocking(move || lock(&path)).await?;
            Ok(Lease::new((turn, file)))
        })
    }
}

impl Inner {
    fn path(&self, key: &TokenKey, ending: &str) -> PathBuf {
        let name = crypto::base64url(&crypto::sha256(&about(key)));
        self.folder.join(format!("{name}.{ending}"))
    }

    fn load(&self, key: &TokenKey) -> Result<Option<Private<String>>, StoreError> {
        let path = self.path(key, "sealed");
        let file = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|error| trouble("can't read", &path, &error))?,
        };
        let text = crypto::open(&self.key.0, &about(key), &file);
        let text = text.and_then(|text| String::from_utf8(text).ok());
        let text = text.ok_or_else(|| {
            let path = path.display();
            StoreError::new(format!(
                "{path} was sealed with another key, or is damaged: give the right key, or delete the file and sign in again"
            ))
        })?;
        Ok(Some(Private::new(text)))
    }

    fn save(&self, key: &TokenKey, record: &Private<String>) -> Result<(), StoreError> {
        let sealed = crypto::seal(&self.key.0, &about(key), record.expose().as_bytes());
        let sealed = sealed.ok_or_else(|| StoreError::new("tokens can't be sealed here"))?;
        let (path, draft) = (self.path(key, "sealed"), self.path(key, "draft"));
        let written = write_private(&draft, &sealed).and_then(|()| fs::rename(&draft, &path));
        written.map_err(|error| trouble("can't write", &path, &error))
    }
}

/// What a record is about: a sealed file opens only in its own place.
fn about(key: &TokenKey) -> Vec<u8> {
    let person = key.person.as_deref();
    let marks = [
        if person.is_some() { "person" } else { "owner" },
        person.unwrap_or(""),
    ];
    [key.server.as_str(), marks[0], marks[1]]
        .join("\0")
        .into_bytes()
}

/// The key that seals a [`FileStore`]. `Debug` doesn't show it.
#[derive(Clone, Debug)]
pub struct StoreKey(Private<[u8; KEY_BYTES]>);

impl StoreKey {
    /// A key of 32 bytes, written in hex or in base64, such as `openssl rand -hex 32` makes one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it is anything else.
    pub fn parse(text: &Private<String>) -> Result<Self, StoreError> {
        let text = text.expose().trim();
        let bytes = match text.len() {
            64 => hex(text),
            _ => STANDARD.decode(text).ok(),
        };
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(|bytes| Self(Private::new(bytes))).ok_or_else(|| {
            StoreError::new(
                "the key is not 32 bytes in hex or base64: make one with `openssl rand -hex 32`",
            )
        })
    }

    /// The key in a file; it is made, for its owner alone, if the file isn't there.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it can't be read or made, is no key, or others may read it.
    pub fn file(path: &Path) -> Result<Self, StoreError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                check_private(path)?;
                Self::parse(&Private::new(text))
                    .map_err(|error| StoreError::new(format!("{}: {error}", path.display())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(trouble("can't read", path, &error)),
        }
    }

    fn make(path: &Path) -> Result<Self, StoreError> {
        let bytes =
            crypto::random_bytes().map_err(|problem| StoreError::new(problem.to_string()))?;
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            make_private_folder(folder).map_err(|error| trouble("can't make", folder, &error))?;
        }
        let text = format!("{}\n", STANDARD.encode(bytes));
        let made = private_options().create_new(true).open(path);
        match made.and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => Ok(Self(Private::new(bytes))),
            // Another program was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::file(path),
            Err(error) => Err(trouble("can't make", path, &error)),
        }
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| char::from(letter).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    let bytes = pairs.map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok());
    bytes.collect()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(StoreError::new("the program is ending")))
}

fn lock(path: &Path) -> Result<fs::File, StoreError> {
    let file = private_options().create(true).truncate(false).open(path);
    let locked = file.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| trouble("can't lock", path, &error))
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_options().create(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// For writing a file that only its owner may read.
fn private_options() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn check_private(path: &Path) -> Result<(), StoreError> {
    let meta = fs::metadata(path).map_err(|error| trouble("can't read", path, &error))?;
    let mode = std::os::unix::fs::MetadataExt::mode(&meta);
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    let words = format!("others may read the key in {path}: run `chmod 600 {path}`");
    Err(StoreError::new(words))
}

#[cfg(not(unix))]
fn check_private(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn trouble(what: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::new(format!("{what} {}: {}", path.display(), error.kind()))
}

#[cfg(test)]
mod tests;
