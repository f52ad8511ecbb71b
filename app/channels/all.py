"""Every channel there is, by the name that rules and consent give it."""

from sqlalchemy import Engine

from app.channels.email import Email
from app.channels.in_chat import InChat
from app.channels.phone import Phone
from app.channels.port import Channel
from app.channels.sms import Sms
from app.settings import Settings


def channels_of(settings: Settings, engine: Engine) -> dict[str, Channel]:
    return {
        "email": Email(settings),
        "in_chat": InChat(settings, engine),
        "sms": Sms(settings),
        "phone": Phone(engine),
    }
