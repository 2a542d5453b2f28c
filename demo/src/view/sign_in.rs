//! [`SignInView`]: servers that want the person to sign in.

use leptos::prelude::*;

use super::{
    icon::{Icon, icon},
    notice::TroubleView,
};
use crate::{
    model::{
        Act,
        sign_in::{self, SignInStage, SignInWanted},
    },
    page::Page,
};

/// Servers that want the person to sign in.
#[component]
pub(super) fn SignInView(page: Page) -> impl IntoView {
    let wanted = Memo::new(move |_| page.conversation(|it| it.sign_ins().to_vec()));
    move || {
        let each = wanted.get().into_iter();
        each.map(|wanted| view! { <OneView page=page wanted=wanted/> })
            .collect_view()
    }
}

#[component]
fn OneView(page: Page, wanted: SignInWanted) -> impl IntoView {
    let SignInWanted { server, stage } = wanted;
    let asking = stage == SignInStage::Asking;
    let asked = server.clone();
    let (link, trouble) = match stage {
        SignInStage::Open { url, .. } => (Some(url), None),
        SignInStage::Failed(trouble) => (None, Some(trouble)),
        SignInStage::Wanted | SignInStage::Asking => (None, None),
    };
    let step = match link {
        // The address is seen before it is opened.
        Some(url) => view! {
            <a class="sign-in-open" href=url.clone() target="_blank" rel="noopener noreferrer">
                {format!("Continue at {}", sign_in::host(&url))}
            </a>
        }
        .into_any(),
        None => view! {
            <button
                type="button"
                class="sign-in-begin"
                disabled=asking
                on:click=move |_| page.act(Act::SignIn(asked.clone()))
            >
                "Sign in"
            </button>
        }
        .into_any(),
    };
    view! {
        <section class="sign-in" data-server=server.clone() role="status">
            <div class="row">
                {icon(Icon::Shield)}
                <p>{format!("The tools of {server} are there once you sign in.")}</p>
                {step}
            </div>
            {trouble.map(|trouble| view! { <TroubleView trouble=trouble/> })}
        </section>
    }
    .into_any()
}
