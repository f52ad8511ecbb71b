/* What the customer allows: a panel of switches, and one question in the chat for who was never asked. */

import { button, dayOf, element, remark } from "./elements.js";

const at = (id) => document.getElementById(id);

export class Privacy {
  /** `actions.change(purpose, channel, granted)` resolves to what counts then, or rejects with a sentence. */
  constructor(actions) {
    this.actions = actions;
    this.panel = at("privacy");
    at("privacy-open").addEventListener("click", () => this.panel.showModal());
    at("privacy-close").addEventListener("click", () => this.panel.close());
  }

  speak(words, language) {
    this.words = words.privacy;
    this.language = language;
    at("privacy-open").textContent = this.words.title;
    at("privacy-title").textContent = this.words.title;
    at("privacy-means").textContent = this.words.means;
    at("privacy-close").textContent = this.words.done;
    if (this.consents) this.show(this.consents);
  }

  /** The panel can be opened from now on; `consents` is what counts. */
  show(consents) {
    this.consents = consents;
    at("privacy-open").hidden = false;
    at("privacy-switches").replaceChildren(...consents.map((consent) => this.row(consent)));
  }

  row(consent) {
    const name = consent.purpose === "profiling" ? "profiling" : consent.channel;
    const [what, means] = this.words.switches[name];
    const row = element("label", "switch");
    const box = element("input");
    const title = element("span", "what", what);
    const meaning = element("span", "means", means);
    Object.assign(box, { type: "checkbox", id: `privacy-${name}`, checked: consent.active });
    title.id = `${box.id}-what`;
    meaning.id = `${box.id}-means`;
    box.setAttribute("role", "switch");
    box.setAttribute("aria-labelledby", title.id);
    box.setAttribute("aria-describedby", meaning.id);
    meaning.append(element("span", "when", this.when(consent)));
    row.append(box, title, meaning);
    box.addEventListener("change", () => this.change(box, consent));
    return row;
  }

  when({ granted, time }) {
    if (granted === null) return this.words.never;
    const day = dayOf(time, this.language);
    return granted ? this.words.allowed(day) : this.words.refused(day);
  }

  async change(box, { purpose, channel }) {
    const wanted = box.checked;
    box.disabled = true;
    at("privacy-failure").hidden = true;
    try {
      this.show((await this.actions.change(purpose, channel, wanted)).consents);
      at(box.id).focus();
    } catch (sentence) {
      box.checked = !wanted;
      box.disabled = false;
      box.focus();
      at("privacy-failure").textContent = String(sentence);
      at("privacy-failure").hidden = false;
    }
  }

  /** The question as a card of the conversation; `later` is what the third button does. */
  question(later) {
    const item = element("li", "message bot");
    const card = element("div", "offer asking");
    const choices = element("div", "choices");
    card.setAttribute("role", "group");
    card.setAttribute("aria-label", this.words.question);
    const dismiss = () => {
      item.remove();
      later();
    };
    choices.append(
      button("reply", this.words.yes, () => this.answer(card, true)),
      button("reply", this.words.no, () => this.answer(card, false)),
      button("reply", this.words.later, dismiss),
    );
    card.append(element("p", "", this.words.question), choices);
    item.append(card);
    return item;
  }

  async answer(card, granted) {
    const told = remark("");
    card.querySelectorAll("button").forEach((one) => (one.disabled = true));
    card.querySelector(".until")?.remove();
    card.append(told);
    try {
      this.show((await this.actions.change("follow_up", "email", granted)).consents);
      card.querySelector(".choices").remove();
      told.textContent = granted ? this.words.thanks : this.words.respected;
      this.actions.focus();
    } catch (sentence) {
      card.querySelectorAll("button").forEach((one) => (one.disabled = false));
      told.textContent = String(sentence);
    }
  }
}
