//! [`ConversationView`]: who said what, with the calls of tools among it.

use std::sync::Arc;

use leptos::{html, prelude::*};
use rtmcp_core::Private;

use super::{
    card::CardView,
    icon::{Icon, icon},
    time,
};
use crate::{
    model::conversation::{Entry, EntryId, Line, Note},
    page::Page,
    web::follow::Follower,
};

/// Who said what, with the calls of tools among it.
#[component]
pub(crate) fn ConversationView(page: Page) -> impl IntoView {
    let ids = Memo::new(move |_| {
        page.conversation(|it| it.entries().iter().map(|it| it.id()).collect::<Vec<_>>())
    });
    let log = NodeRef::<html::Div>::new();
    let follower = StoredValue::new_local(Follower::default());
    Effect::new(move |_| {
        page.conversation(|_| ());
        if let Some(log) = log.get() {
            follower.with_value(|it| it.follow(log.into()));
        }
    });
    view! {
        <div
            id="transcript"
            role="log"
            aria-label="Conversation"
            aria-live="off"
            tabindex="0"
            node_ref=log
            on:scroll=move |_| {
                if let Some(log) = log.get_untracked() {
                    follower.with_value(|it| it.scrolled(&log));
                }
            }
        >
            <Show when=move || ids.with(Vec::is_empty)>
                <Welcome page=page/>
            </Show>
            <For
                each=move || ids.get()
                key=|id| id.clone()
                children=move |id| entry_view(page, id)
            />
        </div>
    }
    .into_any()
}

/// What to do, while nothing was said.
#[component]
fn Welcome(page: Page) -> impl IntoView {
    let running = Memo::new(move |_| page.call(|call| call.state().is_running()));
    let tools = Memo::new(move |_| {
        page.setup(|setup| {
            let used = setup.servers.iter().filter(|choice| choice.used);
            let names = used.flat_map(|choice| {
                let shown = choice.listing.shown().into_iter();
                let allowed = shown.filter(|tool| choice.listing.allows(&tool.name));
                allowed.map(|tool| tool.name.clone()).collect::<Vec<_>>()
            });
            names.take(8).collect::<Vec<_>>()
        })
    });
    view! {
        <div class="welcome">
            <p class="lead">
                {move || if running.get() { "Say something." } else { "Press the microphone and speak." }}
            </p>
            <p class="hint">
                "Your words appear here as they are understood, and so do the model's answer and each "
                "tool that it calls. Typing works as well."
            </p>
            <ul class="chips" aria-label="Tools that the model may call">
                <For each=move || tools.get() key=|name| name.clone() children=|name| view! { <li>{name}</li> }/>
            </ul>
        </div>
    }
    .into_any()
}

/// Draws an entry; it stays of its kind for as long as it is there.
fn entry_view(page: Page, id: EntryId) -> AnyView {
    let find = move || {
        page.conversation(|it| {
            let mut entries = it.entries().iter();
            entries.find(|entry| entry.is(&id)).cloned()
        })
    };
    let kind = untrack(&find);
    // A change makes a new entry, so that comparing addresses is enough.
    let entry = Memo::new_with_compare(move |_| find(), |one, other| !same(one, other));
    match kind.as_deref() {
        Some(Entry::Line(_)) => view! { <LineView entry=entry/> }.into_any(),
        Some(Entry::Card(_)) => view! { <CardView page=page entry=entry/> }.into_any(),
        Some(Entry::Note(note)) => note_view(note.clone()).into_any(),
        None => ().into_any(),
    }
}

fn same(one: Option<&Option<Arc<Entry>>>, other: Option<&Option<Arc<Entry>>>) -> bool {
    match (one, other) {
        (Some(Some(one)), Some(Some(other))) => Arc::ptr_eq(one, other),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}

fn note_view(note: Note) -> impl IntoView {
    let shown = if note.is_trouble {
        Icon::Warning
    } else {
        Icon::Dot
    };
    view! {
        <p class="note" data-trouble=note.is_trouble.to_string()>
            {icon(shown)}
            <span>{note.text}</span>
        </p>
    }
}

/// Somebody's words.
#[component]
fn LineView(entry: Memo<Option<Arc<Entry>>>) -> impl IntoView {
    let line = move || {
        entry.with(|entry| match entry.as_deref() {
            Some(Entry::Line(line)) => line.clone(),
            _ => Line::default(),
        })
    };
    let is_person = line_is_person(entry);
    view! {
        <div
            class="line"
            data-role=if is_person { "user" } else { "assistant" }
            data-item=untrack(move || line().item_id)
            data-done=move || line().done.to_string()
            data-cut=move || line().cut.is_some().to_string()
        >
            <p class="who">{if is_person { "You" } else { "Model" }}</p>
            <p class="words">{move || words(&line(), is_person)}</p>
            {move || line().cut.map(cut_note)}
        </div>
    }
    .into_any()
}

fn line_is_person(entry: Memo<Option<Arc<Entry>>>) -> bool {
    let entry = entry.get_untracked();
    matches!(entry.as_deref(), Some(Entry::Line(line)) if line.is_person)
}

/// The words, or what there is in place of them.
fn words(line: &Line, is_person: bool) -> AnyView {
    let text: &Private<String> = &line.text;
    if let Some(trouble) = &line.trouble {
        let trouble = format!("(not written down: {trouble})");
        return view! { <span class="faint">{trouble}</span> }.into_any();
    }
    if text.expose().is_empty() && !line.done {
        let label = if is_person {
            "Listening"
        } else {
            "About to speak"
        };
        return view! {
            <span class="dots" role="img" aria-label=label>
                <i></i>
                <i></i>
                <i></i>
            </span>
        }
        .into_any();
    }
    text.expose().clone().into_any()
}

fn cut_note(heard: std::time::Duration) -> impl IntoView {
    let heard = u64::try_from(heard.as_millis()).unwrap_or(u64::MAX);
    let words = if heard == 0 {
        "Interrupted".to_owned()
    } else {
        format!("Interrupted after {}", time::short(heard))
    };
    view! { <p class="cut">{words}</p> }
}
