"""A consortium's bid: its leader and every other member are decided, each where it belongs."""

from tests.trigger.messages import bid, change, firm, on_events, on_lists, partition_of
from tests.trigger.running import Town


def named(*usccs: str) -> dict[str, object]:
    return {"members": [{"uscc": uscc, "name": "合成联合体成员"} for uscc in usccs]}


def test_every_member_but_the_leader_gets_one_share_of_the_bid(town: Town) -> None:
    leader, second, third = firm(), firm(), firm()
    parent = bid(leader, data=named(second, leader, third, second))
    told = town.tell(on_events(parent))
    assert {m.body.subject for m in told.members} == {second, third}
    assert len(told.members) == 2
    for share in told.members:
        subject = share.body.subject
        assert share.body.id == f"{parent['id']}/{subject}"
        assert share.body.source == "/credit-trigger/trigger"
        assert share.body.type == parent["type"]
        assert share.partition == partition_of(subject)
        assert share.data.consortium_of.model_dump() == {
            "uscc": leader,
            "source": parent["source"],
            "id": parent["id"],
        }
        assert share.data.application_no == parent["data"]["application_no"]
        assert share.data.attributes == parent["data"]["attributes"]
    decided = {d.body.subject: d.data for d in told.decisions}
    assert set(decided) == {leader, second, third}
    assert decided[leader].members == [second, third]
    assert decided[leader].consortium_of is None
    assert decided[second].consortium_of.id == parent["id"]


def test_a_listed_member_is_denied_though_its_leader_passes(town: Town) -> None:
    leader, member = firm(), firm()
    entered = change(member, "procurement-serious")
    town.lists.note(entered)
    told = town.tell(on_lists(entered), on_events(bid(leader, data=named(member))))
    assert {d.body.subject: d.data.verdict for d in told.decisions} == {
        leader: "pass",
        member: "deny",
    }
    assert [a.body.subject for a in told.actions] == [member]


def test_a_consortium_sent_twice_is_split_once(town: Town) -> None:
    parent = bid(firm(), data=named(firm()))
    told = town.tell(on_events(parent), on_events(parent))
    assert (len(told.members), len(told.decisions)) == (1, 2)
    assert told.dead_letters == []


def test_shares_carry_the_extensions_and_the_trace_of_their_parent(town: Town) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    parent = bid(firm(), data=named(firm()), traceparent=trace, dayspan="long")
    told = town.tell(on_events(parent))
    (share,) = told.members
    assert share.body.traceparent == trace
    assert share.body.model_extra == {"dayspan": "long"}
    assert {d.body.traceparent for d in told.decisions} == {trace}


def test_a_corrected_consortium_withdraws_what_its_member_got(town: Town) -> None:
    leader, member = firm(), firm()
    entered = change(member, "procurement-serious")
    town.lists.note(entered)
    application = "BX-CONSORTIUM"
    first = town.tell(
        on_lists(entered), on_events(bid(leader, application=application, data=named(member)))
    )
    second = town.tell(on_events(bid(leader, application=application, data=named(member))))
    withdrawn = [a for a in second.actions if a.body.type == "credit.action.withdrawn"]
    assert [a.data.action_id for a in withdrawn] == [a.data.action_id for a in first.actions]


def test_one_bad_member_code_sets_the_whole_bid_aside(town: Town) -> None:
    told = town.tell(on_events(bid(firm(), data=named(firm(), "91210500MA0BX00150"))))
    assert [letter.reason for letter in told.dead_letters] == ["bad-uscc"]
    assert (told.decisions, told.members) == ([], [])


def test_an_id_that_leaves_no_room_for_its_shares_is_set_aside(town: Town) -> None:
    told = town.tell(on_events(bid(firm(), event_id="x" * 481, data=named(firm()))))
    assert [letter.reason for letter in told.dead_letters] == ["bad-field"]
