"""What does a late event change in a past segment of two or more actions (P2, P5, P7)?

Only the matches in which it takes part are new. Where it is action i, the latest start of one is found by going back
from it to the nearest event that matches action i - 1, from there to the nearest that matches action i - 2, and so on;
how far it leads, by going on in the same way. So nothing is folded anew, and what lies far away is seldom looked at.
"""

from octy.engine.batch import Longs
from octy.engine.kernels.compiled import part
from octy.engine.kernels.layout import ACTIONS, START
from octy.engine.kernels.trail import Trails, matches, rows_of


@part
def weave(
    spec: Longs, row: Longs, trails: Trails, spot: int, profile: int, place: int, mask: int, oldest_us: int
) -> None:
    """Takes an event that matches the actions in `mask` and lies at the row `spot` of its profile's trail.

    What starts at or before `oldest_us` has left the window.
    """
    actions, number = spec[ACTIONS], trails.order.first[place]
    first, end = rows_of(trails, profile)
    for action in range(actions):
        if mask >> action & 1:
            known_us = max(row[START + actions - 1], oldest_us)
            start_us = latest_start_us(trails, first, spot, number, action, known_us)
            if start_us:
                lead_on(row, trails, spot, end, number, action, actions, start_us)


@part
def latest_start_us(trails: Trails, first: int, spot: int, number: int, action: int, known_us: int) -> int:
    """The latest start of a match of the actions up to `action` that ends at `spot`; 0 where none is after `known_us`.

    That instant starts a match of all actions already, or is outside the window: an earlier start says nothing new.
    """
    row = spot
    while action > 0:
        action -= 1
        row -= 1
        while row >= first and trails.at_us[row] > known_us and not matches(trails, row, number + action):
            row -= 1
        if row < first:
            return 0
    return trails.at_us[row] if trails.at_us[row] > known_us else 0


@part
def lead_on(
    row: Longs, trails: Trails, spot: int, end: int, number: int, action: int, actions: int, start_us: int
) -> None:
    """A match that starts at `start_us` has come to `action` at `spot`: it goes on as far as it can."""
    row[START + action] = max(row[START + action], start_us)
    for following in range(action + 1, actions):
        spot += 1
        while spot < end and not matches(trails, spot, number + following):
            spot += 1
        if spot == end:
            return
        row[START + following] = max(row[START + following], start_us)
