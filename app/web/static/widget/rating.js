/* One question after the end of a chat: how was it? */

import { button, drawing, element, remark } from "./elements.js";

const STAR = "M12 2.6l2.9 6 6.6.9-4.8 4.6 1.2 6.5-5.9-3.1-5.9 3.1 1.2-6.5L2.5 9.5l6.6-.9z";
const LONGEST_WORDS = 1000;

/** `actions.rate(stars, words)` resolves or rejects with a sentence; `actions.notNow()` is what the second button does. */
export function ratingCard(words, actions) {
  const item = element("li", "message bot rating");
  const form = element("form", "offer asking");
  const stars = starsOf(words);
  const note = noteOf(words);
  const row = element("div", "choices");
  const send = element("button", "button", words.send);
  const dismiss = () => {
    item.remove();
    actions.notNow();
  };
  row.append(send, button("reply", words.notNow, dismiss));
  form.append(stars, note, row);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, words, actions);
  });
  item.append(form);
  item.isUntouched = () => Boolean(stars.form) && !stars.querySelector(":checked") && !note.control.value;
  return item;
}

function starsOf(words) {
  const group = element("fieldset", "stars");
  group.append(element("legend", "", words.question));
  words.stars.forEach((meaning, index) => {
    const label = element("label", "star");
    const choice = element("input");
    Object.assign(choice, { type: "radio", name: "stars", value: String(index + 1), required: true });
    choice.setAttribute("aria-label", meaning);
    label.title = meaning;
    label.append(choice, drawing(STAR));
    group.append(label);
  });
  return group;
}

function noteOf(words) {
  const label = element("label", "note", words.note);
  const box = element("textarea");
  Object.assign(box, { name: "words", rows: 2, maxLength: LONGEST_WORDS, dir: "auto" });
  label.append(box);
  return label;
}

async function submit(form, words, actions) {
  const { stars, words: note } = Object.fromEntries(new FormData(form));
  const controls = form.querySelectorAll("button, input, textarea");
  controls.forEach((one) => (one.disabled = true));
  form.querySelector(".failure")?.remove();
  try {
    await actions.rate(Number(stars), note);
    form.replaceChildren(remark(words.thanks));
    actions.focus();
  } catch (sentence) {
    controls.forEach((one) => (one.disabled = false));
    const told = remark(String(sentence));
    told.classList.add("failure");
    form.append(told);
  }
}
