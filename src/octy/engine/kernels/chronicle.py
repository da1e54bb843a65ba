"""The profiles of a range at some instants: their tags and counts, row by row, from all of their stored events.

Either by when events happened, or by what had been received: then an event is there from its acceptance on, and live
segments, whose story is never rewritten (G2), take it at its acceptance.
"""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Bools, Floats, Ints, Longs
from octy.engine.kernels import counting, retelling
from octy.engine.kernels.columns import Columns
from octy.engine.kernels.compiled import kernel, part
from octy.engine.kernels.counting import Counted, Happened
from octy.engine.kernels.events import Events, ordered_rows
from octy.engine.kernels.matching import Index
from octy.engine.kernels.memory import lent
from octy.engine.kernels.retelling import Scratch, Told
from octy.model.instants import NEVER


class Asked(NamedTuple):
    """Some of the segments, which take events in one order."""

    steps: Index
    places: Longs


class Question(NamedTuple):
    """What is asked; instants counted from 1."""

    spec: Longs
    """int64[segments, SPEC_COLUMNS]"""
    in_order: Asked
    """Those that take events in T2's order, each when it happened."""
    as_received: Asked
    """Those that take events in the order of acceptance, each when it was accepted."""
    instants_us: Longs
    """Ascending."""
    known_us: Longs
    """int64[instants]: an event that was accepted later is not known there. Ascending, or all equal."""
    created_us: Longs
    """int64[profiles]: when each was created; `NEVER` where that is not known yet."""
    is_told: Bools
    """bool[profiles]: those that there are."""
    asked_type: int
    """The event type that is counted by itself, and that the label asks about."""
    charged_type: int
    horizon_us: int
    """0: no label."""
    label_known_us: int
    """The label does not know of events that were accepted later."""
    label_over_us: int
    """Horizons that end later are not over."""


class Answer(NamedTuple):
    """Rows by profile, then by instant."""

    profile: Ints
    instant: Ints
    """The instant's place among those asked for."""
    told: Told
    counted: Counted


@kernel
def retell(
    question: Question,
    columns: Columns,
    numbers: Floats,
    events: Events,
    first: int,
    end: int,
    scratch: Scratch,
    answer: Answer,
) -> int:
    """Fills the answer for the profiles `first` to `end` - 1; returns how many rows it has.

    `events` says how `columns` lie: run after run. `numbers` has one for each
    event, where the answer has room for values.
    """
    question = lent(question)
    columns = lent(columns)
    numbers = lent(numbers)
    events = lent(events)
    scratch = lent(scratch)
    answer = lent(answer)
    next_row = events.bounds[:-1].copy()
    out = 0
    for profile in range(first, end):
        size = 0
        for run in range(next_row.size):
            row = next_row[run]
            while row < events.bounds[run + 1] and events.profile[row] == profile:
                size += 1
                row += 1
            next_row[run] = row
        if question.is_told[profile]:
            order = ordered_rows(events, next_row, profile, size)
            out = retell_profile(question, columns, numbers, order, profile, scratch, answer, out)
    return out


@kernel
def retell_profile(
    question: Question,
    columns: Columns,
    numbers: Floats,
    order: Longs,
    profile: int,
    scratch: Scratch,
    answer: Answer,
    out: int,
) -> int:
    """Writes a profile's rows from `out` on, of its events in T2's order. Where its rows end."""
    instants = question.instants_us.size
    first = first_instant(question, columns, order, profile)
    for at in range(first, instants):
        answer.profile[out + at - first] = profile
        answer.instant[out + at - first] = at
    if first < instants and question.as_received.places.size:
        received = order[np.argsort(columns.seq[order])]
        until_us = np.minimum(question.instants_us, question.known_us)
        retelling.forget(scratch)
        follow(
            question,
            question.as_received,
            columns,
            received,
            columns.accepted_us,
            until_us,
            first,
            instants,
            scratch,
            answer,
            out,
        )
    at = first
    is_one = is_one_story(question, columns, order)
    while at < instants:
        through = instants if is_one else at + 1
        known = order[columns.accepted_us[order] <= question.known_us[through - 1]]
        row = out + at - first
        retelling.forget(scratch)
        follow(
            question,
            question.in_order,
            columns,
            known,
            columns.created_us,
            question.instants_us,
            at,
            through,
            scratch,
            answer,
            row,
        )
        count(question, columns, numbers, known, profile, at, through, answer, row)
        at = through
    if question.horizon_us:
        look_ahead(question, columns, order, first, answer, out)
    return out + instants - first


@kernel
def first_instant(question: Question, columns: Columns, order: Longs, profile: int) -> int:
    """The first instant by which the profile was created, or had an event that is known there."""
    for at in range(question.instants_us.size):
        now_us = question.instants_us[at]
        if question.created_us[profile] <= now_us:
            return at
        for event in order:
            if columns.created_us[event] > now_us:
                break
            if columns.accepted_us[event] <= question.known_us[at]:
                return at
    return question.instants_us.size


@kernel
def is_one_story(question: Question, columns: Columns, order: Longs) -> bool:
    """Whether no later instant knows of an event that an earlier one should have known, so that one pass tells all."""
    last_us = question.known_us[-1]
    if question.known_us[0] == last_us:
        return True
    for event in order:
        if columns.accepted_us[event] <= last_us:
            happened = np.searchsorted(question.instants_us, columns.created_us[event])
            if happened < question.known_us.size and columns.accepted_us[event] > question.known_us[happened]:
                return False
    return True


@kernel
def follow(
    question: Question,
    asked: Asked,
    columns: Columns,
    order: Longs,
    when_us: Longs,
    until_us: Longs,
    first: int,
    through: int,
    scratch: Scratch,
    answer: Answer,
    out: int,
) -> None:
    """Tells some segments' tags at the instants `first` to `through` - 1, of what `until_us` says for each."""
    taken = 0
    for at in range(first, through):
        while taken < order.size and when_us[order[taken]] <= until_us[at]:
            event = order[taken]
            retelling.take(question.spec, scratch, asked.steps, columns, event, when_us[event])
            taken += 1
        retelling.tell(question.spec, scratch, asked.places, question.instants_us[at], answer.told, out + at - first)


@kernel
def count(
    question: Question,
    columns: Columns,
    numbers: Floats,
    order: Longs,
    profile: int,
    first: int,
    through: int,
    answer: Answer,
    out: int,
) -> None:
    """Counts the events at the instants `first` to `through` - 1."""
    counted = answer.counted
    happened, asked = room_for(order.size), room_for(order.size)
    asked_numbers = np.empty(order.size, np.float64)
    charged_us = NEVER
    for event in order:
        counting.note(happened, columns.created_us[event])
        if columns.event_type[event] == question.asked_type:
            if counted.values.size:
                asked_numbers[asked.size[0]] = numbers[event]
            counting.note(asked, columns.created_us[event])
        if columns.event_type[event] == question.charged_type and charged_us == NEVER:
            charged_us = columns.created_us[event]
    born_us = question.created_us[profile]
    if order.size:
        born_us = min(born_us, columns.created_us[order[0]])
    for at in range(first, through):
        now_us, row = question.instants_us[at], out + at - first
        counting.count(happened, now_us, counted.events, counted.recency_us, row)
        counting.count(asked, now_us, counted.asked, counted.asked_recency_us, row)
        if counted.values.size:
            counting.add_up(asked, asked_numbers, now_us, counted.values, row)
        counted.tenure_us[row] = now_us - born_us
        counted.has_charged[row] = charged_us <= now_us


@kernel
def look_ahead(question: Question, columns: Columns, order: Longs, first: int, answer: Answer, out: int) -> None:
    """The labels of a profile's rows."""
    asked = room_for(order.size)
    for event in order:
        is_known = columns.accepted_us[event] <= question.label_known_us
        if is_known and columns.event_type[event] == question.asked_type:
            counting.note(asked, columns.created_us[event])
    for at in range(first, question.instants_us.size):
        answer.counted.label[out + at - first] = counting.label(
            asked, question.instants_us[at], question.horizon_us, question.label_over_us
        )


@part
def room_for(size: int) -> Happened:
    """Room for so many events."""
    return Happened(np.empty(size, np.int64), np.zeros(1, np.int64))
