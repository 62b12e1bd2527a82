"""Texts without markup: the rules one by one, and that cleaning twice changes nothing more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slim.download.cleaning import clean, unescape_entities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wall&nbsp;Street &amp; co", "Wall Street & co"),
        ("AT amp;T said #39;yes#39; quot;today quot;", "AT &T said 'yes' \"today \""),
        ("one<br /><br>two <b>three</b> <!-- not\nthis --> four", "one two three four"),
        ("a < b and c > d, 1<2", "a < b and c > d, 1<2"),
        (r"first\nsecond\tthird \"quoted\"", 'first second third "quoted"'),
        ("&amp;lt;p&amp;gt;twice escaped", "twice escaped"),
        ("  much \u00a0\n white\t space ", "much white space"),
        ("caf\u00e9 \U0001f600 \u65e5\u672c", "caf\u00e9 \U0001f600 \u65e5\u672c"),
        ("", ""),
    ],
)
def test_cleaning_follows_its_rules(text: str, expected: str) -> None:
    assert clean(text) == expected == clean(expected)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab<>&;#3/\\\"' \n\u00a0") | st.characters(), max_size=40))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once == " ".join(once.split())


def test_entities_become_characters_and_what_looks_like_a_tag_stays() -> None:
    assert unescape_entities(" I &lt;3 you &amp;amp; &lt;sigh&gt;  him\n") == "I <3 you & <sigh> him"
