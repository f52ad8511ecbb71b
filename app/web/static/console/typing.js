/* That the customer is writing. The server says it every few seconds for as long as it is so; it goes by itself. */

import { afterSwap, listen } from "./live.js";

const LASTS = 5000;
const place = document.getElementById("typing");
const newest = () => document.getElementById("transcript").dataset.newest;
let shown;
let patience;

function tell(words) {
  clearTimeout(patience);
  if (place.textContent !== words) place.textContent = words;
  if (words) patience = setTimeout(() => tell(""), LASTS);
}

if (place) {
  shown = newest();
  listen("typing", () => tell(place.dataset.words));
  afterSwap(() => {
    if (newest() !== shown) tell(""); // the words have come
    shown = newest();
  });
}
