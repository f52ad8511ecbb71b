"""Why a customer's follow-ups were sent or not."""

WORDS = {
    "en": {
        "title": "Why: {key}",
        "heading": "Follow-ups of {key}",
        "order": "Why each was sent or not, the newest first",
        "cause": "Cause",
        "due": "Due",
        "sent": "Sent",
        "outcome": "Outcome",
        "gate": "What the send gate said",
        "from": "{answer} (from {time})",
        "nothing": "Nothing was planned for this customer, and nothing was withheld.",
    },
    "zh": {
        "title": "原因：{key}",
        "heading": "{key} 的跟进",
        "order": "每条跟进为何发送或没有发送，最新的在前",
        "cause": "起因",
        "due": "到期",
        "sent": "已发送",
        "outcome": "结果",
        "gate": "发送关卡的答复",
        "from": "{answer}（{time} 起）",
        "nothing": "没有为这位客户安排过跟进，也没有扣下任何内容。",
    },
}
