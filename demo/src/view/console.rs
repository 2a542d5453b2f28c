//! [`ConsoleView`]: every event both ways.

use leptos::{html, prelude::*};
use rtmcp_core::Private;

use super::{
    icon::{Icon, icon},
    record::RecordView,
};
use crate::{
    model::{
        Act, Console,
        act::ConsoleAct,
        console::{DRAWN, Source},
    },
    page::Page,
    web::follow::Follower,
};

/// Every event both ways.
#[component]
pub(crate) fn ConsoleView(page: Page) -> impl IntoView {
    let drawn = Memo::new_with_compare(
        move |_| page.console(Console::drawn),
        |one, other| {
            let ends = |it: &[_]| Some((seq(it.first()?), seq(it.last()?), it.len()));
            one.map(|it| ends(it)) != other.map(|it| ends(it))
        },
    );
    let list = NodeRef::<html::Ol>::new();
    let follower = StoredValue::new_local(Follower::default());
    Effect::new(move |_| {
        drawn.track();
        if let Some(list) = list.get() {
            follower.with_value(|it| it.follow(list.into()));
        }
    });
    view! {
        <section id="console" class="panel" aria-labelledby="console-title">
            <Bar page=page/>
            <ol
                class="records"
                aria-label="Events"
                tabindex="0"
                node_ref=list
                on:scroll=move |_| {
                    if let Some(list) = list.get_untracked() {
                        follower.with_value(|it| it.scrolled(&list));
                    }
                }
            >
                <For
                    each=move || drawn.get()
                    key=|record| record.seq
                    children=move |record| view! { <RecordView page=page record=record/> }
                />
            </ol>
            <Foot page=page/>
        </section>
    }
    .into_any()
}

fn seq(record: &std::sync::Arc<crate::model::console::Record>) -> u64 {
    record.seq
}

fn act(page: Page, act: ConsoleAct) {
    page.act(Act::Console(act));
}

/// The title, the buttons, the filters.
#[component]
fn Bar(page: Page) -> impl IntoView {
    let paused = Memo::new(move |_| page.console(Console::is_paused));
    let empty = Memo::new(move |_| page.console(Console::is_empty));
    let pause_label = move || if paused.get() { "Go on" } else { "Pause" };
    let button = move |id: &'static str, label: &'static str, shown: Icon, it: ConsoleAct| {
        view! {
            <button
                type="button"
                id=id
                class="quiet"
                aria-label=label
                title=label
                disabled=move || empty.get()
                on:click=move |_| act(page, it.clone())
            >
                {icon(shown)}
            </button>
        }
    };
    view! {
        <div class="bar">
            <h2 id="console-title">"Events"</h2>
            <button
                type="button"
                id="console-pause"
                class="quiet"
                aria-label=pause_label
                title=pause_label
                aria-pressed=move || paused.get().to_string()
                on:click=move |_| act(page, ConsoleAct::Pause)
            >
                {move || icon(if paused.get() { Icon::Play } else { Icon::Pause })}
            </button>
            {button("console-copy", "Copy all that are shown", Icon::Copy, ConsoleAct::CopyAll)}
            {button("console-export", "Save as JSONL", Icon::Save, ConsoleAct::Export)}
            {button("console-clear", "Forget all", Icon::Bin, ConsoleAct::Clear)}
        </div>
        <div class="filters">
            <label for="console-filter" class="hidden">"Show only events that hold"</label>
            <input
                id="console-filter"
                type="search"
                placeholder="Filter by type or text"
                autocomplete="off"
                spellcheck="false"
                on:input:target=move |event| {
                    act(page, ConsoleAct::Filter(Private::new(event.target().value())));
                }
            />
            <Sources page=page/>
        </div>
    }
    .into_any()
}

/// Whose events are shown.
#[component]
fn Sources(page: Page) -> impl IntoView {
    let toggle = move |source: Source| {
        let shown = Memo::new(move |_| page.console(|console| console.shows(source)));
        view! {
            <button
                type="button"
                class="quiet small source"
                data-source=source.word()
                aria-pressed=move || shown.get().to_string()
                title=about(source)
                on:click=move |_| act(page, ConsoleAct::Show(source, !shown.get_untracked()))
            >
                {source.word()}
            </button>
        }
    };
    view! {
        <div class="sources" role="group" aria-label="Whose events are shown">
            {Source::ALL.map(toggle).into_iter().collect_view()}
        </div>
    }
    .into_any()
}

const fn about(source: Source) -> &'static str {
    match source {
        Source::Browser => "This page's data channel",
        Source::Backend => "The backend's connection to the same session",
        Source::Tools => "What the backend tells of servers and tools",
    }
}

/// How much there is, and how much of it is shown.
#[component]
fn Foot(page: Page) -> impl IntoView {
    let words = Memo::new(move |_| {
        page.console(|console| {
            let (all, found) = (console.len(), console.found());
            let waiting = console.waiting();
            let mut words = match (all, found) {
                (0, _) => "Every event of a call appears here, both ways.".to_owned(),
                (all, found) if all == found => format!("{all} events"),
                (all, found) => format!("{found} of {all} events"),
            };
            if found > DRAWN {
                words += &format!(", the last {DRAWN} shown");
            }
            if waiting > 0 {
                words += &format!(" · {waiting} more came");
            }
            words
        })
    });
    view! {
        <p class="foot" id="console-count">
            {move || words.get()}
        </p>
    }
    .into_any()
}
