"""Numbers as people type them: taken for what they mean, or refused, never for another number.

A point or a comma marks decimals; a sign may be a hyphen or a minus; thin and no-break spaces may
stand between groups of three digits. What can be read in two ways is refused in words.
"""

import re

from icl_core.errors import InputError

_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-", "\uff0b": "+"})
_SPACE = "[\u00a0\u2007\u2009\u202f]"
_GROUPS = re.compile(rf"(?<![\d.,])[1-9]\d{{0,2}}(?:{_SPACE}\d{{3}})+(?!{_SPACE}?\d)")
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([,.])\d{3}(?!\d)")
"""How a line begins whose commas or points may group digits."""


def plain(text: str) -> str:
    """The text with plain signs, and without what only groups digits."""
    return _GROUPS.sub(lambda found: re.sub(r"\s", "", found[0]), text.translate(_SIGNS)).strip()


def typed(text: str) -> float:
    """The number that a text stands for.

    Raises:
        ValueError: It is none.
        InputError: It may be one of two.
    """
    text = plain(text)
    if _THOUSANDS.fullmatch(text):
        whole = text.replace(",", "")
        raise InputError(
            f"{text[:40]!r} may mean {whole[:40]} or a number with decimals: write it without "
            "a comma, or with a point for decimals."
        )
    if not (found := _NUMBER.fullmatch(text)):
        raise ValueError(text)
    value = float(text.replace(",", "."))
    if value == 0 and re.search("[1-9]", found[1]):
        raise InputError(f"{text[:40]!r} is too near to 0 to be told from it: write 0 or more.")
    return value


def apart(text: str) -> list[str]:
    """The numbers of a line, each still as text: apart by semicolons, or by spaces or commas.

    Raises:
        InputError: A comma may stand between two numbers or mark decimals.
    """
    text = plain(text)
    if ";" in text:
        return [part.strip() for part in text.split(";") if part.strip()]
    spaced = re.search(r",\s|\s,", text) is not None
    parts = [part for part in re.split(r"\s*,\s+|\s+,\s*|\s+", text) if part]
    several = len(parts) == 1 and "," in text and not _may_be_decimal(text)
    if several and not _GROUPED.match(text):
        return [part for part in text.split(",") if part]
    for part in parts:
        if "," in part.rstrip(",") and (spaced or len(parts) == 1):
            raise InputError(
                f"{text[:40]!r} can be read in two ways, for a comma in it may stand between two "
                "numbers or mark decimals: write a point for decimals, or a semicolon between "
                "numbers."
            )
    return [part.rstrip(",") if spaced or len(parts) == 1 else part for part in parts]


def _may_be_decimal(text: str) -> bool:
    """Whether it may be one number, as "1,3" and "1,000"; "1,2,3", "1.5,3", "1,-3" are several."""
    one = text.count(",") == 1 and "." not in text and _NUMBER.fullmatch(text)
    return bool(one or _THOUSANDS.fullmatch(text))
