"""Why a message is a dead letter, and what to do about it: Chinese, English."""

from collections.abc import Mapping
from types import MappingProxyType

from consumers.replay_plan import Stays
from schemas.errors import Reason

CURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Reason.NOT_CLOUDEVENTS.value: (
            "发送方改为 CloudEvents 1.0 (JSON) 后以新编号重发",
            "the sender sends a CloudEvent (JSON) instead, under a new id",
        ),
        Reason.UNKNOWN_TYPE.value: (
            "核对 type 与主题; 新事项族登记在 families.yaml 后 replay",
            "check type and topic; a new family: enter it in families.yaml, then replay",
        ),
        Reason.UNKNOWN_FIELD.value: (
            "发送方删去未约定的字段 (见 docs/schemas.md) 后重发",
            "the sender drops the field that nobody agreed on (docs/schemas.md), sends again",
        ),
        Reason.BAD_FIELD.value: (
            "发送方按提示更正字段后以新编号重发",
            "the sender corrects the field that is named, sends again under a new id",
        ),
        Reason.BAD_USCC.value: (
            "请部门核对营业执照上的统一社会信用代码后重发",
            "the department re-reads the code on the licence and sends again",
        ),
        Reason.SUSPECT_TYPO.value: (
            "疑似误录 (如 O 与 0): 请部门核对证照后重发, 不自动更正",
            "looks mistyped (O for 0): the department re-reads it; it is never repaired here",
        ),
        Reason.NATURAL_PERSON.value: (
            "本系统不处理自然人: 告知发送方停止发送; 内容未留存, 不能重放",
            "natural persons are out of scope: tell the sender to stop; nothing was kept to replay",
        ),
        Reason.UNKNOWN_DEPARTMENT.value: (
            "在 departments.yaml 登记该部门或其事项族后 replay",
            "enter the department, or the family for it, in departments.yaml, then replay",
        ),
        Reason.UNKNOWN_PROVIDER.value: (
            "核实来源; 确属提供单位的, 登记在 lists.yaml 后 replay",
            "verify who sent it; a true provider: enter it in lists.yaml, then replay",
        ),
        Reason.UNKNOWN_LIST.value: (
            "核对名单代码; 新名单登记在 lists.yaml 后 replay",
            "check the list code; a new list: enter it in lists.yaml, then replay",
        ),
        Reason.WRONG_PARTITION.value: (
            "replay 会放入正确分区; 请发送方使用 Kafka 默认分区器 (murmur2)",
            "replay puts it where it belongs; the sender sets Kafka's own partitioner (murmur2)",
        ),
        Reason.SUBJECT_KEY_MISMATCH.value: (
            "replay 以 subject 为键放回; 请发送方把键设为 subject",
            "replay takes the key from the subject; the sender sets its key so",
        ),
        Reason.ID_REUSED.value: (
            "同一编号内容不同: 更正记录须用新编号重发",
            "the same id with other content: a corrected record is sent under a new id",
        ),
        Reason.TIME_IN_FUTURE.value: (
            "请发送方校准时钟; 到了该时间之后可以 replay",
            "the sender corrects its clock; once that time has come, replay",
        ),
        Reason.TOO_OLD.value: (
            "超过400天的事项由人工办理",
            "older than 400 days: a matter for a human",
        ),
        Reason.BAD_SIGNATURE.value: (
            "核实发送方身份和密钥; 必要时请其重新签名发送",
            "verify sender and key; if in order, it signs and sends again",
        ),
        Reason.TOO_LARGE.value: (
            "请发送方拆分记录后重发; 内容未留存",
            "the sender splits the record and sends again; nothing was kept",
        ),
    }
)
LEFT_ALONE: Mapping[Stays, tuple[str, str]] = MappingProxyType(
    {
        Stays.PERSON: ("自然人, 内容未留存", "a natural person: nothing was kept"),
        Stays.NOTHING_LEFT: ("内容未留存, 无可放回", "nothing was kept to put back"),
        Stays.REPLAYED: ("此前已放回", "was put back before"),
        Stays.REFUSED_AGAIN: (
            "放回后再次被拒, 用 --reason 或编号可再试",
            "put back and refused again; name its reason or id to try once more",
        ),
        Stays.HOPELESS: (
            "同样的内容会再次被拒, 需发送方更正; 用 --reason 或编号仍可一试",
            "the same bytes would be refused again; name the reason or the id to try all the same",
        ),
        Stays.NO_SUBJECT: ("没有 subject, 无法确定键", "no subject to make the key of"),
        Stays.NO_DEPARTMENT: (
            "部门仍未登记: 登记在 departments.yaml, 运行 topics apply 后再放回",
            "its department is still unknown: enter it in departments.yaml, run topics apply",
        ),
        Stays.NO_TOPIC: ("没有这个主题", "there is no such topic to put it on"),
    }
)


def cure_of(reason: str) -> tuple[str, str]:
    """Return what to do about *reason*; of a word that is not ours there is nothing to say."""
    return CURES.get(reason, ("不是本系统写入的死信", "not a dead letter of ours"))
