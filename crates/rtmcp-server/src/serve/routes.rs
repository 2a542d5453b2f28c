//! The routes: one list, of which the router is built and the documentation checked.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodRouter, any, delete, get, post},
};
use rtmcp_api::ProblemCode;

use super::{
    Shared, calls, decide, elicitations, guard, refusal::Refusal, settings, sign_in, stream, tools,
};

/// A route of the API.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, its parameters in braces.
    pub path: &'static str,
    /// How many of the visitor's requests it counts for.
    cost: u32,
    handler: fn() -> MethodRouter<Shared>,
}

/// All routes of the API.
pub static ROUTES: [Route; 12] = [
    Route {
        method: Method::GET,
        path: "/api/health",
        cost: 1,
        handler: || get(settings::health),
    },
    Route {
        method: Method::GET,
        path: "/api/settings",
        cost: 1,
        handler: || get(settings::settings),
    },
    Route {
        method: Method::POST,
        path: "/api/tools",
        cost: FAR,
        handler: || post(tools::list),
    },
    Route {
        method: Method::POST,
        path: "/api/token",
        cost: FAR,
        handler: || post(calls::mint),
    },
    Route {
        method: Method::POST,
        path: "/api/calls",
        cost: FAR,
        handler: || post(calls::create),
    },
    Route {
        method: Method::GET,
        path: "/api/sessions/{id}/events",
        cost: 1,
        handler: || get(stream::events),
    },
    Route {
        method: Method::GET,
        path: "/api/sessions/{id}/approvals",
        cost: 1,
        handler: || get(decide::list),
    },
    Route {
        method: Method::POST,
        path: ANSWERS,
        cost: 1,
        handler: || post(decide::answer),
    },
    Route {
        method: Method::POST,
        path: "/api/sessions/{id}/approvals/{call_id}",
        cost: 1,
        handler: || post(decide::decide),
    },
    Route {
        method: Method::POST,
        path: "/api/sessions/{id}/sign-in/{server}",
        cost: FAR,
        handler: || post(sign_in::begin),
    },
    Route {
        method: Method::POST,
        path: "/api/sessions/{id}/elicitations/{question}",
        cost: 1,
        handler: || post(elicitations::answer),
    },
    Route {
        method: Method::DELETE,
        path: "/api/sessions/{id}",
        cost: 1,
        handler: || delete(decide::end),
    },
];

/// Where webhooks decide. They are programs, and known by a token: no page asks for this.
const ANSWERS: &str = "/api/approvals/{token}";

/// The cost of what opens connections elsewhere.
const FAR: u32 = 5;

/// Returns how many requests one counts for.
pub(super) fn cost(method: &Method, path: &str) -> u32 {
    let mut routes = ROUTES.iter();
    let found = routes.find(|it| it.method == *method && it.path == path);
    found.map_or(1, |it| it.cost)
}

/// Builds the router.
pub(super) fn router(backend: &Shared) -> Router {
    let limit = backend.config.limits.body_bytes;
    let add = |router: Router<Shared>, route: &Route| router.route(route.path, (route.handler)());
    let (answers, routes): (Vec<_>, Vec<_>) = ROUTES.iter().partition(|it| it.path == ANSWERS);
    let answers = answers.into_iter().fold(Router::new(), add);
    let routes = routes.into_iter().fold(Router::new(), add);
    // Not as a fallback: the program that mounts this router has its own.
    let routes = routes
        .route("/api", any(nowhere))
        .route("/api/", any(nowhere))
        .route("/api/{*rest}", any(nowhere));
    let routes = routes
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(limit))
        .layer(from_fn_with_state(backend.clone(), guard::admit))
        .with_state(backend.clone());
    let answers = answers
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(limit))
        .layer(from_fn_with_state(backend.clone(), guard::admit_program))
        .with_state(backend.clone());
    // A browser comes here by a link of another site, with its cookie.
    let back = Router::new()
        .route(sign_in::CALLBACK, get(sign_in::finish))
        .layer(from_fn_with_state(backend.clone(), guard::greet))
        .with_state(backend.clone());
    routes.merge(answers).merge(back)
}

/// Lets pages that are served beside the API through the same door.
pub(super) fn pages(backend: &Shared, pages: Router) -> Router {
    pages.layer(from_fn_with_state(backend.clone(), guard::greet))
}

async fn nowhere() -> Refusal {
    let message = "there is no such route: the API's documentation has all of them";
    Refusal::new(ProblemCode::NotFound, message)
}

async fn wrong_method() -> Refusal {
    let message = "this route takes another method: `Allow` names it";
    Refusal::new(ProblemCode::WrongMethod, message)
}
