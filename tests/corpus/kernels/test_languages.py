import unicodedata

import pyarrow as pa
import pytest

from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.feature_names import FEATURES
from malmoi.corpus.kernels.languages import LANGUAGES, language
from malmoi.corpus.kernels.quality_features import measure

CASES = [
    ("ko", "오늘은 날씨가 맑아서 산책하기 좋았다."),
    ("ko", "조선민주주의인민공화국 녀성들은 로동의 기쁨을 안고 력사를 창조하고있다."),  # North Korean spelling
    ("ko", "나랏〮말〯ᄊᆞ미〮 中듀ᇰ國귁〮에〮달아〮 文문字ᄍᆞᆼ〮와〮로〮 서르ᄉᆞᄆᆞᆺ디〮아니〮ᄒᆞᆯᄊᆡ〮"),  # 1446
    ("ko", unicodedata.normalize("NFD", "자모로 풀린 글도 한글이다.")),
    ("ko", "吾等은 玆에 我朝鮮의 獨立國임과 朝鮮人의 自主民임을 宣言하노라."),  # 1919
    ("ko", "大韓民國은 民主共和國이다. 大韓民國의 主權은 國民에게 있고 모든 權力은 國民으로부터 나온다."),
    ("ko", "ㅇㄱㄹㅇ ㅂㅂㅂㄱ ㅋㅋㅋㅋ"),
    ("ko", "AI 반도체 HBM 시장에서 TSMC와 삼성전자가 경쟁하고 있다고 업계는 말한다."),
    ("ko", "그는 ‘こんにちは’라고 인사했고 우리는 모두 웃으면서 손을 흔들어 주었다."),
    ("ko", "Ｋ－ｐｏｐ은 １９９０년대부터 널리 알려지기 시작한 한국 대중음악이다."),
    ("ko", "뷁 쀍 🎉🎉🎉 쵝오!!!"),
    ("mixed", "def add(a, b):\n    return a + b  # 두 수를 더한다\nprint(add(1, 2))"),
    ("mixed", "This library reads the file. 이 라이브러리는 파일을 읽습니다. Call open() before you read from it."),
    ("mixed", "日本語の文章と한국어 문장이 같이 있는 페이지です。半分ずつ書かれています。"),
    ("en", "This page is written in English only and nobody wrote a Korean word into it."),
    ("en", "THE HISTORY OF THE WAR AND OF THE PEACE THAT FOLLOWED IT"),
    ("en", "The word kimchi (김치) is of Korean origin, and it is the name of a dish that you know from every menu."),
    ("ja", "これは日本語で書かれた文章です。韓国語は一つも含まれていません。"),
    ("ja", "東京都知事選挙の結果について"),
    ("ja", "ﾊﾝｶｸｶﾅ ﾃﾞ ｶｲﾀ ﾌﾞﾝｼｮｳ"),
    ("ja", "ソウル(서울)は大韓民国の首都であり、最大の都市である。漢江が市内を流れ、人口は約千万人。"),
    ("zh", "这是用中文写的文章，里面没有一个韩文字母。"),
    ("zh", "首爾（서울）是大韓民國的首都，也是該國最大的城市，位於漢江流域，人口約一千萬人。"),
    ("zh", "救崇窍技夸 馆癌嚼聪促"),  # EUC-KR read as GBK
    ("other", "annyeonghaseyo jeoneun hanguksaram imnida bangapseumnida"),  # romanised Korean
    ("other", "Annyŏnghaseyo, chŏnŭn Han'guk saram imnida."),
    ("other", "Ceci est une page écrite en français, sans un seul mot de coréen ni d'anglais."),
    ("other", "Dit is een Nederlandse tekst waarin niemand een woord Koreaans schreef, ook niet voor de lezer."),
    ("other", "Đây là một trang viết bằng tiếng Việt, không có chữ Hàn nào."),
    ("other", "Это страница на русском языке, без единого корейского слова."),
    ("other", "หน้านี้เขียนเป็นภาษาไทย"),
    ("other", "for (int i = 0; i < n; i++) { sum += values[i]; } return sum;"),
    ("none", "010-1234-5678 ★★★ 2021.05.25 12,000"),
    ("none", "🎉🎉🎉 !!!"),
    ("none", ""),
]  # fmt: skip


def measured(text: str):
    return measure(*string_buffers(pa.array([text], pa.large_string())))


@pytest.mark.parametrize(("expected", "text"), CASES)
def test_language_is_the_one_that_a_reader_would_say(expected, text):
    assert language(measured(text)).to_pylist() == [expected]


def test_every_language_has_a_case():
    assert {expected for expected, _ in CASES} == set(LANGUAGES)


def test_korean_share_of_a_mixed_text_is_kept():
    (row,) = measured("커밋 메시지는 English로 써 주세요 please write it like this every time")
    share = dict(zip(FEATURES, row.tolist(), strict=True))["korean_share"]
    assert share == pytest.approx(11 / (11 + 7 + 30), abs=0.02)


def test_a_batch_without_texts_has_no_languages():
    empty = measure(*string_buffers(pa.array([], pa.large_string())))
    assert language(empty).to_pylist() == []
    assert language(empty).type == pa.string()
