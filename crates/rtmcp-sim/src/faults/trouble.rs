//! [`Trouble`]: errors of an endpoint that are no fault of the client's event.

use axum::http::StatusCode;

/// What an endpoint says is wrong with the account, the key or itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// `server_error`: it is broken, for a moment.
    ServerError,
    /// `rate_limit_exceeded`: too much was asked for in too short a time.
    RateLimit,
    /// `insufficient_quota`: the account has nothing left.
    Quota,
    /// `invalid_api_key`: the key isn't one, or isn't one any more.
    BadKey,
    /// `account_deactivated`: the account is closed.
    Deactivated,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ServerError,
        Self::RateLimit,
        Self::Quota,
        Self::BadKey,
        Self::Deactivated,
    ];

    /// Returns the published code, such as `insufficient_quota`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ServerError => "server_error",
            Self::RateLimit => "rate_limit_exceeded",
            Self::Quota => "insufficient_quota",
            Self::BadKey => "invalid_api_key",
            Self::Deactivated => "account_deactivated",
        }
    }

    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::ServerError => "The server had an error while processing your request.",
            Self::RateLimit => "Rate limit reached for requests. Please try again in 1s.",
            Self::Quota => {
                "You exceeded your current quota, please check your plan and billing details."
            }
            Self::BadKey => "Incorrect API key provided.",
            Self::Deactivated => "The account that is associated with this key is deactivated.",
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::RateLimit | Self::Quota => StatusCode::TOO_MANY_REQUESTS,
            Self::BadKey | Self::Deactivated => StatusCode::UNAUTHORIZED,
        }
    }
}
