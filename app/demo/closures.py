"""When the demo's organiser is closed: in summer, and at the end of the year."""

from datetime import date

from app.resources.calendars import public_holidays


def closures_after(today: date) -> tuple[tuple[date, date, str], ...]:
    """The next closure of either kind: its first day, its last one, what for."""
    summer = today.year if today.month < 8 else today.year + 1
    winter = today.year if (today.month, today.day) < (12, 24) else today.year + 1
    return (
        (date(summer, 8, 1), date(summer, 8, 21), "Fermeture d’été"),
        (date(winter, 12, 24), date(winter, 12, 31), "Fermeture de fin d’année"),
    )


def is_closed(day: date) -> bool:
    """Whether a day lies in such a closure, or on a public holiday."""
    in_summer = date(day.year, 8, 1) <= day <= date(day.year, 8, 21)
    return in_summer or (day.month, day.day) >= (12, 24) or day in public_holidays(day.year)
