//! [`OwnServerView`]: the form for an MCP server of the person's own.

use leptos::prelude::*;
use rtmcp_core::Private;

use super::icon::{Icon, icon};
use crate::{
    model::{
        Act,
        setup::{Form, form::Header},
    },
    page::Page,
};

/// The form for an MCP server of the person's own.
#[component]
pub(super) fn OwnServerView(page: Page) -> impl IntoView {
    let trouble = Memo::new(move |_| page.setup(|setup| setup.form.trouble.clone()));
    view! {
        <form
            id="own-server"
            class="group"
            aria-label="Add an MCP server"
            on:submit=move |event| {
                event.prevent_default();
                page.act(Act::LoadTools);
            }
        >
            <label for="server-url">"Add an MCP server"</label>
            <input
                id="server-url"
                type="text"
                inputmode="url"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder="https://example.com/mcp"
                aria-describedby="server-problem"
                aria-invalid=move || trouble.with(Option::is_some).to_string()
                prop:value=move || page.setup(|setup| setup.form.url.clone())
                on:input:target=move |event| fill(page, Form::Url(event.target().value()))
            />
            <Headers page=page/>
            <div class="row">
                <label for="server-transport" class="hidden">"Transport"</label>
                <select
                    id="server-transport"
                    prop:value=move || page.setup(|setup| setup.form.transport.clone())
                    on:change:target=move |event| {
                        fill(page, Form::Transport(event.target().value()));
                    }
                >
                    <option value="">"Any transport"</option>
                    <option value="http">"Streamable HTTP"</option>
                    <option value="sse">"SSE"</option>
                </select>
                <button
                    type="button"
                    id="add-header"
                    class="quiet small"
                    on:click=move |_| fill(page, Form::AddHeader)
                >
                    {icon(Icon::Plus)}
                    "Header"
                </button>
                <button type="submit" id="load-tools">"Load tools"</button>
            </div>
            <p id="server-problem" class="problem" role="alert">{move || trouble.get()}</p>
        </form>
    }
    .into_any()
}

fn fill(page: Page, form: Form) {
    page.act(Act::Form(form));
}

/// The headers, a row each.
#[component]
fn Headers(page: Page) -> impl IntoView {
    let rows = Memo::new(move |_| {
        page.setup(|setup| {
            let rows = setup.form.headers.iter().map(|header| header.row);
            rows.collect::<Vec<_>>()
        })
    });
    view! {
        <For
            each=move || rows.get()
            key=|row| *row
            children=move |row| view! { <HeaderRow page=page row=row/> }
        />
    }
    .into_any()
}

#[component]
fn HeaderRow(page: Page, row: u64) -> impl IntoView {
    let read = move |read: fn(&Header) -> String| {
        page.setup(|setup| {
            let mut headers = setup.form.headers.iter();
            headers.find(|header| header.row == row).map(read)
        })
        .unwrap_or_default()
    };
    view! {
        <div class="row header">
            <input
                type="text"
                class="header-name"
                aria-label="Name of the header"
                placeholder="Authorization"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || read(|header| header.name.clone())
                on:input:target=move |event| fill(page, Form::HeaderName(row, event.target().value()))
            />
            <input
                type="password"
                class="header-value"
                aria-label="Value of the header"
                placeholder="Bearer …"
                autocomplete="off"
                prop:value=move || read(|header| header.value.expose().clone())
                on:input:target=move |event| {
                    fill(page, Form::HeaderValue(row, Private::new(event.target().value())));
                }
            />
            <button
                type="button"
                class="quiet"
                aria-label="Remove this header"
                on:click=move |_| fill(page, Form::RemoveHeader(row))
            >
                {icon(Icon::Cross)}
            </button>
        </div>
    }
    .into_any()
}
