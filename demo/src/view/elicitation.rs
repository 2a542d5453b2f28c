//! [`ElicitationView`]: what an MCP server asks the person, as a form.

use leptos::prelude::*;
use rtmcp_api::ElicitationAction;

use super::{
    icon::{Icon, icon},
    notice::TroubleView,
    time,
};
use crate::{
    model::{
        Act,
        elicitation::{Asked, Choice, Field, Filled, Kind, YES},
        sign_in,
    },
    page::Page,
    web,
};

/// The oldest question of a server. It stands where the hands are, as an approval does.
#[component]
pub(super) fn ElicitationView(page: Page) -> impl IntoView {
    let id = Memo::new(move |_| {
        page.conversation(|it| it.asked().first().map(|asked| asked.id.clone()))
    });
    // Never from under somebody's hands: who writes goes on writing.
    Effect::new(move |_| {
        if id.get().is_some() && web::is_browser() && !web::focus::is_writing() {
            web::focus::focus("elicitation-title");
        }
    });
    move || {
        let id = id.get()?;
        let asked = untrack(|| find(page, &id))?;
        Some(view! { <FormView page=page asked=asked/> })
    }
}

fn find(page: Page, id: &str) -> Option<Asked> {
    page.conversation(|it| it.asked().iter().find(|asked| asked.id == id).cloned())
}

/// Who asks and what, and what there is to fill in.
#[component]
fn FormView(page: Page, asked: Asked) -> impl IntoView {
    let filled = RwSignal::new(asked.defaults());
    let id = asked.id.clone();
    let now = Memo::new(move |_| find(page, &id));
    let answering = Memo::new(move |_| now.get().is_some_and(|it| it.answering));
    let trouble = Memo::new(move |_| now.get().and_then(|it| it.trouble));
    let (declined, cancelled, accepted) = (asked.id.clone(), asked.id.clone(), asked.id.clone());
    let answer = move |id: &str, action: ElicitationAction| {
        page.act(Act::Answer {
            id: id.to_owned(),
            action,
            filled: filled.get_untracked(),
        });
    };
    let left = Memo::new(move |_| time::left(page.clock(), asked.expires));
    let fields = asked.fields.into_iter();
    let fields = fields.map(|field| view! { <FieldView field=field filled=filled/> });
    let address = asked.url.map(rtmcp_core::Private::into_exposed);
    let accept = if address.is_some() {
        "I have been there"
    } else {
        "Send"
    };
    view! {
        <form
            class="approval elicitation"
            aria-labelledby="elicitation-title"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                answer(&accepted, ElicitationAction::Accept);
            }
        >
            <header>
                {icon(Icon::Tool)} <h3 id="elicitation-title" tabindex="-1">
                    {format!("{} asks", asked.server)}
                </h3>
                <span class="countdown" data-soon=move || (left.get() <= 10).to_string()>
                    {move || format!("{} s left", left.get())}
                </span>
            </header>
            <p class="why">{asked.message.into_exposed()}</p>
            <p class="hint">{format!("Asked for {}. You can also answer aloud.", asked.tool)}</p>
            {address.map(address_view)}
            <div class="fields">{fields.collect_view()}</div>
            {move || trouble.get().map(|trouble| view! { <TroubleView trouble=trouble/> })}
            <div class="row answer">
                <button
                    type="button"
                    id="elicitation-cancel"
                    class="quiet"
                    disabled=move || answering.get()
                    on:click=move |_| answer(&cancelled, ElicitationAction::Cancel)
                >
                    "Cancel"
                </button>
                <button
                    type="button"
                    id="elicitation-decline"
                    disabled=move || answering.get()
                    on:click=move |_| answer(&declined, ElicitationAction::Decline)
                >
                    "Decline"
                </button>
                <button
                    type="submit"
                    id="elicitation-send"
                    class="primary"
                    disabled=move || answering.get()
                >
                    {accept}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// A page to visit: shown whole, and opened only where it is one.
fn address_view(url: String) -> AnyView {
    if !sign_in::is_web(&url) {
        return view! { <p class="hint warn">"The address can't be opened here: " {url}</p> }
            .into_any();
    }
    view! {
        <p class="visit">
            <a id="elicitation-visit" href=url.clone() target="_blank" rel="noopener noreferrer">
                {format!("Open {}", sign_in::host(&url))}
            </a>
            <span class="hint">{url}</span>
        </p>
    }
    .into_any()
}

/// A field with its name and what it means.
#[component]
fn FieldView(field: Field, filled: RwSignal<Filled>) -> impl IntoView {
    let id = format!("field-{}", field.name);
    let hint_id = format!("{id}-hint");
    let described = field.description.is_some().then(|| hint_id.clone());
    let mark = if field.required { " (required)" } else { "" };
    let label = format!("{}{mark}", field.title);
    let hint = field
        .description
        .clone()
        .map(|words| view! { <p class="hint" id=hint_id>{words}</p> });
    let put = put_into(filled, field.name.clone());
    let input = match field.kind {
        Kind::Flag => {
            return view! {
                <div class="field">
                    <label class="check">
                        <input
                            type="checkbox"
                            id=id
                            name=field.name
                            checked=field.default == YES
                            aria-describedby=described
                            on:change:target=move |event| {
                                put(if event.target().checked() { YES.to_owned() } else { String::new() });
                            }
                        />
                        <span>{label}</span>
                    </label>
                    {hint}
                </div>
            }
            .into_any();
        }
        Kind::Several(choices) => {
            return several_view(field.name, label, choices, filled).into_any();
        }
        Kind::Choice(choices) => view! {
            <select
                id=id.clone()
                name=field.name
                required=field.required
                aria-describedby=described
                on:change:target=move |event| put(event.target().value())
            >
                {choice_views(choices, &field.default)}
            </select>
        }
        .into_any(),
        kind @ (Kind::Text(_) | Kind::Number { .. }) => view! {
            <input
                type=match kind {
                    Kind::Text(of) => of,
                    _ => "text",
                }
                inputmode=matches!(kind, Kind::Number { .. }).then_some("decimal")
                id=id.clone()
                name=field.name
                value=field.default
                required=field.required
                autocomplete="off"
                aria-describedby=described
                on:input:target=move |event| put(event.target().value())
            />
        }
        .into_any(),
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {input}
            {hint}
        </div>
    }
    .into_any()
}

fn put_into(filled: RwSignal<Filled>, name: String) -> impl Fn(String) + 'static {
    move |text| {
        filled.update(|filled| {
            filled.insert(name.clone(), text);
        });
    }
}

/// The choices, after one that is none: what nobody chose isn't an answer.
fn choice_views(choices: Vec<Choice>, default: &str) -> AnyView {
    let chosen = choices.iter().any(|it| it.value == default);
    let choices = choices.into_iter().map(|choice| {
        let selected = choice.value == default;
        view! { <option value=choice.value selected=selected>{choice.title}</option> }
    });
    let choices = choices.collect_view();
    view! {
        <option value="" selected=!chosen>"Choose…"</option>
        {choices}
    }
    .into_any()
}

/// Any of several choices.
fn several_view(
    name: String,
    label: String,
    choices: Vec<Choice>,
    filled: RwSignal<Filled>,
) -> impl IntoView {
    let choices = choices.into_iter().map(|choice| {
        let name = name.clone();
        let default = filled.with_untracked(|it| it.get(&name).cloned().unwrap_or_default());
        let checked = default.lines().any(|line| line == choice.value);
        let value = choice.value;
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    checked=checked
                    on:change:target=move |event| {
                        let on = event.target().checked();
                        filled.update(|filled| toggle(filled.entry(name.clone()).or_default(), &value, on));
                    }
                />
                <span>{choice.title}</span>
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{label}</legend>
            {choices.collect_view()}
        </fieldset>
    }
}

/// Puts a line in, or takes it out.
fn toggle(lines: &mut String, value: &str, on: bool) {
    let mut kept: Vec<&str> = lines.lines().filter(|line| *line != value).collect();
    if on {
        kept.push(value);
    }
    *lines = kept.join("\n");
}
