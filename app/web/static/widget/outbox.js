/* Messages on their way. Each is kept in this tab until the server has it, and they go one after another, so that a lost
 * line, a reload or an impatient press neither loses nor doubles one: the server counts a `client_id` once. */

import { keptHere, keepHere } from "./memory.js";

const KEY = "stayline-unsent";
const AGAIN_MS = 4000;

export class Outbox {
  /** `send(message)` resolves to what the server stored, or rejects with a `Failure`. */
  constructor({ send, onTry, onSent, onFailed }) {
    Object.assign(this, { send, onTry, onSent, onFailed });
    this.waiting = [];
    this.conversation = null;
    this.isSending = false;
    this.timer = null;
  }

  /** From now on for this conversation; what an earlier page left unsent in it is waiting again. */
  open(conversation) {
    const kept = keptHere(KEY);
    this.conversation = conversation;
    this.waiting = kept && kept.conversation === conversation ? kept.messages : [];
    this.waiting.forEach((message) => (message.refused = false));
  }

  add(message) {
    this.waiting.push(message);
    this.keep();
    this.flush();
  }

  retry(clientId) {
    const message = this.waiting.find((one) => one.client_id === clientId);
    if (message) message.refused = false;
    this.flush();
  }

  /** The stream brought it: the server has it, whatever became of the answer. */
  settle(clientId) {
    if (!this.waiting.some((one) => one.client_id === clientId)) return;
    this.waiting = this.waiting.filter((one) => one.client_id !== clientId);
    this.keep();
  }

  async flush() {
    if (this.isSending || !this.conversation) return;
    this.isSending = true;
    clearTimeout(this.timer);
    try {
      for (let next = this.next(); next; next = this.next()) if (!(await this.deliver(next))) break;
    } finally {
      this.isSending = false;
    }
  }

  next() {
    return this.waiting.find((message) => !message.refused);
  }

  /** Whether the next one may go. */
  async deliver(message) {
    const { refused, ...whole } = message;
    this.onTry(message);
    try {
      const stored = await this.send(whole);
      this.settle(message.client_id);
      this.onSent(message, stored);
      return true;
    } catch (failure) {
      return this.failed(message, failure);
    }
  }

  failed(message, failure) {
    if (!this.waiting.includes(message)) return true; // the stream knew better
    message.refused = !failure.isPassing;
    if (message.refused) this.onFailed(message, failure);
    else this.waiting.filter((one) => !one.refused).forEach((one) => this.onFailed(one, failure));
    if (failure.isPassing) this.timer = setTimeout(() => this.flush(), failure.wait ? failure.wait * 1000 : AGAIN_MS);
    return message.refused && failure.status !== 401;
  }

  keep() {
    keepHere(KEY, this.waiting.length ? { conversation: this.conversation, messages: this.waiting } : null);
  }
}
