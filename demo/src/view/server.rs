//! [`ServerView`]: an MCP server in the setup, with its tools.

use leptos::prelude::*;

use super::{
    icon::{Icon, icon},
    notice::TroubleView,
    time,
    tools::ToolsView,
};
use crate::{
    model::{
        Act,
        setup::{Choice, Listing},
    },
    page::Page,
};

/// An MCP server, with its tools.
#[component]
pub(super) fn ServerView(page: Page, name: String) -> impl IntoView {
    let looked_for = name.clone();
    let choice = Memo::new(move |_| {
        page.setup(|setup| {
            let mut choices = setup.servers.iter();
            choices.find(|choice| choice.name == looked_for).cloned()
        })
    });
    let used = move || choice.with(|it| it.as_ref().is_some_and(|it| it.used));
    let place = move || choice.with(|it| it.as_ref().and_then(|it| it.url.clone()));
    let is_known = move || choice.with(|it| matches!(listing(it), Some(Listing::Known { .. })));
    let toggled = name.clone();
    let described = name.clone();
    view! {
        <li class="server" data-server=name.clone() data-used=move || used().to_string()>
            <div class="row">
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=used
                        on:change:target=move |event| {
                            page.act(Act::Use(toggled.clone(), event.target().checked()));
                        }
                    />
                    <strong>{name.clone()}</strong>
                </label>
                <Status choice=choice/>
                <Buttons page=page choice=choice name=name.clone()/>
            </div>
            <p class="address">{place}</p>
            {move || {
                choice
                    .with(|it| match listing(it) {
                        Some(Listing::Failed { trouble, .. }) => Some(trouble.clone()),
                        _ => None,
                    })
                    .map(|trouble| view! { <TroubleView trouble=trouble/> })
            }}
            <Show when=move || is_known() && used()>
                <ToolsView page=page server=described.clone() choice=choice/>
            </Show>
        </li>
    }
    .into_any()
}

fn listing(choice: &Option<Choice>) -> Option<&Listing> {
    choice.as_ref().map(|choice| &choice.listing)
}

/// How many tools there are, or what keeps them.
#[component]
fn Status(choice: Memo<Option<Choice>>) -> impl IntoView {
    let words = move || {
        choice.with(|it| match listing(it) {
            Some(Listing::Known { tools, took_ms, .. }) => {
                let allowed = it.as_ref().map_or(0, |it| it.listing.allowed());
                let tokens = it.as_ref().map_or(0, |it| it.listing.tokens());
                let took = time::short(*took_ms);
                (
                    format!("{allowed} of {}", tools.len()),
                    Some(format!("Listed in {took}; {tokens} tokens")),
                )
            }
            Some(Listing::Loading { .. }) => ("loading…".to_owned(), None),
            Some(Listing::Failed { .. }) => ("unreachable".to_owned(), None),
            Some(Listing::Unknown) | None => (String::new(), None),
        })
    };
    let state = move || {
        choice.with(|it| match listing(it) {
            Some(Listing::Known { .. }) => "known",
            Some(Listing::Loading { .. }) => "loading",
            Some(Listing::Failed { .. }) => "failed",
            Some(Listing::Unknown) | None => "unknown",
        })
    };
    view! {
        <span class="status" data-state=state title=move || words().1 aria-live="polite">
            {move || words().0}
        </span>
    }
    .into_any()
}

#[component]
fn Buttons(page: Page, choice: Memo<Option<Choice>>, name: String) -> impl IntoView {
    let (reloaded, forgotten) = (name.clone(), name.clone());
    let is_own = move || choice.with(|it| it.as_ref().is_some_and(|it| it.own.is_some()));
    let forget_label = format!("Forget {name}");
    view! {
        <button
            type="button"
            class="quiet reload"
            aria-label=format!("Load the tools of {name} again")
            title="Load its tools again"
            on:click=move |_| page.act(Act::Reload(reloaded.clone()))
        >
            {icon(Icon::Reload)}
        </button>
        <Show when=is_own>
            <button
                type="button"
                class="quiet forget"
                aria-label=forget_label.clone()
                title="Forget this server"
                on:click={
                    let name = forgotten.clone();
                    move |_| page.act(Act::Forget(name.clone()))
                }
            >
                {icon(Icon::Cross)}
            </button>
        </Show>
    }
    .into_any()
}
