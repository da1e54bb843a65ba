"""T, V, L, P, G: which events match, when windows end, and what becomes of tags."""

from tests.recorded.rules import Chapter, Rule, Told
from tests.recorded.rules.shapes import (
    BUYERS,
    CHECKOUT,
    GOLD,
    GOLD_SLEEPERS,
    IDLE,
    KEEN,
    SHOES,
    SLEEPERS,
    VIEWERS,
    VISITORS,
    shown,
)

TIME = Chapter(
    "Time and order",
    (
        Rule(
            "T1",
            'All times are UTC instants with microsecond resolution. A "minute" is 60 s, a "day" 24 h. No calendar, no '
            "time zone.",
            (
                Told(VISITORS, "12:00 view; 1d 11:59:59.999999 .", "12:00"),
                Told(VISITORS, "12:00 view; 1d 12:00 .", None),
            ),
        ),
        Rule(
            "T2",
            "Events of one profile are ordered by when they happened, then by the order in which they were "
            "accepted. So of two events with the same instant the one accepted first is before.",
            (
                Told(BUYERS, "12:00 view; 12:00 pay", "12:00"),
                Told(BUYERS, "12:00 pay; 12:00 view", None),
            ),
        ),
        Rule(
            "T6",
            "A change that time alone causes takes effect at its exact due instant, and at the latest before any later "
            "event of the same profile is evaluated.",
            (
                Told(CHECKOUT, "12:00 view; 12:05 .", "12:05", ("created at 12:05 by elapsed time",)),
                Told(CHECKOUT, "12:00 view; 12:04:59.999999 .", None),
                Told(
                    CHECKOUT,
                    "12:00 view; 12:30 pay",
                    None,
                    ("created at 12:05 by elapsed time", "removed at 12:30 by event"),
                ),
            ),
        ),
        Rule(
            "T7",
            "What is due at an instant comes before any event at that same instant.",
            (
                Told(
                    CHECKOUT,
                    "12:00 view; 12:05 view; 12:10 .",
                    "12:10",
                    ("created at 12:05 by elapsed time", "updated at 12:10 by elapsed time"),
                ),
                Told(
                    CHECKOUT,
                    "12:00 view; 12:05 pay",
                    None,
                    ("created at 12:05 by elapsed time", "removed at 12:05 by event"),
                ),
            ),
        ),
    ),
    (("T3", "The engine reads one clock, and nothing else in the program reads the time for a decision."),),
)

MATCHING = Chapter(
    "Matching",
    (
        Rule(
            "V1",
            "A step matches an event when the event types are equal and every key that the step names is present in "
            "the event's `event_properties` with an equal value. A step with null or empty `event_properties` "
            "matches every event of its type.",
            (
                Told(SHOES, "12:00 view page=shoes colour=red", "12:00"),
                Told(VIEWERS, "12:00 view page=hats", "12:00"),
                Told(SHOES, "12:00 view colour=red", None),
                Told(SHOES, "12:00 view page=hats", None),
                Told(SHOES, "12:00 search page=shoes", None),
            ),
        ),
        Rule(
            "V2",
            "Values are scalars and compare by canonical text: strings as they are; booleans `true`/`false`; "
            "integers in decimal; floats in shortest round-trip form, an integral float as its integer. Null, "
            "objects and arrays are stored but equal nothing.",
            (
                Told(shown(30), "12:00 view size=30.0", "12:00"),
                Told(shown(30), '12:00 view size="30"', "12:00"),
                Told(shown(True), '12:00 view size="true"', "12:00"),
                Told(shown(1), "12:00 view size=true", None),
                Told(shown(30), '12:00 view size="30.0"', None),
                Told(shown("null"), "12:00 view size=null", None),
                Told(shown("a"), '12:00 view size=["a"]', None),
            ),
        ),
        Rule(
            "V3",
            "A past sub-type 3 or 4 also needs the profile's `profile_data[profile_property_name]` to equal "
            "`profile_property_value` under V2, at the instant of evaluation.",
            (
                Told(GOLD, "12:00 knows plan=gold; 13:00 view", "13:00"),
                Told(GOLD, "12:00 view; 13:00 knows plan=gold", "13:00"),
                Told(GOLD, "12:00 knows plan=Gold; 13:00 view", None),
                Told(GOLD, "12:00 knows plan=gold; 13:00 view; 14:00 knows plan=silver", None),
            ),
        ),
    ),
)

LIVE = Chapter(
    "Live segments",
    (
        Rule(
            "L1",
            "A live segment sees events with `created_at` at or after its own creation.",
            (
                Told(VIEWERS, "12:00 create; 12:00 view", "12:00"),
                Told(VIEWERS, "12:00 create; 12:01 view (of 11:59:59.999999)", None),
                Told(VIEWERS, "11:59 view; 12:00 create; 12:01 .", None),
            ),
        ),
        Rule(
            "L2",
            "Live 1 matches at each event that matches its action, if the event is fresh: not older than 10 minutes "
            "when accepted. An older event (a historical upload) is stored and counts for past segments, but never "
            "makes a live match.",
            (
                Told(VIEWERS, "12:10 view (of 12:00)", "12:00", ("created at 12:00 by event, known at 12:10",)),
                Told(VIEWERS, "12:10:00.000001 view (of 12:00)", None),
                Told(VISITORS, "12:10:00.000001 view (of 12:00)", "12:10:00.000001"),
            ),
        ),
        Rule(
            "L3",
            "Live 2, with action A, inaction B and window T = A's `exp_timeframe`: an A at instant t opens a window "
            "that is due at t + T, unless one is already open for this profile and segment. Matches of one profile "
            "and segment never overlap: an A inside an open window is absorbed (SQL:2016's AFTER MATCH SKIP PAST "
            "LAST ROW).",
            (
                Told(CHECKOUT, "12:00 view; 13:00 .", "12:05"),
                Told(CHECKOUT, "12:00 view; 12:05 view; 13:00 .", "12:10"),
                Told(CHECKOUT, "12:00 view; 12:04 view; 12:05 pay; 13:00 .", None),
            ),
        ),
        Rule(
            "L4",
            "A B after A (T2) and before t + T closes the window without a match.",
            (
                Told(CHECKOUT, "11:59 pay; 12:00 view; 12:05 .", "12:05"),
                Told(CHECKOUT, "12:00 view; 12:04:59.999999 pay; 13:00 .", None),
                Told(CHECKOUT, "12:00 view; 12:04 pay (of 12:01); 13:00 .", None),
            ),
        ),
        Rule(
            "L5",
            "A window that reaches t + T unclosed is a match at the instant t + T. So (T7) a B at exactly t + T "
            "comes too late to close it, and conflicts with the match (G4).",
            (
                Told(CHECKOUT, "12:00 view; 12:05 .", "12:05", ("created at 12:05 by elapsed time",)),
                Told(
                    CHECKOUT,
                    "12:00 view; 12:05 pay",
                    None,
                    ("created at 12:05 by elapsed time", "removed at 12:05 by event"),
                ),
            ),
        ),
        Rule(
            "L6",
            "Late arrivals: an A with t + T at or before the clock's now, when it is accepted, opens nothing; nor "
            "does an A after which (T2) a B is already stored. A B that arrives after a match was made, but belongs "
            "after the match's A, conflicts with it (G4).",
            (
                Told(CHECKOUT, "12:04 view (of 12:00); 12:05 .", "12:05"),
                Told(CHECKOUT, "12:05 view (of 12:00); 13:00 .", None),
                Told(CHECKOUT, "12:02 pay; 12:03 view (of 12:01); 13:00 .", None),
                Told(
                    CHECKOUT,
                    "12:00 view; 12:06 pay (of 12:01)",
                    None,
                    ("created at 12:05 by elapsed time", "removed at 12:01 by event, known at 12:06"),
                ),
            ),
        ),
        Rule(
            "L7",
            "An event that matches both A and B (possible where B's properties are a subset of A's) first acts as "
            "B, then as A.",
            (
                Told(IDLE, "12:00 view page=shoes; 12:03 view page=shoes; 13:00 .", "12:08"),
                Told(IDLE, "12:00 view page=shoes; 12:03 view page=hats; 13:00 .", None),
            ),
        ),
    ),
)

PAST = Chapter(
    "Past segments",
    (
        Rule(
            "P1",
            "With W = `segment_timeframe` days, the segment looks at the events with `created_at` in (now - W, now].",
            (
                Told(VISITORS, "1d 12:00 view (of 12:00:00.000001)", "1d 12:00"),
                Told(VISITORS, "1d 12:00 view (of 12:00)", None),
            ),
        ),
        Rule(
            "P2",
            "The actions must all have occurred in the order of the sequence: there are distinct events e1 < e2 < "
            "... < en (T2's order) in the window, ei matching action i. Other events may lie between them.",
            (
                Told(BUYERS, "10:00 view; 11:00 search; 12:00 pay", "12:00"),
                Told(BUYERS, "10:00 pay; 12:00 view", None),
                Told(KEEN, "12:00 view page=shoes; 13:00 view page=shoes", "13:00"),
                Told(KEEN, "12:00 view page=shoes", None),
            ),
        ),
        Rule(
            "P3",
            "The inaction must not have occurred anywhere in the window, before, between or after the actions. "
            '("No purchase in the past 60 days" means none in those 60 days.)',
            (
                Told(SLEEPERS, "12:00 view", "12:00"),
                Told(SLEEPERS, "11:00 pay; 12:00 view", None),
                Told(SLEEPERS, "12:00 view; 13:00 pay", None),
            ),
        ),
        Rule(
            "P4",
            "A profile is a member exactly while P1 to P3 (and V3) hold. Membership changes with a new event, with a "
            "change of the profile property, and with time alone; each takes effect at its exact instant (T6).",
            (
                Told(
                    SLEEPERS,
                    "12:00 pay; 1d 12:00 view; 2d 12:00 .",
                    "2d 12:00",
                    ("created at 2d 12:00 by elapsed time",),
                ),
                Told(SLEEPERS, "12:00 pay; 1d 12:00 view; 2d 11:59:59.999999 .", None),
                Told(
                    GOLD_SLEEPERS,
                    "12:00 knows plan=gold; 13:00 view; 14:00 knows",
                    None,
                    ("created at 13:00 by event", "removed at 14:00 by property change"),
                ),
            ),
        ),
        Rule(
            "P5",
            "It follows that between events membership is an interval that can be computed: let S be the latest "
            "possible start of a match (the largest created_at of e1 over all matches) and X the latest inaction. "
            "The profile is a member at instant n exactly when S + W > n and (there is no X, or X + W <= n).",
            (
                Told(BUYERS, "10:00 view; 11:00 view; 12:00 pay; 13:00 view; 1d 10:59:59.999999 .", "12:00"),
                Told(BUYERS, "10:00 view; 11:00 view; 12:00 pay; 13:00 view; 1d 11:00 .", None),
                Told(SLEEPERS, "12:00 pay; 12:00 view; 9d 00:00 .", None),
            ),
        ),
        Rule(
            "P6",
            "Creating a past segment evaluates all stored history. The create call answers at once; tags appear "
            "when the backfill ends, and the segment's status says so (`backfilling`, then `active`). Events that "
            "arrive meanwhile are not missed.",
            (
                Told(BUYERS, "12:00 view; 13:00 pay; 20:00 create", "20:00", ("created at 20:00 by backfill",)),
                Told(BUYERS, "12:00 view; 12:30 begin; 13:00 pay; 14:00 end", "14:00"),
                Told(BUYERS, "12:00 view; 13:00 pay; 14:00 begin; 15:00 .", None),
                Told(VISITORS, "12:00 view; 1d 12:00 create", None),
            ),
        ),
        Rule(
            "P7",
            "Events may arrive late or out of order, hours or years: afterwards, membership is what it would be had "
            "they come in order.",
            (
                Told(BUYERS, "12:00 pay; 13:00 view (of 11:00)", "13:00"),
                Told(BUYERS, "12:00 pay; 13:00 view (of 12:30)", None),
                Told(SLEEPERS, "12:00 view; 1d 00:00 pay (of 11:00)", None),
            ),
        ),
    ),
)

TAGS = Chapter(
    "Tags and history",
    (
        Rule(
            "G1",
            'A profile\'s `segment_tags` is a list of `{"segment_tag": <segment_name>, "created_at": <RFC 1123 '
            "date>}` in the order of creation, at most one per segment.",
            (
                Told(
                    VIEWERS,
                    "12:00 view; 12:30 view",
                    "12:30",
                    ("created at 12:00 by event", "updated at 12:30 by event"),
                ),
                Told(VIEWERS, "12:00 search", None),
            ),
        ),
        Rule(
            "G2",
            "A past segment's tag is on the profile exactly while it is a member. `created_at` is the instant at "
            "which membership began, or the instant of the segment's backfill if it began before that. Where a late "
            "event causes the change, it is the instant at which that event was accepted: tags and history tell "
            "what was known, and are never rewritten.",
            (
                Told(VISITORS, "12:00 view; 20:00 view; 1d 19:00 .", "12:00"),
                Told(VISITORS, "12:00 view; 13:00 create", "13:00"),
                Told(VISITORS, "20:00 view (of 12:00)", "20:00", ("created at 12:00 by event, known at 20:00",)),
                Told(
                    VISITORS,
                    "12:00 view; 3d 00:00 .",
                    None,
                    ("created at 12:00 by event", "removed at 1d 12:00 by elapsed time"),
                ),
            ),
        ),
        Rule(
            "G3",
            "A live match puts the tag on the profile with the match's instant; a later match of the same segment "
            "moves the tag's `created_at` to its own instant.",
            (
                Told(SHOES, "12:00 view page=shoes; 12:30 view page=shoes", "12:30"),
                Told(SHOES, "12:00 view page=hats", None),
            ),
        ),
        Rule(
            "G4",
            "A live tag is removed by an event of the same profile that conflicts with it, after (T2) the action of "
            "the match: for live 2, an event that matches the inaction; for live 1 with properties, an event of the "
            "action's type that does not match the action. A live 1 without properties has no conflicting event.",
            (
                Told(CHECKOUT, "12:00 view; 12:06 pay (of 11:59)", "12:05"),
                Told(CHECKOUT, "12:00 view; 400d 12:00 pay", None),
                Told(SHOES, "12:00 view page=shoes; 12:01 pay page=hats", "12:00"),
                Told(SHOES, "12:00 view page=shoes; 12:01 view page=hats", None),
                Told(VIEWERS, "12:00 view page=shoes; 12:01 view page=hats", "12:01"),
            ),
        ),
        Rule(
            "G5",
            "Every change is recorded: profile, segment, kind (`created`, `updated`, `removed`), the instant at "
            "which it took effect and the instant at which it was recorded (they differ only for late events and "
            "after downtime), and the cause (event id, elapsed time, property change, backfill, deletion).",
            (
                Told(
                    VISITORS,
                    "12:00 view; 1d 12:00 .; 1d 13:00 view",
                    "1d 13:00",
                    (
                        "created at 12:00 by event",
                        "removed at 1d 12:00 by elapsed time",
                        "created at 1d 13:00 by event",
                    ),
                ),
                Told(
                    CHECKOUT,
                    "12:00 view; 12:06 pay (of 12:00)",
                    None,
                    ("created at 12:05 by elapsed time", "removed at 12:00 by event, known at 12:06"),
                ),
            ),
        ),
    ),
)
