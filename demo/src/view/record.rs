//! [`RecordView`]: one event of the console.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    icon::{Icon, icon},
    time,
};
use crate::{
    model::{
        Act,
        act::ConsoleAct,
        console::{Direction, Record},
    },
    page::Page,
};

/// One event: a line, and the whole of it when it is asked for.
#[component]
pub(super) fn RecordView(page: Page, record: Arc<Record>) -> impl IntoView {
    let seq = record.seq;
    let expanded = Memo::new(move |_| page.console(|console| console.is_expanded(seq)));
    let direction = match record.direction {
        Direction::Sent => Icon::Up,
        Direction::Received => Icon::Down,
        Direction::Happened => Icon::Dot,
    };
    let shown = Arc::clone(&record);
    view! {
        <li
            class="event"
            data-source=record.source.word()
            data-direction=record.direction.word()
            data-type=record.kind.clone()
        >
            <button
                type="button"
                class="event-line"
                aria-expanded=move || expanded.get().to_string()
                on:click=move |_| page.act(Act::Console(ConsoleAct::Expand(seq)))
            >
                <time>{time::stamp(record.at_ms)}</time>
                <span class="direction" title=record.direction.word()>
                    {icon(direction)}
                    <span class="hidden">{record.direction.word()}</span>
                </span>
                <span class="from">{record.source.word()}</span>
                <span class="what">
                    <span class="kind">{record.kind.clone()}</span>
                    " "
                    <span class="summary">{record.summary.clone()}</span>
                </span>
            </button>
            {move || expanded.get().then(|| whole(page, &shown))}
        </li>
    }
    .into_any()
}

fn whole(page: Page, record: &Record) -> impl IntoView + use<> {
    let seq = record.seq;
    view! {
        <div class="whole">
            <button
                type="button"
                class="quiet small copy"
                on:click=move |_| page.act(Act::Console(ConsoleAct::Copy(seq)))
            >
                {icon(Icon::Copy)}
                "Copy"
            </button>
            <pre>{record.pretty()}</pre>
        </div>
    }
}
