/* Keeps a console page as the database is, without reloading it.
 *
 * <main data-events="..." data-source="...">: on each `changed` event the source is fetched and every element with
 * `data-region` is swapped for its newer self, unless it is the same or someone is writing in it. */

import { tellTimes } from "./times.js";

const main = document.querySelector("main[data-events]");
const connection = document.getElementById("connection");
const title = document.title;
const listeners = [];
const ears = [];
const RETRY = 2000;
let loading = false;
let again = false;

/** Calls back after each swap: what a script has put on the page may have to be put there again. */
export const afterSwap = (callback) => listeners.push(callback);

/** Calls back at each event of this kind that the page's stream brings. */
export const listen = (kind, callback) => ears.push([kind, callback]);

export async function refresh() {
  if (!main) return;
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const answer = await fetch(main.dataset.source, { cache: "no-store" });
    if (answer.status === 401 || answer.redirected) return location.reload();
    if (answer.ok) show(await answer.text());
  } catch {
    connection.hidden = false;
  } finally {
    loading = false;
  }
  if (again) {
    again = false;
    refresh();
  }
}

/** Show what is newer in this page's HTML; the chosen line, the place and drafts stay. What an act of the agent's own was
 * answered with (`answers`) stays until the next. */
export function show(html, { answers = false } = {}) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  tellTimes(fresh);
  const stay = place();
  for (const newer of fresh.querySelectorAll("[data-region]")) {
    if (answers || !("answers" in newer.dataset)) swap(newer);
  }
  stay();
  tellUnread();
  for (const callback of listeners) callback();
}

function swap(newer) {
  const older = document.getElementById(newer.id);
  if (!older || (isForm(older) && older.dataset.version === newer.dataset.version)) return;
  if (older.innerHTML === newer.innerHTML) return;
  const place = older.scrollTop;
  const end = older.scrollHeight - place - older.clientHeight < 60;
  if ("grows" in newer.dataset) grow(older, newer);
  else older.replaceWith(document.adoptNode(newer));
  const shown = document.getElementById(newer.id);
  shown.scrollTop = end ? shown.scrollHeight : place;
}

/** A region with a form is swapped only when its version says that other things can be done now: drafts stay. */
const isForm = (region) => region.dataset.version !== undefined;

/** A list that holds more than its newest page: earlier lines that were loaded stay above the newer page. */
function grow(older, newer) {
  older.dataset.newest = newer.dataset.newest;
  const [first] = [...newer.children].filter((line) => line.id !== "earlier");
  const start = first && document.getElementById(first.id);
  const more = start?.previousElementSibling && start.previousElementSibling.id !== "earlier";
  while (start?.nextElementSibling) start.nextElementSibling.remove();
  const lines = [...newer.children].filter((line) => !(more && line.id === "earlier"));
  if (start && more) start.remove();
  if (!more) older.replaceChildren();
  older.append(...lines.map((line) => document.adoptNode(line)));
}

/** Remembers what has the focus and where the first visible line stands; the answer puts both back. */
function place() {
  const active = document.activeElement;
  const key = active?.closest("[data-region] [id]")?.id;
  const anchor = (key && document.getElementById(key)) || firstVisible();
  const before = anchor?.getBoundingClientRect().top;
  return () => {
    const line = anchor?.id && document.getElementById(anchor.id);
    if (line) scrollBy(0, line.getBoundingClientRect().top - before);
    const again = key && document.getElementById(key);
    if (again && !document.contains(active)) {
      (again.matches("a, button, input") ? again : again.querySelector("a, button"))?.focus({ preventScroll: true });
    }
  };
}

const firstVisible = () =>
  [...document.querySelectorAll(".queue > li")].find((line) => line.getBoundingClientRect().bottom > 0);

/** The number of unread cases stands in the tab's title. */
function tellUnread() {
  const unread = Number(document.querySelector("[data-title]")?.dataset.title ?? 0);
  document.title = unread ? `(${unread}) ${title}` : title;
}

function follow() {
  const events = new EventSource(main.dataset.events);
  for (const [kind, callback] of ears) events.addEventListener(kind, callback);
  events.addEventListener("changed", () => {
    connection.hidden = true;
    refresh();
  });
  events.addEventListener("error", () => {
    connection.hidden = false;
    if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(() => {
      refresh(); // a session that has ended leads to the login
      follow();
    }, RETRY);
  });
}

tellTimes();
setInterval(() => tellTimes(), 15000);
if (main) {
  for (const region of document.querySelectorAll("[data-region].transcript")) region.scrollTop = region.scrollHeight;
  tellUnread();
  setTimeout(follow); // when every script has said what it listens for
}
