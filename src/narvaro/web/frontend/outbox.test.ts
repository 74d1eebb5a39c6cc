import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, type Kept, Outbox, type Outcome, restAfter, type Store, waits } from "./outbox.ts";

function memory(): Store & { rows: Map<string, Kept> } {
  const rows = new Map<string, Kept>();
  return {
    rows,
    list: async () => [...rows.values()],
    put: async (kept) => void rows.set(kept.id, kept),
    drop: async (id) => void rows.delete(id),
  };
}

const form = (id: string) => ({
  id,
  url: "/reports/new/",
  title: id,
  fields: [["a", "b"]] as [string, string][],
});

test("what was kept is sent once the net is back, in its order, and leaves a receipt", async () => {
  const sent: string[] = [];
  let net = false;
  const store = memory();
  const outbox = new Outbox(store, "1101", async (kept): Promise<Outcome> => {
    if (!net) return { kind: "away" };
    sent.push(kept.id);
    return { kind: "sent" };
  });
  await outbox.keep(form("two"), 2_000);
  await outbox.keep(form("one"), 1_000);
  assert.equal(await outbox.flush(3_000, true), 0);
  net = true;
  assert.equal(await outbox.flush(3_001, true), 2);
  assert.deepEqual(sent, ["one", "two"]);
  assert.equal(await outbox.flush(3_002, true), 0);
  const [receipt] = await outbox.list(3_003);
  assert.equal(receipt?.sentAt, 3_001);
  assert.deepEqual(receipt?.fields, []);
  assert.deepEqual(await outbox.list(3_001 + 13 * 3_600_000), []);
});

test("a refusal is kept with its words until a person takes it away, and holds up nothing", async () => {
  const store = memory();
  const outbox = new Outbox(
    store,
    "1101",
    async (kept): Promise<Outcome> =>
      kept.id === "bad" ? { kind: "refused", why: "already taken" } : { kind: "sent" },
  );
  await outbox.keep(form("bad"), 1_000);
  await outbox.keep(form("good"), 2_000);
  assert.equal(await outbox.flush(3_000, true), 1);
  const [bad] = await outbox.list(4_000);
  assert.equal(bad?.refused, "already taken");
  assert.ok(bad && !waits(bad));
  await outbox.drop("bad");
  assert.deepEqual(
    (await outbox.list(4_000)).map((one) => one.id),
    ["good"],
  );
});

test("what the server cannot take now holds up nothing behind it", async () => {
  const asked: string[] = [];
  const outbox = new Outbox(memory(), "1101", async (kept): Promise<Outcome> => {
    asked.push(kept.id);
    return { kind: kept.id === "broken" ? "later" : "sent" };
  });
  await outbox.keep(form("broken"), 1_000);
  await outbox.keep(form("good"), 2_000);
  assert.equal(await outbox.flush(3_000, true), 1);
  assert.deepEqual(asked, ["broken", "good"]);
  const [broken] = await outbox.list(4_000);
  assert.equal(broken?.tries, 2);
  assert.ok(broken && waits(broken));
});

test("a net that fails ends the round: the next would fail as well", async () => {
  const asked: string[] = [];
  const outbox = new Outbox(memory(), "1101", async (kept): Promise<Outcome> => {
    asked.push(kept.id);
    return { kind: "away" };
  });
  await outbox.keep(form("one"), 1_000);
  await outbox.keep(form("two"), 2_000);
  assert.equal(await outbox.flush(3_000, true), 0);
  assert.deepEqual(asked, ["one"]);
  assert.deepEqual(
    (await outbox.list(4_000)).map((kept) => kept.tries),
    [2, 1],
  );
});

test("nobody sees or sends another's on a shared phone", async () => {
  const store = memory();
  const never = async (): Promise<Outcome> => assert.fail("sent by another");
  await new Outbox(store, "1101", never).keep(form("mine"), 1_000);
  const other = new Outbox(store, "1102", never);
  assert.deepEqual(await other.list(2_000), []);
  assert.equal(await other.flush(2_000, true), 0);
  assert.equal(store.rows.size, 1);
});

test("it rests longer after each try, and is left alone until then", async () => {
  assert.deepEqual([1, 2, 3, 9].map(restAfter), [4_000, 8_000, 16_000, 120_000]);
  let asked = 0;
  const outbox = new Outbox(memory(), "1101", async (): Promise<Outcome> => {
    asked += 1;
    return { kind: "later" };
  });
  await outbox.keep(form("one"), 0);
  await outbox.flush(3_999, false);
  assert.equal(asked, 0);
  await outbox.flush(4_000, false);
  await outbox.flush(11_999, false);
  assert.equal(asked, 1);
  await outbox.flush(12_000, false);
  assert.equal(asked, 2);
});

test("the same record kept twice waits once", async () => {
  const outbox = new Outbox(memory(), "1101", async (): Promise<Outcome> => ({ kind: "later" }));
  await outbox.keep(form("one"), 1_000);
  await outbox.keep(form("one"), 2_000);
  assert.equal((await outbox.list(3_000)).length, 1);
});

test("an answer is taken, refused, or tried again", () => {
  assert.equal(judge(200, false), "sent");
  assert.equal(judge(200, true), "later");
  for (const status of [401, 403, 429, 500, 503]) assert.equal(judge(status, false), "later");
  for (const status of [404, 409, 413, 422]) assert.equal(judge(status, false), "refused");
});
