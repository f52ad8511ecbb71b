/* Server-sent events over fetch, because EventSource cannot send the session token as a header. */

const SLOWEST_RETRY_MS = 15000;
const SILENCE_MS = 40000; // the server sends a heartbeat every 15 seconds

/** Follow a conversation until `signal` aborts or the session ends. Reconnects by itself and misses nothing. */
export async function follow({ token, after, onEvent, onConnected, onLost, onEnded, signal }) {
  let last = after;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await connect(token, last, signal);
      if (answer.status === 401) return onEnded();
      if (!answer.ok) throw new Error(String(answer.status));
      onConnected();
      failures = 0;
      for await (const event of read(answer.body)) {
        if (event.id) last = Number(event.id);
        if (event.data) onEvent(event.kind, JSON.parse(event.data));
      }
    } catch {
      if (signal.aborted) return;
    }
    failures += 1;
    if (failures > 1) onLost();
    const wait = Math.min(500 * 2 ** failures, SLOWEST_RETRY_MS);
    await new Promise((resume) => setTimeout(resume, wait / 2 + (Math.random() * wait) / 2));
  }
}

function connect(token, last, signal) {
  const headers = { Authorization: `Bearer ${token}`, Accept: "text/event-stream", "Last-Event-ID": String(last) };
  return fetch("/api/chat/events", { headers, signal, cache: "no-store" });
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
