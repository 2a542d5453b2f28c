//! [`PeerConnection`]: the sound and the events between the browser and the endpoint.

use std::rc::Rc;

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    HtmlAudioElement, MediaStream, MediaStreamTrack, MessageEvent, RtcDataChannel,
    RtcIceGatheringState, RtcPeerConnection, RtcPeerConnectionState, RtcRtpSender,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit,
    RtcTrackEvent,
};

use super::{
    clock,
    listen::{Listener, words},
};
use crate::model::input::{News, Peer};

/// The channel that OpenAI's endpoint names so.
const CHANNEL: &str = "oai-events";

/// The element that plays the model's voice.
const VOICE: &str = "voice";

/// How long the browser may look for addresses of its own; those of the machine come at once.
const GATHERING_MS: i32 = 2000;

/// The sound and the events between the browser and the endpoint; closed when it is dropped.
pub(super) struct PeerConnection {
    connection: RtcPeerConnection,
    channel: RtcDataChannel,
    sender: RtcRtpSender,
    report: Report,
    _listeners: [Listener; 5],
}

/// What a connection reports.
pub(super) enum Event {
    /// Something for the page.
    News(News),
    /// The model's voice is there.
    Voice(MediaStream),
}

type Report = Rc<dyn Fn(Event)>;

impl PeerConnection {
    /// Makes a connection that can send the microphone, now or later, and brings the voice.
    pub(super) fn new(
        microphone: Option<&MediaStreamTrack>,
        report: impl Fn(Event) + 'static,
    ) -> Result<Self, JsValue> {
        let report: Report = Rc::new(report);
        let connection = RtcPeerConnection::new()?;
        let init = RtcRtpTransceiverInit::new();
        // Both ways also without a microphone: one that comes later needs no new agreement.
        init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
        let transceiver = match microphone {
            Some(track) => {
                connection.add_transceiver_with_media_stream_track_and_init(track, &init)
            }
            None => connection.add_transceiver_with_str_and_init("audio", &init),
        };
        let channel = connection.create_data_channel(CHANNEL);
        let listeners = listeners(&connection, &channel, &report);
        Ok(Self {
            connection,
            channel,
            sender: transceiver.sender(),
            report,
            _listeners: listeners,
        })
    }

    pub(super) const fn connection(&self) -> &RtcPeerConnection {
        &self.connection
    }

    /// Sends an event. A channel that has closed meanwhile says so by itself.
    pub(super) fn send(&self, text: &str) {
        let _ = self.channel.send_with_str(text);
    }

    /// Sends another microphone.
    pub(super) fn speak_with(&self, track: &MediaStreamTrack) {
        let replaced = self.sender.replace_track(Some(track));
        spawn_local(async move {
            // It fails only when the connection is closed meanwhile.
            let _ = JsFuture::from(replaced).await;
        });
    }

    /// Lets the voice out, after the person has touched the page.
    pub(super) fn play(&self) {
        play(Rc::clone(&self.report));
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        self.connection.close();
        if let Some(voice) = voice() {
            voice.set_src_object(None);
            voice.set_muted(false);
        }
    }
}

fn listeners(
    connection: &RtcPeerConnection,
    channel: &RtcDataChannel,
    report: &Report,
) -> [Listener; 5] {
    let news = |report: &Report| {
        let report = Rc::clone(report);
        move |news: News| report(Event::News(news))
    };
    let (opened, said, closed, state) = (news(report), news(report), news(report), news(report));
    let changed = connection.clone();
    let voice = Rc::clone(report);
    [
        Listener::new::<web_sys::Event>(channel, "open", move |_| opened(News::ChannelOpen)),
        Listener::new::<MessageEvent>(channel, "message", move |event| {
            if let Some(text) = event.data().as_string() {
                said(News::Channel(text));
            }
        }),
        Listener::new::<web_sys::Event>(channel, "close", move |_| closed(News::ChannelClosed)),
        Listener::new::<web_sys::Event>(connection, "connectionstatechange", move |_| {
            if let Some(peer) = peer(changed.connection_state()) {
                state(News::Peer(peer));
            }
        }),
        Listener::new::<RtcTrackEvent>(connection, "track", move |event| {
            listen_to(&event, &voice);
        }),
    ]
}

const fn peer(state: RtcPeerConnectionState) -> Option<Peer> {
    match state {
        RtcPeerConnectionState::Connected => Some(Peer::Connected),
        RtcPeerConnectionState::Disconnected => Some(Peer::Unsteady),
        RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed => Some(Peer::Lost),
        _ => None,
    }
}

/// Plays the model's voice.
fn listen_to(event: &RtcTrackEvent, report: &Report) {
    let stream = MediaStream::new();
    let (Ok(stream), Some(voice)) = (stream, voice()) else {
        return;
    };
    stream.add_track(&event.track());
    voice.set_src_object(Some(&stream));
    report(Event::Voice(stream));
    play(Rc::clone(report));
}

fn play(report: Report) {
    let Some(Ok(playing)) = voice().map(|voice| voice.play()) else {
        return;
    };
    spawn_local(async move {
        let news = match JsFuture::from(playing).await {
            Ok(_) => News::VoiceHeard,
            Err(problem) if super::listen::name(&problem) == "NotAllowedError" => {
                News::VoiceBlocked
            }
            // Another voice took its place, or the call is over.
            Err(_) => return,
        };
        report(Event::News(news));
    });
}

/// Keeps the voice back, or lets it be heard.
pub(super) fn hush(hushed: bool) {
    if let Some(voice) = voice() {
        voice.set_muted(hushed);
    }
}

fn voice() -> Option<HtmlAudioElement> {
    let document = web_sys::window()?.document()?;
    document.get_element_by_id(VOICE)?.dyn_into().ok()
}

/// Makes an offer, and waits until the browser knows its addresses.
pub(super) async fn offer(connection: &RtcPeerConnection) -> Result<String, String> {
    let offer = JsFuture::from(connection.create_offer()).await;
    let offer: RtcSessionDescriptionInit = offer.map_err(|it| words(&it))?.unchecked_into();
    let set = JsFuture::from(connection.set_local_description(&offer)).await;
    set.map_err(|it| words(&it))?;
    gathered(connection).await;
    let description = connection.local_description();
    description
        .map(|description| description.sdp())
        .ok_or_else(|| "the connection is closed".to_owned())
}

/// Waits until the browser knows its addresses, or long enough.
async fn gathered(connection: &RtcPeerConnection) {
    let complete =
        |it: &RtcPeerConnection| it.ice_gathering_state() == RtcIceGatheringState::Complete;
    if complete(connection) {
        return;
    }
    let mut listener = None;
    let done = js_sys::Promise::new(&mut |resolve, _| {
        let watched = connection.clone();
        listener = Some(Listener::new::<web_sys::Event>(
            connection,
            "icegatheringstatechange",
            move |_| {
                if complete(&watched) {
                    // A promise's own function throws nothing.
                    let _ = resolve.call0(&JsValue::UNDEFINED);
                }
            },
        ));
    });
    let first = js_sys::Promise::race(&js_sys::Array::of2(&done, &clock::later(GATHERING_MS)));
    let _ = JsFuture::from(first).await;
    drop(listener);
}

/// Takes the endpoint's side of the connection.
pub(super) async fn accept(connection: &RtcPeerConnection, sdp: &str) -> Result<(), String> {
    let answer = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
    answer.set_sdp(sdp);
    let set = JsFuture::from(connection.set_remote_description(&answer)).await;
    set.map(drop).map_err(|it| words(&it))
}
