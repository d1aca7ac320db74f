import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from infra.embedded import EmbeddedServices
from infra.kafka import admin_config
from infra.topics import Topics, check_topics
from infra.wanted_topics import DAY_MS, Topic, table_topics, wanted_topics
from schemas.errors import RetryLaterError, StopServiceError

FAMILIES = ("approval", "bidding")
DEPARTMENT = "112105000001000000"


def wanted(*, brokers: int = 1, embedded: bool = False, partitions: int = 4) -> dict[str, Topic]:
    topics = wanted_topics(
        FAMILIES, [DEPARTMENT], partitions=partitions, brokers=brokers, embedded=embedded
    )
    return {topic.name: topic for topic in topics}


def test_the_topics_are_those_of_the_design() -> None:
    names = (
        "events.approval events.bidding members lists reviews decisions actions state catalogues "
        f"tallies receipts alerts answers.{DEPARTMENT} feedback dead-letters"
    )
    assert set(wanted()) == {f"credit.{name}" for name in names.split()}


def test_what_is_keyed_by_organisation_shares_one_count_and_the_rest_has_one_partition() -> None:
    many = {name for name, topic in wanted(partitions=12).items() if topic.partitions == 12}
    names = "events.approval events.bidding members lists reviews decisions actions state receipts"
    assert many == {f"credit.{name}" for name in names.split()}
    assert {t.partitions for n, t in wanted(partitions=12).items() if n not in many} == {1}


def test_state_and_catalogues_are_compacted_and_nothing_else() -> None:
    compacted = {n for n, t in wanted().items() if t.config["cleanup.policy"] == "compact"}
    assert compacted == {"credit.state", "credit.catalogues"}


def test_a_table_shares_the_count_and_keeps_every_record_for_a_day() -> None:
    """Its name is the one that Faust looks for; a day is for the record of a lost worker."""
    (changelog,) = (
        each
        for each in table_topics("mine", partitions=12, brokers=3)
        if each.name == "mine-streams-followup-changelog"
    )
    assert (changelog.partitions, changelog.replication) == (12, 3)
    assert changelog.config["cleanup.policy"] == "compact"
    assert changelog.config["min.compaction.lag.ms"] == str(DAY_MS)


def test_only_alerts_and_answers_are_forgotten() -> None:
    kept = {n: t.config["retention.ms"] for n, t in wanted().items()}
    forgotten = {n: int(ms) // DAY_MS for n, ms in kept.items() if ms != "-1"}
    assert forgotten == {"credit.alerts": 90, f"credit.answers.{DEPARTMENT}": 30}


def test_arrival_is_told_by_the_broker_except_on_a_simulated_day() -> None:
    by_broker = {
        n for n, t in wanted().items() if t.config["message.timestamp.type"] == "LogAppendTime"
    }
    names = "events.approval events.bidding lists reviews receipts state"
    assert by_broker == {f"credit.{name}" for name in names.split()}
    kinds = {t.config["message.timestamp.type"] for t in wanted(embedded=True).values()}
    assert kinds == {"CreateTime"}


@pytest.mark.parametrize(
    ("brokers", "replication", "insync"), [(1, 1, "1"), (2, 1, "1"), (3, 3, "2")]
)
def test_three_brokers_mean_three_copies_two_of_them_in_time(
    brokers: int, replication: int, insync: str
) -> None:
    for topic in wanted(brokers=brokers).values():
        assert topic.replication == replication
        assert topic.config["min.insync.replicas"] == insync
        assert topic.config["unclean.leader.election.enable"] == "false"


def test_what_is_missing_is_made_and_then_nothing_differs(embedded: EmbeddedServices) -> None:
    topics = Topics(embedded.kafka)
    asked = list(wanted(embedded=True).values())
    assert {each.what for each in topics.differences(asked)} == {"topic"}
    assert len(topics.apply(asked)) == len(asked)
    assert topics.differences(asked) == ()
    check_topics(embedded.kafka, asked)


def test_a_setting_that_differs_is_told_and_mended(embedded: EmbeddedServices) -> None:
    topics = Topics(embedded.kafka)
    topics.apply([Topic("mend", 1, 1, {"retention.ms": "1000"})])
    (found,) = topics.apply([Topic("mend", 1, 1, {"retention.ms": "-1"})])
    assert (found.topic, found.what, found.found, found.wanted) == (
        *("mend", "retention.ms", "1000", "-1"),
    )
    assert topics.differences([Topic("mend", 1, 1, {"retention.ms": "-1"})]) == ()


def test_a_wrong_partition_count_is_told_never_changed_and_refused_at_the_start(
    embedded: EmbeddedServices,
) -> None:
    admin = AdminClient(admin_config(embedded.kafka))
    for made in admin.create_topics([NewTopic("wrong-count", 2, 1)]).values():
        made.result(10)
    asked = [Topic("wrong-count", 4, 1, {})]
    topics = Topics(embedded.kafka)
    (found,) = topics.apply(asked)
    assert not found.mendable
    assert topics.found()["wrong-count"][0] == 2
    with pytest.raises(StopServiceError, match=r"wrong-count: 2 .*not 4.*topics apply"):
        check_topics(embedded.kafka, asked)


def test_a_missing_topic_is_refused_at_the_start(embedded: EmbeddedServices) -> None:
    with pytest.raises(StopServiceError, match="never-made: 0 "):
        check_topics(embedded.kafka, [Topic("never-made", 4, 1, {})])


def test_a_broker_that_does_not_answer_is_told_with_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.topics._TIMEOUT_S", 0.5)
    with pytest.raises(RetryLaterError, match=r"127\.0\.0\.1:1: .*CREDIT_KAFKA"):
        Topics("127.0.0.1:1").found()
