// A department's system in JavaScript, against the public contract alone: Node and a Kafka client.
//
//   npm ci && node DepartmentSample.mjs kafka-1:9092 1121050010500055XW done.jsonl [--once]
//
// It reads credit.answers.<department>, says how each bid stands (a consortium's as its worst
// member), acts on each action id and revision once, and reports that on credit.receipts. What it
// did stands in a file that is forced to the disk, one JSON object a line: `begun` before it acts,
// `done` after. Killed in between (kill -9), it neither acts again nor reports: each start names the
// action as in doubt, until somebody has looked and added the line {"done": "<id>/<revision>",
// "at": "<when>"}. One process at a time uses a file.

import * as fs from "node:fs";
import * as client from "@platformatic/kafka";

const STRICTNESS = ["pass", "hold", "deny"];
const IDLE_MS = 3000; // with --once: so long without another answer is the end

class Journal {
  begun = new Map(); // action id: the newest revision that was begun
  done = new Map(); // action id/revision: when it was done
  bids = new Map(); // the department's own event: its leader, members and newest decisions

  constructor(path) {
    this.file = fs.openSync(path, "a+", 0o600);
    const text = fs.readFileSync(path, "utf8");
    // What follows the last line feed was cut off while it was written, so nothing rests on it.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    fs.ftruncateSync(this.file, Buffer.byteLength(whole));
    for (const line of whole.split("\n")) if (line) this.#take(JSON.parse(line));
  }

  note(entry) {
    fs.writeSync(this.file, JSON.stringify(entry) + "\n");
    fs.fsyncSync(this.file);
    this.#take(entry);
  }

  inDoubt() {
    return [...this.begun].map(([id, revision]) => `${id}/${revision}`).filter((n) => !this.done.has(n));
  }

  #take(entry) {
    if (entry.begun !== undefined) this.begun.set(entry.begun, entry.revision);
    if (entry.done !== undefined) this.done.set(entry.done, entry.at);
    if (entry.bid !== undefined) {
      const bid = this.bids.get(entry.bid) ?? { leader: null, members: [], shares: new Map() };
      bid.shares.set(entry.uscc, entry);
      bid.leader ??= entry.leader;
      if (entry.members !== undefined) bid.members = entry.members; // the leader's decision tells them
      this.bids.set(entry.bid, bid);
    }
  }
}

// How a bid stands: its strictest member's verdict, and at least `hold` while one is undecided.
function standing(bid) {
  const verdicts = [...bid.shares.values()].map((share) => share.verdict);
  const strictest = STRICTNESS[Math.max(...verdicts.map((each) => STRICTNESS.indexOf(each)))];
  const waiting = [bid.leader, ...bid.members].filter((uscc) => !bid.shares.has(uscc));
  const verdict = waiting.length > 0 && strictest === "pass" ? "hold" : strictest;
  const worst = [...bid.shares.values()].filter((s) => s.verdict === verdict).map((s) => s.uscc);
  return { verdict, worst: worst.sort(), waiting };
}

function takeDecision(journal, subject, data) {
  const parent = data.consortium_of; // set on a member's share of somebody's bid
  const { source, id } = parent ?? data.event;
  const bid = `${source}\n${id}`;
  const known = journal.bids.get(bid)?.shares.get(subject);
  if (known !== undefined && known.sequence > data.sequence) return; // behind a newer one
  journal.note({
    bid, uscc: subject, sequence: data.sequence, verdict: data.verdict,
    leader: parent?.uscc ?? subject,
    members: parent ? undefined : (data.members ?? []).filter((uscc) => uscc !== subject),
  });
  const { verdict, worst, waiting } = standing(journal.bids.get(bid));
  const awaited = waiting.length > 0 ? ` waiting for ${waiting.join(" ")}` : "";
  console.log(`${data.application_no} ${verdict} ${worst.join(" ")}`.trimEnd() + awaited);
}

async function takeAction(journal, type, subject, data, report) {
  const name = `${data.action_id}/${data.revision}`;
  if ((journal.begun.get(data.action_id) ?? -1) < data.revision) {
    journal.note({ begun: data.action_id, revision: data.revision });
    console.log(`${type} ${name}`); // act here
    journal.note({ done: name, at: shanghaiNow() });
  }
  // Also of one known already: its receipt may not have arrived. Its id and time are those of the
  // first, so readers count it once. Nothing is reported of what is in doubt.
  if (data.state === "in_force" && journal.done.has(name)) {
    await report(receipt(subject, data.action_id, journal.done.get(name)));
  }
}

function receipt(subject, action, at) {
  const id = `${action}/executed`;
  const message = {
    specversion: "1.0", id, source: `/departments/${department}`, type: "credit.receipt.recorded",
    subject, time: at, datacontenttype: "application/json",
    data: { receipt_id: id, action_id: action, department, outcome: "executed", at },
  };
  return {
    topic: "credit.receipts", key: subject, value: JSON.stringify(message),
    headers: { "content-type": "application/cloudevents+json" },
  };
}

function shanghaiNow() {
  return new Date(Date.now() + 8 * 3_600_000).toISOString().replace("Z", "+08:00");
}

const [kafka, department, path, once] = process.argv.slice(2);
const brokers = { clientId: "department-sample", bootstrapBrokers: kafka.split(",") };
const journal = new Journal(path);
for (const name of journal.inDoubt()) console.error(`in doubt: ${name}`);
const consumer = new client.Consumer({
  ...brokers, groupId: `department-${department}`, deserializers: client.stringDeserializers,
});
const producer = new client.Producer({
  ...brokers, serializers: client.stringSerializers, acks: client.ProduceAcks.ALL,
  partitioner: client.compatibilityPartitioner, // that of Java; the library's own keeps the sign
});
const answers = await consumer.consume({
  topics: [`credit.answers.${department}`], autocommit: false, mode: "committed",
  fallbackMode: "earliest", isolationLevel: client.FetchIsolationLevels.READ_COMMITTED,
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => answers.close());
let idle;
for await (const message of answers) {
  clearTimeout(idle);
  let told;
  try {
    told = JSON.parse(message.value);
  } catch {
    console.error(`not JSON: offset ${message.offset}`); // only dispatch may write here
  }
  const data = told?.data ?? {};
  if (told?.type === "credit.decision.made") takeDecision(journal, message.key, data);
  if (told?.type?.startsWith("credit.action.")) {
    await takeAction(journal, told.type, message.key, data, (each) => producer.send({ messages: [each] }));
  }
  await message.commit();
  if (once === "--once") idle = setTimeout(() => answers.close(), IDLE_MS);
}
await consumer.close();
await producer.close();
