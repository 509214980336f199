"""Reading lines: what is understood, where it stands, and what is not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.tasks.quick_add.reading import read_quick_task
from tests.unit.tasks.quick_add.reading import HOME, NOON, WORK, due, read, understood


def at(text: str, zone: str = "Europe/Paris") -> datetime:
    """Return a local time in a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


class TestWhatIsUnderstood:
    def test_is_told_with_its_place_in_the_order_of_the_text(self) -> None:
        assert understood("Pay rent tomorrow 9am #home !high @work every month") == [
            ("date", "tomorrow"),
            ("time", "9am"),
            ("label", "#home"),
            ("priority", "!high"),
            ("list", "@work"),
            ("recurrence", "every month"),
        ]

    def test_has_its_leading_words_and_the_punctuation_behind_it(self) -> None:
        assert understood("On friday, at 9am: call Bob by the way") == [("date", "On friday,"), ("time", "at 9am:")]

    def test_counts_code_points_whatever_they_are_made_of(self) -> None:
        text = "\U0001f3e0 e\u0301 \u05e9\u05dc\u05d5\u05dd tomorrow"

        (span,) = read(text).spans
        assert (span.start, span.end) == (text.index("tomorrow"), len(text))
        assert read(text).title == "\U0001f3e0 e\u0301 \u05e9\u05dc\u05d5\u05dd"

    def test_may_be_all_there_is(self) -> None:
        assert read("tomorrow 9am #home").title == ""

    def test_is_a_whole_phrase_even_where_blanks_are_many(self) -> None:
        assert understood("x  next \t friday") == [("date", "next \t friday")]

    def test_is_no_phrase_across_the_end_of_a_sentence(self) -> None:
        assert read("Say who is next. Friday").title == "Say who is next."
        assert due("Say who is next. Friday") == "2026-11-27"

    @pytest.mark.parametrize("text", ["TOMORROW", "Tomorrow", "tOmOrRoW"])
    def test_is_so_in_any_case(self, text: str) -> None:
        assert due(text) == "2026-11-24"


class TestWhatComesTwice:
    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("x friday, monday", "x monday"),
            ("x friday, next week Ann", "x next week Ann"),
            ("x today for tomorrow", "x for tomorrow"),
            ("x friday 9am for monday", "x for monday"),
            ("x friday 9am, monday 10am", "x monday 10am"),
            ("x friday or monday 9am", "x or monday 9am"),
            ("x 9am 5pm", "x 5pm"),
            ("x !low !high", "x !high"),
            ("x @work @home-stuff", "x @home-stuff"),
            ("x every day every tuesday", "x every tuesday"),
            ("x in 2 hours tomorrow", "x tomorrow"),
            ("x tomorrow in 2 hours", "x in 2 hours"),
            ("x every day until friday until monday", "x until monday"),
        ],
    )
    def test_stays_in_the_title(self, text: str, title: str) -> None:
        assert read(text).title == title

    def test_is_one_label(self) -> None:
        task = read("x #home #home")

        assert (task.title, task.labels, len(task.spans)) == ("x", ["home"], 2)


class TestADayThatHasPassed:
    def test_is_that_of_the_next_year(self) -> None:
        assert due("x nov 22") == "2027-11-22"
        assert due("x nov 23") == "2026-11-23"

    def test_is_the_next_one_if_its_time_has_passed(self) -> None:
        assert due("x nov 23 9am") == "2027-11-23 09:00"
        assert due("x on the 23rd 9am") == "2026-12-23 09:00"
        assert due("x monday 9am") == "2026-11-30 09:00"
        assert due("x monday 1pm") == "2026-11-23 13:00"

    def test_stays_if_it_was_said_with_its_year_or_as_today(self) -> None:
        assert due("x 2020-01-01") == "2020-01-01"
        assert due("x today 9am") == "2026-11-23 09:00"

    def test_of_a_leap_year_is_that_of_the_next_one(self) -> None:
        assert due("x feb 29") == "2028-02-29"
        assert due("x feb 29", at("2097-01-01T12:00")) == "2104-02-29"

    def test_of_the_month_is_in_the_next_month_that_has_it(self) -> None:
        assert due("x on the 31st") == "2026-12-31"
        assert due("x on the 31st", at("2027-02-01T12:00")) == "2027-03-31"


class TestTonight:
    def test_goes_on_to_the_end_of_the_day_once_its_usual_time_has_passed(self) -> None:
        assert due("x tonight", at("2026-11-23T20:00")) == "2026-11-23"
        assert due("x tonight", at("2026-11-23T19:59")) == "2026-11-23 20:00"

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("at 9", "2026-11-23 21:00"),
            ("at 7:30", "2026-11-23 19:30"),
            ("at 11:59", "2026-11-23 23:59"),
            ("9am", "2026-11-23 09:00"),
            ("at noon", "2026-11-23 12:00"),
            ("12pm", "2026-11-23 12:00"),
            ("22:15", "2026-11-23 22:15"),
        ],
    )
    def test_puts_hours_without_their_half_into_the_evening(self, text: str, moment: str) -> None:
        assert (read(f"x tonight {text}").title, due(f"x tonight {text}")) == ("x", moment)

    @pytest.mark.parametrize(
        ("text", "time"),
        [
            ("at 12", "00:00"),
            ("at 12:30", "00:30"),
            ("at 1", "01:00"),
            ("2am", "02:00"),
            ("at 4:59", "04:59"),
            ("at 0", "00:00"),
            ("12am", "00:00"),
            ("at midnight", "00:00"),
        ],
    )
    def test_goes_on_behind_midnight(self, text: str, time: str) -> None:
        assert due(f"x tonight {text}") == f"2026-11-24 {time}"

    def test_is_still_the_same_night_behind_midnight(self) -> None:
        assert due("x tonight at 2", at("2026-11-23T00:30")) == "2026-11-23 02:00"
        assert due("x tonight at midnight", at("2026-11-23T00:30")) == "2026-11-24 00:00"


class TestMidnight:
    @pytest.mark.parametrize("text", ["today at midnight", "midnight today", "today 00:00", "today 12am"])
    def test_of_today_is_the_next_one(self, text: str) -> None:
        assert (read(f"x {text}").title, due(f"x {text}")) == ("x", "2026-11-24 00:00")

    def test_begins_any_other_day(self) -> None:
        assert due("x tomorrow at midnight") == "2026-11-24 00:00"
        assert due("x friday midnight") == "2026-11-27 00:00"
        assert due("x 2026-11-23 00:00") == "2026-11-23 00:00"


class TestAPartOfADay:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("this morning", "2026-11-23 09:00"),
            ("this evening", "2026-11-23 18:00"),
            ("tomorrow in the morning", "2026-11-24 09:00"),
            ("tomorrow night", "2026-11-24 20:00"),
            ("sat morning", "2026-11-28 09:00"),
            ("monday morning", "2026-11-30 09:00"),
            ("monday evening", "2026-11-23 18:00"),
            ("friday afternoon at 3", "2026-11-27 15:00"),
            ("friday afternoon 15:30", "2026-11-27 15:30"),
            ("friday morning at 3", "2026-11-27 03:00"),
            ("every! evening at 7", "2026-11-23 19:00"),
            ("daily in the morning", "2026-11-24 09:00"),
            ("every evening starting friday", "2026-11-27 18:00"),
            ("tomorrow evening at 7:30", "2026-11-24 19:30"),
            ("tomorrow at 5 in the afternoon", "2026-11-24 17:00"),
            ("at 7:30 in the evening", "2026-11-23 19:30"),
            ("7:30 in the evening", "2026-11-23 19:30"),
            ("tomorrow at 7 o'clock in the morning", "2026-11-24 07:00"),
            ("at 10 at night", "2026-11-23 22:00"),
            ("at 12 at night", "2026-11-24 00:00"),
            ("friday at night", "2026-11-27 20:00"),
            ("friday at 12:30 at night", "2026-11-28 00:30"),
            ("friday night at 12", "2026-11-28 00:00"),
            ("friday night at 5", "2026-11-27 17:00"),
            ("friday evening at 12", "2026-11-28 00:00"),
            ("friday afternoon at 12", "2026-11-27 12:00"),
            ("monday night at 1", "2026-11-24 01:00"),
            ("every evening 8:30", "2026-11-23 20:30"),
            ("every night at 12", "2026-11-24 00:00"),
            ("every friday night at 12 starting dec 4", "2026-12-05 00:00"),
            ("SATURDAY NIGHT", "2026-11-28 20:00"),
            ("Saturday Night at 7", "2026-11-28 19:00"),
        ],
    )
    def test_is_a_time_if_no_other_is_said(self, text: str, moment: str) -> None:
        assert (read(f"x {text}").title, due(f"x {text}")) == ("x", moment)

    @pytest.mark.parametrize("text", ["Good morning", "Morning run", "Say it in the evening", "Night, night"])
    def test_is_nothing_without_a_day(self, text: str) -> None:
        assert read(text).title == text


class TestTwoDaysSideBySide:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("Wednesday, December 30", "2026-12-30"),
            ("on friday 18 dec 9am", "2026-12-18 09:00"),
            ("monday 2026-12-14", "2026-12-14"),
            ("tuesday the 8th", "2026-12-08"),
            ("tuesday the 8th at 9", "2026-12-08 09:00"),
            ("Wed, Dec 30 at 9am", "2026-12-30 09:00"),
            ("Fri 18/12/2026", "2026-12-18"),
            ("Friday 18.12. 9:00", "2026-12-18 09:00"),
            ("sun 6 dec", "2026-12-06"),
            ("18 dec, friday", "2026-12-18"),
            ("next friday 18 dec", "2026-12-18"),
            ("friday 9am 18 dec", "2026-12-18 09:00"),
            ("monday nov 23 9am", "2026-11-23 09:00"),
            ("friday evening, 18 dec", "2026-12-18 18:00"),
            ("monday next week", "2026-11-30"),
            ("friday next week", "2026-12-04"),
            ("friday 9am next week", "2026-12-04 09:00"),
            ("friday morning next week", "2026-12-04 09:00"),
            ("next week on friday", "2026-12-04"),
            ("next week friday night", "2026-12-04 20:00"),
            ("next week on sat", "2026-12-05"),
            ("friday this week", "2026-11-27"),
            ("next month on the 5th", "2026-12-05"),
            ("next month on the 25th", "2026-12-25"),
            ("dec 24 next year", "2027-12-24"),
            ("tomorrow, tuesday", "2026-11-24"),
            ("saturday this weekend", "2026-11-28"),
        ],
    )
    def test_say_one_day_together(self, text: str, moment: str) -> None:
        assert (read(f"x {text}").title, due(f"x {text}")) == ("x", moment)

    @pytest.mark.parametrize(
        "text",
        [
            "x Wednesday, December 31",
            "x Wed, Dec 31 at 9am",
            "x on friday 17 dec 9am",
            "x 9am friday 17 dec",
            "x friday 9am 17 dec",
            "x 17 dec, friday",
            "x friday the 13th",
            "x monday 2020-01-01",
            "x tuesday in two weeks",
            "x friday next month",
            "x tomorrow next week",
            "x tomorrow wednesday",
            "x friday monday",
            "x monday tuesday wednesday",
            "x today tomorrow friday next week monday",
        ],
    )
    def test_stay_if_they_contradict_each_other(self, text: str) -> None:
        task = read(text)

        assert (task.title, task.due, task.spans) == (text, None, [])

    @pytest.mark.parametrize(
        ("text", "title", "moment"),
        [
            ("Meet thursday 3rd floor", "Meet 3rd floor", "2026-11-26"),
            ("Cook friday 1/2 chicken", "Cook 1/2 chicken", "2026-11-27"),
            ("Gym monday sun cream", "Gym sun cream", "2026-11-23"),
            ("Buy sun cream dec 30", "Buy sun cream", "2026-12-30"),
            ("Buy sun dec 30", "Buy sun", "2026-12-30"),
            ("Shop dec 6 sat nav", "Shop sat nav", "2026-12-06"),
            ("Score 4/5 tomorrow", "Score 4/5", "2026-11-24"),
            ("Say who comes friday. Monday", "Say who comes Monday", "2026-11-27"),
            ("Ring friday on, on", "Ring on, on", "2026-11-27"),
        ],
    )
    def test_are_one_where_a_word_is_no_day(self, text: str, title: str, moment: str) -> None:
        assert (read(text).title, due(text)) == (title, moment)


class TestATimeWithoutADay:
    def test_is_the_next_such_time(self) -> None:
        assert due("x 12:01") == "2026-11-23 12:01"
        assert due("x 12:00") == "2026-11-24 12:00"
        assert due("x 11:59") == "2026-11-24 11:59"

    @pytest.mark.parametrize(("text", "time"), [("12am", "00:00"), ("12pm", "12:00"), ("12:30 AM", "00:30")])
    def test_has_twelve_hours_in_each_half_of_the_day(self, text: str, time: str) -> None:
        assert due(f"x {text}")[-5:] == time


class TestADelay:
    def test_goes_by_the_clock_of_instants_over_a_change_to_summer_time(self) -> None:
        """In Paris 02:00 becomes 03:00 on 2027-03-28."""
        assert due("x in 2 hours", at("2027-03-28T01:30")) == "2027-03-28 04:30"

    @pytest.mark.parametrize(
        ("now", "text", "instant"),
        [
            ("2027-10-31T00:45+00:00", "x in 30 minutes", "2027-10-31T01:15+00:00"),
            ("2027-10-31T00:15+00:00", "x in 1 hour", "2027-10-31T01:15+00:00"),
            ("2027-10-31T01:15+00:00", "x in 30 minutes", "2027-10-31T01:45+00:00"),
        ],
    )
    def test_is_told_in_utc_in_the_second_of_two_hours_with_one_name(self, now: str, text: str, instant: str) -> None:
        """In Paris 03:00 becomes 02:00 on 2027-10-31."""
        moment = read(text, datetime.fromisoformat(now).astimezone(ZoneInfo("Europe/Paris"))).due

        assert moment is not None
        assert moment.at is not None
        assert moment.timezone == "UTC"
        assert datetime.combine(moment.day, moment.at, UTC) == datetime.fromisoformat(instant)

    def test_is_told_in_the_zone_of_the_user_in_the_first_of_them(self) -> None:
        moment = read("x in 30 minutes", at("2027-10-31T01:45")).due

        assert moment is not None
        assert (f"{moment.at:%H:%M}", moment.timezone) == ("02:15", None)

    def test_leads_over_midnight(self) -> None:
        assert due("x in 90 minutes", at("2026-12-31T23:00:59")) == "2027-01-01 00:30"

    def test_is_not_moved_by_a_part_of_the_day(self) -> None:
        assert due("x every evening in 2 hours", at("2026-11-23T05:00")) == "2026-11-23 07:00"
        assert due("x every night in 2 hours", at("2026-11-23T23:00")) == "2026-11-24 01:00"

    def test_of_months_ends_with_a_shorter_month(self) -> None:
        assert due("x in a month", at("2027-01-31T12:00")) == "2027-02-28"
        assert due("x in 1 year", at("2028-02-29T12:00")) == "2029-02-28"


class TestTheEndOfTheCalendar:
    @pytest.mark.parametrize(
        "text",
        [
            *(
                "x next year",
                "x in 999 years",
                "x tomorrow",
                "x 9am",
                "x jan 1",
                "x every feb 29 9am",
                "x next month",
            ),
            *("x every day 9am", "x monday 9am", "x next week", "x this weekend", "x on the 30th", "x in 999 hours"),
        ],
    )
    def test_gives_no_day_that_a_task_cannot_have(self, text: str) -> None:
        moment = read(text, at("9998-12-31T12:00", "UTC")).due

        assert moment is None or moment.day.year <= 9998


class TestARecurrence:
    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("every year", "FREQ=YEARLY"),
            ("yearly", "FREQ=YEARLY"),
            ("annually", "FREQ=YEARLY"),
            ("every two weeks", "FREQ=WEEKLY;INTERVAL=2"),
            ("every other day", "FREQ=DAILY;INTERVAL=2"),
            ("every 2nd day", "FREQ=DAILY;INTERVAL=2"),
            ("every sun", "FREQ=WEEKLY;BYDAY=SU"),
            ("every monday, wednesday and friday", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
            ("every fri & mon", "FREQ=WEEKLY;BYDAY=MO,FR"),
            ("every week on tuesday", "FREQ=WEEKLY;BYDAY=TU"),
            ("weekly on mon", "FREQ=WEEKLY;BYDAY=MO"),
            ("every 2 months on the 1st", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1"),
            ("every 3 months on the last friday", "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR"),
            ("every first monday of the month", "FREQ=MONTHLY;BYDAY=1MO"),
            ("every last day of the month", "FREQ=MONTHLY;BYMONTHDAY=-1"),
            ("every 1st day of the month", "FREQ=MONTHLY;BYMONTHDAY=1"),
            ("every first day of the month", "FREQ=MONTHLY;BYMONTHDAY=1"),
            ("the first day of every month", "FREQ=MONTHLY;BYMONTHDAY=1"),
            ("on the 1st and 15th of each month", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
            ("the last friday of every month", "FREQ=MONTHLY;BYDAY=-1FR"),
            ("on the 2nd tuesday of every month", "FREQ=MONTHLY;BYDAY=2TU"),
            ("every year on dec 24", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"),
            ("every 24th of december", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"),
            ("every feb 29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
            ("every day until tomorrow", "FREQ=DAILY;UNTIL=20261124"),
            ("every day till 2027-01-05", "FREQ=DAILY;UNTIL=20270105"),
            ("every friday night at 12", "FREQ=WEEKLY;BYDAY=SA"),
            ("every sunday night at 1 until dec 6", "FREQ=WEEKLY;UNTIL=20261207;BYDAY=MO"),
            ("every 1st at night at 12", "FREQ=MONTHLY;BYMONTHDAY=1"),
            ("every day until friday 18 dec", "FREQ=DAILY;UNTIL=20261218"),
            ("on mondays", "FREQ=WEEKLY;BYDAY=MO"),
            ("on Mondays, wednesdays and fridays", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
            ("on weekdays", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
            ("on weekends", "FREQ=WEEKLY;BYDAY=SA,SU"),
            ("every day for 5 times", "FREQ=DAILY;COUNT=5"),
            ("daily for ten times", "FREQ=DAILY;COUNT=10"),
        ],
    )
    def test_becomes_a_rule(self, text: str, rule: str) -> None:
        task = read(f"x {text}")

        assert (task.title, task.rule) == ("x", rule)

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("every feb 30", "x every feb 30"),
            ("every 32nd", "x every 32nd"),
            ("every 0 days", "x every 0 days"),
            ("every 1000 days", "x every 1000 days"),
            ("every, day", "x every, day"),
            ("every hour", "x every hour"),
            ("every last week", "x every last week"),
        ],
    )
    def test_that_there_is_not_stays_in_the_title(self, text: str, title: str) -> None:
        task = read(f"x {text}")

        assert (task.title, task.rule) == (title, None)

    @pytest.mark.parametrize("text", ["daily 3 times", "every day 3 times", "every day, 3 times"])
    def test_does_not_end_after_what_is_done_each_time(self, text: str) -> None:
        task = read(f"x {text}")

        assert (task.title, task.rule) == ("x 3 times", "FREQ=DAILY")

    def test_does_not_end_on_a_day_that_contradicts_itself(self) -> None:
        task = read("x every day until friday 17 dec")

        assert (task.title, task.rule, due("x every day until friday 17 dec")) == (
            "x until friday 17 dec",
            "FREQ=DAILY",
            "2026-11-23",
        )

    def test_begins_on_the_day_that_is_said(self) -> None:
        assert due("x every monday starting dec 9") == "2026-12-09"
        assert due("x every day 9am from friday") == "2026-11-27 09:00"

    def test_begins_as_soon_as_a_day_of_it_has_the_time_ahead(self) -> None:
        assert due("x every other monday 9am") == "2026-11-30 09:00"
        assert due("x every 3 months on the 22nd") == "2026-12-22"

    def test_does_not_end_before_it_begins(self) -> None:
        task = read("x every friday until tomorrow")

        assert (task.title, task.rule) == ("x until tomorrow", "FREQ=WEEKLY;BYDAY=FR")

    def test_ends_on_the_next_such_day_after_it_began(self) -> None:
        assert read("x every monday 9am until monday").rule == "FREQ=WEEKLY;UNTIL=20261130;BYDAY=MO"

    def test_counts_from_completion_with_an_exclamation_mark(self) -> None:
        assert read("x every! week").is_from_completion
        assert not read("x every week!").is_from_completion


class TestQuotedText:
    @pytest.mark.parametrize(
        "text",
        [
            '"tomorrow"',
            '"every day at 9am"',
            "“next friday”",
            'Read "tomorrow", he said',
            'Say "#home !high @work" aloud',
            '"in" 3 days',
        ],
    )
    def test_stays_with_its_marks(self, text: str) -> None:
        assert (read(text).title, read(text).spans) == (text, [])

    def test_must_be_whole_words(self) -> None:
        assert read('Buy a 12" pipe and a 9" pipe tomorrow').title == 'Buy a 12" pipe and a 9" pipe'

    def test_that_does_not_end_is_not_quoted(self) -> None:
        assert read('Say "hello tomorrow').title == 'Say "hello'


class TestLabels:
    @pytest.mark.parametrize(
        "label",
        [
            "home",
            "Home",
            "größe",
            "\u5bb6",
            "\u05d1\u05d9\u05ea",
            "\u0939\u093f\u0928\u094d\u0926\u0940",
            "a-b_2",
            "e\u0301",
            "x" * 50,
        ],
    )
    def test_are_words_of_any_script_as_they_were_written(self, label: str) -> None:
        assert read(f"x #{label}").labels == [label]

    @pytest.mark.parametrize("text", ["#", "#12", "#-", "##home", "#a/b", "#\U0001f3e0", "C#", "#" + "x" * 51])
    def test_are_nothing_else(self, text: str) -> None:
        assert (read(f"x {text}").labels, read(f"x {text}").title) == ([], f"x {text}")

    def test_are_no_more_than_a_task_may_have(self) -> None:
        task = read("x " + " ".join(f"#l{number}" for number in range(22)))

        assert (len(task.labels), task.title) == (20, "x #l20 #l21")


class TestLists:
    @pytest.mark.parametrize("text", ["@work", "@WORK", '@"work"', "@work,", '@"Work".'])
    def test_are_found_in_any_case(self, text: str) -> None:
        assert (read(f"x {text}").list_id, read(f"x {text}").title) == (WORK, "x")

    @pytest.mark.parametrize("text", ['@"Home stuff"', "@home-stuff", "@Home_Stuff", '@" home  stuff "'])
    def test_of_several_words_are_found(self, text: str) -> None:
        assert read(f"x {text}").list_id == HOME

    def test_are_the_first_ones_of_their_name_and_spelled_so_if_there_is_one(self) -> None:
        lists = [(HOME, "a b"), (WORK, "a-b")]

        assert read_quick_task("x @a-b", NOON, lists).list_id == WORK
        assert read_quick_task("x @a_b", NOON, lists).list_id == HOME

    def test_are_found_however_their_letters_are_composed(self) -> None:
        assert read_quick_task("x @cafe\u0301", NOON, [(HOME, "Caf\u00e9")]).list_id == HOME

    @pytest.mark.parametrize("text", ["@", "@nobody", '@"nobody at all"', '@""', "ann@work", '@"work'])
    def test_that_there_are_not_stay_in_the_title(self, text: str) -> None:
        assert (read(f"x {text}").list_id, read(f"x {text}").title) == (None, f"x {text}")
