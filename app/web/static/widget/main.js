/* The frame's story: learn who is here, open or resume the chat, then send and follow. */

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { isFocusLost } from "./elements.js";
import { listenToHost, tellHost } from "./host.js";
import * as memory from "./memory.js";
import { Outbox } from "./outbox.js";
import { Privacy } from "./privacy.js";
import { Stream } from "./stream.js";
import { answerOtherTabs, askOtherTabs } from "./tabs.js";
import { firstShown, View } from "./view.js";
import { causeOf, preferredLanguage, wordsOf } from "./words.js";

const RETRY_START_MS = 4000;
const TYPING_EVERY_MS = 3000;

let session = null;
let stream = null;
let words = wordsOf(preferredLanguage(null));
let isOpen = true;
let isLineDoubtful = false;
let unread = 0;
let toldTyping = 0;
let question = null; // the card about e-mail, until it is shown

const composer = new Composer({
  send: (message) => send(message),
  draft: (text) => session && memory.keepDraft(session.conversation, text),
  writes: () => tellTyping(),
});

const view = new View({
  close: () => tellHost({ type: "stayline:close" }),
  press: ({ title, payload }) => send({ text: title, payload }),
  resend: (message) => outbox.retry(message.client_id),
  answer: (offer, answer) => answerOffer(offer, answer),
  rate: (stars, note) => told(api.rateChat(session.token, stars, note)),
  notNow: () => memory.leaveUnrated(session.conversation),
  mayAsk: () => !memory.leftUnrated(session.conversation),
  choose: (language) => choose(language),
  save: () => save(),
  focus: () => isFocusLost() && composer.focus(),
});

const privacy = new Privacy({
  change: (purpose, channel, granted) => told(api.changeConsent(session.token, { purpose, channel, granted })),
  focus: () => isFocusLost() && composer.focus(),
});

const outbox = new Outbox({
  send: (message) => api.sendMessage(session.token, { ...message, language: memory.chosenLanguage() }),
  onTry: (message) => view.showTrying(message),
  onSent: (message, stored) => {
    view.show({ ...message, payload: null, id: stored.id, role: "customer" });
    if (isLineDoubtful) stream?.wake(); // it is back; what came meanwhile may be lost on a line that only seemed open
    isLineDoubtful = false;
  },
  onFailed: (message, failure) => {
    isLineDoubtful ||= failure.status === 0;
    const sentence = failure.isPassing ? words.goesByItself : words.notSent;
    view.showNotSent(message, sentence(causeOf(failure, words)));
  },
});

/** Nobody reads a chat that is closed, or in a tab behind another. */
const isSeen = () => isOpen && !document.hidden;

function send(message) {
  const whole = { ...message, client_id: crypto.randomUUID ? crypto.randomUUID() : randomId() };
  toldTyping = 0;
  view.showPending(whole);
  view.expect(true);
  outbox.add(whole);
}

/** A colleague who reads along sees that more is coming. Nothing hangs on it: when it is lost, it is lost. */
function tellTyping() {
  if (!session || Date.now() - toldTyping < TYPING_EVERY_MS) return;
  toldTyping = Date.now();
  api.tellTyping(session.token).catch(() => {});
}

/** Outside of TLS and localhost browsers offer no randomUUID. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What was asked for, or a rejection with a sentence for the customer. */
async function told(asked) {
  try {
    return await asked;
  } catch (failure) {
    throw words.notDone(causeOf(failure, words));
  }
}

async function answerOffer(offer, answer) {
  try {
    return await api.answerOffer(session.token, offer.id, answer);
  } catch (failure) {
    if (failure.status === 409) stream?.wake(); // it changed elsewhere: the stream tells how it stands
    throw failure.status === 409 ? words.offerRefused : words.notDone(causeOf(failure, words));
  }
}

/** From now on the widget and the assistant speak this language here, whatever language is written. */
async function choose(language) {
  try {
    await told(api.chooseLanguage(session.token, language));
  } catch (sentence) {
    view.remark(String(sentence));
    return;
  }
  memory.keepLanguage(language);
  speak(language);
}

function speak(language) {
  session.language = language;
  hear(language);
}

function hear(language) {
  words = wordsOf(language);
  view.speak(words, language);
  composer.speak(words);
  privacy.speak(words, language);
}

async function save() {
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await told(api.readTranscript(session.token)));
    link.download = `chat-${new Date().toISOString().slice(0, 10)}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    view.remark(words.saved);
  } catch (sentence) {
    view.remark(String(sentence));
  }
}

async function start({ identity, language: wish }) {
  const language = memory.chosenLanguage() || wish;
  const subject = identity ? memory.subjectOf(identity) : null;
  hear(preferredLanguage(language));
  view.notice(words.connecting);
  try {
    session = await open(identity, language, memory.recall(subject) || (identity ? null : await askOtherTabs()));
  } catch (failure) {
    view.notice(words.cannotStart(causeOf(failure, words)));
    setTimeout(() => start({ identity, language: wish }), RETRY_START_MS);
    return;
  }
  memory.remember(session.verified ? subject : null, session.token);
  if (!session.verified) answerOtherTabs(session.token);
  speak(memory.chosenLanguage() || session.language);
  begin(identity && !session.verified ? words.expired : null);
}

/** Show what was said and what is unsent; then follow. */
function begin(remark) {
  outbox.open(session.conversation);
  showKept(session);
  outbox.waiting.forEach((message) => view.showPending(message));
  view.scroll(true);
  composer.restore(memory.draftOf(session.conversation));
  if (session.verified) consider(session);
  view.allow(true);
  composer.allow(true);
  composer.focus();
  listen(remark);
  outbox.flush();
}

/** What was said so far; follow-ups that came since the last visit stand under a line that says so. */
function showKept({ conversation, messages }) {
  const known = memory.lastSeen(conversation);
  const isNews = (message) => Boolean(message.payload?.follow_up) && message.id > known;
  const first = firstShown(messages, isNews);
  let isTold = false;
  view.fill(messages.slice(first), (message) => {
    if (isNews(message) && !isTold) view.divide(words.news);
    isTold ||= isNews(message);
    take(message);
    if (isNews(message) && !isSeen()) unread += 1;
  });
  view.holdBack(messages.slice(0, first));
  if (unread) tellHost({ type: "stayline:unread", unread });
  noteSeen();
}

/** A message that the server has: it is on its way no more. */
function take(message) {
  const isNew = view.show(message);
  if (message.client_id) outbox.settle(message.client_id);
  return isNew;
}

function noteSeen() {
  if (!isSeen() || !session) return;
  memory.rememberSeen(session.conversation, view.newest);
  tellHost({ type: "stayline:seen", seen: view.newest, ticket: session.unread_ticket });
}

/** Privacy for who is known; and the question about e-mail, once, after the assistant's first answer. */
async function consider({ token, conversation }) {
  try {
    const { consents, ask } = await api.readConsents(token);
    privacy.show(consents);
    if (ask && !memory.postponed(conversation)) {
      question = () => view.append(privacy.question(() => memory.postpone(conversation)));
    }
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
    return await api.openSession(identity, language, token);
  } catch (failure) {
    if (failure.status !== 401 || !identity) throw failure;
    return api.openSession(null, language, token);
  }
}

function listen(remark) {
  stream = new Stream({
    token: session.token,
    after: view.newest,
    onConnected: () => {
      view.notice(remark);
      outbox.flush();
    },
    onLost: () => view.notice(words.reconnecting),
    onEnded: () => {
      view.notice(words.ended);
      view.allow(false);
      composer.allow(false);
    },
    onEvent: (kind, data) => EVENTS[kind]?.(data),
  });
  window.addEventListener("offline", () => view.notice(words.reconnecting));
  window.addEventListener("online", () => stream.wake());
  stream.follow();
}

const EVENTS = {
  state: (side) => view.state(side),
  cards: (cards) => view.cards(cards),
  message: (message) => {
    const isNews = take(message) && message.role !== "customer";
    if (isNews && !isSeen()) tellHost({ type: "stayline:unread", unread: (unread += 1) });
    noteSeen();
    askOnce();
  },
};

function opened() {
  isOpen = true;
  caughtUp();
  view.scroll(true);
  composer.focus();
}

function caughtUp() {
  if (!isSeen()) return;
  unread = 0;
  tellHost({ type: "stayline:unread", unread });
  noteSeen();
}

document.addEventListener("keydown", (event) => {
  const isTheirs = event.isComposing || document.querySelector("dialog[open]");
  if (event.key === "Escape" && !isTheirs) tellHost({ type: "stayline:close" });
});

document.addEventListener("visibilitychange", caughtUp);

listenToHost({ start, opened, closed: () => (isOpen = false) });
