"""How far a list can be relied on."""

from datetime import datetime, timedelta

from schemas.lean import ListFreshness
from streams.rules.catalogue import Catalogue
from streams.rules.standing import standing_of
from tests.rules.given import TODAY, at_noon

NOW = at_noon(TODAY)
CODE = "procurement-serious"  # promised every 24 hours
DAY = timedelta(hours=24)


def watermark(published: datetime, appended: datetime, *, sound: bool = True) -> ListFreshness:
    return ListFreshness(1, published, appended, sound)


def test_a_list_that_was_never_published_is_missing(catalogue: Catalogue) -> None:
    standing = standing_of(catalogue, {}, NOW)

    assert standing.missing == frozenset(catalogue.lists)
    assert standing.stale == frozenset()


def test_a_list_is_fresh_up_to_its_promised_interval_and_stale_after_it(
    catalogue: Catalogue,
) -> None:
    on_time = standing_of(catalogue, {CODE: watermark(NOW - DAY, NOW)}, NOW)
    late = standing_of(
        catalogue, {CODE: watermark(NOW - DAY - timedelta(milliseconds=1), NOW)}, NOW
    )

    assert on_time.is_fresh(CODE)
    assert CODE in late.stale


def test_the_earlier_of_publication_and_append_counts(catalogue: Catalogue) -> None:
    future = watermark(NOW + 9 * DAY, NOW - 2 * DAY)

    assert CODE in standing_of(catalogue, {CODE: future}, NOW).stale


def test_a_list_that_does_not_add_up_is_stale(catalogue: Catalogue) -> None:
    unsound = watermark(NOW, NOW, sound=False)

    assert CODE in standing_of(catalogue, {CODE: unsound}, NOW).stale
