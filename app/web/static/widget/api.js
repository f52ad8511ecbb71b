/* The chat API. Every failure is a `Failure` with the server's own sentence; status 0 means it was never reached. */

export class Failure extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

const post = (path, body, token) => call(path, { method: "POST", body: JSON.stringify(body) }, token);

async function call(path, request, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(path, { ...request, headers, signal: AbortSignal.timeout(15000) });
  } catch {
    throw new Failure(0, "");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Failure(answer.status, told.error || "");
  return told;
}

export const openSession = (identity, language, token) => post("/api/chat/sessions", { identity, language }, token);

export const sendMessage = (token, message) => post("/api/chat/messages", message, token);

export const acceptOffer = (token, id) => post(`/api/chat/offers/${encodeURIComponent(id)}/accept`, {}, token);

export const readConsents = (token) => call("/api/chat/consents", {}, token);

export const changeConsent = (token, wish) => post("/api/chat/consents", wish, token);
