"""Titles in which nothing is meant as a date, a time or a recurrence stay as they are."""

import pytest

from tests.unit.tasks.quick_add.reading import read

ORDINARY = """
You may go
Ask whether we may leave at once
May the force be with you
Tell him 2 may come
Buy sun cream
Sit in the sun
Walk by the sun dial
Charge the sat nav
Look where he sat down
Ask who will wed whom
March on Washington
Find the march to play
Mar the surface a little
Wait a second
Take a minute to breathe
Run 10 minutes
Read for 2 hours
The second day of the fair
First things first
Get a second opinion
Daily standup notes
Weekly report
Monthly review of the budget
Yearly taxes folder
Plan the weekend
Book a long weekend
Black Friday deals
Prepare for Cyber Monday
Order ash for Ash Wednesday
Watch High Noon
Pack a midnight snack
Midnight Express
Book tickets for noon tide
Open 24/7
Support 24/7 customers
Add 1/2 cup of sugar
Cut the loaf into 3/4 and 1/4
Rate 4/5 stars in the shop
Release version 1.2.
Release version 2.10.1
Pay 24.12 euros
Convert 16:9 film
Call 555-1234
Call +49 30 123456
Read chapter 9:30
Look at 9 houses
Meet at 5 Main Street
Drive at 50
Aim at 100
Letter from Monday
Hello, from Monday on
First Monday of the month
Meet on the 2nd Tuesday of the month
Live on the 5th floor of the house
Use the 3rd day
Pay before Friday
Finish after tomorrow
The last Friday job
Catch the 9am train
Move the 15th parcel
Mail Ann and Bob
Write to bob@example.com
Fix C# build
Close #12
Close #404 and #500
Say hello!
Wow!!! Great
Ask @nobody
Mention @work-shop
Fix P1 bug
Play p4
Every man for himself
Every breath you take
Count every penny
Say it every now and then
End of story
End of month report
Next time ask Ann
The next step
In the end
In 2 parts
In three acts
Three days of rain
Learn 3 months of German vocabulary
Until we meet again
For 5 times the price
Join the club for 3 people
Todd's birthday present
Call Tod about the house
Watch Monday's game
Sundays with Ann
Mondays
Buy today's paper
Tomorrow's list
Buy an advent calendar
Read 1984
Watch 2001
Sing 99 Luftballons
Ship order 2026
Buy 12 eggs
Buy 5 may-flies
Visit Jan and Mar
August holiday photos
Augustus
Decide
Novel by Jan
Junction box
Monitor
Friendly reminder
Satisfy Ann
Thumbs up
Sunscreen
Wedding speech
Tuesdayish plans
Write due diligence report
By the way
On time
Due process
Starting block
At last
2026-13-45
2026-02-30
31.02.
99/99
Feb 30
31 Feb 2027
25:00 hours
9:75
13pm
0am
at 24
Watch Saturday Night Fever
Watch Sunday Morning Coming Down
Watch every Saturday Night Live
Listen to Blue Monday
Sing Ruby Tuesday
Ask about monday
Write about tomorrow
Score 3/5
Rated 4/5
Finish part 2/3
Watch episode 3/10
Watch Friday the 13th
Score 9:30 at most
Shout 3 times
""".strip().splitlines()


class TestAnOrdinaryTitle:
    @pytest.mark.parametrize("title", ORDINARY)
    def test_stays_as_it_is(self, title: str) -> None:
        task = read(title)

        assert (task.title, task.spans) == (title, [])

    @pytest.mark.parametrize("title", ORDINARY)
    def test_stays_as_it_is_with_a_label_behind_it(self, title: str) -> None:
        assert read(f"{title} #x").title == title


class TestTheSameWordsWithADate:
    """What the words above would be taken for where they are meant as that."""

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "Gym on sun",
                "Gym sat 9am",
                "Gym 9am sat",
                "Gym wed at 9",
                "Gym fri",
                "Gym fri #x",
                "Gym this weekend",
            ),
            *("Pay may 5", "Pay March 3rd", "Pay 4/5", "Pay by 1/2", "Lunch noon", "Lunch at Noon", "Wake midnight"),
        ],
    )
    def test_are_understood(self, text: str) -> None:
        assert len(read(text).title.split()) == 1
