"""What people text: the words for stop, start, help and more in every language, however they are written."""

from __future__ import annotations

import pytest

from selfservice.kit import texting

LANGUAGES = ("en", "es", "ar", "pl", "zh", "hi")
EVERY_WORD = [
    (word, command) for command in texting.COMMANDS for words in texting.list_words(command).values() for word in words
]


@pytest.mark.parametrize("command", texting.COMMANDS)
def test_every_language_has_its_words(command: texting.Command) -> None:
    assert tuple(texting.list_words(command)) == LANGUAGES


def test_every_word_means_what_it_stands_under() -> None:
    assert [(word, command) for word, command in EVERY_WORD if texting.find_command(word) != command] == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "stop",
            "STOP",
            "Stop.",
            "  stop \n",
            "STOP PLEASE",
            "please stop",
            "Stop! Thanks",
            "STOP STOP STOP",
            "“STOP”",
        ),
        *(
            "ＳＴＯＰ",
            "ｓｔｏｐ",
            "𝗦𝗧𝗢𝗣",
            "s\u0301top",
            "STOP\u200b",
            "Stop 🛑",
            "stopall",
            "Stop all",
            "UNSUBSCRIBE",
            "Cancel",
            "S T O P",
            "nie pisz do mnie",
        ),
        *("end", "quit", "REVOKE", "opt out", "Opt-out", "OPTOUT", "Don’t text me", "stop texting me please"),
        *("Baja", "CANCELAR", "por favor, parar", "no más mensajes", "NO MAS MENSAJES"),
        *("توقف", "تَوَقَّفْ", "إيقاف", "ايقاف", "إلغاء الاشتراك", "الغاء الاشتراك", "أوقف الرسائل من فضلك", "تـوقـف"),
        *("koniec", "Zakończ", "ZAKONCZ", "wypisz mnie", "Proszę wypisz mnie"),
        *("退订", "退订。", "退訂", "TD", "ｔｄ", "取消订阅", "谢谢 退订"),
        *("बंद करें", "बंद करें।", "बन्द करो", "कृपया बंद करें", "रोको"),
    ],
)
def test_stop_is_understood(text: str) -> None:
    assert texting.find_command(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "don't stop by early",
            "Can we stop at 5?",
            "The bus stop is far",
            "stop by at 5",
            "non-stop",
            "Will it end?",
        ),
        *("Can I cancel and come on Tuesday?", "I will not quit", "Where do I start?", "can you help my mother", ""),
        *("no", "yes", "1", "🙂", "please", "¿Puedo parar a las 5?", "متى تتوقف الحافلة؟", "Gdzie jest koniec ulicy?"),
        *("公交车停在哪里？", "क्या दुकान बंद है?"),
    ],
)
def test_what_only_sounds_like_it_goes_to_a_person(text: str) -> None:
    assert texting.find_command(text) is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        *(("START", "start"), ("Unstop", "start"), ("alta", "start"), ("ابدأ", "start"), ("wznów", "start")),
        *(("开始", "start"), ("शुरू करें", "start")),
        *(("Help!", "help"), ("info", "help"), ("ayuda", "help"), ("مساعدة", "help"), ("POMOC", "help")),
        *(("帮助", "help"), ("मदद", "help"), ("More", "more"), ("MÁS", "more"), ("المزيد", "more")),
        *(("więcej", "more"), ("更多", "more"), ("लिंक", "more")),
    ],
)
def test_the_other_words_are_understood(text: str, command: str) -> None:
    assert texting.find_command(text) == command


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("don't stop by early", True),
        ("please opt me out of all of this", True),
        ("我不想再收到了请退订短信", True),
        ("Quiero darme de baja del todo", True),
        ("Is there parking?", False),
        ("您好，停车场在哪里", False),
    ],
)
def test_a_text_with_words_for_stop_in_it_is_told_apart(text: str, mentions: bool) -> None:
    assert texting.find_command(text) is None
    assert texting.mentions_stop(text) is mentions


def test_doubtful_words_are_words_for_stop_in_each_language() -> None:
    doubtful = texting._table()["doubtful"]

    assert tuple(doubtful) == LANGUAGES
    for words in doubtful.values():
        assert {texting.find_command(word) for word in words} == {"stop"}
    assert texting.is_doubtful("Cancel, please!")
    assert not texting.is_doubtful("STOP")


@pytest.mark.parametrize(
    ("text", "spelt"),
    [("Yes!", "yes"), ("¡Sí!", "si"), ("١", "1"), ("1️⃣", "1"), ("हाँ", "हां"), ("ZMIEŃ  termin", "zmien termin")],
)
def test_one_spelling_for_all_ways_of_writing(text: str, spelt: str) -> None:
    assert texting.spelt(text) == spelt
    assert texting.spelt(spelt) == spelt
