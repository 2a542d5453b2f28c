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

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{Request, Response, header},
    };

    use super::draw;

    async fn drawn(cookie: &str) -> (Response<()>, String) {
        // The first of several tests starts it.
        let _ = any_spawner::Executor::init_tokio();
        let request = Request::get("/").header(header::COOKIE, cookie);
        let response = draw(request.body(Body::empty()).unwrap()).await;
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1024 * 1024).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        (Response::from_parts(head, ()), text)
    }

    #[tokio::test]
    async fn the_page_is_whole_before_its_module_runs() {
        let (response, text) = drawn("").await;
        assert_eq!(response.status(), 200);
        for id in ["setup", "mic", "state", "say", "console", "voice"] {
            assert!(text.contains(&format!("id=\"{id}\"")), "{id}: {text}");
        }
        assert!(text.contains("data-state=\"idle\""));
        for elsewhere in ["src=\"http", "href=\"http", "style=\""] {
            assert!(!text.contains(elsewhere), "{elsewhere}: {text}");
        }
    }

    #[tokio::test]
    async fn only_the_scripts_of_this_answer_run() {
        let (response, text) = drawn("").await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        let (_, rest) = policy.split_once("'nonce-").unwrap();
        let (nonce, _) = rest.split_once('\'').unwrap();
        assert!(nonce.len() > 20 && !policy.contains("unsafe-inline"));
        let allowed = format!("nonce=\"{nonce}\"");
        for script in text.split("<script").skip(1) {
            let (attributes, _) = script.split_once('>').unwrap();
            assert!(attributes.contains(&allowed), "{attributes}");
        }
        let (other, _) = drawn("").await;
        let other = &other.headers()[header::CONTENT_SECURITY_POLICY];
        assert_ne!(other, policy, "another answer, another nonce");
    }

    #[tokio::test]
    async fn the_theme_that_was_chosen_is_drawn_at_once() {
        for (cookie, theme) in [
            ("a=b; theme=dark", Some("data-theme=\"dark\"")),
            ("theme=light", Some("data-theme=\"light\"")),
            ("theme=\"><script>", None),
            ("notheme=dark", None),
        ] {
            let (_, text) = drawn(cookie).await;
            let (_, html) = text.split_once("<html").unwrap();
            let (html, _) = html.split_once('>').unwrap();
            match theme {
                Some(theme) => assert!(html.contains(theme), "{cookie}: {html}"),
                None => assert!(!html.contains("data-theme"), "{cookie}: {html}"),
            }
        }
    }
}
