"""The demo's own servers: real SMTP in, real SMS in, and a page that runs nothing of what arrived."""

import smtplib
import sys
from email.message import EmailMessage

import httpx
import pytest

from app.channels.sms import Sms
from app.settings import Settings
from db import tables
from tests.desk.people import NOW
from tests.support.processes import environment, free_port, running, wait_until

ATTACK = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def fakes(tmp_path_factory):
    """A running `serve_fakes`: the address of its page, and its SMTP port."""
    folder = tmp_path_factory.mktemp("fakes")
    smtp, page = free_port(), free_port()
    code = f"from pathlib import Path; from app.fakes import serve_fakes; serve_fakes(Path({str(folder / 'mail')!r}), {smtp}, {page})"
    url = f"http://127.0.0.1:{page}"
    log = folder / "log"
    with running([sys.executable, "-c", code], log, environment()) as process:
        wait_until(lambda: _answers(url), 20, "the page", log)
        yield url, smtp
        process.terminate()
        assert process.wait(10) in (0, -15)


def _answers(url):
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def get(url):
    return httpx.get(url, trust_env=False)


def send(port, subject, text="Hello", html="<p>Hello</p>"):
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["From"] = subject, "ana@example.com", "care@shop.example"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(mail)


def test_mails_are_listed_newest_first_and_one_is_shown_as_text_and_html(fakes):
    url, smtp = fakes
    send(smtp, "The first")
    send(smtp, "The second", text="plain words", html="<p>rich words</p>")
    listed = get(url).text
    assert listed.index("The second") < listed.index("The first")
    assert "ana@example.com" in listed
    link = listed.split("The second")[0].rsplit('href="', 1)[1].split('"')[0]
    shown = get(url + link).text
    assert "plain words" in shown
    assert f'<iframe sandbox title="The mail\'s HTML" src="{link}/html">' in shown
    assert "rich words" in get(f"{url}{link}/html").text


def test_nothing_that_arrived_can_run_on_the_page(fakes):
    url, smtp = fakes
    send(smtp, ATTACK, text=ATTACK, html=ATTACK)
    listed = get(url)
    link = listed.text.split('href="/mails/')[1].split('"')[0]
    for answer in (listed, get(f"{url}/mails/{link}")):
        assert "<script" not in answer.text
        assert "onerror=alert(1)>" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    framed = get(f"{url}/mails/{link}/html").headers["content-security-policy"]
    assert "default-src 'none'" in framed
    assert framed.endswith("sandbox")


def test_an_sms_of_the_sms_channel_is_on_the_same_page(fakes, tmp_path):
    url, _ = fakes
    host = url.removeprefix("http://")
    settings = Settings(_env_file=None, home=tmp_path, sms_url=f"json://{host}/sms?:to={{phone}}")
    who = tables.Customer(id=1, customer_key="ana", name="Ana", phone="+49151234567")
    row = tables.FollowUp(
        id=1,
        idempotency_key="k1",
        customer_id=1,
        rule="check_back",
        channel="sms",
        details={},
        planned_at=NOW,
    )
    Sms(settings).send(row, who)
    listed = get(url).text
    assert "+49151234567" in listed
    assert "Hello Ana," in listed


@pytest.mark.parametrize("body", ["", "[]", "{}", "[" * 9000, '{"to": "1"}'])
def test_an_sms_that_is_none_is_refused(fakes, body):
    url, _ = fakes
    assert httpx.post(f"{url}/sms", content=body, trust_env=False).status_code == 400


@pytest.mark.parametrize("name", ["x", "..%2F..%2Fetc%2Fpasswd", "0" * 32, "A" * 32])
def test_a_name_that_is_no_mail_finds_nothing(fakes, name):
    url, _ = fakes
    assert get(f"{url}/mails/{name}").status_code == 404


def test_another_site_s_name_does_not_open_the_page(fakes):
    url, _ = fakes
    assert httpx.get(url, headers={"Host": "evil.example"}, trust_env=False).status_code == 400
