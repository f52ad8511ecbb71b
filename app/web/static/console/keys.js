/* Keys and the command menu. What there is to do stands on the page itself:
 *
 * `data-key="Alt+E"`: the key that does it; `data-command="..."`: its words in the command menu; `data-focus="#field"`:
 * where the focus goes afterwards; `data-opens="dialog"`: a button that opens that dialog. A key of one letter works
 * outside text fields only. */

const commands = document.getElementById("commands");
const FIELDS = "input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.getModifierState("AltGraph")) return;
  const key = nameOf(event);
  const writes = event.target.closest(FIELDS);
  if (writes && !event.altKey && !event.ctrlKey && event.key !== "Escape") return;
  if (document.querySelector("dialog[open]")) return;
  if (press(key, event)) event.preventDefault();
});

/** Letters by their place on the keyboard: with Alt, some systems write another sign. */
function nameOf(event) {
  const letter = event.altKey && event.code.startsWith("Key") ? event.code.slice(3) : event.key;
  const name = letter.length === 1 ? letter.toUpperCase() : letter;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${name}`;
}

function press(key, event) {
  if (key === "Ctrl+K") return openDialog("commands");
  if (key === "Ctrl+Enter") return submitField(event.target);
  if (key === "Escape") return escape(event.target);
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (found) return act(found);
  return (key === "Alt+J" || key === "Alt+K") && step(key === "Alt+J" ? 1 : -1);
}

function act(element) {
  const details = element.closest("details");
  const inside = details && !element.matches("summary");
  if (details) details.open = true;
  if (inside && !element.form.reportValidity()) return true;
  if (element.matches("textarea")) element.focus();
  else if (element.matches("summary")) details.open = true;
  else element.click();
  if (element.dataset.focus) document.querySelector(element.dataset.focus)?.focus();
  return true;
}

/** In the queue: from line to line, beginning at the first. */
function step(by) {
  const lines = [...document.querySelectorAll(".queue > li > a")];
  if (!lines.length) return false;
  const place = lines.indexOf(document.activeElement);
  lines[place < 0 ? 0 : Math.min(Math.max(place + by, 0), lines.length - 1)].focus();
  return true;
}

function submitField(field) {
  if (!field.matches("textarea") || !field.form) return false;
  field.form.requestSubmit();
  return true;
}

/** One step out: of the field, of what is open, of the case. */
function escape(target) {
  const details = document.querySelector("#actions details[open]");
  if (target.closest(FIELDS)) target.blur();
  else if (details) details.open = false;
  else document.querySelector("[data-back]")?.click();
  return true;
}

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (id === "commands") fill("");
  dialog.showModal();
  return true;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) openDialog(opener.dataset.opens);
  if (event.target.matches("dialog")) event.target.close();
});

const field = commands.querySelector("input");
const list = commands.querySelector("ul");

field.addEventListener("input", () => fill(field.value));

field.addEventListener("keydown", (event) => {
  const options = [...list.children];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.isComposing || !options.length) return;
  const place = options.findIndex((option) => option.ariaSelected === "true");
  if (step) choose(options, (place + step + options.length) % options.length);
  else if (event.key === "Enter") run(options[place]);
  else return;
  event.preventDefault();
});

list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) run(option);
});

/** All that the page can do and whose words match, in the page's order: what belongs to the case comes first. */
function fill(asked) {
  const words = asked.toLowerCase().split(/\s+/);
  const all = [...document.querySelectorAll("main [data-command]"), ...document.querySelectorAll(":not(main *)[data-command]")];
  const fits = all.filter((one) => words.every((word) => one.dataset.command.toLowerCase().includes(word)));
  list.replaceChildren(...fits.map(option));
  field.value = asked;
  commands.querySelector("p").hidden = fits.length > 0;
  list.hidden = fits.length === 0;
  choose([...list.children], 0);
}

function option(command, number) {
  const item = document.createElement("li");
  item.id = `command-${number}`;
  item.role = "option";
  item.append(command.dataset.command);
  if (command.dataset.key) {
    const key = document.createElement("kbd");
    key.textContent = command.dataset.key.replaceAll("+", " ");
    item.append(" ", key);
  }
  item.does = () => act(command);
  return item;
}

function choose(options, place) {
  options.forEach((option, number) => option.setAttribute("aria-selected", String(number === place)));
  if (options[place]) field.setAttribute("aria-activedescendant", options[place].id);
  else field.removeAttribute("aria-activedescendant");
  options[place]?.scrollIntoView({ block: "nearest" });
}

function run(option) {
  commands.close();
  option?.does();
}
