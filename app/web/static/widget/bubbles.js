/* One message as elements. */

import { button, element } from "./elements.js";
import { offerCard } from "./offers.js";

/** A message of anyone; `actions.press(button)` and `actions.answer(offer, answer)` are what its controls do. */
export function bubble(message, words, language, actions) {
  const item = element("li", `message ${message.role}`);
  item.append(element("span", "unseen", `${speaker(message, words)}: `));
  if (message.role === "agent") item.append(authorOf(message, words));
  if (message.text) item.append(textOf(message.text));
  const { offer, buttons } = message.payload || {};
  if (offer) item.append(offerCard(offer, words, language, actions));
  if (buttons && buttons.length && message.role === "bot") item.append(quickReplies(buttons, actions));
  return item;
}

function speaker(message, words) {
  if (message.role === "customer") return words.you;
  return message.role === "agent" ? message.author || words.someone : words.assistant;
}

function authorOf(message, words) {
  const author = element("span", "author", message.author || words.someone);
  author.dir = "auto";
  author.setAttribute("aria-hidden", "true"); // said already, before the words
  return author;
}

function textOf(text) {
  const paragraph = element("p", "text", text);
  paragraph.dir = "auto";
  return paragraph;
}

function quickReplies(buttons, actions) {
  const row = element("div", "replies");
  for (const one of buttons) {
    const made = button("reply", one.title, () => {
      made.classList.add("chosen");
      actions.press(one);
    });
    row.append(made);
  }
  return row;
}
