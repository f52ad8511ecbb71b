/* Where the customer writes: a box that grows, keeps its draft, and sends on Enter. */

const at = (id) => document.getElementById(id);
const LONGEST_TEXT = 4000;
const HIGHEST_PX = 132;

export class Composer {
  /** `actions.send({ text })` sends; `actions.draft(text)` keeps what is being written, `actions.writes()` tells of it. */
  constructor(actions) {
    this.actions = actions;
    this.input = at("input");
    this.isAllowed = false;
    this.enterCame = false;
    at("composer").addEventListener("submit", (event) => this.submit(event));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("input", () => {
      this.changed();
      if (this.input.value) this.actions.writes();
    });
    this.input.disabled = false; // until we listen, Enter would only break the line
  }

  speak(words) {
    this.words = words;
    this.input.placeholder = words.placeholder;
    this.input.setAttribute("aria-label", words.placeholder);
    at("send-label").textContent = words.send;
    this.grow();
  }

  focus() {
    this.input.focus();
  }

  /** What an earlier page left unfinished, unless something is written here already. */
  restore(draft) {
    if (this.input.value) return this.actions.draft(this.input.value);
    this.input.value = draft;
    this.grow();
  }

  allow(isAllowed) {
    this.isAllowed = isAllowed;
    at("send").disabled = !isAllowed;
    if (!isAllowed || !this.enterCame) return;
    this.enterCame = false;
    at("composer").requestSubmit();
  }

  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text || this.tooLong()) return;
    if (!this.isAllowed) {
      this.enterCame = true; // the chat is still opening: the words go out as soon as it is open
      return;
    }
    this.input.value = "";
    this.changed();
    this.actions.send({ text });
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
  }

  changed() {
    this.actions.draft(this.input.value);
    this.grow();
  }

  tooLong() {
    return Math.max(0, [...this.input.value.trim()].length - LONGEST_TEXT);
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, HIGHEST_PX)}px`;
    const over = this.tooLong();
    at("length").hidden = !over;
    at("length").textContent = over ? this.words.tooLong(over) : "";
  }
}
