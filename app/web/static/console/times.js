/* Times come in UTC; an agent reads them in their own zone and language. */

const LANGUAGE = document.documentElement.lang === "zh" ? "zh-CN" : "en-GB";
const MOMENT = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export function tellTimes(page = document) {
  for (const time of page.querySelectorAll("time[data-since]")) {
    time.textContent = lasting(Date.now() - Date.parse(time.dateTime));
  }
  for (const time of page.querySelectorAll("time[data-moment]")) {
    time.textContent = MOMENT.format(new Date(time.dateTime));
  }
  for (const time of page.querySelectorAll("time[data-due]")) tellDue(time);
}

/** A clock that runs out: what is left, and from then on by how much it is over. */
function tellDue(time) {
  const left = Date.parse(time.dateTime) - Date.now();
  time.classList.toggle("broken", left <= 0);
  time.textContent = (left <= 0 ? time.dataset.over : time.dataset.left).replace("{time}", lasting(Math.abs(left)));
}

function lasting(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  if (minutes < 60) return count(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${count(hours, "hour")}${JOINED}${count(minutes % 60, "minute")}` : count(Math.floor(hours / 24), "day");
}

const JOINED = LANGUAGE === "zh-CN" ? "" : " ";

const count = (number, unit) =>
  new Intl.NumberFormat(LANGUAGE, { style: "unit", unit, unitDisplay: "short" }).format(number);
