// Spares a list that has not changed. In: htmx's requests. Out: the tag of what stands on the page;
// the server answers 304 where it still holds, and nothing is swapped.

type Context = {
  target: Element | null;
  request: { headers: Record<string, string> };
  response?: { headers: Headers };
};
type Told = { detail: { ctx: Context } };

const tags = new WeakMap<Element, string>();

/** Put the target's tag on a request: a tag is of the content, whatever its address was. */
export function sendTag({ detail: { ctx } }: Told): void {
  const tag = ctx.target ? tags.get(ctx.target) : undefined;
  if (tag) ctx.request.headers["If-None-Match"] = tag;
}

/** Keep the tag of what was put into the target; forget it where that had none. */
export function keepTag({ detail: { ctx } }: Told): void {
  if (!ctx.target) return;
  const tag = ctx.response?.headers.get("ETag");
  if (tag) tags.set(ctx.target, tag);
  else tags.delete(ctx.target);
}

/** Start tagging. */
export function startTags(): void {
  document.addEventListener("htmx:config:request", (event) => sendTag(event as CustomEvent));
  document.addEventListener("htmx:after:swap", (event) => keepTag(event as CustomEvent));
}
