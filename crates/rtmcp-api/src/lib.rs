//! The words of the backend's HTTP API: what a page and the backend say to each other.
//!
//! | request | asks | answers |
//! |---|---|---|
//! | `GET /api/health` | | [`Health`] |
//! | `GET /api/settings` | | [`Settings`] |
//! | `POST /api/tools` | [`ToolsRequest`] | [`Tools`] |
//! | `POST /api/token` | [`TokenRequest`] | [`Token`] |
//! | `POST /api/calls` | [`CallRequest`] | [`Call`], 201 |
//! | `GET /api/sessions/{id}/events` | `Last-Event-ID` | a stream of [`Diagnostic`]s |
//! | `GET /api/sessions/{id}/approvals` | | [`Approval`]s |
//! | `POST /api/sessions/{id}/approvals/{call_id}` | [`Decision`] | 204 |
//! | `POST /api/approvals/{token}` | [`Verdict`] | 204 |
//! | `POST /api/sessions/{id}/sign-in/{server}` | | [`SignIn`] |
//! | `POST /api/sessions/{id}/elicitations/{question}` | [`ElicitationAnswer`] | 204 |
//! | `DELETE /api/sessions/{id}` | | 204 |
//!
//! Bodies are JSON. What goes wrong is told as a [`Problem`], with a 4xx or 5xx status.
//! Speech, arguments, results and keys are [`Private`](rtmcp_core::Private).

mod approval;
mod call;
mod diagnostic;
mod elicitation;
mod problem;
mod settings;
mod sign_in;

pub use approval::{Approval, Decision, Remember, Verdict};
pub use call::{Call, CallRequest, CallSource, Server, Setup, Token, TokenRequest};
pub use diagnostic::{CallEnd, Diagnostic, Happening};
pub use elicitation::{Elicitation, ElicitationAction, ElicitationAnswer};
pub use problem::{Problem, ProblemCode};
pub use settings::{
    ConfiguredServer, Endpoint, EndpointKind, Health, KeyState, Settings, Tool, ToolVerdict, Tools,
    ToolsRequest,
};
pub use sign_in::SignIn;
