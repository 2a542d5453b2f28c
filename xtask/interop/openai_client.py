"""The official client for Python: `AsyncOpenAI().realtime.connect` of `openai`."""

import asyncio
import base64
import json
import os
import sys
from pathlib import Path

from openai import AsyncOpenAI

ALL = json.loads(Path(__file__).with_name("trials.json").read_text())
TRIAL = ALL["trials"][int(os.environ["INTEROP_TRIAL"])]
# What stands in for the tools of the proxy: a client must never see these names.
PROXYS = ["get_weather", "lookup_customer", "create_ticket", "issue_refund"]
# What is asked last, so that a reply too many would be seen before its answer.
LAST, LAST_REPLY = "Thanks.", "You're welcome."
PIECE = 4_800


class Seen:
    """What the client saw and did."""

    def __init__(self):
        self.calls = []
        self.replies = []
        self.audio = 0
        self.events = []
        self.errors = []

    def judge(self):
        """What is wrong with it."""
        wrong = [f"an error: {it}" for it in self.errors]
        if sorted(self.calls) != sorted(TRIAL["calls"]):
            wrong.append(f"its calls were {self.calls} and not {TRIAL['calls']}")
        if len(self.replies) != 2 or self.replies[1] != LAST_REPLY:
            wrong.append(f"its replies were {self.replies}: not one, and one to the last words")
        missing = [it for it in TRIAL["replies"] if it not in self.replies[0]]
        if missing:
            wrong.append(f"its reply {self.replies[0]!r} lacks {missing}")
        if self.audio < 24_000:
            wrong.append(f"it heard {self.audio / 48} ms of speech")
        if TRIAL["at"] == "proxy":
            hidden = [it for it in PROXYS if it not in TRIAL["tools"]]
            for name in hidden:
                if any(name in event for event in self.events):
                    wrong.append(f"it saw {name}, a tool of the proxy")
        return wrong


def functions():
    """The client's own tools, as a session is told of them."""
    for name in TRIAL["tools"]:
        tool = ALL["tools"][name]
        yield {
            "type": "function",
            "name": name,
            "description": tool["description"],
            "parameters": tool["parameters"],
        }


async def type_in(connection, text):
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    await connection.conversation.item.create(item=item)
    await connection.response.create()


async def speak(connection):
    speech = Path(os.environ["INTEROP_SPEECH"]).read_bytes()
    for at in range(0, len(speech), PIECE):
        piece = base64.b64encode(speech[at : at + PIECE]).decode()
        await connection.input_audio_buffer.append(audio=piece)


async def ended(connection, response, seen):
    """Goes on after a response; tells whether that was the last one."""
    calls = [it for it in response.output if it.type == "function_call"]
    for call in calls:
        seen.calls.append(call.name)
        output = ALL["tools"][call.name]["output"]
        item = {"type": "function_call_output", "call_id": call.call_id, "output": output}
        await connection.conversation.item.create(item=item)
    if calls:
        await connection.response.create()
        return False
    messages = [it for it in response.output if it.type == "message"]
    words = [part.transcript or part.text for it in messages for part in it.content]
    if not words:
        if response.status != "completed":
            raise RuntimeError(f"a response ended as {response.status}")
        return False
    seen.replies.append(" ".join(words))
    if len(seen.replies) > 1:
        return True
    await type_in(connection, LAST)
    return False


async def converse(connection, seen):
    asked = False
    async for event in connection:
        seen.events.append(event.to_json())
        if event.type == "session.created":
            session = {"type": "realtime", "instructions": ALL["instructions"]}
            tools = list(functions())
            if tools:
                session["tools"] = tools
            await connection.session.update(session=session)
        elif event.type == "session.updated" and not asked:
            asked = True
            await (speak(connection) if TRIAL.get("spoken") else type_in(connection, TRIAL["ask"]))
        elif event.type == "response.output_audio.delta":
            seen.audio += len(base64.b64decode(event.delta))
        elif event.type == "error":
            seen.errors.append(event.error.message)
        elif event.type == "response.done" and await ended(connection, event.response, seen):
            return
    raise RuntimeError("the endpoint closed the connection")


async def main():
    seen = Seen()
    client = AsyncOpenAI(api_key=os.environ["INTEROP_KEY"], base_url=os.environ["INTEROP_URL"])
    try:
        if TRIAL.get("secret"):
            session = {"type": "realtime", "model": ALL["model"]}
            secret = await client.realtime.client_secrets.create(session=session)
            client = client.copy(api_key=secret.value)
        async with client.realtime.connect(model=ALL["model"]) as connection:
            await converse(connection, seen)
        wrong = seen.judge()
    except Exception as problem:  # What the client raises is what the trial came to.
        wrong = [f"{type(problem).__name__}: {problem}", *seen.errors]
    print(json.dumps({"ok": not wrong, "wrong": wrong, "replies": seen.replies}))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
