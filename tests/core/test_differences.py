"""Two texts compared and put together: whatever they are, nothing is lost."""

import time

from hypothesis import given
from hypothesis import strategies as st

from grants.core.differences import Kind, Piece, difference, excerpt, merge, new_side, old_side, words

texts = st.text(st.sampled_from("aéعب 𝄞\n\t.؟x\u200f\u00a0"), max_size=60) | st.text(max_size=60)
phrases = st.lists(st.sampled_from(["le", "projet", "vise", "أداء", "الملف", "\n\n", "2026"]), max_size=12).map(
    " ".join
)
any_text = texts | phrases


def joined(pieces):
    return "".join(one.text for one in pieces)


@given(any_text, any_text)
def test_the_pieces_are_both_texts(old, new):
    found = difference(old, new)
    assert joined(old_side(found)) == old
    assert joined(new_side(found)) == new
    assert all(one.text for one in found)


@given(any_text)
def test_the_same_text_differs_in_nothing(text):
    assert [one.kind for one in difference(text, text)] == ([Kind.SAME] if text else [])


def test_words_not_letters():
    assert difference("le chat dort", "le chien dort") == [
        Piece(Kind.SAME, "le "),
        Piece(Kind.GONE, "chat"),
        Piece(Kind.NEW, "chien"),
        Piece(Kind.SAME, " dort"),
    ]
    assert difference("أودع الملف", "أودع المشروع")[1:] == [Piece(Kind.GONE, "الملف"), Piece(Kind.NEW, "المشروع")]


@given(any_text, any_text)
def test_an_excerpt_leaves_out_no_change(old, new):
    found = difference(old, new)
    changed = [one for one in found if one.kind != Kind.SAME]
    assert [one for one in excerpt(found, around=1) if one.kind in {Kind.GONE, Kind.NEW}] == changed


def test_an_excerpt_is_short():
    text = " ".join(f"w{n}" for n in range(1_000))
    short = excerpt(difference(text + " old end", "new " + text))
    assert len(joined(short)) < 500 and [one.kind for one in short].count(Kind.CUT) == 1


@given(any_text, any_text)
def test_what_only_one_wrote_is_taken_whole(base, text):
    assert merge(base, text, base) == (text, 0)
    assert merge(base, base, text) == (text, 0)
    assert merge(base, text, text) == (text, 0)


@given(any_text, any_text, any_text)
def test_nothing_that_either_wrote_is_lost(base, mine, theirs):
    told = words(merge(base, mine, theirs).text)
    for side in (mine, theirs):
        written = [word for one in difference(base, side) if one.kind == Kind.NEW for word in words(one.text)]
        assert {word for word in written if not word.isspace()} <= set(told) | set("".join(told).split())


def test_two_places_go_together_without_doubt_one_place_keeps_both():
    base = "Le problème est grand. La solution est simple. L’équipe est prête."
    mine, theirs = base.replace("grand", "immense"), base.replace("prête", "complète et formée")
    assert merge(base, mine, theirs) == (mine.replace("prête", "complète et formée"), 0)
    both = merge("un deux trois", "un A trois", "un B trois")
    assert both == ("un A B trois", 1)
    assert merge("", "bonjour", "salut") == ("bonjour salut", 1)


def test_a_hostile_text_costs_a_moment_only():
    old = " ".join("ab"[n * n % 7 % 2] for n in range(40_000))
    new = " ".join("ab"[n * n % 11 % 2] for n in range(40_000))
    before = time.monotonic()
    found = difference(old, new)
    assert joined(old_side(found)) == old and joined(new_side(found)) == new
    assert time.monotonic() - before < 5
