/* Elements of the chat. Texts are only ever set as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(className, title, press) {
  const made = element("button", className, title);
  made.type = "button";
  made.dir = "auto";
  made.addEventListener("click", press);
  return made;
}

/** A picture that says nothing of its own, from one path in a square of 24. */
export function drawing(path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** What happened, told at once to who does not see it. */
export function remark(text) {
  const made = element("p", "until", text);
  made.setAttribute("role", "status");
  return made;
}

/** Whether what had the focus is gone or disabled: then, and only then, it may be given to something else. */
export const isFocusLost = () => document.activeElement === document.body || Boolean(document.activeElement?.disabled);

const tagOf = (language) => (language === "zh" ? "zh-CN" : "en-GB");

export const dayOf = (time, language) => new Date(time).toLocaleDateString(tagOf(language), { dateStyle: "long" });

export const momentOf = (time, language) =>
  new Date(time).toLocaleString(tagOf(language), { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
