/* An offer's card: accept it, keep it for later, or say no; then what became of it. */

import { button, dayOf, element, isFocusLost, momentOf, remark } from "./elements.js";

const SOON_MS = 48 * 3600 * 1000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `actions.answer(offer, answer)` resolves to how the offer stands then, or rejects with a sentence. */
export function offerCard(offer, words, language, actions) {
  const card = element("div", "offer");
  card.dataset.offer = offer.id;
  card.setAttribute("role", "group");
  card.setAttribute("aria-label", `${words.offer}: ${offer.title}`);
  const title = element("strong", "", offer.title);
  title.dir = "auto";
  card.append(element("span", "label", words.offer), title, element("div", "action"));
  card.stand = (standing, takesFocus = false) => {
    const hadFocus = takesFocus || card.contains(document.activeElement);
    Object.assign(offer, standing);
    show(card, offer, words, language, actions);
    if (hadFocus) (card.querySelector("button") || actions).focus();
  };
  card.stand({});
  endInTime(card, offer);
  return card;
}

/** Shows how the offers of the conversation stand, whichever tab or person changed them. */
export function standOffers(list, offers) {
  for (const { id, ...standing } of offers) {
    for (const card of list.querySelectorAll(`[data-offer="${CSS.escape(id)}"]`)) {
      if (card.dataset.status !== standing.status) card.stand(standing);
    }
  }
}

function statusOf(offer) {
  if (offer.code) return "accepted";
  if (["declined", "expired", "replaced"].includes(offer.status)) return offer.status;
  if (offer.expires_at && new Date(offer.expires_at) <= new Date()) return "expired";
  return offer.status || "made";
}

function show(card, offer, words, language, actions) {
  const status = statusOf(offer);
  card.dataset.status = status;
  card.querySelector(".action").replaceChildren(...FACES[status](card, offer, words, language, actions));
}

const open = (card, offer, words, language, actions, answers) => {
  const row = element("div", "choices");
  const choose = (answer) => press(card, offer, answer, words, actions);
  const titles = { accept: ["button", words.accept], later: ["reply", words.later], decline: ["reply", words.decline] };
  row.append(...answers.map((answer) => button(...titles[answer], () => choose(answer))));
  return [until(offer, words, language), row];
};

const FACES = {
  made: (...all) => open(...all, ["accept", "later", "decline"]),
  later: (card, offer, words, ...rest) => [
    remark(words.keptForLater),
    ...open(card, offer, words, ...rest, ["accept", "decline"]),
  ],
  accepted: (card, offer, words, language) => [
    element("span", "label", words.code),
    element("code", "", offer.code),
    copying(card, offer.code, words),
    until(offer, words, language),
  ],
  declined: (card, offer, words) => [remark(words.declined)],
  replaced: (card, offer, words) => [remark(words.replaced)],
  expired: (card, offer, words, language) => [remark(words.expiredOn(dayOf(offer.expires_at || Date.now(), language)))],
};

function until(offer, words, language) {
  if (!offer.expires_at) return "";
  const isSoon = new Date(offer.expires_at) - Date.now() < SOON_MS;
  return element("span", "until", words.until((isSoon ? momentOf : dayOf)(offer.expires_at, language)));
}

async function press(card, offer, answer, words, actions) {
  const buttons = card.querySelectorAll("button");
  const pressed = document.activeElement; // a disabled button has no focus
  buttons.forEach((one) => (one.disabled = true));
  card.querySelector(".failure")?.remove();
  try {
    const standing = await actions.answer(offer, answer);
    card.stand(standing, isFocusLost());
  } catch (sentence) {
    buttons.forEach((one) => (one.disabled = false));
    if (isFocusLost()) pressed.focus();
    const told = remark(String(sentence));
    told.classList.add("failure");
    card.querySelector(".action").append(told);
  }
}

function copying(card, code, words) {
  const made = button("reply", words.copy, async () => {
    const isCopied = await copy(code, card.querySelector("code"));
    made.textContent = isCopied ? words.copied : words.copyByHand;
  });
  made.setAttribute("aria-live", "polite");
  return made;
}

/** By the clipboard where the browser lets us, else by selecting what is there. */
async function copy(code, shown) {
  try {
    await navigator.clipboard.writeText(code);
    return true;
  } catch {
    getSelection().selectAllChildren(shown);
    return document.execCommand("copy");
  }
}

/** A card on the screen says so when its offer ends; clocks are set and computers sleep, so a timer alone is not enough. */
function endInTime(card, offer) {
  const left = new Date(offer.expires_at) - Date.now();
  if (left > 0 && left < LONGEST_TIMER_MS) setTimeout(() => endInTime(card, offer), left + 500);
  else if (left <= 0 && card.dataset.status !== statusOf(offer)) card.stand({});
}
