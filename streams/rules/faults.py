"""What is wrong with a catalogue, told so that a lawyer can mend it."""

from dataclasses import dataclass

from schemas.errors import StopServiceError


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault: the file, the key in it, what is wrong and the cure, in Chinese and English."""

    file: str
    key: str
    zh: str
    en: str
    cure_zh: str
    cure_en: str

    def __str__(self) -> str:
        """Return the line that people read: `file: key: what is wrong; cure`."""
        line = f"{self.file}: {self.key}: {self.zh} / {self.en}; {self.cure_zh} / {self.cure_en}"
        return "".join(c if c.isprintable() else " " for c in line)  # a key may hold anything


class CatalogueFaults(StopServiceError):  # noqa: N818  # it is named after what it carries
    """The catalogue does not load; `faults` holds every fault of every file, in file order."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(
            f"catalogue: {len(faults)} fault(s), nothing is loaded; first: {faults[0]};"
            " run `credit-trigger catalogue check` for all of them"
        )
        self.faults = faults
