/* Canned replies: an answer that begins with `/` offers those whose key or words match what follows. */

const MOST = 8;

document.addEventListener("input", (event) => {
  if (event.target.matches("[aria-controls=canned]")) offer(event.target);
});

document.addEventListener("keydown", (event) => {
  const list = open(event.target);
  if (!list || event.isComposing) return;
  const shown = choices(list);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(event.target, shown[(shown.indexOf(chosen(list)) + step + shown.length) % shown.length]);
  else if ((event.key === "Enter" || event.key === "Tab") && !event.ctrlKey) take(event.target, chosen(list));
  else if (event.key === "Escape") close(event.target);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest("#canned [role=option]");
  if (!option) return;
  event.preventDefault();
  take(document.querySelector("[aria-controls=canned]"), option);
});

document.addEventListener("focusout", (event) => {
  if (open(event.target)) close(event.target);
});

const listOf = (field) => field.parentElement.querySelector("#canned");
const choices = (list) => [...list.children].filter((option) => !option.hidden);
const chosen = (list) => list.querySelector("[aria-selected=true]");

function open(field) {
  const list = field.matches?.("[aria-controls=canned]") ? listOf(field) : null;
  return list && !list.hidden ? list : null;
}

function offer(field) {
  const list = listOf(field);
  const asked = field.value.startsWith("/") && !field.value.includes("\n") ? field.value.slice(1).toLowerCase() : null;
  let left = MOST;
  for (const option of list.children) {
    const fits = asked !== null && option.textContent.toLowerCase().includes(asked) && left > 0;
    option.hidden = !fits;
    if (fits) left -= 1;
  }
  const [first] = choices(list);
  list.hidden = !first;
  if (first) choose(field, first);
  else field.removeAttribute("aria-activedescendant");
}

function choose(field, option) {
  for (const other of listOf(field).children) other.setAttribute("aria-selected", String(other === option));
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function take(field, option) {
  field.value = option.dataset.text;
  close(field);
  const gap = field.value.search(/\{(name|order|agent)\}/);
  if (gap >= 0) field.setSelectionRange(gap, field.value.indexOf("}", gap) + 1);
}

function close(field) {
  listOf(field).hidden = true;
  field.removeAttribute("aria-activedescendant");
}
