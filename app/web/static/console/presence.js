/* Tells the server that this agent's page is open and what it has shown, so that colleagues see who is here and who
 * writes; what the holder has had on screen is no longer unread. */

import { afterSwap } from "./live.js";

const EVERY = 15000;
const STILL_WRITES = 4000;
const SAY_AGAIN = 3000; // the server forgets it after six seconds
const address = document.querySelector("main[data-here]")?.dataset.here;
let wrote = 0;
let told = false;
let toldAt = 0;

const body = (facts) => new URLSearchParams(facts);

let last = Promise.resolve();

/** One after another, so that what is true now is also what arrives last. */
function tell() {
  if (document.visibilityState !== "visible") return;
  const writes = Date.now() - wrote < STILL_WRITES;
  told = writes;
  toldAt = Date.now();
  const seen = document.getElementById("transcript")?.dataset.newest ?? 0;
  const facts = body({ writes: writes ? "yes" : "", seen });
  last = last.then(() => fetch(address, { method: "POST", body: facts })).catch(() => {});
}

let newest;
function tellWhatIsNew() {
  const shown = document.getElementById("transcript")?.dataset.newest;
  if (shown !== newest) tell();
  newest = shown;
}

if (address) {
  tellWhatIsNew();
  afterSwap(tellWhatIsNew);
  setInterval(tell, EVERY);
  document.addEventListener("visibilitychange", tell);
  addEventListener("pagehide", () => navigator.sendBeacon(address, body({ left: "yes" })));
  document.addEventListener("input", (event) => {
    if (event.target.dataset.writes === undefined) return;
    wrote = Date.now();
    if (!told || Date.now() - toldAt > SAY_AGAIN) tell();
    setTimeout(() => told && Date.now() - wrote >= STILL_WRITES && tell(), STILL_WRITES + 100);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.querySelector("[data-writes]")) return;
    wrote = 0;
    tell();
  });
}
