// Sound as 16-bit samples of one channel, and as WAV files.

/** A stretch of sound: `{ rate, samples: Int16Array }`. */
export function sound(rate, samples) {
  return { rate, samples };
}

export function seconds({ rate, samples }) {
  return samples.length / rate;
}

export function silence(rate, duration) {
  return sound(rate, new Int16Array(Math.round(rate * duration)));
}

/** Several sounds of one rate, one after the other. */
export function joined(sounds) {
  const samples = new Int16Array(sounds.reduce((sum, it) => sum + it.samples.length, 0));
  let at = 0;
  for (const { samples: part } of sounds) {
    samples.set(part, at);
    at += part.length;
  }
  return sound(sounds[0].rate, samples);
}

/** The part between two times in seconds. */
export function between({ rate, samples }, from, to) {
  return sound(rate, samples.slice(Math.round(from * rate), Math.round(to * rate)));
}

/** Reads a WAV whose header may not know its length, since it was written to a pipe. */
export function read(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rate = view.getUint32(24, true);
  const data = bytes.indexOf("data", 12, "latin1") + 8;
  const count = (bytes.length - data) >> 1;
  const samples = Int16Array.from({ length: count }, (_, nth) => view.getInt16(data + 2 * nth, true));
  return sound(rate, samples);
}

export function write({ rate, samples }) {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(36 + samples.length * 2, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, nth) => bytes.writeInt16LE(sample, 44 + 2 * nth));
  return bytes;
}

/** How loud it is on the whole, from 0 to 1. */
export function loudness({ samples }) {
  const sum = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return Math.sqrt(sum / Math.max(samples.length, 1)) / 32768;
}

/** The stretches that sound, as `[from, to]` in seconds; pauses up to `pause` belong to them. */
export function stretches(whole, { threshold = 0.01, pause = 0.4, step = 0.01 } = {}) {
  const found = [];
  for (let at = 0; at + step <= seconds(whole); at += step) {
    if (loudness(between(whole, at, at + step)) < threshold) {
      continue;
    }
    const last = found.at(-1);
    if (last && at - last[1] <= pause) {
      last[1] = at + step;
    } else {
      found.push([at, at + step]);
    }
  }
  return found;
}
