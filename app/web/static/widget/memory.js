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

const SEEN = "stayline-seen";
const POSTPONED = "stayline-asked";

/** The id of the newest message that this browser has shown of a conversation; 0 for a conversation it never showed. */
export const lastSeen = (conversation) => {
  const kept = read(localStorageOrNull(), SEEN);
  return kept && kept.conversation === conversation ? kept.id : 0;
};

export const rememberSeen = (conversation, id) => write(localStorageOrNull(), SEEN, { conversation, id });

/** Who said "later" is not asked again in this conversation. */
export const postponed = (conversation) => read(localStorageOrNull(), POSTPONED) === conversation;

export const postpone = (conversation) => write(localStorageOrNull(), POSTPONED, conversation);

/** Where storage is blocked, even naming it throws. */
function localStorageOrNull() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // storage is blocked or full here: the next visit shows or asks it again
  }
}
