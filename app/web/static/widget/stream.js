/* Server-sent events over fetch, because EventSource cannot send the session token as a header. */

const SLOWEST_RETRY_MS = 10000;
const SILENCE_MS = 40000; // the server sends a heartbeat every 15 seconds

/** Follows a conversation until its session ends. Reconnects by itself and misses nothing. */
export class Stream {
  constructor({ token, after, onEvent, onConnected, onLost, onEnded }) {
    Object.assign(this, { token, last: after, onEvent, onConnected, onLost, onEnded });
    this.failures = 0;
    this.wakeUp = () => {};
  }

  /** Connect anew at once: the line may be half open, or back before the next try. */
  wake() {
    this.isWoken = true;
    this.line?.abort();
    this.wakeUp();
  }

  async follow() {
    for (;;) {
      this.line = new AbortController();
      this.isWoken = false;
      try {
        if (!(await this.connect(this.line.signal))) return this.onEnded();
      } catch {
        // lost, refused or silent: the same for us
      } finally {
        this.line.abort();
      }
      if (this.isWoken) continue;
      this.failures += 1;
      if (this.failures > 1) this.onLost();
      await this.pause(Math.min(500 * 2 ** this.failures, SLOWEST_RETRY_MS));
    }
  }

  /** Reads until the line ends; false when the session did. */
  async connect(signal) {
    const headers = {
      Authorization: `Bearer ${this.token}`,
      Accept: "text/event-stream",
      "Last-Event-ID": String(this.last),
    };
    const answer = await within(SILENCE_MS, fetch("/api/chat/events", { headers, signal, cache: "no-store" }));
    if (answer.status === 401) return false;
    if (!answer.ok) throw new Error(String(answer.status));
    this.onConnected();
    this.failures = 0;
    for await (const event of read(answer.body)) {
      if (event.id) this.last = Number(event.id);
      if (event.data) this.onEvent(event.kind, JSON.parse(event.data));
    }
    return true;
  }

  /** Many browsers lose their server at once and should not come back at once. */
  pause(milliseconds) {
    return new Promise((resume) => {
      this.wakeUp = resume;
      setTimeout(resume, milliseconds / 2 + (Math.random() * milliseconds) / 2);
    });
  }
}

/** Events of a byte stream; gives up when even heartbeats stay away. */
async function* read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await within(SILENCE_MS, reader.read());
      if (done) return;
      text = (text + value).replace(/\r\n/g, "\n");
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) yield parse(block);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function within(milliseconds, promise) {
  let timer;
  const silence = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error("silence")), milliseconds);
  });
  return Promise.race([promise, silence]).finally(() => clearTimeout(timer));
}

function parse(block) {
  const event = { kind: "message", id: "", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 1) continue; // a heartbeat is a comment
    const value = line.slice(colon + 1).replace(/^ /, "");
    const field = line.slice(0, colon);
    if (field === "event") event.kind = value;
    if (field === "id") event.id = value;
    if (field === "data") event.data += (event.data ? "\n" : "") + value;
  }
  return event;
}
