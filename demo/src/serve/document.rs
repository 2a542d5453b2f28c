//! The document: drawn here first, and taken over by the page's module in the browser.

use axum::{
    body::Body,
    http::{HeaderValue, Request, header},
    response::Response,
};
use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::*,
};
use leptos_axum::ResponseOptions;

use crate::{app::App, web::theme};

/// Draws the document.
pub(super) async fn draw(request: Request<Body>) -> Response {
    let theme = chosen_theme(&request);
    let draw = leptos_axum::render_app_to_stream_with_context(protect, move || {
        view! { <Document theme=theme/> }
    });
    draw(request).await
}

/// Allows the one script that the document has, and nothing from elsewhere.
fn protect() {
    let nonce = Nonce::new();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self' blob:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    provide_context(nonce);
    if let (Some(response), Ok(policy)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&policy),
    ) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Returns the theme that the person chose, if they did.
fn chosen_theme(request: &Request<Body>) -> Option<&'static str> {
    let cookies = request.headers().get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'));
    cookies.find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        let known = ["dark", "light"].into_iter().find(|it| *it == value);
        known.filter(|_| name == theme::COOKIE)
    })
}

/// Loads the module, and lets it take over. Without it the page stays as it was drawn.
const START: &str = "import start, { hydrate } from '/pkg/demo.js';\
    start({ module_or_path: '/pkg/demo.wasm' }).then(hydrate);";

/// A page has an icon, or browsers ask for one.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' \
    fill='none' stroke='%230d9488' stroke-width='2.4' stroke-linecap='round'%3E%3Cpath d='M4 10v4M8 \
    6.5v11M12 9v6M12 12h3'/%3E%3Ccircle cx='18' cy='12' r='3'/%3E%3C/svg%3E";

#[component]
fn Document(theme: Option<&'static str>) -> impl IntoView {
    let description = "Speak with a Realtime model, and watch it use MCP tools.";
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="description" content=description/>
                <title>"rtmcp"</title>
                <link rel="icon" href=ICON/>
                <link rel="stylesheet" href="/pkg/demo.css"/>
                <link rel="modulepreload" href="/pkg/demo.js"/>
                <link rel="preload" href="/pkg/demo.wasm" r#as="fetch" crossorigin="anonymous"/>
                <script type="module" nonce=use_nonce()>
                    {START}
                </script>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
