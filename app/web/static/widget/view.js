/* The frame's elements: what is shown, and nothing about how it got here. */

import { bubble, element } from "./bubbles.js";

const at = (id) => document.getElementById(id);
const NEAR_THE_END = 80;
const LONGEST_TEXT = 4000;
const TALK = "/contact_human_agent";

export class View {
  constructor(actions) {
    this.actions = actions;
    this.log = at("log");
    this.list = at("messages");
    this.input = at("input");
    this.byId = new Map();
    this.pending = new Map();
    this.enterCame = false;
    at("composer").addEventListener("submit", (event) => this.submit(event));
    at("close").addEventListener("click", actions.close);
    at("talk").addEventListener("click", () => actions.press({ title: this.words.talk, payload: TALK }));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("input", () => this.grow());
  }

  speak(words, language) {
    this.words = words;
    this.language = language;
    document.documentElement.lang = language;
    this.input.placeholder = words.placeholder;
    this.input.setAttribute("aria-label", words.placeholder);
    this.log.setAttribute("aria-label", words.log);
    at("send-label").textContent = words.send;
    at("close-label").textContent = words.close;
    at("typing-label").textContent = words.typing;
    at("fineprint").textContent = words.assistant;
    at("talk").textContent = words.talk;
    this.state({ human: false, agent: null, typing: false });
  }

  focus() {
    this.input.focus();
  }

  /** Add or confirm a stored message; one that is shown already is not shown again. */
  show(message) {
    if (this.byId.has(message.id)) return false;
    const waiting = message.client_id && this.pending.get(message.client_id);
    const item = bubble(message, this.words, this.language, this.actions);
    this.byId.set(message.id, item);
    if (waiting) {
      this.pending.delete(message.client_id);
      waiting.item.replaceWith(item);
      this.scroll(true);
      return false;
    }
    this.insert(item);
    return true;
  }

  /** A line between what was there and what is new. */
  divide(title) {
    this.list.append(element("li", "divider", title));
  }

  /** The highest id that is shown; 0 when nothing is. */
  newest() {
    return Math.max(0, ...this.byId.keys());
  }

  /** Whether the customer has written here and the assistant answered. */
  wasAnswered() {
    return this.list.querySelector(".customer ~ .bot") !== null;
  }

  /** A message on its way, shown at once. */
  showPending(message) {
    const item = bubble({ role: "customer", text: message.text }, this.words, this.language, this.actions);
    const status = element("span", "status", this.words.sending);
    item.classList.add("pending");
    item.append(status);
    this.pending.set(message.client_id, { item, status });
    this.insert(item, true);
  }

  showNotSent(message, sentence) {
    const waiting = this.pending.get(message.client_id);
    if (!waiting) return;
    const retry = element("button", "retry", this.words.retry);
    retry.type = "button";
    retry.addEventListener("click", () => {
      waiting.status.replaceChildren(this.words.sending);
      waiting.item.classList.remove("failed");
      this.actions.resend(message);
    });
    waiting.item.classList.add("failed");
    waiting.status.replaceChildren(`${this.words.notSent} ${sentence} `, retry);
    this.scroll(true);
  }

  state({ human, agent, typing }) {
    at("state").textContent = human ? this.words.human(agent || this.words.someone) : this.words.assistant;
    document.body.classList.toggle("human", human);
    at("typing").hidden = !typing || human;
    at("talk").hidden = human;
    at("fineprint").textContent = human ? "" : this.words.assistant;
    this.scroll(false);
  }

  notice(sentence) {
    at("notice").textContent = sentence || "";
    at("notice").hidden = !sentence;
  }

  allowWriting(allowed) {
    at("send").disabled = !allowed;
    at("talk").disabled = !allowed;
    if (!allowed || !this.enterCame) return;
    this.enterCame = false;
    at("composer").requestSubmit();
  }

  insert(item, always = false) {
    const follow = always || this.nearEnd();
    this.list.append(item);
    this.retireReplies();
    this.scroll(follow);
  }

  /** Quick replies belong to the question just asked: whoever has written since has answered it. */
  retireReplies() {
    let answered = false;
    for (const item of [...this.list.children].reverse()) {
      const row = item.querySelector(".replies");
      if (row) row.hidden = answered;
      answered ||= Boolean(row) || item.classList.contains("customer");
    }
  }

  nearEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_THE_END;
  }

  scroll(follow) {
    if (follow || this.nearEnd()) this.log.scrollTop = this.log.scrollHeight;
  }

  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text || this.tooLong()) return;
    if (at("send").disabled) {
      this.enterCame = true; // the chat is still opening: the words go out as soon as it is open
      return;
    }
    this.input.value = "";
    this.grow();
    this.actions.send({ text });
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
  }

  tooLong() {
    return Math.max(0, [...this.input.value.trim()].length - LONGEST_TEXT);
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 132)}px`;
    const over = this.tooLong();
    at("length").hidden = !over;
    at("length").textContent = over ? this.words.tooLong(over) : "";
  }
}
