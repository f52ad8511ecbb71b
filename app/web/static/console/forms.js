/* Forms with `data-live` go without leaving the page; what cannot be sent is said and kept.
 *
 * `data-live="clear"` empties the form once it has arrived. `data-draft="#field"` puts the draft that the answer brings
 * into that field. <form data-filters> goes as soon as something else is chosen. */

import { refresh, show } from "./live.js";

const notSent = document.getElementById("not-sent");

document.addEventListener("submit", (event) => {
  if (event.target.dataset.live === undefined) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-filters] select")) event.target.form.requestSubmit();
});

/** Empty filters do not stand in the address. */
document.addEventListener("formdata", (event) => {
  if (event.target.dataset.filters === undefined) return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});

async function send(form, submitter) {
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  tellOffset(form);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, submitter)) });
    await arrived(form, answer);
  } catch {
    notSent.hidden = false;
  } finally {
    delete form.dataset.sending;
  }
}

async function arrived(form, answer) {
  notSent.hidden = true;
  const path = new URL(answer.url).pathname;
  if (answer.redirected && path !== location.pathname) return location.assign(answer.url);
  const html = await answer.text();
  if (answer.ok && form.dataset.live === "clear") clear(form);
  if (answer.ok && form.dataset.draft) bringDraft(form.dataset.draft, html);
  show(html, { answers: true });
  if (answer.ok && form.dataset.live === "clear") toTheEnd();
  if (!answer.ok) document.querySelector("#notice .notice")?.scrollIntoView({ block: "nearest" });
  refresh();
}

function clear(form) {
  form.reset();
  form.querySelector("textarea")?.focus({ preventScroll: true });
}

/** What was just written is seen, wherever the agent had scrolled to. */
function toTheEnd() {
  const list = document.getElementById("transcript");
  list.scrollTop = list.scrollHeight;
}

function bringDraft(selector, html) {
  const field = document.querySelector(selector);
  const draft = new DOMParser().parseFromString(html, "text/html").querySelector(selector)?.value;
  if (!field || !draft) return;
  field.value = [draft, field.value].filter(Boolean).join("\n");
  field.focus({ preventScroll: true });
}

/** A wall-clock time means the agent's own: the server is told how far that is from UTC. */
function tellOffset(form) {
  const field = form.querySelector("[data-offset]");
  const until = form.querySelector("[type=datetime-local]")?.value;
  if (field && until) field.value = new Date(until).getTimezoneOffset();
}
