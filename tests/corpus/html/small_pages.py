"""Small pages as Korean sites of many designs send them, for tests; written for this project, the truth by hand."""

import json

MENU = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in "홈 소식 생활 문화 지역 사진 자료실 로그인".split())
RELATED = "".join(f'<li><a href="/r/{n}">함께 볼 만한 글 {n}번째 제목입니다</a></li>' for n in range(6))
TOP = f'<div id="gnb" class="menu"><ul class="nav">{MENU}</ul></div>'
BOTTOM = (
    f'<div class="related"><h3>관련 글</h3><ul>{RELATED}</ul></div>'
    '<div class="ad"><a href="https://ad.example/1">오늘만 특가! 최대 60% 할인 바로가기</a></div>'
    '<div id="footer"><p>모둠터 | 이용약관 | 개인정보처리방침</p><p>Copyright ⓒ 2021 모둠터. 무단 전재 금지</p></div>'
)
FURNITURE = ("로그인", "함께 볼 만한", "특가", "이용약관", "Copyright")
"""Words of what never belongs to the text."""

ASKED = "겨울마다 베란다 창에 물방울이 맺혀서 벽지에 곰팡이가 생깁니다. 환기는 하루에 두 번 하는데 효과가 없어요."
FIRST = (
    "결로는 실내 습도를 낮추는 것이 먼저입니다. 습도계를 두고 50%를 넘지 않게 해 보세요. "
    "빨래를 안에서 말리지 않는 것만으로도 많이 달라집니다."
)
SECOND = "저희 집은 창틀 틈을 문풍지로 막고 나서 없어졌습니다. 뽁뽁이를 유리에 붙이는 것도 효과가 있어요."
THIRD = "곰팡이는 락스를 열 배로 묽게 해서 닦고 충분히 말려 주세요. 장갑과 마스크는 꼭 쓰셔야 합니다."
POST = (
    "토요일 아침 8시에 구파발역 2번 출구에서 만나 북한산 둘레길을 걷습니다. 점심은 각자 준비해 주세요.",
    "초보도 환영합니다. 비가 오면 한 주 미루고, 그때는 금요일 저녁에 다시 글을 올리겠습니다.",
)
REPLIES = (("길손", "저 갈게요! 도시락은 김밥이면 될까요?"), ("느림보", "처음인데 괜찮을까요ㅠㅠ 운동화밖에 없어요."),
           ("산바람", "운동화면 충분합니다. 물만 넉넉히 가져오세요."))  # fmt: skip
NEWS = (
    "강원 강릉시에 올겨울 첫눈이 내렸다. 지난해보다 열흘 빠른 것으로, 시는 새벽부터 제설차 열두 대를 내보냈다.",
    "기상청은 오늘 밤까지 3cm의 눈이 더 올 것으로 내다봤다. 산간에는 최대 10cm가 쌓이는 곳도 있겠다.",
    "시민들은 뜻밖의 눈에 놀라면서도 반기는 모습이었다. 경포 호숫가에는 사진을 찍으려는 사람이 줄을 이었다.",
)
BLOG = (
    "지난주에 다녀온 군산 여행 이야기를 이제야 적어 봅니다. 새벽 기차를 타고 내려가서 하루를 꽉 채워 걸었어요.",
    "처음 들른 곳은 오래된 빵집이었습니다. 줄이 길었지만 단팥빵 하나를 베어 무는 순간 기다린 시간을 잊었답니다.",
    "저녁에는 철길 마을을 걸었는데, 낮보다 사람이 적어서 좋았어요. 다음에는 섬에도 들어가 보려고 합니다.",
)


def page(body: str, head: str = "", title: str = "글 - 모둠터") -> str:
    return (
        f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body>{TOP}{body}{BOTTOM}</body></html>"
    )


def ld(**fields) -> str:
    return f'<script type="application/ld+json">{json.dumps(fields, ensure_ascii=False)}</script>'


def paragraphs(lines, tag: str = "p") -> str:
    return "".join(f"<{tag}>{line}</{tag}>" for line in lines)
