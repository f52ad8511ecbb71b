/* The session token, kept for this tab and only for the person it was given to. */

const KEY = "stayline-session";

/** Who an identity token names; for recognising a change of person, the server alone decides what it is worth. */
export function subjectOf(identity) {
  try {
    return JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {
    return null;
  }
}

export function recall(subject) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return kept && kept.subject === subject ? kept.token : null;
  } catch {
    return null;
  }
}

export function remember(subject, token) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ subject, token }));
  } catch {
    // storage is blocked here: the chat works, a reload starts a new one
  }
}
