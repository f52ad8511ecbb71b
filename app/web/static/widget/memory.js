/* What this browser remembers. In the tab: the session token, only for the person it was given to, the draft and what is
 * unsent. Beyond the tab: how far a conversation was seen, and what was put off. */

const SESSION = "stayline-session";
const DRAFT = "stayline-draft";
const SEEN = "stayline-seen";
const POSTPONED = "stayline-asked";
const UNRATED = "stayline-unrated";
const LANGUAGE = "stayline-language";

/** Who an identity token names; for recognising a change of person, the server alone decides what it is worth. */
export function subjectOf(identity) {
  try {
    return JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {
    return null;
  }
}

export function recall(subject) {
  const kept = keptHere(SESSION);
  return kept && kept.subject === subject ? kept.token : null;
}

export const remember = (subject, token) => keepHere(SESSION, { subject, token });

/** What was being written in a conversation; empty when nothing was. */
export function draftOf(conversation) {
  const kept = keptHere(DRAFT);
  return kept && kept.conversation === conversation ? kept.text : "";
}

export const keepDraft = (conversation, text) => keepHere(DRAFT, text ? { conversation, text } : null);

/** The id of the newest message that this browser has shown of a conversation; 0 for a conversation it never showed. */
export const lastSeen = (conversation) => {
  const kept = read(storage("localStorage"), SEEN);
  return kept && kept.conversation === conversation ? kept.id : 0;
};

export const rememberSeen = (conversation, id) => write(storage("localStorage"), SEEN, { conversation, id });

/** Who said "later" is not asked again in this conversation. */
export const postponed = (conversation) => read(storage("localStorage"), POSTPONED) === conversation;

export const postpone = (conversation) => write(storage("localStorage"), POSTPONED, conversation);

/** Who would not rate a conversation is not asked to again. */
export const leftUnrated = (conversation) => read(storage("localStorage"), UNRATED) === conversation;

export const leaveUnrated = (conversation) => write(storage("localStorage"), UNRATED, conversation);

/** The language that was chosen here; null where nobody chose. */
export const chosenLanguage = () => read(storage("localStorage"), LANGUAGE);

export const keepLanguage = (language) => write(storage("localStorage"), LANGUAGE, language);

/** In this tab alone; null for nothing. */
export const keptHere = (key) => read(storage("sessionStorage"), key);

export const keepHere = (key, value) => write(storage("sessionStorage"), key, value);

/** Where storage is blocked, even naming it throws. */
function storage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

function read(place, key) {
  try {
    return JSON.parse(place.getItem(key));
  } catch {
    return null;
  }
}

function write(place, key, value) {
  try {
    if (value === null) place.removeItem(key);
    else place.setItem(key, JSON.stringify(value));
  } catch {
    // storage is blocked or full here: the chat works, the next visit shows or asks it again
  }
}
