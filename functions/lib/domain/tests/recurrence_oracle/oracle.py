"""Answers cases of recurrence, one JSON object a line, with python-dateutil.

Nothing here knows how the product does it. Rules of RFC 5545 are dateutil's own;
plain fields, whose days clamp to the month's end, are said with relativedelta;
instants come from Python's zoneinfo. Ends with status 3 when something that it
needs is not installed.
"""

import datetime
import json
import re
import sys

try:
    import zoneinfo

    import dateutil.rrule
    from dateutil import tz
    from dateutil.relativedelta import MO, relativedelta

    zoneinfo.ZoneInfo("Europe/Brussels")
except (ImportError, KeyError) as missing:
    print(f"{type(missing).__name__}: {missing}", file=sys.stderr)
    sys.exit(3)

UTC = datetime.timezone.utc
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def rule_times(text, exdates, start, zone):
    """Local times of a rule of RFC 5545."""
    # dateutil takes a date for its midnight; here the day is included.
    text = re.sub(r"UNTIL=(\d{8})(?=;|$)", r"UNTIL=\1T235959", text)
    if re.search(r"UNTIL=\d{8}T\d{6}Z", text):
        start = start.replace(tzinfo=zone)
    times = dateutil.rrule.rruleset()
    times.rrule(dateutil.rrule.rrulestr(text, dtstart=start))
    for date in exdates:
        day = datetime.date.fromisoformat(date)
        times.exdate(datetime.datetime.combine(day, start.time(), start.tzinfo))
    for time in times:
        yield time.replace(tzinfo=None)


def field_times(fields, start):
    """Local times of plain fields."""
    step, day = fields["interval"], fields["month_day"]
    first_of_month = start + relativedelta(day=1)
    for n in range(0, 1_000_000, step):
        if fields["frequency"] == "daily":
            times = [start + relativedelta(days=n)]
        elif fields["frequency"] == "weekly":
            monday = start + relativedelta(weekday=MO(-1), weeks=0)
            named = fields["weekdays"] or [WEEKDAYS[start.weekday()]]
            offsets = sorted({WEEKDAYS.index(name) for name in named})
            times = [monday + relativedelta(weeks=n, days=offset) for offset in offsets]
        else:
            unit = {"monthly": "months", "yearly": "years"}[fields["frequency"]]
            # relativedelta(day=31) is the last day of a shorter month.
            month_day = 31 if day == -1 else day or start.day
            times = [first_of_month + relativedelta(**{unit: n}) + relativedelta(day=month_day)]
        yield from (time for time in times if time >= start)


def instant(local, zone):
    """Forward over a gap; the first instance where there are two."""
    return tz.resolve_imaginary(local.replace(tzinfo=zone, fold=0)).astimezone(UTC)


def answer(case):
    zone = zoneinfo.ZoneInfo(case["zone"])
    start = datetime.datetime.fromtimestamp(case["start"], UTC)
    local_start = start.astimezone(zone).replace(tzinfo=None)
    # The most that is asked for also ends dateutil's search for what never comes.
    last = datetime.date.fromisoformat(case["last"])
    dateutil.rrule.datetime.MAXYEAR = last.year
    first = datetime.date.fromisoformat(case["from"])
    if case["rrule"] is not None:
        times = rule_times(case["rrule"], case["exdates"], local_start, zone)
    else:
        times = field_times(case["fields"], local_start)
    found = []
    for number, time in enumerate(times, 1):
        counted_out = case["count"] is not None and number > case["count"]
        if time.date() > last or counted_out or len(found) == case["take"]:
            break
        if time.date() < first:
            continue
        # The start is the instant that was given, even where it is a second one.
        due = start if time == local_start else instant(time, zone)
        if case["end"] is not None and due.timestamp() > case["end"]:
            break
        found.append([time.date().isoformat(), int(due.timestamp())])
    return found


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
