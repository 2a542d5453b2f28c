//! How an endpoint is reached: its sockets, its REST API, calls over WebRTC.

mod backoff;
mod call;
mod dial;
mod error;
mod key;
mod refused;
mod rest;
mod socket;
mod webrtc;

use url::Url;

pub(crate) use backoff::Backoff;
pub(crate) use call::{abandon, make_call};
pub(crate) use dial::{Dial, DialError, Dialed, dial};
pub use error::ConnectError;
pub(crate) use error::remedy;
pub(crate) use rest::{Passed, PassedBody, Placed, Rest};
pub(crate) use socket::{Stream, open};
pub(crate) use webrtc::{Offered, answer};

/// Returns an address for people: without what may be secret.
pub(crate) fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Neither fails for an address that has a host.
    let _ = (url.set_username(""), url.set_password(None));
    url.to_string()
}
