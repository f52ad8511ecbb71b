"""Ways to reach a customer, behind one small port: e-mail, in the chat, services by apprise, a call by an agent."""

from app.channels.port import (
    AddressRefused,
    Channel,
    PermanentFailure,
    Receipt,
    TransientFailure,
    UnknownOutcome,
)

__all__ = ["AddressRefused", "Channel", "PermanentFailure", "Receipt", "TransientFailure", "UnknownOutcome"]
