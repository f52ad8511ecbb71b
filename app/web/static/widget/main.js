/* The frame's story: learn who is here, open or resume the chat, then send and follow. */

import { acceptOffer, changeConsent, openSession, readConsents, sendMessage } from "./api.js";
import { showCode, showRefusal } from "./bubbles.js";
import { lastSeen, postpone, postponed, recall, remember, rememberSeen, subjectOf } from "./memory.js";
import { Privacy } from "./privacy.js";
import { follow } from "./stream.js";
import { View } from "./view.js";
import { preferredLanguage, wordsOf } from "./words.js";

const framed = window.parent !== window;
const RETRY_START_MS = 4000;

let host = null; // the loader's origin, known from its first message
let session = null;
let words = wordsOf(preferredLanguage(null));
let seen = true;
let unread = 0;

const tellHost = (message) => host && window.parent.postMessage(message, host);

const view = new View({
  close: () => tellHost({ type: "stayline:close" }),
  send: (message) => send(message),
  resend: (message) => deliver(message),
  press: (button) => send({ text: button.title, payload: button.payload }),
  accept: (offer, card) => accept(offer, card),
});

const privacy = new Privacy({
  change: (purpose, channel, granted) => changeConsent(session.token, { purpose, channel, granted }),
});
let question = null; // the card about e-mail, until it is shown

function send(message) {
  const whole = { ...message, client_id: crypto.randomUUID ? crypto.randomUUID() : randomId() };
  view.showPending(whole);
  deliver(whole);
}

/** Outside of TLS and localhost browsers offer no randomUUID. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function deliver(message) {
  try {
    const stored = await sendMessage(session.token, message);
    view.show({ ...message, payload: null, id: stored.id, role: "customer" });
  } catch (failure) {
    view.showNotSent(message, failure.status === 401 ? words.ended : failure.message);
  }
}

async function accept(offer, card) {
  const button = card.querySelector("button");
  button.disabled = true;
  try {
    const { code } = await acceptOffer(session.token, offer.id);
    showCode(card, code, words);
  } catch (failure) {
    if (failure.status === 409) return showRefusal(card, failure.message);
    button.disabled = false;
    view.notice(failure.message || words.reconnecting);
  }
}

async function start({ identity, language }) {
  const subject = identity ? subjectOf(identity) : null;
  words = wordsOf(preferredLanguage(language));
  view.speak(words, preferredLanguage(language));
  view.notice(words.connecting);
  try {
    session = await open(identity, language, recall(subject));
  } catch (failure) {
    view.notice(failure.message || words.cannotStart);
    setTimeout(() => start({ identity, language }), RETRY_START_MS);
    return;
  }
  remember(session.verified ? subject : null, session.token);
  words = wordsOf(session.language);
  view.speak(words, session.language);
  showKept(session);
  if (session.verified) consider(session);
  view.scroll(true);
  view.allowWriting(true);
  view.focus();
  listen(identity && !session.verified ? words.expired : null);
}

/** What was said so far; follow-ups that came since the last visit stand under a line that says so. */
function showKept({ conversation, messages }) {
  const known = lastSeen(conversation);
  let told = false;
  for (const message of messages) {
    const isNews = message.payload?.follow_up && message.id > known;
    if (isNews && !told) view.divide(words.news);
    told ||= Boolean(isNews);
    view.show(message);
    if (isNews && !seen) unread += 1;
  }
  if (unread) tellHost({ type: "stayline:unread", unread });
  noteSeen();
}

function noteSeen() {
  if (seen && session) rememberSeen(session.conversation, view.newest());
}

/** Privacy for who is known; and the question about e-mail, once, after the assistant's first answer. */
async function consider({ token, conversation }) {
  try {
    const { consents, ask } = await readConsents(token);
    privacy.speak(words, session.language);
    privacy.show(consents);
    if (ask && !postponed(conversation)) question = () => view.insert(privacy.question(() => postpone(conversation)));
    askOnce();
  } catch {
    // the chat works without it; the next visit tries again
  }
}

function askOnce() {
  if (!question || !view.wasAnswered()) return;
  question();
  question = null;
}

/** With an identity that is no longer good, the tab's own session still counts; without one the chat is anonymous. */
async function open(identity, language, token) {
  try {
    return await openSession(identity, language, token);
  } catch (failure) {
    if (failure.status !== 401 || !identity) throw failure;
    return openSession(null, language, token);
  }
}

function listen(remark) {
  const ids = session.messages.map((message) => message.id);
  follow({
    token: session.token,
    after: Math.max(0, ...ids),
    signal: new AbortController().signal,
    onConnected: () => view.notice(remark),
    onLost: () => view.notice(words.reconnecting),
    onEnded: () => {
      view.notice(words.ended);
      view.allowWriting(false);
    },
    onEvent: (kind, data) => (kind === "state" ? view.state(data) : hear(data)),
  });
}

function hear(message) {
  const isNew = view.show(message);
  if (isNew && !seen && message.role !== "customer") tellHost({ type: "stayline:unread", unread: (unread += 1) });
  noteSeen();
  askOnce();
}

function opened() {
  seen = true;
  unread = 0;
  tellHost({ type: "stayline:unread", unread });
  noteSeen();
  view.scroll(true);
  view.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]")) tellHost({ type: "stayline:close" });
});

window.addEventListener("message", (event) => {
  if (!framed || event.source !== window.parent || (host && event.origin !== host)) return;
  const { type, identity, language } = event.data || {};
  if (type === "stayline:start" && !host) {
    host = event.origin;
    start({ identity, language });
  }
  if (type === "stayline:opened") opened();
  if (type === "stayline:closed") seen = false;
});

document.body.classList.toggle("framed", framed);
if (framed) window.parent.postMessage({ type: "stayline:ready" }, "*"); // says nothing but that we are here
else start({ identity: null, language: null });
