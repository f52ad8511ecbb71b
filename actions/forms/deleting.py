"""Deleting an account: only a person may, and only after a yes."""

from dataclasses import dataclass

from actions.cases import open_case
from actions.forms.form import Form, Step
from actions.forms.order_form import missed, yes_and_no
from actions.forms.understanding import yes_or_no
from actions.replies import Reply, Understood, tell
from actions.runtime import Said
from actions.words import say, talk_button


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    name: str = "delete_account"
    words: str = "delete_account"
    changes_something: bool = True

    def start(self, said: Said, understood: Understood) -> Reply:
        if said.customer is None:
            return tell(say("sign_in_account", said.language), talk_button(said.language))
        return self.ask(said, Form(self.name, Step.CONFIRM))

    def ask(self, said: Said, form: Form) -> Reply:
        choice = yes_and_no(said.language, form, self.words)
        return tell(say("delete_account.confirm", said.language), *choice, form=form)

    def take(self, said: Said, understood: Understood, form: Form) -> Reply | None:
        meant = yes_or_no(understood, form, frozenset({self.name}))
        if meant is True:
            return tell(say("delete_account.done", said.language), then=open_case)
        if meant is False:
            return tell(say("delete_account.kept", said.language))
        if understood.is_topic and understood.intent != self.name:
            return None
        return missed(said, form, self.ask)


DELETE_ACCOUNT = DeleteAccount()
