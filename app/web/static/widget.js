/* The loader a shop puts on its pages:
 *
 *   <script src="https://.../widget.js" data-identity="TOKEN" data-language="en" defer></script>
 *
 * It adds one button and, once that is pressed, one frame. The identity token goes to our own origin alone: to the frame
 * and, until the frame is there, with the question how many messages wait. What was seen is kept in the shop's own
 * storage, because a browser may keep ours from us here. */

(() => {
  "use strict";

  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const identity = script.dataset.identity || null;
  const language = script.dataset.language || null;
  const spoken = [language, navigator.language].find((tag) => /^(en|zh)\b/i.test(tag)) || "en";
  const words = /^zh/i.test(spoken)
    ? { open: "打开聊天", chat: "聊天", unread: (count) => `打开聊天，${count} 条未读消息` }
    : { open: "Open chat", chat: "Chat", unread: (count) => `Open chat, ${count} unread` };
  const LOOK_MS = 60000;
  const SOONEST_LOOK_MS = 5000;

  const style = `
    :host { all: initial; }
    button, iframe { position: fixed; right: 20px; z-index: 2147483000; border: 0; }
    button {
      bottom: 20px; display: flex; align-items: center; gap: 10px; height: 54px; padding: 0 22px 0 18px;
      border-radius: 27px; background: #22573f; color: #fdfcf7; font: 600 16px/1 system-ui, sans-serif; cursor: pointer;
      box-shadow: 0 2px 6px rgb(0 0 0 / 18%), 0 10px 28px rgb(0 0 0 / 18%);
    }
    button:hover { background: #17402d; }
    button:focus-visible { outline: 3px solid #7fbdf2; outline-offset: 3px; }
    svg { width: 24px; height: 24px; }
    span.count {
      min-width: 22px; padding: 4px 6px; border-radius: 11px; background: #f9e7e0; color: #8a2f18; font-size: 13px;
      text-align: center;
    }
    iframe {
      bottom: 20px; width: min(400px, calc(100vw - 40px)); height: min(640px, calc(100vh - 40px)); border-radius: 18px;
      background: transparent; box-shadow: 0 2px 8px rgb(0 0 0 / 16%), 0 18px 60px rgb(0 0 0 / 26%);
    }
    span.count::before { content: attr(data-unread); }
    [hidden] { display: none !important; }
    @media (prefers-color-scheme: dark) {
      button { background: #8fd0ad; color: #0e1a14; }
      button:hover { background: #a9dfc1; }
    }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; }
    }`;

  const icon = () => {
    const ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg");
    const path = document.createElementNS(ns, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("fill", "currentColor");
    path.setAttribute("d", "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z");
    svg.append(path);
    return svg;
  };

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];

  const launcher = document.createElement("button");
  const label = document.createElement("span");
  const count = document.createElement("span");
  launcher.type = "button";
  launcher.setAttribute("aria-expanded", "false");
  label.textContent = words.open;
  count.className = "count";
  count.hidden = true;
  launcher.append(icon(), label, count);
  root.append(launcher);
  const stand = () => document.body.append(host);
  document.body ? stand() : document.addEventListener("DOMContentLoaded", stand); // an async script may be early

  let frame = null;

  const tell = (message) => frame.contentWindow.postMessage(message, origin);

  const open = () => {
    showUnread(0);
    if (!frame) {
      frame = document.createElement("iframe");
      frame.src = `${origin}/widget`;
      frame.title = words.chat;
      frame.allow = "clipboard-write"; // for the code of an offer
      root.append(frame);
    } else {
      frame.hidden = false;
      tell({ type: "stayline:opened" });
    }
    launcher.hidden = true;
    launcher.setAttribute("aria-expanded", "true");
    frame.focus();
  };

  const close = () => {
    frame.hidden = true;
    launcher.hidden = false;
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus();
    tell({ type: "stayline:closed" });
  };

  const showUnread = (unread) => {
    const shown = unread > 9 ? "9+" : String(unread);
    count.hidden = !unread;
    count.dataset.unread = shown; // drawn by the style: the button's name tells it in words
    launcher.setAttribute("aria-label", unread ? words.unread(shown) : words.open);
    document.title = (unread ? `(${shown}) ` : "") + document.title.replace(/^\(\d\+?\) /, "");
  };

  /** Tells people at this browser apart without keeping who they are; the server alone decides what a token is worth. */
  const mark = (token) => {
    let sum = 0;
    try {
      const { sub } = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
      for (const character of sub) sum = (sum * 31 + character.codePointAt(0)) | 0;
    } catch {
      // no token, or none that can be read
    }
    return sum;
  };

  const recall = (name, key) => {
    try {
      return JSON.parse(window[name].getItem(key));
    } catch {
      return null; // storage is blocked here
    }
  };

  const keep = (name, key, value) => {
    try {
      window[name].setItem(key, JSON.stringify(value));
    } catch {
      // storage is blocked or full here: the next page asks anew
    }
  };

  const who = mark(identity);
  let ticket = identity ? null : recall("sessionStorage", "stayline-badge-ticket");
  let lastLook = -SOONEST_LOOK_MS;
  let refused = false;

  /** Asks how many messages wait, until there is a frame that knows; a visitor who never chatted is not asked about. */
  const look = async () => {
    const early = performance.now() - lastLook < SOONEST_LOOK_MS;
    if (frame || refused || early || document.hidden || !(identity || ticket)) return;
    lastLook = performance.now();
    const seen = recall("localStorage", "stayline-badge-seen");
    const after = seen && seen.who === who ? seen.id : 0;
    try {
      const body = JSON.stringify(ticket ? { ticket, after } : { identity, after });
      const answer = await fetch(`${origin}/api/chat/unread`, { method: "POST", body, credentials: "omit" });
      refused = answer.status === 401;
      if (!answer.ok) return;
      const told = await answer.json();
      ticket = told.ticket;
      if (!frame) showUnread(told.unread);
    } catch {
      // not reached: the next look may
    }
  };

  const keepSeen = (id, given) => {
    keep("localStorage", "stayline-badge-seen", { who, id });
    if (!identity) keep("sessionStorage", "stayline-badge-ticket", given);
  };

  launcher.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && frame && !frame.hidden) close();
  });
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin) return;
    const { type, unread, seen } = event.data || {};
    if (type === "stayline:ready") tell({ type: "stayline:start", identity, language });
    if (type === "stayline:close") close();
    if (type === "stayline:unread") showUnread(unread);
    if (type === "stayline:seen") keepSeen(seen, event.data.ticket);
  });

  look();
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
})();
