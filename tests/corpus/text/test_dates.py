import datetime

import pytest

from malmoi.corpus.text.dates import iso_date

CASES = {
    "2021-05-25": "2021-05-25",
    "2021-05-25T09:00:00+09:00": "2021-05-25",
    "2021.05.25.": "2021-05-25",
    "2021. 5. 25. 오후 3:10": "2021-05-25",
    "2021년 5월 25일 화요일": "2021-05-25",
    "입력 2021/05/25 09:00": "2021-05-25",
    "20210525": "2021-05-25",
    "20210525093000": "2021-05-25",
    "15.08.25": "2015-08-25",
    "98.8.5": "1998-08-05",
    "07/20/2015": "2015-07-20",
    "2021년 5월": "2021-05",
    "2021-05": "2021-05",
    "1996년": "1996",
    "1996": "1996",
    "Tue, 25 May 2021 09:00:00 +0900": "2021-05-25",
    "1621900800": "2021-05-25",
    "2021-13-40": None,
    "어제": None,
    "3분 전": None,
    "": None,
    "010-1234-5678": None,
    "9" * 400: None,
}


@pytest.mark.parametrize("written", CASES)
def test_dates_as_sites_write_them_become_iso(written):
    assert iso_date(written) == CASES[written]


def test_numbers_and_dates_are_read_too():
    assert iso_date(1_621_900_800) == "2021-05-25"
    assert iso_date(1_621_900_800_000) == "2021-05-25"
    assert iso_date(1_621_900_800.5) == "2021-05-25"
    assert iso_date(datetime.datetime(2021, 5, 25, 9, tzinfo=datetime.UTC)) == "2021-05-25"
    assert iso_date(datetime.date(2021, 5, 25)) == "2021-05-25"
    assert iso_date(20210525) == "2021-05-25"
    assert [iso_date(value) for value in (True, None, -5, float("nan"), 10**30, [2021])] == [None] * 6
