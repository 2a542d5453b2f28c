//! [`Dock`]: what a person holds a call with: the microphone, the state, the field to type in.

use leptos::{ev, prelude::*};
use rtmcp_core::Private;

use super::{
    approval::ApprovalView,
    elicitation::ElicitationView,
    icon::{Icon, icon},
    notice::TroubleView,
    sign_in::SignInView,
    time,
};
use crate::{
    model::{
        Act, Call, State,
        call::{Microphone, Stage, Step},
        input::Peer,
        trouble::Trouble,
    },
    page::Page,
    web,
};

/// What a person holds a call with.
#[component]
pub(crate) fn Dock(page: Page) -> impl IntoView {
    let state = Memo::new(move |_| page.call(Call::state));
    Effect::new(move |_| {
        if web::is_browser() {
            let escape = window_event_listener(ev::keydown, move |event| {
                if event.key() == "Escape" {
                    page.act(Act::Interrupt);
                }
            });
            on_cleanup(move || escape.remove());
        }
    });
    view! {
        <div id="dock" data-state=move || state.get().word()>
            <ApprovalView page=page/>
            <ElicitationView page=page/>
            <SignInView page=page/>
            <Notices page=page/>
            <div class="hold">
                <MicrophoneButton page=page state=state/>
                <div class="now">
                    <StateLine page=page state=state/>
                    <MeterView page=page/>
                </div>
                <Controls page=page state=state/>
            </div>
            <SayForm page=page/>
            <Announcer page=page state=state/>
        </div>
    }
    .into_any()
}

/// What went wrong, and what one should know.
#[component]
fn Notices(page: Page) -> impl IntoView {
    let trouble = Memo::new(move |_| page.call(|call| call.trouble.clone()));
    let microphone = Memo::new(move |_| page.call(|call| call.microphone_trouble.clone()));
    let line = Memo::new(move |_| page.call(line_trouble));
    let blocked = Memo::new(move |_| page.call(|call| call.voice_blocked));
    let shown =
        |trouble: Option<Trouble>| trouble.map(|trouble| view! { <TroubleView trouble=trouble/> });
    view! {
        <div class="notices">
            <div id="problem">
                {move || {
                    trouble
                        .get()
                        .map(|trouble| {
                            view! {
                                <TroubleView trouble=trouble/>
                                <button
                                    type="button"
                                    class="quiet"
                                    aria-label="Close this message"
                                    on:click=move |_| page.act(Act::Dismiss)
                                >
                                    {icon(Icon::Cross)}
                                </button>
                            }
                        })
                }}
            </div>
            <div id="microphone-problem">{move || shown(microphone.get())}</div>
            <div id="line-problem">{move || shown(line.get())}</div>
            <Show when=move || blocked.get()>
                <button type="button" id="hear" on:click=move |_| page.act(Act::Hear)>
                    {icon(Icon::Sound)}
                    "Let the model be heard"
                </button>
            </Show>
        </div>
    }
    .into_any()
}

/// What is wrong with a connection that may yet come back.
fn line_trouble(call: &Call) -> Option<Trouble> {
    if call.backend_lost.is_some() {
        Some(Trouble::new(
            "The backend doesn't answer: tools can't run now.",
            "The page tries again by itself. You can go on speaking, or end the call.",
        ))
    } else if call.peer == Some(Peer::Unsteady) {
        Some(Trouble::new(
            "The connection to the endpoint is unsteady.",
            "The browser looks for another way by itself.",
        ))
    } else {
        None
    }
}

/// The big button.
#[component]
fn MicrophoneButton(page: Page, state: Memo<State>) -> impl IntoView {
    let adds = Memo::new(move |_| page.call(Call::can_add_microphone));
    let label = move || match (state.get().is_running(), adds.get()) {
        (false, _) => "Start a call with the microphone",
        (true, true) => "Turn the microphone on",
        (true, false) => "End the call",
    };
    view! {
        <button
            type="button"
            id="mic"
            aria-label=label
            title=label
            aria-pressed=move || state.get().is_running().to_string()
            on:click=move |_| page.act(Act::Microphone)
        >
            <span class="ring" aria-hidden="true"></span>
            {icon(Icon::Microphone)}
        </button>
    }
    .into_any()
}

/// What the call is doing.
#[component]
fn StateLine(page: Page, state: Memo<State>) -> impl IntoView {
    let words = Memo::new(move |_| {
        let asks = page.conversation(|it| it.questions().next().is_some());
        page.call(|call| words(call, asks))
    });
    let length = move || {
        let now = page.clock();
        page.call(|call| match (call.stage, call.took_ms) {
            (Stage::Live, _) => Some(time::clock(now - call.began)),
            (Stage::Ended | Stage::Failed, Some(took)) => {
                Some(time::clock(std::time::Duration::from_millis(took)))
            }
            _ => None,
        })
    };
    view! {
        <p class="state-line">
            <span id="state" data-state=move || state.get().word()>
                {move || words.get()}
            </span>
            <span class="length">{length}</span>
        </p>
    }
    .into_any()
}

fn words(call: &Call, asks: bool) -> &'static str {
    match call.stage {
        Stage::Connecting(Step::Microphone) => return "Asking for the microphone…",
        Stage::Connecting(Step::Asking) => return "Calling…",
        Stage::Connecting(Step::Joining) => return "Connecting…",
        Stage::None => return "Ready when you are",
        Stage::Ended => return "The call is over",
        Stage::Failed if call.took_ms.is_none() => return "The call couldn't begin",
        Stage::Failed => return "The call broke off",
        Stage::Live => {}
    }
    match call.state() {
        _ if asks => "Waiting for your decision",
        State::Hearing => "Hearing you",
        State::Thinking => "Thinking",
        State::Working => "Working with a tool",
        State::Speaking => "Speaking",
        _ => match (call.microphone, call.muted) {
            (Microphone::On, false) => "Listening",
            (Microphone::On, true) => "You are muted",
            _ => "Listening to what you type",
        },
    }
}

/// How loud the person is; drawn by the browser's part, frame by frame.
#[component]
fn MeterView(page: Page) -> impl IntoView {
    let on = move || page.call(|call| call.has_microphone() && !call.muted);
    view! {
        <div id="meter" aria-hidden="true" data-on=move || on().to_string()>
            <i></i>
        </div>
    }
    .into_any()
}

/// Mute, interrupt, end.
#[component]
fn Controls(page: Page, state: Memo<State>) -> impl IntoView {
    let open = Memo::new(move |_| page.call(Call::has_microphone));
    let muted = Memo::new(move |_| page.call(|call| call.muted));
    let speaking = move || matches!(state.get(), State::Speaking | State::Thinking);
    let mute_label = move || if muted.get() { "Unmute" } else { "Mute" };
    view! {
        <div class="controls">
            <button
                type="button"
                id="mute"
                class="round"
                disabled=move || !open.get()
                aria-pressed=move || muted.get().to_string()
                aria-label=mute_label
                title=mute_label
                on:click=move |_| page.act(Act::Mute)
            >
                {icon(Icon::MicrophoneOff)}
            </button>
            <button
                type="button"
                id="interrupt"
                class="round"
                disabled=move || !speaking()
                aria-label="Interrupt the model"
                title="Interrupt (Escape)"
                on:click=move |_| page.act(Act::Interrupt)
            >
                {icon(Icon::Stop)}
            </button>
            <button
                type="button"
                id="hangup"
                class="round danger"
                disabled=move || !state.get().is_running()
                aria-label="End the call"
                title="End the call"
                on:click=move |_| page.act(Act::End)
            >
                {icon(Icon::PhoneDown)}
            </button>
        </div>
    }
    .into_any()
}

/// The field to type in.
#[component]
fn SayForm(page: Page) -> impl IntoView {
    let text = RwSignal::new(String::new());
    view! {
        <form
            class="say"
            on:submit=move |event| {
                event.prevent_default();
                page.act(Act::Say(Private::new(text.get_untracked())));
                text.set(String::new());
            }
        >
            <label for="say" class="hidden">"Say something by typing"</label>
            <input
                id="say"
                type="text"
                autocomplete="off"
                placeholder="Or type here…"
                prop:value=move || text.get()
                on:input:target=move |event| text.set(event.target().value())
            />
            <button
                type="submit"
                id="send"
                class="round primary"
                aria-label="Send"
                disabled=move || text.with(|text| text.trim().is_empty())
            >
                {icon(Icon::Send)}
            </button>
        </form>
    }
    .into_any()
}

/// Tells those who listen to the page what others see.
#[component]
fn Announcer(page: Page, state: Memo<State>) -> impl IntoView {
    let said = Memo::new(move |_| {
        page.conversation(|it| {
            let line = it.last_words()?;
            let who = if line.is_person { "You" } else { "Model" };
            Some(format!("{who}: {}", line.text.expose()))
        })
    });
    let call = move || match state.get() {
        State::Connecting => "Connecting",
        State::Ended => "The call is over",
        state if state.is_running() => "In a call",
        _ => "",
    };
    let asked = Memo::new(move |_| {
        page.conversation(|it| {
            let (card, question) = it.questions().next()?;
            let server = card.server.as_deref().unwrap_or_default();
            Some(format!(
                "May {server} run {}? {}",
                card.title(),
                question.why
            ))
        })
    });
    view! {
        <div class="hidden">
            <p aria-live="polite">{call}</p>
            <p aria-live="polite">{move || said.get()}</p>
            <p aria-live="assertive">{move || asked.get()}</p>
        </div>
    }
    .into_any()
}
