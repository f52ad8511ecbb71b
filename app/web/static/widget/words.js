/* Everything the widget itself says. What the assistant says comes from the server. */

import { words as en } from "./words_en.js";
import { words as zh } from "./words_zh.js";

const CATALOGUE = { en, zh };

/** A language we do not speak is answered in English. */
export const wordsOf = (language) => (Object.hasOwn(CATALOGUE, language) ? CATALOGUE[language] : CATALOGUE.en);

const spokenOf = (tag) => (tag || "").toLowerCase().split(/[-_]/)[0];

/** The wish if we speak it, else the browser's language if we speak that, else English; the server chooses alike. */
export const preferredLanguage = (wish) =>
  [wish, navigator.language].map(spokenOf).find((language) => Object.hasOwn(CATALOGUE, language)) || "en";

/** Why something failed, as one sentence. */
export function causeOf(failure, { causes }) {
  if (failure.status === 401) return causes.ended;
  if (failure.status === 429) return causes.tooFast(failure.wait || 10);
  if (failure.status === 0) return causes.offline;
  return failure.status >= 500 ? causes.ours : causes.refused;
}
