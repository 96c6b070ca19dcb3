import pytest
import torch

from malmoi.model.linear import linear, outer_product, product


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 5, 7), (4, 33, 16), (600, 40)])
@pytest.mark.parametrize("outputs", [1, 24, 130])
def test_value_and_gradients_equal_those_of_torch(size, outputs):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(size, generator=generator, requires_grad=True)
    weight = torch.randn(outputs, size[-1], generator=generator, requires_grad=True)
    upstream = torch.randn(*size[:-1], outputs, generator=generator)
    found, expected = linear(x, weight), torch.nn.functional.linear(x, weight)
    assert torch.allclose(found, expected, atol=1e-4)
    for mine, theirs in zip(
        torch.autograd.grad(found, (x, weight), upstream),
        torch.autograd.grad(expected, (x, weight), upstream),
        strict=True,
    ):
        assert torch.allclose(mine, theirs, atol=1e-3)


def test_the_same_product_gives_the_same_bits_again():
    x, weight = torch.randn(300, 64), torch.randn(200, 64)
    for _ in range(3):
        assert torch.equal(product(x, weight), product(x.clone(), weight.clone()))
        assert torch.equal(outer_product(x, x), outer_product(x.clone(), x.clone()))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_types_go_the_ordinary_way(dtype):
    x, weight = torch.randn(5, 8, dtype=dtype), torch.randn(3, 8, dtype=dtype)
    assert torch.equal(linear(x, weight), torch.nn.functional.linear(x, weight))


def test_autocast_is_respected():
    x, weight = torch.randn(5, 8), torch.randn(3, 8, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert linear(x, weight).dtype == torch.bfloat16
