"""Names by which people are reached in messengers: 카톡 아이디, 텔레그램 @, open chats. Only beside its name."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan

_ID = r"(?P<id>@?(?=[A-Za-z0-9._-]{4,30}(?![A-Za-z0-9@]))[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9_]#?(?:(?<=#)[0-9]{4})?)"
_KOREAN = (
    r"카카오 ?톡|카톡|ㅋㅌ|ㅋㅏ톡|까톡|텔레그램|텔레|ㅌㄹ|인스타그램|인스타|디스코드|위챗|스카이프|페이스북|페북|"
    r"트위터|틱톡|왓츠앱|시그널|네이버 ?밴드"
)
_LATIN = r"kakao ?talk|kakao|telegram|instagram|insta|discord|wechat|skype|whats ?app"
_WORD = r"(?: ?(?:아이디|계정|[Ii][Dd])(?:는|은)?)"
_AFTER_ID_WORD = re.compile(
    rf"(?<![가-힣A-Za-z])(?:(?:{_KOREAN}|라인){_WORD}|(?:{_LATIN}|line) (?:아이디|id)(?:는|은)?)"
    rf"[ \t]{{0,2}}:?[ \t]{{0,2}}(?<!id){_ID}(?!\()",
    re.IGNORECASE,
)
_AFTER_MARK = re.compile(
    rf"(?<![가-힣A-Za-z])(?:{_KOREAN})(?: ?주세요| ?문의)?(?: ?:|\((?=[A-Za-z.]*[0-9_]))[ \t]{{0,2}}{_ID}"
    rf"|(?<![가-힣A-Za-z])(?:{_KOREAN}|{_LATIN}) ?:? ?(?P<at>@[A-Za-z0-9][A-Za-z0-9._]{{2,29}}[A-Za-z0-9_])",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?<![가-힣A-Za-z])(?:{_KOREAN})(?: ?주세요)? {_ID}"
    rf"|(?<![가-힣A-Za-z\"'._-])(?:{_LATIN}): {_ID.replace('<id>', '<latin>')}",
    re.IGNORECASE,
)
_TALK = re.compile(rf"(?:{_KOREAN}|메신저)[^\n]{{0,24}}아이디(?:는|:)? ?:? ?{_ID}")
# What a link of Markdown or HTML leads to is a page that is published: [Instagram](https://www.instagram.com/...).
_LINK = re.compile(
    r"(?<![A-Za-z0-9.-])(?<!\]\(https://)(?<!\]\(https://www\.)(?<!href=\"https://)(?<!href=\"https://www\.)(?:open\.kakao\.(?:com|example)/(?:o|me)/|pf\.kakao\.com/|t\.me/(?:joinchat/|\+)?|"
    r"(?:www\.)?instagram\.com/(?!(?:p|reel|reels|explore|stories|tv|accounts|about|developer|direct)[/?])|"
    r"line\.me/ti/p/)(?P<id>[A-Za-z0-9~_.-]{3,40}[A-Za-z0-9_])"
)
_NO_ID = re.compile(
    r"(?:https?|www|api|sdk|oauth|login|open|plus|channel|bot|app|pc|web|message|messenger|story|talk|admin|client|server|"
    r"android|windows|update|version|ver|id|token|user|username|account|null|none|true|false)[._-]?[A-Za-z]*|"
    r".*\.(?:com|net|org|kr|io|js|py|json|md|html?|png|jpe?g)|v?[0-9.]+|[0-9]+[a-z]{1,2}",
    re.IGNORECASE,
)
"""Words of programs that stand behind a messenger's name, and versions, sizes and files."""


def find_messengers(text: str) -> Iterator[PersonalSpan]:
    """What follows 아이디 or a mark after a messenger's name; an @name; with a blank only what holds a digit or _."""
    for pattern in (_AFTER_ID_WORD, _AFTER_MARK, _TALK, _LINK):
        for match in pattern.finditer(text):
            group = "id" if match["id"] else "at"
            if pattern is _LINK or not _NO_ID.fullmatch(match[group].lstrip("@")):
                yield PersonalSpan(match.start(group), match.end(group), "messenger_id")
    for match in _BARE.finditer(text):
        group = "id" if match["id"] else "latin"
        name = match[group].lstrip("@")
        if re.search(r"[0-9_]", name) and re.search("[A-Za-z]", name) and not _NO_ID.fullmatch(name):
            yield PersonalSpan(match.start(group), match.end(group), "messenger_id")
