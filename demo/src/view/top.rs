//! [`Top`]: the head of the page, and [`Tabs`]: the parts of it on a narrow screen.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::{model::setup::Offer, page::Page, web::theme};
use rtmcp_api::EndpointKind;

/// A part of the page; a narrow screen shows one at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    Setup,
    #[default]
    Call,
    Console,
}

impl Tab {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Call => "call",
            Self::Console => "console",
        }
    }
}

/// The head of the page: what this is, and whom one talks to.
#[component]
pub(crate) fn Top(page: Page) -> impl IntoView {
    view! {
        <header class="top">
            <p class="brand">
                <Mark/>
                <strong>"rtmcp"</strong>
                <span class="wide">"Speak with a model, watch it use your tools"</span>
            </p>
            <Whom page=page/>
            <button
                type="button"
                id="theme"
                class="quiet round"
                aria-label="Change between light and dark"
                title="Light or dark"
                on:click=move |_| theme::toggle()
            >
                {icon(Icon::Contrast)}
            </button>
        </header>
    }
    .into_any()
}

/// The sign of the project: a voice that reaches a tool.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d="M4 10v4 M8 6.5v11 M12 9v6"></path>
            <circle cx="18" cy="12" r="3"></circle>
            <path d="M12 12h3"></path>
        </svg>
    }
    .into_any()
}

/// Says plainly whom a call goes to.
#[component]
fn Whom(page: Page) -> impl IntoView {
    let whom = Memo::new(move |_| {
        page.setup(|setup| match (&setup.offer, setup.chosen()) {
            (Offer::Loading, _) => ("…".to_owned(), "unknown"),
            (Offer::Failed(_), _) => ("Backend unreachable".to_owned(), "broken"),
            (_, Some(endpoint)) => match endpoint.kind {
                EndpointKind::Simulator => ("Simulator on this machine".to_owned(), "simulator"),
                EndpointKind::Openai => (format!("OpenAI · {}", endpoint.model), "real"),
                EndpointKind::Other => (format!("{} · {}", endpoint.name, endpoint.model), "real"),
            },
            (_, None) => ("No endpoint".to_owned(), "broken"),
        })
    });
    view! {
        <p class="whom" data-kind=move || whom.get().1>
            <span class="hidden">"You talk to: "</span>
            <span class="dot" aria-hidden="true"></span>
            <span id="whom">{move || whom.get().0}</span>
        </p>
    }
    .into_any()
}

/// Chooses what a narrow screen shows.
#[component]
pub(crate) fn Tabs(page: Page, tab: RwSignal<Tab>) -> impl IntoView {
    let count = Memo::new(move |_| page.console(|console| console.len()));
    let tools = Memo::new(move |_| page.setup(|setup| setup.allowed_tools()));
    let button = move |this: Tab, label: &'static str, count: Option<Memo<usize>>| {
        view! {
            <button
                type="button"
                aria-pressed=move || (tab.get() == this).to_string()
                on:click=move |_| tab.set(this)
            >
                {label}
                {count
                    .map(|count| {
                        view! { <span class="count">{move || count.get()}</span> }
                    })}
            </button>
        }
    };
    view! {
        <nav class="tabs" aria-label="Parts of the page">
            {button(Tab::Setup, "Setup", Some(tools))}
            {button(Tab::Call, "Call", None)}
            {button(Tab::Console, "Events", Some(count))}
        </nav>
    }
    .into_any()
}
