//! [`Microphone`]: what the person is heard with.

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack, MediaTrackConstraints,
};

use super::listen::{self, Listener};
use crate::model::input::NoMicrophone;

/// An open microphone; the browser shows it as in use until this is dropped.
pub(super) struct Microphone {
    stream: MediaStream,
    track: MediaStreamTrack,
    _ended: Listener,
}

impl Microphone {
    /// Asks the browser for the microphone, and the browser asks the person. `gone` is called when
    /// it is unplugged or taken back.
    pub(super) async fn open(gone: impl FnMut() + 'static) -> Result<Self, NoMicrophone> {
        let devices = devices().ok_or(NoMicrophone::Insecure)?;
        let asked = devices.get_user_media_with_constraints(&constraints());
        let asked = asked.map_err(|problem| why(&problem))?;
        let stream = JsFuture::from(asked).await.map_err(|it| why(&it))?;
        let stream: MediaStream = stream.dyn_into().map_err(|_| NoMicrophone::Missing)?;
        let track = stream.get_audio_tracks().get(0);
        let track: MediaStreamTrack = track.dyn_into().map_err(|_| NoMicrophone::Missing)?;
        let mut gone = gone;
        let ended = Listener::new::<web_sys::Event>(&track, "ended", move |_| gone());
        Ok(Self {
            stream,
            track,
            _ended: ended,
        })
    }

    pub(super) const fn stream(&self) -> &MediaStream {
        &self.stream
    }

    pub(super) const fn track(&self) -> &MediaStreamTrack {
        &self.track
    }

    /// Sends silence, or sound again.
    pub(super) fn mute(&self, muted: bool) {
        self.track.set_enabled(!muted);
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.track.stop();
    }
}

/// Returns the devices, which insecure pages don't have.
fn devices() -> Option<MediaDevices> {
    let devices = web_sys::window()?.navigator().media_devices().ok()?;
    let there = !devices.is_undefined() && !devices.is_null();
    there.then_some(devices)
}

/// The model's own voice must not come back to it, nor the fan.
fn constraints() -> MediaStreamConstraints {
    let audio = MediaTrackConstraints::new();
    audio.set_echo_cancellation(&JsValue::TRUE);
    audio.set_noise_suppression(&JsValue::TRUE);
    audio.set_auto_gain_control(&JsValue::TRUE);
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&audio);
    constraints
}

fn why(problem: &JsValue) -> NoMicrophone {
    match listen::name(problem).as_str() {
        "NotFoundError" | "OverconstrainedError" => NoMicrophone::Missing,
        "NotReadableError" | "AbortError" => NoMicrophone::Busy,
        _ => NoMicrophone::Refused,
    }
}
