"""How does one description of an operation become a method of both clients?

`Octy.profile` and `AsyncOcty.profile` are the same `Operation`: looked up on a client that blocks it is a function that
returns the result, on one that awaits a function that returns what can be awaited. Type checkers see the same.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from octy.client.connections import Awaiting, Blocking
from octy.client.requests import Requests
from octy.client.steps import Page, Steps

P = ParamSpec("P")
T = TypeVar("T")
Row = TypeVar("Row")


class Operation(Generic[P, T]):
    """What is asked of the server, and what its result is."""

    def __init__(self, steps: Callable[Concatenate[Requests, P], Steps[T]]) -> None:
        self._steps = steps
        self.__doc__ = steps.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, T]: ...

    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(
        self, client: Blocking | Awaiting | None, owner: type
    ) -> Self | Callable[P, T] | Callable[P, Coroutine[Any, Any, T]]:
        """The method of a client."""
        if client is None:
            return self
        return _method(self._steps, lambda *args, **named: client.run(self._steps(client.requests, *args, **named)))


class Listing(Generic[P, Row]):
    """A list that comes in pages, as an iterator of its rows."""

    def __init__(self, first: Callable[Concatenate[Requests, P], Steps[Page[Row]]]) -> None:
        self._first = first
        self.__doc__ = first.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, Iterator[Row]]: ...

    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, AsyncIterator[Row]]: ...

    def __get__(
        self, client: Blocking | Awaiting | None, owner: type
    ) -> Self | Callable[P, Iterator[Row]] | Callable[P, AsyncIterator[Row]]:
        """The method of a client."""
        if client is None:
            return self
        return _method(self._first, lambda *args, **named: client.rows(self._first(client.requests, *args, **named)))


def _method(described: Callable[..., Any], call: Callable[..., Any]) -> Callable[..., Any]:
    """With the description's name, words and parameters, for `help`."""
    method = wraps(described)(call)
    signature = inspect.signature(described)
    method.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    return method
