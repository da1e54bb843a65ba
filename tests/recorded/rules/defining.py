"""D: which definitions are accepted, and what the others are refused with, in its whole length."""

from octy.model.rules import Surroundings
from tests.recorded.rules import Chapter, Defined, Rule
from tests.unit.model.shapes import live_1, live_2, past_1, past_2, past_3, step, steps, without

AROUND = Surroundings(event_types={"view": {"page", "size"}, "pay": {"item_id"}}, taken_names={"worst customers"})
"""The account of the examples: its event types with their properties, and the one segment that it has."""

DEFINITIONS = Chapter(
    "Definitions",
    (
        Rule(
            "D1",
            "`segment_name`: 1 to 128 characters after trimming, unique among the account's segments (pending deletion "
            "included). `segment_type`: `live` or `past`. Sub-type: live 1 or 2, past 1 to 4.",
            (
                Defined("a name with blanks around it, which are trimmed", live_1(segment_name="  viewers ")),
                Defined(
                    "the name of a segment that there is",
                    live_1(segment_name="worst customers"),
                    (
                        "D1 segment_name: expected a name that no other segment of the account bears, those pending "
                        'deletion included; found "worst customers"',
                    ),
                ),
                Defined(
                    "live 3",
                    live_2(segment_sub_type=3),
                    ("D1 segment_sub_type: expected 1 or 2 for a live segment; found 3",),
                ),
            ),
        ),
        Rule(
            "D2",
            "Live: `segment_timeframe` is 0. Past: an integer from 1 to 3650, in days.",
            (
                Defined("past, 3650 days", past_1(segment_timeframe=3650)),
                Defined(
                    "past, 0 days",
                    past_1(segment_timeframe=0),
                    ("D2 segment_timeframe: expected 1 to 3650 days for a past segment; found 0",),
                ),
                Defined(
                    "live, 1 day",
                    live_1(segment_timeframe=1),
                    ("D2 segment_timeframe: expected 0 for a live segment; found 1",),
                ),
            ),
        ),
        Rule(
            "D3",
            "`profile_property_name` and `profile_property_value` are both given for past 3 and 4, and absent, null or "
            "empty everywhere else.",
            (
                Defined("past 3 with both", past_3()),
                Defined(
                    "past 3 without the value",
                    without(past_3(), "profile_property_value"),
                    ("D3 profile_property_value: expected a non-empty string for past sub-type 3; found nothing",),
                ),
                Defined(
                    "live 1 with a name",
                    live_1(profile_property_name="plan"),
                    ('D3 profile_property_name: expected absent, null or empty for live sub-type 1; found "plan"',),
                ),
            ),
        ),
        Rule(
            "D4",
            "`event_sequence` holds 1 to 10 events. The first is an action.",
            (
                Defined("past 1 with ten actions", past_1(event_sequence=steps(10)), ()),
                Defined(
                    "past 1 with eleven",
                    past_1(event_sequence=steps(11)),
                    ("D4 event_sequence: expected 1 to 10 events; found 11 events",),
                ),
                Defined(
                    "past 1 with none",
                    past_1(event_sequence=[]),
                    ("D4 event_sequence: expected 1 to 10 events; found 0 events",),
                ),
            ),
        ),
        Rule(
            "D5",
            "Sub-types 2 and 4 hold exactly one inaction, and it is last. Sub-types 1 and 3 hold none.",
            (
                Defined("past 2: view, then the inaction pay", past_2()),
                Defined(
                    "past 2 with actions alone",
                    past_2(event_sequence=[step("view"), step("pay")]),
                    (
                        "D5 event_sequence: expected exactly one inaction, the last event, for sub-type 2; found no "
                        "inaction",
                    ),
                ),
                Defined(
                    "past 1 with an inaction",
                    past_1(event_sequence=[step("view"), step("pay", "inaction")]),
                    (
                        'D5 event_sequence[1].action_inaction: expected "action": sub-type 1 holds no inaction; found '
                        '"inaction"',
                    ),
                ),
            ),
        ),
        Rule(
            "D6",
            "Live 1 is exactly one action. Live 2 is exactly one action, then one inaction. Past 1 and 3 are 1 to 10 "
            "actions. Past 2 and 4 are 1 to 9 actions, then one inaction.",
            (
                Defined("live 2: view, then the inaction pay", live_2()),
                Defined(
                    "live 1 with two actions",
                    live_1(event_sequence=[step("view", exp_timeframe=5), step("pay")]),
                    ("D6 event_sequence: expected exactly one action for live sub-type 1; found 2 events",),
                ),
            ),
        ),
        Rule(
            "D7",
            "`exp_timeframe` is an integer of minutes: 0 for every event of a past segment and for the last event of a "
            "live one; 5 or more (at most 525600) for a live event that another follows.",
            (
                Defined("live 2 with 5 minutes", live_2(5)),
                Defined(
                    "live 2 with 4",
                    live_2(4),
                    (
                        "D7 event_sequence[0].exp_timeframe: expected 5 to 525600 minutes when another event "
                        "follows in a live segment; found 4",
                    ),
                ),
                Defined(
                    "past 1 with 5",
                    past_1(event_sequence=[step("view", exp_timeframe=5)]),
                    ("D7 event_sequence[0].exp_timeframe: expected 0 in a past segment; found 5",),
                ),
            ),
        ),
        Rule(
            "D8",
            "No two events of one sequence have the same event type with equal `event_properties` (null and {} are "
            "equal; values under V2), whatever their action or inaction.",
            (
                Defined(
                    'view of "shoes", then view of "hats"',
                    past_1(event_sequence=[step("view", page="shoes"), step("view", page="hats")]),
                ),
                Defined(
                    'size 30, then size "30"',
                    past_1(event_sequence=[step("view", size=30), step("view", size="30")]),
                    (
                        "D8 event_sequence[1]: expected an event that differs from event_sequence[0] in its type or "
                        'its properties; found "view" with equal event_properties',
                    ),
                ),
            ),
        ),
        Rule(
            "D9",
            "If the event type exists for the account, every property key must be one of its keys. If it does not "
            "exist, a step without properties is accepted and the answer carries a warning; a step with properties "
            "is rejected.",
            (
                Defined("a declared property", live_1(event_sequence=[step("view", page="shoes")])),
                Defined(
                    "an event type that does not exist, without properties", live_1(event_sequence=[step("search")])
                ),
                Defined(
                    "a property that view does not declare",
                    live_1(event_sequence=[step("view", colour="red")]),
                    (
                        'D9 event_sequence[0].event_properties.colour: expected one of the properties of "view": page, '
                        'size; found "colour"',
                    ),
                ),
                Defined(
                    "an event type that does not exist, with one",
                    live_1(event_sequence=[step("search", text="shoes")]),
                    (
                        "D9 event_sequence[0].event_properties: expected no properties, or an event type that exists "
                        '("search" does not); found text',
                    ),
                ),
            ),
        ),
        Rule(
            "D10",
            "A definition is checked whole: the answer lists every violation, each with the rule's words, the "
            "field's path and the value found. Nothing is stored unless all hold.",
            (
                Defined("nothing is wrong", past_2()),
                Defined(
                    "two things are",
                    past_2(
                        segment_timeframe=4000,
                        event_sequence=[step("view", exp_timeframe=1), step("pay", "inaction")],
                    ),
                    (
                        "D2 segment_timeframe: expected 1 to 3650 days for a past segment; found 4000",
                        "D7 event_sequence[0].exp_timeframe: expected 0 in a past segment; found 1",
                    ),
                ),
            ),
        ),
        Rule(
            "D11",
            'Types are strict: `"5"` is no integer and `true` is no integer. Unknown fields are rejected by name.',
            (
                Defined("an integer", past_1(segment_timeframe=5)),
                Defined(
                    'the text "5"',
                    past_1(segment_timeframe="5"),
                    ('D11 segment_timeframe: expected an integer; found "5"',),
                ),
                Defined(
                    "a field that there is not",
                    live_1(colour="red"),
                    (
                        "D11 colour: expected one of segment_name, segment_type, segment_sub_type, segment_timeframe, "
                        "event_sequence, profile_property_name, profile_property_value; found an unknown field",
                    ),
                ),
            ),
        ),
    ),
)
