//! [`CardView`]: a call of a tool among what was said.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    icon::{Icon, icon},
    time,
};
use crate::{
    model::{
        card::{Card, CardState, Progress},
        conversation::Entry,
    },
    page::Page,
};

/// From this many letters on a result is folded.
const LONG: usize = 280;

/// A call of a tool.
#[component]
pub(super) fn CardView(page: Page, entry: Memo<Option<Arc<Entry>>>) -> impl IntoView {
    let card = move || {
        entry.with(|entry| match entry.as_deref() {
            Some(Entry::Card(card)) => (**card).clone(),
            _ => Card::default(),
        })
    };
    let state = Memo::new(move |_| card().state);
    let call_id = untrack(move || card().call_id);
    let arguments = Memo::new(move |_| card().arguments.into_exposed());
    let progress = Memo::new(move |_| card().progress);
    let advice = Memo::new(move |_| card().advice);
    let decided = Memo::new(move |_| card().decided);
    view! {
        <article class="call" data-call-id=call_id data-state=move || state.get().word()>
            <header>
                <span class="sign" aria-hidden="true">{icon(Icon::Tool)}</span>
                <h3>
                    <span class="server-name">{move || card().server}</span>
                    <span class="tool-name">{move || card().title().to_owned()}</span>
                </h3>
                <span class="end" role="status">{move || card().ending()}</span>
                <span class="took">{move || took(page, &card())}</span>
            </header>
            <Show when=move || !arguments.with(String::is_empty)>
                <pre class="arguments" aria-label="Arguments">{move || arguments.get()}</pre>
            </Show>
            {move || decided.get().map(|words| view! { <p class="decided">{words}</p> })}
            {move || progress.get().map(|progress| view! { <ProgressView progress=progress/> })}
            <Outcome entry=entry/>
            {move || advice.get().map(|advice| view! { <p class="advice">{advice}</p> })}
        </article>
    }
    .into_any()
}

fn took(page: Page, card: &Card) -> Option<String> {
    match (card.took_ms, card.began) {
        // What never ran took no time.
        (Some(took), _) => Some(time::short(took)).filter(|_| card.state != CardState::Refused),
        (None, Some(began)) if card.state == CardState::Running => {
            Some(time::clock(page.clock() - began))
        }
        _ => None,
    }
}

#[component]
fn ProgressView(progress: Progress) -> impl IntoView {
    let known = progress.total.filter(|total| *total > 0.0);
    let bar = match known {
        Some(total) => {
            view! { <progress max=total.to_string() value=progress.done.to_string()></progress> }
                .into_any()
        }
        None => view! { <progress></progress> }.into_any(),
    };
    view! {
        <div class="progress">
            {bar}
            <span>{progress.message}</span>
        </div>
    }
    .into_any()
}

/// What the model was told, and the whole result behind it.
#[component]
fn Outcome(entry: Memo<Option<Arc<Entry>>>) -> impl IntoView {
    let read = move |read: fn(&Card) -> Option<String>| {
        entry.with(|entry| match entry.as_deref() {
            Some(Entry::Card(card)) => read(card),
            _ => None,
        })
    };
    let output = Memo::new(move |_| read(|card| Some(card.output.as_ref()?.expose().clone())));
    let result = Memo::new(move |_| read(|card| Some(card.result.as_ref()?.expose().clone())));
    let cut = Memo::new(move |_| read(|card| Some(card.cut.as_ref()?.expose().clone())));
    let shown = Memo::new(move |_| read(|card| images(card.images)));
    let warnings = Memo::new(move |_| {
        entry.with(|entry| match entry.as_deref() {
            Some(Entry::Card(card)) => card.warnings.clone(),
            _ => Vec::new(),
        })
    });
    view! {
        {move || output.get().map(output_view)}
        {move || shown.get().map(|words| view! { <p class="hint images">{words}</p> })}
        {move || {
            let warnings = warnings.get().into_iter();
            warnings
                .map(|warning| view! { <p class="hint warning">{warning.into_exposed()}</p> })
                .collect_view()
        }}
        {move || {
            result
                .get()
                .map(|result| {
                    view! {
                        <details class="result">
                            <summary>
                                {icon(Icon::Chevron)}
                                {if cut.with(Option::is_some) {
                                    "The whole result, of which the model read a part"
                                } else {
                                    "The whole result"
                                }}
                            </summary>
                            {cut
                                .get()
                                .map(|cut| view! { <p class="hint cut">"What it was told: " {cut}</p> })}
                            <pre>{result}</pre>
                        </details>
                    }
                })
        }}
    }
    .into_any()
}

fn images(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("The model was shown a picture.".to_owned()),
        several => Some(format!("The model was shown {several} pictures.")),
    }
}

fn output_view(output: String) -> AnyView {
    if output.chars().count() <= LONG {
        return view! { <p class="output">{output}</p> }.into_any();
    }
    let beginning: String = output.chars().take(LONG).collect();
    view! {
        <details class="output">
            <summary>
                {icon(Icon::Chevron)} <span class="beginning">{beginning}"…"</span>
            </summary>
            <p>{output}</p>
        </details>
    }
    .into_any()
}
