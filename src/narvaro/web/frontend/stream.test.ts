// The stream's messages, notices and waits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { retryDelay, StreamReader, toNotice } from "./stream.ts";

test("a message cut anywhere comes out whole and once", () => {
  const text = 'id: 7\nevent: case.opened\ndata: {"case":"c","unit":null}\n\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const reader = new StreamReader();
    const messages = [...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))];
    assert.deepEqual(messages, [
      { id: "7", event: "case.opened", data: '{"case":"c","unit":null}' },
    ]);
  }
});

test("windows line ends cut between their two characters make no extra message", () => {
  const text = "id: 1\r\ndata: {}\r\n\r\nid: 2\r\ndata: {}\r\n\r\n";
  for (let cut = 0; cut <= text.length; cut += 1) {
    const reader = new StreamReader();
    const ids = [...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))].map(
      (message) => message.id,
    );
    assert.deepEqual(ids, ["1", "2"]);
  }
});

test("signs of life and empty messages say nothing", () => {
  assert.deepEqual(new StreamReader().push(": beat\n\nevent: x\n\n"), []);
});

test("several data lines are one text", () => {
  assert.equal(new StreamReader().push("data: a\ndata: b\n\n")[0]?.data, "a\nb");
});

test("a notice needs a position and JSON", () => {
  assert.deepEqual(toNotice({ id: "9", event: "unit.changed", data: '{"unit":"u"}' }), {
    position: 9,
    kind: "unit.changed",
    case: null,
    unit: "u",
  });
  assert.equal(toNotice({ id: "", event: "x", data: "{}" }), null);
  assert.equal(toNotice({ id: "9", event: "x", data: "not json" }), null);
});

test("waits grow to five seconds and are spread", () => {
  assert.equal(retryDelay(0, 0.5), 500);
  assert.equal(retryDelay(20, 0.5), 5000);
  assert.ok(retryDelay(3, 0) < retryDelay(3, 1));
});
