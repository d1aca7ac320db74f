"""Answers as HTTP POSTs, each until it is accepted."""

import http.client
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import msgspec

from consumers.department.handing import Handed
from consumers.department.journal import Journal
from schemas.errors import RetryLaterError

_ANSWER_S = 10.0
_KNOWN = 409  # what the other side says of a key that it has worked off


class Webhook:
    """Posts to *url*. Accepted is 2xx, and 409 for what is known there already."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("应为 http(s):// 地址 / must be an address with http:// or https://")
        self._url = url

    def recover(self, journal: Journal) -> None:
        """Do nothing: what was cut off is posted again, under the same key."""

    def hand_over(self, handed: Handed, journal: Journal) -> None:
        """Post, then note. Raises: RetryLaterError if it was not accepted."""
        request = urllib.request.Request(  # noqa: S310  # http and https alone, see above
            self._url,
            data=msgspec.json.encode(handed.content()),
            headers={"Content-Type": "application/json", "Idempotency-Key": handed.name},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_S):  # noqa: S310
                pass
        except urllib.error.HTTPError as err:
            err.close()
            if err.code != _KNOWN:
                raise RetryLaterError(f"webhook: HTTP {err.code}") from err
        except (OSError, http.client.HTTPException) as err:
            raise RetryLaterError(f"webhook: {type(err).__name__}") from err
        answer = handed.answer
        journal.note(answer.key, answer.number, "done", answer.told_ms)
