"""Floors of the tokenizer on a tiny text written for this gate: raise them when it gets better, never lower them."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.learn import tasks_of, train
from malmoi.tokenizer.measure import Measure, measure
from malmoi.tokenizer.morphemes import mark_morphemes

FLOORS = json.loads(Path(__file__).with_name("tokenizer.json").read_text(encoding="utf-8"))
VOCABULARY_TOKENS = 2000

PLACES = "학교 시장 병원 공원 도서관 바닷가 기차역 우체국 식당 마을 회사 극장 서울 부산 강릉 제주".split()
PEOPLE = "할머니 선생님 친구 아이 의사 기자 농부 사장님 손님 언니 동생 이웃 학생 운전사 작가 어머니".split()
THINGS = "편지 사과 우산 사진 라디오 신문 지갑 꽃다발 도시락 자전거 책 그림 소식 노래 이야기 선물".split()
FRAMES = (
    "{who}는 {where}에서 {what}를 샀다고 말했다.",
    "어제 {where}까지 걸어간 {who}가 {what}를 찾았습니다.",
    "{who}에게 {what}보다 중요한 것은 {where}에서 보낸 시간이었다.",
    "{where}에는 {what}처럼 오래된 것들이 많이 남아 있다.",
    "{who}와 {who2}가 {where}으로 가면서 {what}에 대해 이야기하고 있었다.",
    "{what}이라도 있었으면 {who}도 {where}에 남았을 텐데 ㅠㅠ",
    "이번 {what}은 진짜 최고였어요 ㅋㅋㅋ {where}에서 또 보고 싶네요!!",
    "제{n}조({where}의 관리) {who}는 {what}을 관리하여야 한다.",
)
UNSEEN = """\
아침부터 비가 내려서 도서관에는 사람이 거의 없었다. 나는 창가에 앉아 오래된 신문을 펼쳤다.
기차역에서 만난 학생은 부산까지 간다고 했다. 가방 속에는 도시락과 편지 한 통이 들어 있었다.
제12조(시장의 의무) 시장은 공원을 관리하여야 하며, 필요한 경우에는 이를 정비할 수 있다.
영화는 별로였지만 배우들의 연기가 좋았어요 ㅋㅋ 친구에게도 추천하고 싶네요!!
할머니께서는 제주의 바닷가를 걸으면서 옛날이야기를 들려주셨습니다.
회사에서 돌아온 어머니는 라디오를 켜고 저녁을 준비하셨다.
작가에게 중요한 것은 노래처럼 흐르는 문장이라고 선생님은 말씀하셨다.
"""


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measure]:
    tasks = list(tasks_of(iter(["\n".join(_written())])))
    learnt = {
        "plain": train(iter(tasks), VOCABULARY_TOKENS),
        "guided": train(map(mark_morphemes, tasks), VOCABULARY_TOKENS),
    }
    folder = tmp_path_factory.mktemp("gate")
    return {name: measure(_codec(one, folder / f"{name}.json"), [UNSEEN]) for name, one in learnt.items()}


def test_bytes_per_token_stay_above_their_floors(measures: dict[str, Measure]):
    assert measures["guided"].bytes_per_token >= FLOORS["guided_bytes_per_token"]
    assert measures["plain"].bytes_per_token >= FLOORS["plain_bytes_per_token"]


def test_guided_merges_cross_far_fewer_morpheme_boundaries_than_plain_ones(measures: dict[str, Measure]):
    guided, plain = measures["guided"].crossed_share, measures["plain"].crossed_share
    assert guided is not None
    assert plain is not None
    assert guided <= FLOORS["guided_crossed_share"]
    assert guided < plain / 2


def _written() -> list[str]:
    """Every frame filled with changing words, in a fixed order."""
    lines = []
    for n in range(1200):
        words = {"where": PLACES[n * 5 % 16], "who": PEOPLE[n * 3 % 16], "what": THINGS[n * 7 % 16]}
        lines.append(FRAMES[n % 8].format(**words, who2=PEOPLE[(n * 11 + 1) % 16], n=n))
    return lines


def _codec(tokenizer: Tokenizer, file: Path) -> Codec:
    tokenizer.save(str(file))
    return Codec(file)
