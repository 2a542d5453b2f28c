"""A server as people write them with FastMCP: types in, schemas out, of revision 2026-07-28."""

import base64
import sys
from datetime import date
from typing import Annotated, Literal

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.utilities.types import Image
from pydantic import BaseModel, Field

server = FastMCP("planner", version="1.0.0")

READS = {"readOnlyHint": True, "openWorldHint": False}
# One pixel.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Step(BaseModel):
    """A step of a plan, with steps of its own."""

    title: str
    hours: Annotated[float, Field(ge=0, le=1000)] = 0
    steps: list["Step"] = []


class Note(BaseModel):
    id: int
    text: str
    kind: Literal["idea", "task", "question"]
    due: date | None = None


notes: list[Note] = []


@server.tool(annotations=READS)
def total_hours(plan: Step) -> float:
    """Adds up the hours of a plan and of all steps below it."""
    return plan.hours + sum(total_hours(step) for step in plan.steps)


@server.tool(annotations={"readOnlyHint": False, "destructiveHint": False})
def add_note(text: str, kind: Literal["idea", "task", "question"] = "idea", due: date | None = None) -> Note:
    """Keeps a note, with a date by which it is due where there is one."""
    note = Note(id=len(notes) + 1, text=text, kind=kind, due=due)
    notes.append(note)
    return note


@server.tool(annotations=READS)
def find_notes(words: str, limit: Annotated[int, Field(ge=1, le=50)] = 5) -> list[Note]:
    """Finds notes by words in them."""
    return [note for note in notes if words.lower() in note.text.lower()][:limit]


@server.tool(annotations=READS)
async def count_slowly(to: Annotated[int, Field(ge=1, le=20)], context: Context) -> str:
    """Counts, and says how far it is."""
    for number in range(1, to + 1):
        await context.report_progress(number, to, f"at {number}")
    return f"counted to {to}"


@server.tool(annotations=READS)
def picture() -> Image:
    """A picture of the plan."""
    return Image(data=base64.b64decode(PIXEL), format="png")


@server.tool(annotations=READS)
def archive(year: int) -> str:
    """Looks into the archive of a year."""
    raise ToolError(f"the archive of {year} is closed")


if __name__ == "__main__":
    server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]))
