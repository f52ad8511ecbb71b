/* A long conversation: earlier messages are put above those that are there, and a link to a message (`data-turn`) finds it
 * however far back it is. */

import { tellTimes } from "./times.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-earlier], [data-turn]");
  if (!link) return;
  event.preventDefault();
  if (link.dataset.turn) jump(link);
  else showEarlier(link);
});

async function showEarlier(link) {
  const list = document.getElementById("transcript");
  if (!(await load(link, link.href))) return;
  list.focus({ preventScroll: true });
}

/** The message has the focus then, and what it is is told: `data-told`. */
async function jump(link) {
  const { turn, told } = link.dataset;
  if (!document.getElementById(turn) && !(await load(link, `${link.pathname}?since=${turn.slice(1)}&before=${oldest()}`))) return;
  location.hash = turn;
  const line = document.getElementById(turn);
  line.tabIndex = -1;
  line.scrollIntoView({ block: "center" });
  line.focus({ preventScroll: true });
  document.getElementById("jumped").textContent = told ?? "";
}

const oldest = () => document.querySelector("#transcript > [id^=m]").id.slice(1);

/** Puts the page of this address above what is shown; the view stays where it is. False: the browser goes there instead. */
async function load(link, address) {
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    tellTimes(page);
    prepend(document.getElementById("transcript"), page.getElementById("transcript"));
    return true;
  } catch {
    location.assign(link.href);
    return false;
  } finally {
    link.removeAttribute("aria-busy");
  }
}

function prepend(list, page) {
  const height = list.scrollHeight;
  document.getElementById("earlier")?.remove();
  list.prepend(...[...page.children].map((line) => document.adoptNode(line)));
  list.scrollTop += list.scrollHeight - height;
}
