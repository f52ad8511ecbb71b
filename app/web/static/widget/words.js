/* Everything the widget itself says. What the assistant says comes from the server. */

const CATALOGUE = {
  en: {
    assistant: "Automated assistant",
    human: (name) => `You are talking to ${name}`,
    someone: "a colleague",
    you: "You",
    typing: "The assistant is writing",
    placeholder: "Write a message",
    send: "Send",
    close: "Close chat",
    log: "Conversation",
    sending: "Sending",
    notSent: "Not sent.",
    retry: "Try again",
    connecting: "Connecting",
    reconnecting: "Connection lost. Trying again",
    cannotStart: "The chat cannot be opened right now.",
    expired: "Your sign-in has ended, so this chat does not know who you are. Reload the page to be recognised again.",
    ended: "This session has ended. Reload the page to go on.",
    offer: "Your personal offer",
    until: (date) => `Valid until ${date}`,
    accept: "Accept offer",
    code: "Your code",
    tooLong: (over) => `${over} characters too long`,
    talk: "Talk to a person",
  },
  zh: {
    assistant: "自动客服助手",
    human: (name) => `${name} 正在为您服务`,
    someone: "客服同事",
    you: "您",
    typing: "助手正在输入",
    placeholder: "请输入消息",
    send: "发送",
    close: "关闭聊天",
    log: "对话",
    sending: "发送中",
    notSent: "未发送。",
    retry: "重试",
    connecting: "正在连接",
    reconnecting: "连接已断开，正在重试",
    cannotStart: "暂时无法打开聊天。",
    expired: "您的登录已过期，当前聊天无法识别您的身份。请刷新页面后再试。",
    ended: "本次会话已结束，请刷新页面继续。",
    offer: "您的专属优惠",
    until: (date) => `有效期至 ${date}`,
    accept: "领取优惠",
    code: "您的优惠码",
    tooLong: (over) => `超出 ${over} 个字符`,
    talk: "找人工客服",
  },
};

export const wordsOf = (language) => CATALOGUE[language] || CATALOGUE.en;

export const preferredLanguage = (wish) =>
  (wish || navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";
