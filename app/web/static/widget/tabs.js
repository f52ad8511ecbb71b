/* A visitor who is not signed in has a chat in one tab; another tab of the same browser asks for it, so that both show one
 * conversation. Nothing is kept for this: when the last tab is closed, the next person at this browser starts anew. */

const CHANNEL = "stayline-visitor";
const PATIENCE_MS = 150;

/** The token of a visitor's chat that is open in another tab, or null. */
export function askOtherTabs() {
  if (!("BroadcastChannel" in window)) return Promise.resolve(null);
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    const end = (token) => {
      clearTimeout(timer);
      channel.close();
      resolve(token);
    };
    const timer = setTimeout(() => end(null), PATIENCE_MS);
    channel.addEventListener("message", ({ data }) => data.token && end(data.token));
    channel.postMessage({ asks: true });
  });
}

/** From now on other tabs get `token` when they ask. */
export function answerOtherTabs(token) {
  if (!("BroadcastChannel" in window)) return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", ({ data }) => data.asks && channel.postMessage({ token }));
}
