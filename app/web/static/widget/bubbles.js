/* One message as elements. Texts are only ever set as text, never as markup. */

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A message of anyone; `actions.press(button)` and `actions.accept(offer, card)` are what its controls do. */
export function bubble(message, words, language, actions) {
  const item = element("li", `message ${message.role}`);
  item.append(element("span", "unseen", `${speaker(message, words)}: `));
  if (message.role === "agent") item.append(element("span", "author", message.author || words.someone));
  if (message.text) item.append(textOf(message.text));
  const { offer, buttons } = message.payload || {};
  if (offer) item.append(offerCard(offer, words, language, actions));
  if (buttons && buttons.length && message.role === "bot") item.append(quickReplies(buttons, actions));
  return item;
}

export function showCode(card, code, words) {
  card.querySelector(".action").replaceChildren(element("span", "label", words.code), element("code", "", code));
}

export function showRefusal(card, sentence) {
  card.querySelector(".action").replaceChildren(element("span", "until", sentence));
}

function speaker(message, words) {
  if (message.role === "customer") return words.you;
  return message.role === "agent" ? message.author || words.someone : words.assistant;
}

function textOf(text) {
  const paragraph = element("p", "text", text);
  paragraph.dir = "auto";
  return paragraph;
}

function quickReplies(buttons, actions) {
  const row = element("div", "replies");
  for (const button of buttons) {
    const made = element("button", "reply", button.title);
    made.type = "button";
    made.addEventListener("click", () => actions.press(button));
    row.append(made);
  }
  return row;
}

function offerCard(offer, words, language, actions) {
  const card = element("div", "offer");
  const action = element("div", "action");
  card.append(element("span", "label", words.offer), element("strong", "", offer.title));
  if (offer.expires_at) card.append(element("span", "until", words.until(dayOf(offer.expires_at, language))));
  card.append(action);
  if (offer.code) {
    showCode(card, offer.code, words);
  } else {
    const accept = element("button", "button", words.accept);
    accept.type = "button";
    accept.addEventListener("click", () => actions.accept(offer, card));
    action.append(accept);
  }
  return card;
}

const dayOf = (time, language) =>
  new Date(time).toLocaleDateString(language === "zh" ? "zh-CN" : "en-GB", { day: "numeric", month: "long", year: "numeric" });
