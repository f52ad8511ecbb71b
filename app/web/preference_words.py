"""What the unsubscribe and preference pages say, in both languages. `{shop}` is the shop's name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    language: str
    unsubscribe_title: str
    unsubscribe_question: str
    unsubscribe_means: str
    unsubscribe: str
    unsubscribed: str
    unsubscribed_means: str
    preferences: str
    preferences_means: str
    switches: dict[str, tuple[str, str]]
    answered: str
    save: str
    saved: str


WORDS = {
    "en": Words(
        language="en",
        unsubscribe_title="Unsubscribe",
        unsubscribe_question="Unsubscribe?",
        unsubscribe_means="{shop} will stop sending you follow-up messages. Answers to your own questions still reach you.",
        unsubscribe="Unsubscribe",
        unsubscribed="You are unsubscribed",
        unsubscribed_means="{shop} will not send you follow-up messages any more. Messages that were planned are cancelled.",
        preferences="What we may send you",
        preferences_means="Choose what {shop} may do. Answers to your own questions reach you in any case.",
        switches={
            "email": ("E-mail", "Care messages and personal offers by e-mail"),
            "in_chat": ("In the chat", "Messages that wait for you in the shop's chat"),
            "sms": ("SMS", "Short messages to your phone"),
            "phone": ("Phone call", "A colleague may call you when something went wrong"),
            "profiling": (
                "Personal estimate",
                "We estimate from orders, visits and messages whether you are unhappy with us, so that a person can help. "
                "Turned off, earlier estimates are deleted and the chat works as before",
            ),
        },
        answered="Answered on",
        save="Save",
        saved="Saved. It counts from now on.",
    ),
    "zh": Words(
        language="zh",
        unsubscribe_title="退订",
        unsubscribe_question="确定退订吗？",
        unsubscribe_means="{shop} 将不再向您发送回访消息。您主动咨询的问题，我们仍会回复。",
        unsubscribe="退订",
        unsubscribed="您已退订",
        unsubscribed_means="{shop} 不会再向您发送回访消息，已安排的消息也已取消。",
        preferences="您愿意接收的消息",
        preferences_means="请选择 {shop} 可以做什么。您主动咨询的问题，我们始终会回复。",
        switches={
            "email": ("电子邮件", "通过邮件发送关怀消息和专属优惠"),
            "in_chat": ("聊天窗口", "在商城聊天窗口里给您留言"),
            "sms": ("短信", "向您的手机发送短信"),
            "phone": ("电话", "出现问题时，同事可以给您打电话"),
            "profiling": (
                "个性化评估",
                "我们根据订单、访问和消息判断您是否对我们不满意，以便及时安排人工帮助。关闭后，已有的评估会被删除，聊天照常使用",
            ),
        },
        answered="选择时间：",
        save="保存",
        saved="已保存，即刻生效。",
    ),
}
