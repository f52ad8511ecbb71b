/* The loader a shop puts on its pages:
 *
 *   <script src="https://.../widget.js" data-identity="TOKEN" data-language="en" defer></script>
 *
 * It adds one button and, once that is pressed, one frame. The identity token is handed to the frame alone, and only to
 * the frame's own origin. */

(() => {
  "use strict";

  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const identity = script.dataset.identity || null;
  const language = script.dataset.language || null;
  const chinese = (language || navigator.language || "en").toLowerCase().startsWith("zh");
  const words = chinese ? { open: "打开聊天", close: "关闭聊天" } : { open: "Open chat", close: "Close chat" };

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
  document.body.append(host);

  let frame = null;

  const tell = (message) => frame.contentWindow.postMessage(message, origin);

  const open = () => {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.src = `${origin}/widget`;
      frame.title = words.open;
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
    count.hidden = !unread;
    count.textContent = unread > 9 ? "9+" : String(unread);
  };

  launcher.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && frame && !frame.hidden) close();
  });
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin) return;
    const { type, unread } = event.data || {};
    if (type === "stayline:ready") tell({ type: "stayline:start", identity, language });
    if (type === "stayline:close") close();
    if (type === "stayline:unread") showUnread(unread);
  });
})();
