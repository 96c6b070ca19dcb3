"""Syllables, the sounds that begin a word, particles, and halves of surrogate pairs."""

import itertools

import pytest

from malmoi.kit.hangul import (
    FINALS,
    FIRST_SYLLABLE,
    INITIALS,
    LAST_SYLLABLE,
    VOWELS,
    particle,
    soften,
    whole_characters,
    write_particles,
)


def test_every_syllable_has_its_place_in_the_tables():
    assert len(list(itertools.product(INITIALS, VOWELS, ("", *FINALS)))) == LAST_SYLLABLE - FIRST_SYLLABLE + 1
    assert (chr(FIRST_SYLLABLE), chr(LAST_SYLLABLE)) == ("가", "힣")


@pytest.mark.parametrize(
    ("syllable", "softened"),
    [
        ("녀", "여"),
        ("뇨", "요"),
        ("뉴", "유"),
        ("니", "이"),
        ("랴", "야"),
        ("려", "여"),
        ("례", "예"),
        ("료", "요"),
        ("류", "유"),
        ("리", "이"),
        ("라", "나"),
        ("래", "내"),
        ("로", "노"),
        ("뢰", "뇌"),
        ("루", "누"),
        ("르", "느"),
        ("락", "낙"),  # the final consonant stays
        ("력", "역"),
        ("량", "양"),
        ("녕", "영"),
        ("린", "인"),
        ("롱", "농"),
        ("나", "나"),  # ㄴ before other vowels stays
        ("노", "노"),
        ("여", "여"),
        ("가", "가"),
        ("이", "이"),
        ("뤼", "뉘"),
        ("냐", "냐"),  # articles 10 and 11 name each syllable: these are not among them
        ("럐", "냬"),
        ("ㄹ", "ㄹ"),
        ("", ""),
        ("녀자", "녀자"),
        ("A", "A"),
    ],
)
def test_the_initial_sound_rule(syllable, softened):
    assert soften(syllable) == softened


@pytest.mark.parametrize(
    ("syllable", "form"), [("자", "로"), ("물", "로"), ("속", "으로"), ("강", "으로"), ("여", "로")]
)
def test_the_particle_after_a_syllable(syllable, form):
    assert particle(syllable, "으로/로") == form


@pytest.mark.parametrize(
    ("sentence", "written"),
    [
        ("두부을/를 산다", "두부를 산다"),
        ("밥은/는 맛있다", "밥은 맛있다"),
        ("서울으로/로", "서울로"),
        ("부산으로/로", "부산으로"),
        ("제주으로/로", "제주로"),
        ("값이/가 7이/가", "값이 7이"),
        ("물과/와 차과/와", "물과 차와"),
    ],
)
def test_particles_follow_the_final_consonant(sentence, written):
    assert write_particles(sentence) == written


@pytest.mark.parametrize(
    ("text", "whole"),
    [("가😀", "가😀"), ("\ud83d\ude00", "😀"), ("가\ud83d나", "가\ufffd나"), ("\udc00", "\ufffd"), ("", "")],
)
def test_half_a_character_becomes_the_sign_for_damage_and_two_halves_become_one(text: str, whole: str):
    assert whole_characters(text) == whole
