/* The page of the shop around our frame: what it may tell us, and what we tell it. */

const hosts = new Set([location.origin, ...document.body.dataset.hosts.split(" ")]); // whose pages may speak to us
const isFramed = window.parent !== window;

let host = null; // the loader's origin, one of the hosts, known from its first message

export const tellHost = (message) => host && window.parent.postMessage(message, host);

/** Calls `start({ identity, language })` once, then `opened` and `closed` as the loader shows and hides the frame. */
export function listenToHost({ start, opened, closed }) {
  document.body.classList.toggle("framed", isFramed);
  if (!isFramed) return start({ identity: null, language: null });
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !isHost(event.origin)) return;
    const { type, identity, language } = event.data || {};
    if (type === "stayline:start" && !host) {
      host = event.origin;
      start({ identity, language });
    }
    if (type === "stayline:opened") opened();
    if (type === "stayline:closed") closed();
  });
  window.parent.postMessage({ type: "stayline:ready" }, "*"); // says nothing but that we are here
}

const isHost = (origin) => (host ? origin === host : hosts.has(origin) || hosts.has("*"));
