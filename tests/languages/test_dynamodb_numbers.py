"""Numbers and key bytes: the normal form, the limits, and an order that SQL can see."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.dynamodb import keys, numbers
from headwater.languages.dynamodb.errors import ValidationException

EXACT = Context(prec=400)

digits = st.text("0123456789", min_size=1, max_size=38)
texts = st.builds(
    lambda sign, whole, fraction, exponent: f"{sign}{whole}.{fraction}e{exponent}",
    st.sampled_from(["", "-", "+"]),
    st.text("0123456789", max_size=19),
    st.text("0123456789", min_size=1, max_size=19),
    st.integers(-100, 100),
)
decimals = texts.map(numbers.normal_form)


@given(texts)
def test_normal_form_keeps_the_value_and_is_its_own_normal_form(text: str) -> None:
    normal = numbers.normal_form(text)
    assert EXACT.create_decimal(normal) == EXACT.create_decimal(text)
    assert numbers.normal_form(normal) == normal
    assert "e" not in normal.lower() and not normal.startswith("+")


@given(decimals, decimals)
def test_equal_numbers_have_one_text(left: str, right: str) -> None:
    assert (left == right) == (Decimal(left) == Decimal(right))


@given(decimals, decimals)
def test_bytes_order_as_numbers_do(left: str, right: str) -> None:
    assert (numbers.sortable(left) < numbers.sortable(right)) == (Decimal(left) < Decimal(right))


@given(st.lists(st.integers(-10_000, 10_000), min_size=2))
def test_close_numbers_sort(values: list[int]) -> None:
    texts = [numbers.normal_form(f"{value}e-2") for value in values]
    assert sorted(texts, key=numbers.sortable) == sorted(texts, key=Decimal)


@given(decimals, decimals)
def test_sums_are_exact_or_refused(left: str, right: str) -> None:
    for combine, exact in ((numbers.add, EXACT.add), (numbers.subtract, EXACT.subtract)):
        wanted = exact(Decimal(left), Decimal(right))
        significant = len("".join(map(str, wanted.as_tuple().digits)).strip("0"))
        if significant > 38:
            with pytest.raises(ValidationException, match="Number overflow"):
                combine(left, right)
        else:
            assert Decimal(combine(left, right)) == wanted
            assert numbers.normal_form(combine(left, right)) == combine(left, right)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("-0", "0"),
        ("0e1000", "0"),
        ("+3", "3"),
        (".123", "0.123"),
        ("5.", "5"),
        ("0001.23", "1.23"),
        ("1e+5", "100000"),
        ("-17.4E3", "-17400"),
        ("100", "100"),
        ("1.10", "1.1"),
        ("9.99999999e125", "999999999" + "0" * 117),
    ],
)
def test_normal_forms(text: str, normal: str) -> None:
    assert numbers.normal_form(text) == normal


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The parameter cannot be converted to a numeric value"),
        *[
            (wrong, f"The parameter cannot be converted to a numeric value: {wrong}")
            for wrong in ["NaN", "Infinity", "dog", " 1", "1 ", ".", "1e", "1_0", "--1", "١", "1e" + "9" * 5000]
        ],
        ("123456789012345678901234567890123456789", "Attempting to store more than 38 significant digits in a Number"),
        (
            "-1e126",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            "1e-131",
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
    ],
)
def test_what_is_no_number(text: str, message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        numbers.normal_form(text)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 1),
        ("1", 2),
        ("12", 2),
        ("123", 3),
        ("-42", 3),
        ("100", 2),
        ("1010", 3),
        ("123456", 4),
        ("9" * 38, 20),
        ("0.15", 2),
        ("0.0000001", 2),
        ("1.5", 3),
        ("1.234", 4),
        ("3.14159", 5),
        ("100.5", 4),
        ("1E125", 2),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert numbers.size(numbers.normal_form(text)) == size


@given(st.lists(st.text(), min_size=2, max_size=5))
def test_strings_sort_by_their_utf8_bytes(values: list[str]) -> None:
    wanted = sorted(values, key=lambda value: value.encode("utf-8", "surrogatepass"))
    assert sorted(values, key=lambda value: keys.sortable({"S": value}, "S")) == wanted


@given(st.text(), st.integers(1, 1_000_000))
def test_a_partition_lies_in_one_segment(value: str, total: int) -> None:
    partition = keys.partition({"S": value}, "S")
    segment = int.from_bytes(partition[:4], "big") * total // keys.HASH_SPACE
    assert keys.segment_start(segment, total) <= partition
    assert segment + 1 == total or partition < keys.segment_start(segment + 1, total)


@given(st.binary(max_size=4), st.binary(max_size=6))
def test_after_prefix_bounds_all_that_begin_with_it(prefix: bytes, other: bytes) -> None:
    end = keys.after_prefix(prefix)
    assert other.startswith(prefix) == (other >= prefix and (end is None or other < end))
