// Runs in the page before its own scripts: keeps the sound of the microphone and of the other side,
// and every message of a data channel.
//
// Each track is read frame by frame as the browser hands it out, with the time of its arrival, so
// that the two can be laid over each other on one clock.

window.e2e = { mic: [], voice: [], sent: [], received: [], hushed: [], tracks: 0 };

// When the page kept the other side's sound back from the person, in seconds on its clock.
document.addEventListener(
  "volumechange",
  ({ target }) => {
    if (target.muted) {
      window.e2e.hushed.push(performance.now() / 1e3);
    }
  },
  true,
);

{
  const keep = async (track, into) => {
    const { readable } = new MediaStreamTrackProcessor({ track: track.clone(), maxBufferSize: 1000 });
    const reader = readable.getReader();
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) {
        return;
      }
      const at = performance.now();
      const samples = new Float32Array(frame.numberOfFrames);
      frame.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      const { sampleRate: rate, timestamp } = frame;
      frame.close();
      into.push({ at, timestamp, rate, samples });
    }
  };

  const devices = navigator.mediaDevices;
  const getUserMedia = devices?.getUserMedia.bind(devices);
  if (getUserMedia) {
    devices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      stream.getAudioTracks().forEach((track) => keep(track, window.e2e.mic));
      return stream;
    };
  }

  const text = (data) => (typeof data === "string" ? data : "");
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      this.addEventListener("track", ({ track }) => {
        window.e2e.tracks += 1;
        keep(track, window.e2e.voice);
      });
    }

    createDataChannel(...args) {
      const channel = super.createDataChannel(...args);
      const send = channel.send.bind(channel);
      channel.send = (data) => {
        window.e2e.sent.push(text(data));
        send(data);
      };
      channel.addEventListener("message", ({ data }) => {
        window.e2e.received.push({ at: performance.now() / 1e3, text: text(data) });
      });
      return channel;
    }
  };

  const base64 = (bytes) => {
    let binary = "";
    for (let at = 0; at < bytes.length; at += 0x8000) {
      binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    }
    return btoa(binary);
  };

  // The sound of a track so far: where each frame belongs is told by the browser's own timestamps,
  // and when the first began by the frame that arrived with the least delay.
  window.e2e.sound = (name) => {
    const frames = window.e2e[name];
    if (frames.length === 0) {
      return null;
    }
    const { rate, timestamp: first } = frames[0];
    const begun = Math.min(
      ...frames.map(({ at, timestamp, samples }) => at - (timestamp - first) / 1e3 - (samples.length / rate) * 1e3),
    );
    const last = frames.at(-1);
    const place = ({ timestamp }) => Math.round(((timestamp - first) / 1e6) * rate);
    const samples = new Int16Array(place(last) + last.samples.length);
    for (const frame of frames) {
      const at = place(frame);
      frame.samples.forEach((sample, nth) => {
        samples[at + nth] = Math.max(-1, Math.min(1, sample)) * 32767;
      });
    }
    return { rate, begun, base64: base64(new Uint8Array(samples.buffer)) };
  };
}
