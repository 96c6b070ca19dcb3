from dataclasses import dataclass

import pytest

from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least, require


@dataclass(frozen=True)
class Basket:
    apples: int = 3
    pears: int = 1
    share: float | None = None

    def __post_init__(self) -> None:
        at_least(self, 1, "apples", "pears")
        require(self, "above 0, up to 1", lambda share: 0 < share <= 1, "share")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pears": 0}, "pears is 0; expected 1 or more"),
        ({"apples": -2, "pears": 0}, "apples is -2; expected 1 or more"),
        ({"share": 0.0}, "share is 0.0; expected above 0, up to 1"),
    ],
)
def test_a_number_outside_its_range_is_refused_with_its_name_its_value_and_the_range(fields, message):
    with pytest.raises(UserError) as caught:
        Basket(**fields)
    assert str(caught.value) == message


def test_what_is_left_out_and_the_ends_of_a_range_are_taken():
    assert Basket(apples=1, share=None).share is None
    assert Basket(share=1).share == 1
