"""Kinds of events that need explaining. Nothing heavy is imported here: the web process asks too."""

# what happens to a customer, and is no sign that they are still here
NOT_OF_THEIR_DOING = ("mail_bounced", "mail_scanned", "unsubscribed", "call_not_reached")
