/* The conversation on the screen: what is shown, and nothing about how it got here. */

import { bubble } from "./bubbles.js";
import { button, element } from "./elements.js";
import { standOffers } from "./offers.js";
import { ratingCard } from "./rating.js";

const at = (id) => document.getElementById(id);
const NEAR_THE_END = 80;
const A_PAGE = 100; // messages; what is older comes when asked for, so that a long chat opens as fast as a new one
const QUIET_MS = 1000;
const LONGEST_WAIT_MS = 10000; // the server answers by then, if only that it cannot
const REMARK_MS = 6000;
const TALK = "/contact_human_agent";

/** Where to begin with what was said: within reach, and not after the first of the news. */
export const firstShown = (messages, isNews) => {
  const news = messages.findIndex(isNews);
  const page = Math.max(0, messages.length - A_PAGE);
  return news < 0 ? page : Math.min(page, news);
};

export class View {
  constructor(actions) {
    this.actions = actions;
    this.log = at("log");
    this.list = at("messages");
    this.byId = new Map(); // of messages that the server has: what it said, and its element
    this.newest = 0; // the highest id that is shown
    this.openRow = null; // the quick replies that may still be pressed
    this.pending = new Map();
    this.side = { human: false, agent: null, typing: false };
    this.isExpecting = false;
    this.isFilling = false;
    this.rating = null;
    at("close").addEventListener("click", actions.close);
    at("talk").addEventListener("click", () => actions.press({ title: this.words.talk, payload: TALK }));
    at("save").addEventListener("click", actions.save);
    at("language").addEventListener("click", () => actions.choose(this.words.other.language));
  }

  speak(words, language) {
    const isChange = this.language && this.language !== language;
    this.words = words;
    this.language = language;
    if (isChange) this.sayAgain();
    document.documentElement.lang = language;
    this.log.setAttribute("aria-label", words.log);
    at("close-label").textContent = words.close;
    at("talk").textContent = words.talk;
    at("save").textContent = words.save;
    at("language").textContent = words.other.name;
    at("language").lang = words.other.language;
    this.state(this.side);
  }

  /** Our own words around each message, in the language of now. */
  sayAgain() {
    for (const [id, { message, item }] of this.byId) {
      const fresh = this.bubbleOf(message);
      const row = fresh.querySelector(".replies");
      if (row && item.contains(this.openRow)) this.openRow = row;
      else if (row) retire(row);
      item.replaceWith(fresh);
      this.byId.set(id, { message, item: fresh });
    }
  }

  /** What was said before: the newest of it; nobody wants the rest read aloud. */
  fill(messages, show) {
    this.isFilling = true;
    this.log.setAttribute("aria-live", "off");
    messages.forEach(show);
    this.isFilling = false;
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), QUIET_MS);
  }

  /** Messages from before those shown: a button brings them, a page at a time. */
  holdBack(messages) {
    if (!messages.length) return;
    const item = element("li", "divider");
    const more = button("reply", this.words.earlier, () => {
      const height = this.log.scrollHeight;
      item.remove();
      this.fill(messages.slice(-A_PAGE), (message) => this.show(message));
      this.holdBack(messages.slice(0, -A_PAGE));
      this.log.scrollTop += this.log.scrollHeight - height;
      this.log.focus({ preventScroll: true });
    });
    item.append(more);
    this.list.prepend(item);
  }

  /** Add or confirm a stored message; one that is shown already is not shown again. */
  show(message) {
    if (this.byId.has(message.id)) return false;
    const waiting = message.client_id && this.pending.get(message.client_id);
    const item = this.bubbleOf(message);
    const isNewest = message.id > this.newest;
    this.byId.set(message.id, { message, item });
    this.newest = Math.max(this.newest, message.id);
    if (message.role !== "customer") this.expect(false);
    if (waiting) {
      this.pending.delete(message.client_id);
      waiting.item.remove();
    }
    this.place(item, message.id);
    this.retireReplies(item, isNewest);
    this.scroll(Boolean(waiting) || this.wasNearEnd);
    return !waiting;
  }

  bubbleOf(message) {
    const item = bubble(message, this.words, this.language, this.actions);
    if (message.id) item.dataset.id = message.id;
    return item;
  }

  /** Every tab shows the order in which the server keeps them; what it does not have yet stands last. */
  place(item, id) {
    this.wasNearEnd = this.nearEnd();
    let before = this.list.lastElementChild;
    while (before && (before.classList.contains("pending") || Number(before.dataset.id) > id)) {
      before = before.previousElementSibling;
    }
    if (before) before.after(item);
    else this.list.prepend(item);
  }

  /** A line between what was there and what is new. */
  divide(title) {
    this.list.append(element("li", "divider", title));
  }

  /** Whether the customer has written here and the assistant answered. */
  wasAnswered() {
    return this.list.querySelector(".customer ~ .bot") !== null;
  }

  /** A message on its way, shown at once. */
  showPending(message) {
    if (this.pending.has(message.client_id)) return;
    const item = this.bubbleOf({ role: "customer", text: message.text });
    const status = element("span", "status", this.words.sending);
    item.classList.add("pending");
    item.append(status);
    this.pending.set(message.client_id, { item, status });
    this.list.append(item);
    this.retireReplies(item, true);
    this.scroll(true);
  }

  showTrying(message) {
    const waiting = this.pending.get(message.client_id);
    if (!waiting || !waiting.item.classList.contains("failed")) return;
    waiting.item.classList.remove("failed");
    waiting.status.replaceChildren(this.words.sending);
  }

  showNotSent(message, sentence) {
    this.expect(false);
    const waiting = this.pending.get(message.client_id);
    if (!waiting) return;
    const retry = element("button", "retry", this.words.retry);
    retry.type = "button";
    retry.addEventListener("click", () => this.actions.resend(message));
    waiting.item.classList.add("failed");
    waiting.status.replaceChildren(`${sentence} `, retry);
    this.scroll(false);
  }

  state(side) {
    if (this.side.typing && !side.typing) this.isExpecting = false;
    const { human, agent } = (this.side = side);
    at("state").textContent = human ? this.words.human(agent || this.words.someone) : this.words.assistant;
    document.body.classList.toggle("human", human);
    at("talk").hidden = human;
    this.showTyping();
  }

  /** The customer has written: somebody is at it from now on, before the server tells so. */
  expect(isExpecting) {
    this.isExpecting = isExpecting;
    clearTimeout(this.patience);
    if (isExpecting) this.patience = setTimeout(() => this.expect(false), LONGEST_WAIT_MS);
    this.showTyping();
  }

  showTyping() {
    const { human, agent, typing } = this.side;
    at("typing").hidden = !(typing || (this.isExpecting && !human));
    at("typing-label").classList.toggle("unseen", !human);
    at("typing-label").textContent = human ? this.words.writes(agent || this.words.someone) : this.words.typing;
    this.scroll(false);
  }

  /** How the offers stand, and whether to ask how the chat was: whoever goes on chatting instead is asked later. */
  cards({ offers, rate }) {
    standOffers(this.list, offers);
    if (!rate && this.rating?.isUntouched()) this.rating.remove();
    if (rate && !this.rating?.isConnected && this.actions.mayAsk()) {
      this.rating = ratingCard(this.words.rating, this.actions);
      this.append(this.rating);
    }
  }

  /** Something of the chat that is no message. */
  append(item) {
    const follow = this.nearEnd();
    this.list.append(item);
    this.scroll(follow);
  }

  notice(sentence) {
    at("notice").textContent = sentence || "";
    at("notice").hidden = !sentence;
  }

  /** A notice of something that is done: it goes by itself. */
  remark(sentence) {
    this.notice(sentence);
    setTimeout(() => at("notice").textContent === sentence && this.notice(null), REMARK_MS);
  }

  allow(isAllowed) {
    for (const id of ["talk", "save", "language"]) at(id).disabled = !isAllowed;
  }

  /** Quick replies belong to the question just asked: the customer has answered it since, or a person has taken over. */
  retireReplies(item, isNewest) {
    const row = item.querySelector(".replies");
    if (!isNewest && row) retire(row);
    if (!isNewest || !(row || item.matches(".customer, .agent"))) return;
    const hadFocus = this.openRow?.contains(document.activeElement);
    if (this.openRow) retire(this.openRow);
    this.openRow = row;
    if (hadFocus) this.actions.focus();
  }

  nearEnd() {
    if (this.isFilling) return false;
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_THE_END;
  }

  scroll(follow) {
    if (!this.isFilling && (follow || this.nearEnd())) this.log.scrollTop = this.log.scrollHeight;
  }
}

function retire(row) {
  row.classList.add("used");
  row.querySelectorAll("button").forEach((one) => (one.disabled = true));
}
