//! [`App`]: the page.
//!
//! What a test of the whole page holds on to; these stay when the looks change:
//!
//! | hook | what it is |
//! |---|---|
//! | `html[data-ready]` | the page reacts: it is hydrated |
//! | `#whom` | whom a call goes to, in words |
//! | `#endpoint`, `#key` | the endpoint, and the key where one is wanted |
//! | `#server-url`, `#server-transport`, `#add-header`, `.header-name`, `.header-value`, `#load-tools` | the form for an MCP server of one's own |
//! | `#server-problem` | what is wrong with that form |
//! | `.server[data-server]` with `.status[data-state]` | a server: `unknown`, `loading`, `known`, `failed`; its trouble is a `.problem` in it |
//! | `.tool[data-tool] input[type=checkbox]` | whether the model may call a tool; `.all`, `.none`, `.tool-filter` beside them |
//! | `#mic`, `#mute`, `#interrupt`, `#hangup` | the buttons of a call |
//! | `#say`, `#send` | typing |
//! | `#state[data-state]` | `idle`, `connecting`, `listening`, `hearing`, `thinking`, `working`, `speaking`, `ended`, `failed` |
//! | `#problem`, `#microphone-problem`, `#line-problem` | what went wrong; empty where nothing did |
//! | `.line[data-role=user\|assistant][data-done][data-cut]` with `.words` | who said what |
//! | `.call[data-call-id][data-state]` | a call of a tool: `seen`, `asked`, `running`, `answered`, `tool_error`, `refused`, `failed`, `ended`; `.arguments`, `.output`, `.result`, `.took` in it |
//! | `.approval` with `#approve`, `#deny`, `#reason`, `.countdown` | a decision that is waited for |
//! | `#console` with `.event[data-source][data-direction][data-type]` | the events: `browser`, `backend`, `tools`; `sent`, `received`, `happened` |
//! | `#console-filter`, `.source[data-source]`, `#console-pause`, `#console-copy`, `#console-export`, `#console-clear` | what to do with them |
//! | `#voice` | the audio element |

use leptos::prelude::*;

use crate::{
    page::Page,
    view::{ConsoleView, ConversationView, Dock, SetupView, Tab, Tabs, Top},
    web,
};

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let page = Page::new();
    let tab = RwSignal::new(Tab::default());
    Effect::new(move |_| {
        if web::is_browser() {
            page.start();
        }
    });
    view! {
        <a class="skip" href="#say">"Skip to typing"</a>
        <Top page=page/>
        <Tabs page=page tab=tab/>
        <main class="parts" data-tab=move || tab.get().word()>
            <SetupView page=page/>
            <section id="call" class="panel" aria-label="Call">
                <ConversationView page=page/>
                <Dock page=page/>
            </section>
            <ConsoleView page=page/>
        </main>
        <audio id="voice" autoplay></audio>
    }
}
