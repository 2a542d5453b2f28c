//! [`ToolsView`]: which tools of a server the model may call.

use leptos::prelude::*;
use rtmcp_api::{Tool, ToolVerdict};

use crate::{
    model::{
        Act,
        setup::{Choice, ToolAct},
    },
    page::Page,
};

/// From this many tools on there is a field to look for one.
const MANY: usize = 7;

/// Which tools of a server the model may call.
#[component]
pub(super) fn ToolsView(page: Page, server: String, choice: Memo<Option<Choice>>) -> impl IntoView {
    let shown = Memo::new(move |_| {
        choice.with(|it| {
            let tools = it.as_ref().map(|it| it.listing.shown()).unwrap_or_default();
            tools.into_iter().cloned().collect::<Vec<_>>()
        })
    });
    let name = server.clone();
    view! {
        <div class="tools">
            <Chooser page=page server=server.clone() choice=choice/>
            <ul>
                <For
                    each=move || shown.get()
                    key=|tool| tool.name.clone()
                    children=move |tool| {
                        view! { <ToolView page=page server=name.clone() tool=tool choice=choice/> }
                    }
                />
            </ul>
            <p class="hint" hidden=move || !shown.with(Vec::is_empty)>
                {move || {
                    if count(choice) == 0 { "This server offers no tools." } else { "No tool holds that." }
                }}
            </p>
        </div>
    }
    .into_any()
}

fn count(choice: Memo<Option<Choice>>) -> usize {
    choice.with(|it| it.as_ref().map_or(0, |it| it.listing.len()))
}

/// Looks for tools, and allows all or none.
#[component]
fn Chooser(page: Page, server: String, choice: Memo<Option<Choice>>) -> impl IntoView {
    let many = Memo::new(move |_| count(choice) >= MANY);
    let act = move |server: &str, act: ToolAct| page.act(Act::Tools(server.to_owned(), act));
    let (all, none, filter) = (server.clone(), server.clone(), server.clone());
    let label = format!("Look for a tool of {server}");
    view! {
        <div class="row chooser" hidden=move || count(choice) == 0>
            <Show when=move || many.get()>
                <input
                    type="search"
                    class="tool-filter"
                    placeholder="Filter tools"
                    aria-label=label.clone()
                    on:input:target={
                        let server = filter.clone();
                        move |event| act(&server, ToolAct::Filter(event.target().value()))
                    }
                />
            </Show>
            <button
                type="button"
                class="quiet small all"
                on:click=move |_| act(&all, ToolAct::AllowShown(true))
            >
                "All"
            </button>
            <button
                type="button"
                class="quiet small none"
                on:click=move |_| act(&none, ToolAct::AllowShown(false))
            >
                "None"
            </button>
        </div>
    }
    .into_any()
}

#[component]
fn ToolView(page: Page, server: String, tool: Tool, choice: Memo<Option<Choice>>) -> impl IntoView {
    let name = tool.name.clone();
    let offered = tool.function.is_some();
    let allowed =
        move || offered && choice.with(|it| it.as_ref().is_some_and(|it| it.listing.allows(&name)));
    let toggled = tool.name.clone();
    let note = tool.note.clone();
    let (verdict, tone, meaning) = match tool.verdict {
        ToolVerdict::Ok => ("ok", "calm", "The model sees it as the server describes it"),
        ToolVerdict::Repaired => (
            "repaired",
            "info",
            "The model sees it with the changes below",
        ),
        ToolVerdict::LeftOut => ("left out", "bad", "The model doesn't see it: see below"),
    };
    let tokens = offered.then(|| format!("{} tokens", tool.tokens));
    let warnings = tool.warnings.clone();
    view! {
        <li class="tool" data-tool=tool.name.clone() data-verdict=verdict>
            <label class="check">
                <input
                    type="checkbox"
                    disabled=!offered
                    prop:checked=allowed
                    on:change:target=move |event| {
                        let on = event.target().checked();
                        let act = ToolAct::Allow(toggled.clone(), on);
                        page.act(Act::Tools(server.clone(), act));
                    }
                />
                <span class="name">{tool.name.clone()}</span>
                {tool.read_only.then(|| badge("read-only", "calm", "The server says that it changes nothing"))}
                {tool.asks.then(|| badge("asks first", "warn", "You are asked before it runs"))}
                {badge(verdict, tone, meaning)}
                {(!warnings.is_empty()).then(|| badge("suspicious", "bad", "See the warning below"))}
                <span class="tokens" title="What the function takes of the model's context">{tokens}</span>
            </label>
            <p class="hint description">{tool.description.clone()}</p>
            {note.map(|note| view! { <p class="hint note">{note}</p> })}
            {warnings
                .into_iter()
                .map(|warning| view! { <p class="hint warning">{warning}</p> })
                .collect_view()}
        </li>
    }
    .into_any()
}

fn badge(word: &'static str, tone: &'static str, title: &'static str) -> impl IntoView {
    view! {
        <span class="badge" data-tone=tone title=title>
            {word}
        </span>
    }
}
