/* Keeps a console page as the database is, without reloading it.
 *
 * <main data-events="..." data-source="...">: on each `changed` event the source is fetched and every element with
 * `data-region` is swapped for its newer self, unless it is the same or someone is writing in it. */

const main = document.querySelector("main[data-events]");
const connection = document.getElementById("connection");
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
let loading = false;
let again = false;

async function refresh() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const answer = await fetch(main.dataset.source, { cache: "no-store" });
    if (answer.status === 401 || answer.redirected) return location.reload();
    if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    connection.hidden = false;
  } finally {
    loading = false;
  }
  if (again) {
    again = false;
    refresh();
  }
}

function swap(fresh) {
  tellTimes(fresh);
  for (const newer of fresh.querySelectorAll("[data-region]")) {
    const older = document.getElementById(newer.id);
    if (!older || (isForm(older) && older.dataset.version === newer.dataset.version)) continue;
    if (older.innerHTML === newer.innerHTML) continue;
    const place = older.scrollTop;
    const end = older.scrollHeight - place - older.clientHeight < 60;
    older.replaceWith(document.adoptNode(newer));
    newer.scrollTop = end ? newer.scrollHeight : place;
  }
}

/** A region with a form is swapped only when its version says that other things can be done now: drafts stay. */
const isForm = (region) => region.dataset.version !== undefined;

/** Times come in UTC; an agent reads them in their own zone. */
function tellTimes(page = document) {
  for (const time of page.querySelectorAll("time[data-since]")) {
    time.textContent = since(Date.now() - Date.parse(time.dateTime));
  }
  for (const time of page.querySelectorAll("time[data-moment]")) {
    time.textContent = MOMENT.format(new Date(time.dateTime));
  }
}

function since(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  if (minutes < 1) return "under 1 min";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

function follow() {
  const events = new EventSource(main.dataset.events);
  events.addEventListener("changed", () => {
    connection.hidden = true;
    refresh();
  });
  events.addEventListener("error", () => {
    connection.hidden = false;
    if (events.readyState === EventSource.CLOSED) setTimeout(refresh, 2000);
  });
}

if (main) {
  for (const region of document.querySelectorAll("[data-region].transcript")) region.scrollTop = region.scrollHeight;
  tellTimes();
  setInterval(() => tellTimes(), 15000);
  follow();
}
