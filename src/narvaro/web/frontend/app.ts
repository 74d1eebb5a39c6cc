// Starts the islands of a page. In: what the page has. Out: a live page.
import { startAnnouncing } from "./announce.ts";
import { startConsole } from "./console.ts";
import { startDrafts } from "./drafts.ts";
import { startForms } from "./forms.ts";
import { startKeys } from "./keys.ts";
import { startLive } from "./live.ts";
import { startMenus } from "./menus.ts";
import { startOutbox } from "./outbox-forms.ts";
import { startPhone } from "./phone.ts";
import { startReach } from "./reach.ts";
import { startReports } from "./reports.ts";
import { startShell } from "./shell.ts";
import { startTags } from "./tags.ts";
import { startTime } from "./time.ts";
import { startSound } from "./tone.ts";
import { guardForms } from "./wording-guard.ts";

guardForms();
startShell();
startTags();
startTime();
startOutbox();
startForms();
startSound();
startReports();
startDrafts();
startKeys();
startMenus();
startConsole();
startReach();
startAnnouncing();
startPhone();
startLive();

/** A fetch that ended at the sign-in page must not be put into a list: go there instead. */
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = (event as CustomEvent<{ ctx: { response: { raw: Response } } }>).detail;
  const { raw } = ctx.response;
  if (!raw.redirected || !new URL(raw.url).pathname.startsWith("/login/")) return;
  event.preventDefault();
  location.assign(raw.url);
});
