//! The browser: everything that the page asks of it, one file a thing.
//!
//! [`Browser`] does what the model wants done and reports what comes of it. Nothing else in the
//! page knows JavaScript.

pub(crate) mod clock;
mod fetch;
mod files;
pub(crate) mod focus;
pub(crate) mod follow;
mod listen;
mod meter;
mod microphone;
mod peer;
mod stream;
pub(crate) mod theme;

use rtmcp_api::{
    Call, CallRequest, Decision, ElicitationAnswer, Settings, SignIn, Tools, ToolsRequest,
};
use wasm_bindgen_futures::spawn_local;

use crate::{
    model::{
        Input,
        input::{Effect, News},
    },
    page::Page,
};
use clock::Timer;
use meter::Meter;
use microphone::Microphone;
use peer::PeerConnection;
use stream::Stream;

/// Tells whether this is the page, and not the server that draws it first.
pub(crate) const fn is_browser() -> bool {
    cfg!(target_arch = "wasm32")
}

/// Says in the document that the page reacts.
pub(crate) fn say_ready() {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.document_element()) {
        // An attribute of that name is always allowed.
        let _ = root.set_attribute("data-ready", "true");
    }
}

/// What does the page's wishes.
pub(crate) struct Browser {
    page: Page,
    /// The call that runs; none has the number 0.
    number: u64,
    microphone: Option<Microphone>,
    peer: Option<PeerConnection>,
    stream: Option<Stream>,
    meter: Meter,
    wake: Timer,
    /// Draws the console, at most once a frame.
    pub(crate) frame: clock::Frame,
}

impl Browser {
    pub(crate) fn new(page: Page) -> Self {
        Self {
            page,
            number: 0,
            microphone: None,
            peer: None,
            stream: None,
            meter: Meter::default(),
            wake: Timer::new(move || page.input(Input::Tick)),
            frame: clock::Frame::new(move || page.draw_console()),
        }
    }

    /// Sees to it that the model is woken in time.
    pub(crate) fn wake_at(&self, deadline: Option<rtmcp_core::Timestamp>) {
        self.wake.set(deadline);
    }

    pub(crate) fn perform(&mut self, effect: Effect) {
        let page = self.page;
        match effect {
            Effect::Dial { number, microphone } => self.dial(number, microphone),
            Effect::OpenMicrophone { number } => spawn_local(add_microphone(page, number)),
            Effect::Accept { number, sdp } => self.accept(number, sdp),
            Effect::Follow { number, session } => {
                let path = format!("/api/sessions/{session}/events");
                self.stream = Stream::open(&path, move |news| page.news(number, news));
            }
            Effect::Send(text) => {
                if let Some(peer) = &self.peer {
                    peer.send(&text);
                }
            }
            Effect::Mute(muted) => {
                if let Some(microphone) = &self.microphone {
                    microphone.mute(muted);
                }
            }
            Effect::Hush(hushed) => peer::hush(hushed),
            Effect::PlayVoice => {
                if let Some(peer) = &self.peer {
                    peer.play();
                }
            }
            Effect::HangUp => self.hang_up(),
            effect @ (Effect::LoadSettings
            | Effect::LoadTools { .. }
            | Effect::PostCall { .. }
            | Effect::End { .. }
            | Effect::Decide { .. }
            | Effect::Answer { .. }
            | Effect::SignIn { .. }) => request(page, effect),
            Effect::Copy(text) => files::copy(text.expose()),
            Effect::Download { name, text } => files::download(&name, text.expose()),
        }
    }

    fn dial(&mut self, number: u64, microphone: bool) {
        self.hang_up();
        self.number = number;
        let page = self.page;
        spawn_local(async move {
            if microphone {
                open_microphone(page, number).await;
            }
            let offer = page.with_browser(number, |browser| browser.connect());
            let Some(connection) = offer else { return };
            let offer = match connection {
                Ok(connection) => peer::offer(&connection).await,
                Err(problem) => Err(problem),
            };
            page.news(number, News::Offer(offer));
        });
    }

    /// Makes the connection, with the microphone in it where there is one.
    fn connect(&mut self) -> Result<web_sys::RtcPeerConnection, String> {
        let (page, number) = (self.page, self.number);
        let track = self.microphone.as_ref().map(|it| it.track().clone());
        let peer = PeerConnection::new(track.as_ref(), move |event| match event {
            peer::Event::News(news) => page.news(number, news),
            peer::Event::Voice(voice) => {
                page.with_browser(number, |browser| browser.meter.voice(&voice));
            }
        });
        let peer = peer.map_err(|problem| listen::words(&problem))?;
        let connection = peer.connection().clone();
        self.peer = Some(peer);
        Ok(connection)
    }

    fn accept(&self, number: u64, sdp: String) {
        let Some(peer) = &self.peer else { return };
        let (page, connection) = (self.page, peer.connection().clone());
        spawn_local(async move {
            if let Err(problem) = peer::accept(&connection, &sdp).await {
                page.news(number, News::BadAnswer(problem));
            }
        });
    }

    fn hang_up(&mut self) {
        self.number = 0;
        self.meter.stop();
        self.stream = None;
        self.peer = None;
        self.microphone = None;
    }

    /// Tells whether a call is the one that runs.
    pub(crate) fn runs(&self, number: u64) -> bool {
        self.number == number
    }
}

/// Asks the backend for something.
fn request(page: Page, effect: Effect) {
    match effect {
        Effect::LoadSettings => spawn_local(async move {
            let settings = fetch::get::<Settings>("/api/settings").await;
            page.input(Input::Settings(settings));
        }),
        Effect::LoadTools { server, request } => spawn_local(async move {
            let answer = fetch::post::<ToolsRequest, Tools>("/api/tools", &request).await;
            page.input(Input::Tools { server, answer });
        }),
        Effect::PostCall { number, request } => spawn_local(async move {
            let answer = fetch::post::<CallRequest, Call>("/api/calls", &request).await;
            page.news(number, News::Answer(answer));
        }),
        Effect::End { session } => spawn_local(async move {
            // The backend may have ended it by itself.
            let _ = fetch::delete(&format!("/api/sessions/{session}")).await;
        }),
        Effect::Decide {
            number,
            session,
            call_id,
            decision,
        } => spawn_local(decide(page, number, session, call_id, decision)),
        Effect::Answer {
            number,
            session,
            id,
            answer,
        } => spawn_local(answer_server(page, number, session, id, answer)),
        Effect::SignIn {
            number,
            session,
            server,
        } => spawn_local(sign_in(page, number, session, server)),
        _ => {}
    }
}

/// Opens the microphone and says so; a call that is over meanwhile lets go of it at once.
async fn open_microphone(page: Page, number: u64) -> bool {
    let opened = Microphone::open(move || page.news(number, News::MicrophoneGone)).await;
    let answer = match opened {
        Ok(microphone) => {
            let kept = page.with_browser(number, |browser| {
                browser.meter.microphone(microphone.stream());
                browser.microphone = Some(microphone);
            });
            if kept.is_none() {
                return false;
            }
            Ok(())
        }
        Err(why) => Err(why),
    };
    let is_open = answer.is_ok();
    page.news(number, News::Microphone(answer));
    is_open
}

/// Adds the microphone to a call that began without.
async fn add_microphone(page: Page, number: u64) {
    if open_microphone(page, number).await {
        page.with_browser(number, |browser| {
            if let (Some(peer), Some(microphone)) = (&browser.peer, &browser.microphone) {
                peer.speak_with(microphone.track());
            }
        });
    }
}

async fn decide(page: Page, number: u64, session: String, call_id: String, decision: Decision) {
    let id = String::from(js_sys::encode_uri_component(&call_id));
    let path = format!("/api/sessions/{session}/approvals/{id}");
    let answer = fetch::post_only(&path, &decision).await;
    page.news(number, News::Decided { call_id, answer });
}

async fn answer_server(
    page: Page,
    number: u64,
    session: String,
    id: String,
    answer: Box<ElicitationAnswer>,
) {
    let question = String::from(js_sys::encode_uri_component(&id));
    let path = format!("/api/sessions/{session}/elicitations/{question}");
    let answer = fetch::post_only(&path, &*answer).await;
    page.news(number, News::Answered { id, answer });
}

async fn sign_in(page: Page, number: u64, session: String, server: String) {
    let name = String::from(js_sys::encode_uri_component(&server));
    let path = format!("/api/sessions/{session}/sign-in/{name}");
    let answer = fetch::post::<_, SignIn>(&path, &serde_json::json!({})).await;
    page.news(number, News::SignIn { server, answer });
}
