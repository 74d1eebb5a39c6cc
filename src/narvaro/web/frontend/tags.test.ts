import assert from "node:assert/strict";
import { test } from "node:test";
import { keepTag, sendTag } from "./tags.ts";

const context = (target: object, tag?: string) => ({
  detail: {
    ctx: {
      target: target as Element,
      request: { headers: {} as Record<string, string> },
      response: { headers: new Headers(tag ? { ETag: tag } : {}) },
    },
  },
});

function sent(target: object): string | undefined {
  const asked = context(target);
  sendTag(asked);
  return asked.detail.ctx.request.headers["If-None-Match"];
}

test("a list is asked for with the tag of what stands in it", () => {
  const list = {};
  assert.equal(sent(list), undefined);
  keepTag(context(list, '"a"'));
  assert.equal(sent(list), '"a"');
  keepTag(context(list, '"b"'));
  assert.equal(sent(list), '"b"');
});

test("what came without a tag is asked for whole, and a tag is of one list alone", () => {
  const [list, other] = [{}, {}];
  keepTag(context(list, '"a"'));
  assert.equal(sent(other), undefined);
  keepTag(context(list));
  assert.equal(sent(list), undefined);
});
