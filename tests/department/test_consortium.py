"""A consortium's bid stands as its worst member, whatever the order of the answers."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from consumers.department.answer import DecisionPart, Event, Parent, Verdict
from consumers.department.consortium import Bid, bid_of, standing, with_decision

LEADER, OTHERS = "L", ("M1", "M2", "M3")
STRICT: list[Verdict] = ["pass", "hold", "deny"]
verdicts = st.sampled_from(STRICT)


def made(subject: str, sequence: int, verdict: Verdict) -> DecisionPart:
    if subject == LEADER:
        return DecisionPart("d-L", sequence, Event("/x", "bid"), verdict, members=OTHERS)
    event = Event("/credit-trigger/trigger", f"bid/{subject}")
    return DecisionPart(f"d-{subject}", sequence, event, verdict, Parent(LEADER, "/x", "bid"))


def stands(*told: tuple[str, int, Verdict]) -> Bid:
    bid: Bid | None = None
    for subject, sequence, verdict in told:
        decision = made(subject, sequence, verdict)
        assert bid_of(decision) == "/x\nbid"
        bid = with_decision(bid, subject, decision)
    assert bid is not None
    return bid


@given(
    st.fixed_dictionaries({each: st.lists(verdicts, min_size=1) for each in (LEADER, *OTHERS)}),
    st.randoms(use_true_random=False),
)
def test_in_any_order_the_newest_of_each_counts_and_the_worst_decides(
    told: dict[str, list[Verdict]], shuffled: Random
) -> None:
    each = [(who, n, verdict) for who, all_ in told.items() for n, verdict in enumerate(all_)]
    shuffled.shuffle(each)
    now = standing(stands(*each))
    newest = {who: all_[-1] for who, all_ in told.items()}
    worst = max(newest.values(), key=STRICT.index)
    assert now.verdict == worst
    assert now.complete
    assert set(now.worst) == {who for who, verdict in newest.items() if verdict == worst}


@given(st.lists(st.sampled_from((LEADER, *OTHERS)), min_size=1, max_size=3, unique=True))
def test_while_a_member_is_undecided_a_bid_never_passes(known: list[str]) -> None:
    now = standing(stands(*((who, 0, "pass") for who in known)))
    assert now.verdict == "hold"
    assert now.worst == ()
    assert now.waiting
    assert not set(now.waiting) & set(known)


def test_one_denied_member_denies_the_bid_before_the_others_are_decided() -> None:
    now = standing(stands(("M2", 0, "deny")))
    assert (now.verdict, now.worst, now.waiting) == ("deny", ("M2",), (LEADER,))


def test_a_bidder_alone_stands_as_decided() -> None:
    alone = DecisionPart("d", 0, Event("/x", "1"), "pass")
    assert standing(with_decision(None, LEADER, alone)).verdict == "pass"
