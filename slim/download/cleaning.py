"""Texts as they would be read, without what web pages and dumps left in them."""

import re
from html import unescape

from pandas import Series


def normalize_spaces(texts: "Series[str]") -> "Series[str]":
    """Every run of white space as one blank, none at either end."""
    return Series([" ".join(text.split()) for text in texts], index=texts.index, dtype=str)


def unescape_entities(text: str) -> str:
    """HTML entities as their characters, also those that were escaped twice; white space as in `normalize_spaces`."""
    while (again := unescape(text)) != text:
        text = again
    return " ".join(text.split())


def clean(text: str) -> str:
    """A text without markup. The rules, until none applies:

    1. an escaped line break or tab (a backslash and n, r or t) becomes a blank, an escaped quote a quote
    2. HTML entities become their characters, also the numbered and commonest ones that lost their ampersand
    3. HTML comments and tags become a blank; a lone `<` stays
    4. every run of white space becomes one blank, none at either end
    """
    while (again := _clean_once(text)) != text:
        text = again
    return text


def _clean_once(text: str) -> str:
    text = re.sub(r"\\([\"'])", r"\1", re.sub(r"\\[nrt]", " ", text))
    text = unescape(re.sub(r"(?<![&;])(#\d+|\b(?:quot|amp|lt|gt|nbsp));", r"&\1;", text))
    text = re.sub(r"<!--.*?-->|</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>", " ", text, flags=re.DOTALL)
    return " ".join(text.split())
