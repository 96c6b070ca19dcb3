"""Endless plain Korean from a small grammar: for tests of scale, never for a model that people are to use.

A text has one theme, whose words fill the slots of sentence frames. Numbers, names and places vary, so that two texts
share few 5-grams unless one was made from the other.
"""

import random
import re
from dataclasses import dataclass

from malmoi.kit.hangul import write_particles
from malmoi.sample.written import Text

NAMES = (
    "가온 나래 다솜 라온 마루 바다 사랑 아라 자람 차오름 하늘 노을 새벽 이슬 보람 슬기 한결 도담 은가람 미리내"
).split()
PLACES = (
    "가람시 노을동 다온군 마루읍 바름구 새터 솔뫼 아침못 여울목 은빛마을 자작골 초롱길 푸른재 하늘목 한밭말 너른들"
).split()
TIMES = (
    "지난주|어제|올봄|작년 겨울|이른 아침|해 질 무렵|주말|장마가 끝난 뒤|첫눈이 온 날|퇴근길|점심시간|추석 전날".split(
        "|"
    )
)

_THEMES = """
텃밭: 상추 고추 토마토 감자 오이 호박 퇴비 모종 물뿌리개 지지대
  심었다|거두었다|옮겼다|솎아 냈다|덮어 두었다 : 텃밭 모임|이웃집|농사 동아리
도서관: 그림책 사전 열람실 독서대 서가 신문철 대출증 소설 낭독회 강연
  빌렸다|정리했다|소개했다|다시 읽었다|기증했다 : 사서|독서 모임|어린이 회원
자전거: 바퀴 안장 체인 전조등 펌프 헬멧 브레이크 자물쇠 짐받이 핸들
  갈아 끼웠다|고쳤다|닦았다|조였다|점검했다 : 동호회|정비사|출퇴근족
부엌: 된장국 김치 두부 멸치 육수 달걀 나물 조림 국자 뚝배기 밥솥
  끓였다|무쳤다|데웠다|맛보았다|나누어 담았다 : 요리 교실|할머니|식구들
연구: 표본 측정값 논문 가설 장비 도표 초록 실험실 자료 회귀식
  검토했다|다시 계산했다|발표했다|비교했다|기록했다 : 연구진|대학원생|심사위원
행정: 조례 공고문 예산안 신청서 회의록 민원 청사 도로 하수관 안내판
  확정했다|공개했다|접수했다|고시했다|점검했다 : 시의회|담당 부서|주민 자치회
음악: 가야금 장구 악보 합창 앨범 무대 연습실 마이크 노랫말 박자
  연주했다|맞추어 보았다|녹음했다|손보았다|들려주었다 : 합주단|음악 선생|관객
바다: 그물 등대 물때 갯벌 미역 고등어 방파제 어선 조개 파도
  살폈다|건졌다|손질했다|기다렸다|사진에 담았다 : 어부들|해녀|낚시꾼
"""


def _themes() -> dict[str, dict[str, list[str]]]:
    """Each theme's things, acts and groups of people."""
    themes = {}
    lines = _THEMES.strip().splitlines()
    for head, tail in zip(lines[::2], lines[1::2], strict=True):
        name, things = head.split(": ")
        acts, groups = tail.strip().split(" : ")
        themes[name] = {"thing": things.split(), "act": acts.split("|"), "group": groups.split("|")}
    return themes


THEMES = _themes()
FRAMES = (
    "{time} {place}에서 {group}이/가 {thing}을/를 {act}.",
    "{name}은/는 {thing}과/와 {thing2}을/를 번갈아 보더니 결국 {thing}을/를 {act}.",
    "{n}명이 모인 자리에서 {group}은/는 {thing}이/가 왜 중요한지 차근차근 설명했다.",
    "{thing}은/는 {n}년 전과 견주어 {n2}퍼센트쯤 늘었고, {place}에서는 그 차이가 더 컸다.",
    "처음에는 {thing2}만 있으면 된다고 여겼지만, {name}의 말을 듣고 생각이 바뀌었다.",
    "{place} {n}번지 앞에 놓인 {thing}을/를 두고 {group} 사이에 이야기가 길어졌다.",
    "{name}과/와 {name2}은/는 {time} 만나 {thing}을/를 함께 {act}.",
    "값은 {n}천 원 안팎이었는데, {thing2}까지 더하면 {n2}만 원을 넘기기도 했다.",
    "비가 {n}일째 이어지자 {group}은/는 {thing}을/를 서둘러 {act}.",
    "{thing}으로/로 시작한 일이 {thing2}으로/로 끝날 줄은 {name}도 몰랐다고 한다.",
    "기록을 보면 {thing}을/를 다룬 것은 {n}번, {thing2}을/를 다룬 것은 {n2}번이다.",
    "“{thing}은/는 서두른다고 되는 게 아니에요.” {name}이/가 웃으며 말했다.",
    "{place}과/와 {place2} 사이를 오가며 {n}시간을 들인 끝에 {thing}을/를 {act}.",
    "누군가는 {thing2}이/가 먼저라고 했고, 누군가는 {thing}이/가 먼저라고 했다.",
    "{time}에는 {thing}을/를, 그다음 날에는 {thing2}을/를 {act}.",
    "{group} 가운데 {n}명은 {place2}에 남고 나머지는 {thing}을/를 챙겨 돌아왔다.",
)
GROW_KINDS = ("news", "blog", "cafe", "web", "wiki", "comment")
_SLOT = re.compile(r"\{(\w+?)2?\}")


@dataclass(frozen=True)
class _Scene:
    theme: dict[str, list[str]]
    chance: random.Random

    def word(self, slot: str) -> str:
        if slot == "n":
            return str(self.chance.randrange(2, 98))
        lists = {"name": NAMES, "place": PLACES, "time": TIMES, **self.theme}
        return self.chance.choice(lists[slot])


def sentence(scene: _Scene) -> str:
    """One sentence of the scene's theme."""
    frame = scene.chance.choice(FRAMES)
    return write_particles(_SLOT.sub(lambda slot: scene.word(slot.group(1)), frame))


def text(number: int, seed: int) -> Text:
    """The text with this number: a function of number and seed alone, so that any part can be made anywhere."""
    chance = random.Random(f"{seed}:{number}")
    topic = chance.choice(sorted(THEMES))
    scene = _Scene(THEMES[topic], chance)
    sizes = [chance.randrange(2, 7) for _ in range(chance.randrange(2, 9))]
    paragraphs = [" ".join(sentence(scene) for _ in range(size)) for size in sizes]
    title = f"{scene.word('place')} {topic} 이야기 {number + 1}"
    date = f"20{chance.randrange(10, 25)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    name = scene.word("name")
    kind = chance.choice(GROW_KINDS)
    return Text(f"grown-{number:07d}", kind, title, "\n\n".join(paragraphs), f"{topic} 마당", topic, name, date)
