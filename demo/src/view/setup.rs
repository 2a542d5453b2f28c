//! [`SetupView`]: what the next call is made of.

use leptos::prelude::*;
use rtmcp_core::Private;

use super::{
    endpoint::EndpointView, notice::TroubleView, own_server::OwnServerView, server::ServerView,
};
use crate::{
    model::{
        Act,
        setup::{Cost, Offer},
    },
    page::Page,
};

/// What the next call is made of.
#[component]
pub(crate) fn SetupView(page: Page) -> impl IntoView {
    let running = Memo::new(move |_| page.call(|call| call.state().is_running()));
    view! {
        <aside id="setup" class="panel" aria-label="Setup">
            <OfferTrouble page=page/>
            <EndpointView page=page/>
            <ServersView page=page/>
            <OwnServersView page=page/>
            <Instructions page=page/>
            <p class="hint" hidden=move || !running.get()>
                "Changes here count from the next call on."
            </p>
        </aside>
    }
    .into_any()
}

/// The backend doesn't say what there is.
#[component]
fn OfferTrouble(page: Page) -> impl IntoView {
    let trouble = Memo::new(move |_| {
        page.setup(|setup| match &setup.offer {
            Offer::Failed(trouble) => Some(trouble.clone()),
            Offer::Loading | Offer::Known(_) => None,
        })
    });
    move || {
        trouble.get().map(|trouble| {
            view! {
                <TroubleView trouble=trouble/>
                <button type="button" id="retry" on:click=move |_| page.act(Act::Open)>
                    "Try again"
                </button>
            }
        })
    }
}

/// The servers, and what the model may call of them.
#[component]
fn ServersView(page: Page) -> impl IntoView {
    let names = Memo::new(move |_| {
        page.setup(|setup| {
            let names = setup.servers.iter().map(|choice| choice.name.clone());
            names.collect::<Vec<_>>()
        })
    });
    let none = move || {
        let known = page.setup(|setup| setup.settings().is_some());
        known && names.with(Vec::is_empty)
    };
    let silent = Memo::new(move |_| {
        page.setup(|setup| {
            let loaded = setup.servers.iter().all(|choice| choice.is_settled());
            setup.settings().is_some() && loaded && setup.allowed_tools() == 0
        })
    });
    let cost = Memo::new(move |_| page.setup(|setup| setup.cost()));
    view! {
        <section class="group" aria-labelledby="servers-title">
            <h2 id="servers-title">"Tools"</h2>
            <ul class="servers">
                <For
                    each=move || names.get()
                    key=|name| name.clone()
                    children=move |name| view! { <ServerView page=page name=name/> }
                />
            </ul>
            {move || cost.get().map(|cost| view! { <CostView cost=cost/> })}
            <p class="hint" hidden=move || !none()>
                "No MCP server is configured. Add one by its address."
            </p>
            <p class="hint warn" hidden=move || !silent.get() || none()>
                "The model has no tool: it can talk, and do nothing. Allow some, or add a server."
            </p>
        </section>
    }
    .into_any()
}

/// What the tools take of the model's context, and what becomes of them where that is too much.
#[component]
fn CostView(cost: Cost) -> impl IntoView {
    let Cost { tokens, budget } = cost;
    let finds = tokens > budget;
    view! {
        <p id="cost" class="hint" class:warn=finds data-finds=finds.to_string() aria-live="polite">
            {format!("All tools: {tokens} tokens of {budget}. ")}
            {finds
                .then_some(
                    "That is too much for one session: the model gets two functions, to find tools and \
                     to call them.",
                )}
        </p>
    }
    .into_any()
}

#[component]
fn OwnServersView(page: Page) -> impl IntoView {
    let allowed = Memo::new(move |_| {
        page.setup(|setup| setup.settings().is_none_or(|settings| settings.own_servers))
    });
    view! {
        <Show when=move || allowed.get()>
            <OwnServerView page=page/>
        </Show>
    }
    .into_any()
}

/// What the model is told about its part.
#[component]
fn Instructions(page: Page) -> impl IntoView {
    let configured = Memo::new(move |_| {
        let settings = page.setup(|setup| setup.settings().map(|it| it.instructions.clone()));
        settings.unwrap_or_default()
    });
    view! {
        <details class="group">
            <summary>"Instructions"</summary>
            <label for="instructions" class="hidden">
                "What the model is told about its part"
            </label>
            <textarea
                id="instructions"
                rows="5"
                placeholder=move || configured.get()
                on:input:target=move |event| {
                    page.act(Act::Instructions(Private::new(event.target().value())));
                }
            ></textarea>
            <p class="hint">"Left empty, the model is told what is shown in gray."</p>
        </details>
    }
    .into_any()
}
