/* The chat API. Every failure is a `Failure`: its status (0: the server was never reached) and the seconds to wait. */

export class Failure extends Error {
  constructor(status, wait = null) {
    super(`status ${status}`);
    this.status = status;
    this.wait = wait;
  }

  /** Nobody looked at the request, so the same again may go well. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const LONGEST_MS = 15000;

async function call(path, token, request = {}) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(path, { ...request, headers, signal: AbortSignal.timeout(LONGEST_MS) });
  } catch {
    throw new Failure(0);
  }
  if (!answer.ok) throw new Failure(answer.status, Number(answer.headers.get("Retry-After")) || null);
  try {
    return await (request.as === "blob" ? answer.blob() : answer.json());
  } catch {
    throw new Failure(0); // cut off in the midst of the answer
  }
}

const post = (path, body, token) => call(path, token, { method: "POST", body: JSON.stringify(body) });

export const openSession = (identity, language, token) => post("/api/chat/sessions", { identity, language }, token);

export const sendMessage = (token, message) => post("/api/chat/messages", message, token);

export const tellTyping = (token) => post("/api/chat/typing", {}, token);

export const chooseLanguage = (token, language) => post("/api/chat/language", { language }, token);

/** `answer` is accept, later or decline. */
export const answerOffer = (token, id, answer) => post(`/api/chat/offers/${encodeURIComponent(id)}/${answer}`, {}, token);

export const rateChat = (token, stars, words) => post("/api/chat/satisfaction", { stars, words }, token);

export const readTranscript = (token) => call("/api/chat/transcript", token, { as: "blob" });

export const readConsents = (token) => call("/api/chat/consents", token);

export const changeConsent = (token, wish) => post("/api/chat/consents", wish, token);
