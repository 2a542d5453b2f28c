//! [`TroubleView`]: what went wrong and what to do, where it happened.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::model::trouble::Trouble;

/// What went wrong, and what to do.
#[component]
pub(super) fn TroubleView(trouble: Trouble) -> impl IntoView {
    view! {
        <div class="trouble" role="alert">
            {icon(Icon::Warning)}
            <p>
                <strong class="problem">{trouble.what}</strong>
                " "
                <span>{trouble.advice}</span>
            </p>
        </div>
    }
    .into_any()
}
