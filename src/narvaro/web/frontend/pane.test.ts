import assert from "node:assert/strict";
import { test } from "node:test";
import { Pane, type Swap } from "./pane.ts";

/** A server that answers when told to; what it is asked, and what a pane took of its answers. */
function server() {
  const asked: { url: string; swap: Swap; answer: () => void }[] = [];
  const taken: string[] = [];
  const pane = new Pane(
    (url, swap, current) =>
      new Promise<void>((done) => {
        const answer = () => {
          if (current()) taken.push(url);
          done();
        };
        asked.push({ url, swap, answer });
      }),
  );
  return { asked, taken, pane };
}

const settled = () => new Promise((done) => setTimeout(done, 0));

test("an answer to an earlier wish is not shown, however late it comes", async () => {
  const { asked, taken, pane } = server();
  const five = pane.show("/five", "innerHTML");
  asked[0]?.answer();
  assert.equal(await five, true);
  void pane.refresh(); // of five minutes, on its way when ten are chosen
  const ten = pane.show("/ten", "innerMorph");
  asked[2]?.answer();
  assert.equal(await ten, true);
  asked[1]?.answer();
  await settled();
  assert.deepEqual(taken, ["/five", "/ten"]);
});

test("who is overtaken is told so, and the newest is shown", async () => {
  const { asked, taken, pane } = server();
  const all = ["/a", "/b", "/c"].map((url) => pane.show(url, "innerHTML"));
  for (const one of asked.toReversed()) one.answer();
  assert.deepEqual(await Promise.all(all), [false, false, true]);
  assert.deepEqual(taken, ["/c"]);
});

test("a change that comes while a fetch runs is fetched once more after it, and once only", async () => {
  const { asked, taken, pane } = server();
  void pane.show("/a", "innerHTML");
  void pane.refresh();
  void pane.refresh();
  assert.equal(asked.length, 1);
  asked[0]?.answer();
  await settled();
  assert.deepEqual(
    asked.map((one) => one.swap),
    ["innerHTML", "innerMorph"],
  );
  asked[1]?.answer();
  await settled();
  assert.equal(asked.length, 2);
  assert.deepEqual(taken, ["/a", "/a"]);
});

test("an emptied pane takes nothing and is not refreshed", async () => {
  const { asked, taken, pane } = server();
  const shown = pane.show("/a", "innerHTML");
  pane.empty();
  asked[0]?.answer();
  assert.equal(await shown, false);
  await pane.refresh();
  assert.equal(asked.length, 1);
  assert.deepEqual(taken, []);
});

test("a fetch that fails is asked for again by the next refresh", async () => {
  let fails = true;
  const asked: string[] = [];
  const pane = new Pane(async (url) => {
    asked.push(url);
    if (fails) throw new Error("away");
  });
  await assert.rejects(pane.show("/a", "innerHTML"));
  fails = false;
  await pane.refresh();
  assert.deepEqual(asked, ["/a", "/a"]);
});
