//! How an endpoint is reached: its sockets, its REST API, calls over WebRTC.

mod error;
mod rest;
mod socket;
mod webrtc;

use rtmcp_core::Private;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use url::Url;

pub use error::ConnectError;
pub(crate) use rest::{Placed, Rest};
pub(crate) use socket::{Stream, open};
pub(crate) use webrtc::Offered;

/// Returns the header that lets in whoever has the key.
fn bearer(key: &Private<String>) -> Result<HeaderValue, ConnectError> {
    let header = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
    let mut header = header.map_err(|_| ConnectError::UnprintableKey)?;
    header.set_sensitive(true);
    Ok(header)
}

/// Returns an address for people: without what may be secret.
pub(crate) fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Neither fails for an address that has a host.
    let _ = (url.set_username(""), url.set_password(None));
    url.to_string()
}
