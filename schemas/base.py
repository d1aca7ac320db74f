"""What every model shares: frozen, strict, closed, and silent about the values it refuses."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_FEN = 2**53 - 1  # what every JSON reader can hold exactly
MAX_SHORT, MAX_NAME, MAX_TEXT = 128, 512, 16_384

Short = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SHORT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Fen = Annotated[int, Field(ge=0, le=MAX_FEN, description="money in fen (1 yuan = 100 fen)")]
Count = Annotated[int, Field(ge=0, le=MAX_FEN)]


class Model(BaseModel):
    """A part of a message exactly as it travels: unknown keys and loose types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
