/* What the customer allows: a panel of switches, and one question in the chat for who was never asked. */

import { element } from "./bubbles.js";

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
  }

  /** The panel can be opened from now on; `consents` is what counts. */
  show(consents) {
    at("privacy-open").hidden = false;
    at("privacy-switches").replaceChildren(...consents.map((consent) => this.row(consent)));
  }

  row(consent) {
    const name = consent.purpose === "profiling" ? "profiling" : consent.channel;
    const [what, means] = this.words.switches[name];
    const row = element("label", "switch");
    const box = element("input");
    const meaning = element("span", "means", means);
    box.type = "checkbox";
    box.id = `privacy-${name}`;
    box.setAttribute("role", "switch");
    meaning.id = `privacy-${name}-means`;
    box.setAttribute("aria-describedby", meaning.id);
    box.checked = consent.active;
    meaning.append(element("span", "when", this.when(consent)));
    row.append(box, element("span", "what", what), meaning);
    box.addEventListener("change", () => this.change(box, consent));
    return row;
  }

  when({ granted, time }) {
    if (granted === null) return this.words.never;
    const day = new Date(time).toLocaleDateString(this.language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "long" });
    return granted ? this.words.allowed(day) : this.words.refused(day);
  }

  async change(box, { purpose, channel }) {
    const wanted = box.checked;
    box.disabled = true;
    at("privacy-failure").hidden = true;
    try {
      this.show((await this.actions.change(purpose, channel, wanted)).consents);
      at(box.id).focus();
    } catch (failure) {
      box.checked = !wanted;
      box.disabled = false;
      at("privacy-failure").textContent = failure.message || this.words.notSaved;
      at("privacy-failure").hidden = false;
    }
  }

  /** The question as a card of the conversation; `later` is what the third button does. */
  question(later) {
    const item = element("li", "message bot");
    const card = element("div", "offer asking");
    const buttons = element("div", "choices");
    card.setAttribute("role", "group");
    card.setAttribute("aria-label", this.words.question);
    const answer = (title, act) => {
      const button = element("button", "reply", title);
      button.type = "button";
      button.addEventListener("click", act);
      return button;
    };
    buttons.append(
      answer(this.words.yes, () => this.answer(card, true)),
      answer(this.words.no, () => this.answer(card, false)),
      answer(this.words.later, () => {
        item.remove();
        later();
      }),
    );
    card.append(element("p", "", this.words.question), buttons);
    item.append(card);
    return item;
  }

  async answer(card, granted) {
    const remark = element("p", "until");
    remark.setAttribute("role", "status");
    card.querySelectorAll("button").forEach((button) => (button.disabled = true));
    try {
      this.show((await this.actions.change("follow_up", "email", granted)).consents);
      card.querySelector(".choices").remove();
      remark.textContent = granted ? this.words.thanks : this.words.respected;
    } catch (failure) {
      card.querySelectorAll("button").forEach((button) => (button.disabled = false));
      card.querySelector(".until")?.remove();
      remark.textContent = failure.message || this.words.notSaved;
    }
    card.append(remark);
  }
}
