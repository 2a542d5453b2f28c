//! [`EndpointView`]: whom a call goes to, and with which key.

use leptos::prelude::*;
use rtmcp_api::{Endpoint, EndpointKind, KeyState};
use rtmcp_core::Private;

use super::notice::TroubleView;
use crate::{
    model::{Act, Setup},
    page::Page,
};

/// Whom a call goes to, and with which key.
#[component]
pub(super) fn EndpointView(page: Page) -> impl IntoView {
    let endpoints = Memo::new(move |_| {
        let settings = page.setup(|setup| setup.settings().map(|it| it.endpoints.clone()));
        settings.unwrap_or_default()
    });
    let chosen = Memo::new(move |_| page.setup(|setup| setup.chosen().cloned()));
    let loading = move || endpoints.with(Vec::is_empty);
    view! {
        <section class="group" aria-labelledby="endpoint-title">
            <h2 id="endpoint-title">
                <label for="endpoint">"Talk to"</label>
            </h2>
            <select
                id="endpoint"
                disabled=loading
                on:change:target=move |event| page.act(Act::Endpoint(event.target().value()))
            >
                <For
                    each=move || endpoints.get()
                    key=|endpoint| endpoint.name.clone()
                    children=move |endpoint| option(chosen, &endpoint)
                />
            </select>
            <p class="hint" id="endpoint-hint">
                {move || chosen.with(|chosen| chosen.as_ref().map_or("", about))}
            </p>
            <KeyView page=page chosen=chosen/>
        </section>
    }
    .into_any()
}

fn option(chosen: Memo<Option<Endpoint>>, endpoint: &Endpoint) -> impl IntoView + use<> {
    let name = endpoint.name.clone();
    let label = match endpoint.kind {
        EndpointKind::Simulator => "Simulator on this machine".to_owned(),
        EndpointKind::Openai => format!("OpenAI · {}", endpoint.model),
        EndpointKind::Other => format!("{} · {}", endpoint.name, endpoint.model),
    };
    let value = name.clone();
    let selected = move || chosen.with(|it| it.as_ref().is_some_and(|it| it.name == name));
    view! {
        <option value=value selected=selected>
            {label}
        </option>
    }
}

fn about(endpoint: &Endpoint) -> &'static str {
    match (endpoint.kind, endpoint.key) {
        (EndpointKind::Simulator, _) => {
            "A simulator that hears, thinks and speaks on the backend's machine. It needs no key, \
             and nothing is sent to anybody else."
        }
        (EndpointKind::Openai, KeyState::Configured) => {
            "Your voice goes to OpenAI, with the key that the backend has."
        }
        (EndpointKind::Openai, _) => "Your voice goes to OpenAI.",
        (EndpointKind::Other, _) => "Your voice goes to this endpoint.",
    }
}

/// The key, where one can be typed.
#[component]
fn KeyView(page: Page, chosen: Memo<Option<Endpoint>>) -> impl IntoView {
    let takes = Memo::new(move |_| page.setup(Setup::takes_key));
    let state = Memo::new(move |_| chosen.with(|it| it.as_ref().map(|it| it.key)));
    let missing = move || !takes.get() && state.get() == Some(KeyState::Wanted);
    view! {
        <Show when=move || takes.get()>
            <KeyField page=page state=state/>
        </Show>
        <p class="hint warn" hidden=move || !missing()>
            "It wants a key, and the backend neither has one nor takes one from here."
        </p>
    }
    .into_any()
}

#[component]
fn KeyField(page: Page, state: Memo<Option<KeyState>>) -> impl IntoView {
    let trouble = Memo::new(move |_| page.call(|call| call.key_trouble().cloned()));
    let typed = move || page.setup(|setup| setup.key.expose().clone());
    let label = move || match state.get() {
        Some(KeyState::Wanted) => "Your key",
        _ => "Your key, in place of the backend's",
    };
    let placeholder = move || match state.get() {
        Some(KeyState::Wanted) => "sk-…",
        _ => "Not needed",
    };
    view! {
        // Browsers want a password in a form; there is nothing to send.
        <form class="key" on:submit=move |event| event.prevent_default()>
            <label for="key">{label}</label>
            <input
                id="key"
                type="password"
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                aria-describedby="key-hint"
                aria-invalid=move || trouble.with(Option::is_some).to_string()
                prop:value=typed
                on:input:target=move |event| {
                    page.act(Act::Key(Private::new(event.target().value())));
                }
            />
        </form>
        <p class="hint" id="key-hint">
            "It goes to the backend only, which keeps it in memory for as long as the call runs."
        </p>
        <div class="key-problem">
            {move || trouble.get().map(|trouble| view! { <TroubleView trouble=trouble/> })}
        </div>
    }
    .into_any()
}
