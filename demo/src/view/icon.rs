//! The icons, drawn on a grid of 24.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    Microphone,
    MicrophoneOff,
    PhoneDown,
    Stop,
    Send,
    Contrast,
    Plus,
    Cross,
    Reload,
    Copy,
    Save,
    Pause,
    Play,
    Bin,
    Tool,
    Chevron,
    Up,
    Down,
    Dot,
    Warning,
    Shield,
    Sound,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Microphone => {
                "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3Z M5.5 11a6.5 6.5 0 0 0 13 0 M12 17.5V21 M8.5 21h7"
            }
            Self::MicrophoneOff => {
                "M9 9v2a3 3 0 0 0 4.8 2.4 M15 11V6a3 3 0 0 0-5.8-1.1 M5.5 11a6.5 6.5 0 0 0 10.6 5 M18.5 11a6.4 6.4 0 0 1-.5 2.5 M12 17.5V21 M8.5 21h7 M4 4l16 16"
            }
            Self::PhoneDown => {
                "M3.2 14.6c5-4.8 12.6-4.8 17.6 0l-2.1 2.8-3.9-1.7v-2.8a12 12 0 0 0-5.6 0v2.8l-3.9 1.7Z"
            }
            Self::Stop => "M7 7h10v10H7Z",
            Self::Send => "M4.5 12h14 M12.5 6l6 6-6 6",
            Self::Contrast => {
                "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z M12 4v16 M12 8h4.9 M12 12h8 M12 16h6.9"
            }
            Self::Plus => "M12 5v14 M5 12h14",
            Self::Cross => "M6 6l12 12 M18 6L6 18",
            Self::Reload => "M19 12a7 7 0 1 1-2.2-5.1 M19 4v4.5h-4.5",
            Self::Copy => "M9 9h10v11H9Z M5 15V4h10",
            Self::Save => "M12 4v11 M7.5 10.5L12 15l4.5-4.5 M5 19.5h14",
            Self::Pause => "M8.5 6v12 M15.5 6v12",
            Self::Play => "M8 5.5l10.5 6.5L8 18.5Z",
            Self::Bin => "M5 7h14 M9.5 7V4.5h5V7 M7 7l.8 12.5h8.4L17 7 M10 11v5 M14 11v5",
            Self::Tool => {
                "M14.5 6.5a4 4 0 0 0-5 5.2L4.5 16.7a2 2 0 0 0 2.8 2.8l5-5a4 4 0 0 0 5.2-5l-2.5 2.5-2.3-.7-.7-2.3Z"
            }
            Self::Chevron => "M9 6l6 6-6 6",
            Self::Up => "M12 19V5 M6 11l6-6 6 6",
            Self::Down => "M12 5v14 M6 13l6 6 6-6",
            Self::Dot => "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
            Self::Warning => "M12 4L2.8 20h18.4Z M12 10v4.5 M12 17.2v.3",
            Self::Shield => {
                "M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6Z M9 12l2.2 2.2L15.2 10"
            }
            Self::Sound => {
                "M4 10v4h3.5L12 18V6L7.5 10Z M15.5 9a4 4 0 0 1 0 6 M18 6.5a8 8 0 0 1 0 11"
            }
        }
    }
}

/// Draws an icon. It says nothing to those who don't see it: what it stands on has a name.
pub(super) fn icon(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=icon.path()></path>
        </svg>
    }
}
