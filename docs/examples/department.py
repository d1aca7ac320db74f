"""A department's system that stops what is denied and answers with receipts: run it, then adapt it.

    python docs/examples/department.py kafka-1:9092 1121050010500055XW

Without a department of its own at hand: `credit-trigger up`, `credit-trigger run dispatch`, and the
address that `up` names.
"""

import argparse
import threading
from pathlib import Path

from consumers.department.client import DepartmentClient
from consumers.department.handing import Callback, Handed
from consumers.department.journal import Journal
from consumers.department.receipts import ReceiptSender, receipt_message
from infra.clock import SystemClock


def main(kafka: str, department: str) -> None:
    """Work until Ctrl-C."""
    with Journal(Path(f"{department}.sqlite3")) as journal:
        receipts = ReceiptSender(kafka, journal)

        def act(handed: Handed) -> None:
            data, standing = handed.answer.message["data"], handed.standing
            if standing is not None:
                # A consortium's bid stands as its worst member, and passes when all are decided.
                print(f"{data['application_no']}: {standing.verdict} {', '.join(standing.worst)}")
            elif handed.answer.kind == "action" and data["state"] == "in_force":
                print(f"{data['application_no']}: {data['measure']['title']}")
                # Sent by the client with its next look at the topic, and kept until it is in.
                receipts.record(
                    receipt_message(
                        handed.answer.subject,
                        SystemClock()(),
                        action_id=handed.answer.id,
                        department=department,
                        outcome="executed",
                    )
                )

        client = DepartmentClient(kafka, department, journal, Callback(act))
        try:
            client.run(threading.Event().wait)
        except KeyboardInterrupt:
            print("stopped; goes on from here next time")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="A department's client that prints and answers.")
    asked.add_argument("kafka", help="host:port")
    asked.add_argument("department", help="USCC of the department")
    given = asked.parse_args()
    main(given.kafka, given.department)
