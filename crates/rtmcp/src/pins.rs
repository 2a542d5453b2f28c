//! The file with what was approved of each tool.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use rtmcp_core::ServerName;
use rtmcp_router::{Pins, Router};

/// Reads what was approved; nothing where there is no file yet.
///
/// # Errors
///
/// [`PinsError`] when the file can't be read, or isn't one of these.
pub fn load(path: &Path) -> Result<Pins, PinsError> {
    let fault = |trouble: String| PinsError {
        path: path.to_owned(),
        trouble,
    };
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| {
            fault(format!(
                "it isn't a list of approved tools ({error}): remove it to approve all tools anew"
            ))
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Pins::default()),
        Err(error) => Err(fault(error.to_string())),
    }
}

/// Writes down that a server's tools are approved as a router has them, beside what the file says of
/// others. A reader sees the old file or the new one, never a part.
///
/// # Errors
///
/// [`PinsError`] when the file can't be read or written.
pub fn approve(path: &Path, server: &ServerName, router: &Router) -> Result<(), PinsError> {
    let mut pins = load(path)?;
    let tools: Vec<_> = router.offered(server).cloned().collect();
    pins.approve(server, &tools);
    save(path, &pins).map_err(|error| PinsError {
        path: path.to_owned(),
        trouble: error.to_string(),
    })
}

fn save(path: &Path, pins: &Pins) -> io::Result<()> {
    let text = serde_json::to_string_pretty(pins)?;
    // Beside it, as only within one file system a file takes another's place at once.
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = fs::File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&new, path))
        .inspect_err(|_| {
            // What could not be moved is of no use.
            let _ = fs::remove_file(&new);
        })
}

/// The file of approved tools can't be used.
#[derive(Debug, thiserror::Error)]
#[error("can't use {}: {trouble}", path.display())]
pub struct PinsError {
    path: PathBuf,
    trouble: String,
}
