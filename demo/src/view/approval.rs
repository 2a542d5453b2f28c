//! [`ApprovalView`]: somebody must decide whether a tool may run.

use leptos::prelude::*;
use rtmcp_api::Remember;
use rtmcp_core::{Private, Timestamp};

use super::{
    icon::{Icon, icon},
    notice::TroubleView,
    time,
};
use crate::{
    model::{
        Act,
        card::{Card, Question},
    },
    page::Page,
    web,
};

/// The oldest call that somebody must decide about.
///
/// It stands where the hands are, in view whatever was said meanwhile.
#[component]
pub(super) fn ApprovalView(page: Page) -> impl IntoView {
    let asked = Memo::new(move |_| {
        page.conversation(|it| it.questions().next().map(|(card, _)| card.call_id.clone()))
    });
    let waiting = Memo::new(move |_| page.conversation(|it| it.questions().count()));
    // Never from under somebody's hands: who writes goes on writing.
    Effect::new(move |_| {
        if asked.get().is_some() && web::is_browser() && !web::focus::is_writing() {
            web::focus::focus("approval-title");
        }
    });
    move || {
        let call_id = asked.get()?;
        let first = page.conversation(|it| {
            let first = it.questions().next();
            first.map(|(card, question)| (card.clone(), question.clone()))
        });
        let (card, question) = first.filter(|(card, _)| card.call_id == call_id)?;
        Some(view! { <QuestionView page=page card=card question=question waiting=waiting/> })
    }
}

/// What would run, why somebody is asked, and how long there is to decide.
#[component]
fn QuestionView(page: Page, card: Card, question: Question, waiting: Memo<usize>) -> impl IntoView {
    let server = card.server.clone().unwrap_or_default();
    let title = format!("May {server} run {}?", card.title());
    let number = question.number;
    let more = move || match waiting.get() {
        0 | 1 => String::new(),
        several => format!("number {number}, 1 of {several}"),
    };
    let tool = card.title().to_owned();
    view! {
        <section class="approval" aria-labelledby="approval-title">
            <header>
                {icon(Icon::Shield)} <h3 id="approval-title" tabindex="-1">
                    {title}
                </h3> <span class="more">{more}</span>
                <Countdown page=page expires=question.expires/>
            </header>
            <p class="why">{question.why}</p>
            <pre class="arguments" aria-label="Arguments">
                {card.arguments.into_exposed()}
            </pre>
            <p class="hint bound">
                "Your answer is about exactly this: " <code title=question.hash.clone()>{short(&question.hash)}</code>
                " " {question.elsewhere}
            </p>
            {question.trouble.map(|trouble| view! { <TroubleView trouble=trouble/> })}
            <Answer
                page=page
                call_id=card.call_id
                tool=tool
                may_remember=question.may_remember
                deciding=question.deciding
            />
        </section>
    }
    .into_any()
}

/// Enough of a digest to tell two apart.
fn short(hash: &str) -> String {
    let digits = hash.rsplit(':').next().unwrap_or_default();
    let shown: String = digits.chars().take(12).collect();
    format!("{shown}…")
}

#[component]
fn Countdown(page: Page, expires: Timestamp) -> impl IntoView {
    let left = Memo::new(move |_| time::left(page.clock(), expires));
    view! {
        <span class="countdown" data-soon=move || (left.get() <= 10).to_string()>
            {move || format!("{} s left", left.get())}
        </span>
    }
    .into_any()
}

/// Yes, or no and why.
#[component]
fn Answer(
    page: Page,
    call_id: String,
    tool: String,
    may_remember: Remember,
    deciding: bool,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let remember = RwSignal::new(Remember::No);
    let denied = call_id.clone();
    let decide = move |call_id: &str, approve: bool| {
        page.act(Act::Decide {
            call_id: call_id.to_owned(),
            approve,
            reason: Private::new(reason.get_untracked()),
            remember: remember.get_untracked(),
        });
    };
    view! {
        {(may_remember != Remember::No)
            .then(|| view! { <Lasting tool=tool may=may_remember chosen=remember/> })}
        <div class="row answer">
            <label for="reason" class="hidden">"Why not, for the model (optional)"</label>
            <input
                id="reason"
                type="text"
                autocomplete="off"
                placeholder="Why not? (optional)"
                on:input:target=move |event| reason.set(event.target().value())
            />
            <button
                type="button"
                id="deny"
                disabled=deciding
                on:click=move |_| decide(&denied, false)
            >
                "Deny"
            </button>
            <button
                type="button"
                id="approve"
                class="primary"
                disabled=deciding
                on:click=move |_| decide(&call_id, true)
            >
                "Allow"
            </button>
        </div>
    }
    .into_any()
}

/// For what else than this call a yes counts.
#[component]
fn Lasting(tool: String, may: Remember, chosen: RwSignal<Remember>) -> impl IntoView {
    view! {
        <div class="row lasting">
            <label for="remember">"A yes counts for"</label>
            <select
                id="remember"
                on:change:target=move |event| chosen.set(remember_of(&event.target().value()))
            >
                <option value="no">"this call only"</option>
                <option value="arguments">"these arguments, in this session"</option>
                {(may == Remember::Tool)
                    .then(|| view! { <option value="tool">{format!("any {tool}, in this session")}</option> })}
            </select>
        </div>
    }
    .into_any()
}

fn remember_of(value: &str) -> Remember {
    match value {
        "arguments" => Remember::Arguments,
        "tool" => Remember::Tool,
        _ => Remember::No,
    }
}
