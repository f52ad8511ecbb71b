"""Why something was not done: what happened, what was kept, what to do. A refusal is found by its class's name."""

WORDS = {
    "en": {
        "AlreadyClaimed": "{agent_name} has this case already.",
        "CaseClosed": "This case is resolved already; a new message of the customer's opens a new one.",
        "NotYourCase": "Only the agent who holds this case can do that; claim it first. What you wrote is kept below.",
        "SentAlready": "The answer has gone to the customer already; it cannot be taken back.",
        "NotLater": "Please choose a time to come, at most 90 days ahead. Nothing was changed.",
        "no_time": "Please choose until when to snooze the case. Nothing was changed.",
        "open_facts": "The answer was not sent: it still has a fact in braces, such as an order number. Please fill it in; what you wrote is kept below.",
        "no_verdict": "Please choose what became of the customer. Nothing was changed.",
        "no_call_result": "Please choose how the call went. Nothing was changed.",
    },
    "zh": {
        "AlreadyClaimed": "{agent_name} 已经接手了这个工单。",
        "CaseClosed": "这个工单已经处理完毕；客户再来消息时会另开新工单。",
        "NotYourCase": "只有接手此工单的客服才能这样做，请先接手。您写的内容保留在下方。",
        "SentAlready": "答复已经发给客户，无法撤回。",
        "NotLater": "请选择将来 90 天以内的时间。内容没有改动。",
        "no_time": "请选择稍后处理到什么时候。内容没有改动。",
        "open_facts": "答复没有发送：大括号里还有没填的内容，例如订单号。请先填好；您写的内容保留在下方。",
        "no_verdict": "请选择客户最后的结果。内容没有改动。",
        "no_call_result": "请选择通话结果。内容没有改动。",
    },
}
