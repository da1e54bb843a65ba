"""Who asks, and whom? A request with Octy and the account at hand."""

from typing import cast

from litestar import Request
from litestar.datastructures import State

from octy.model.accounts import Account
from octy.service.octy import Octy
from octy.service.reading import Reading


class OctyRequest(Request[Account, None, State]):
    """A request of an account."""

    @property
    def octy(self) -> Octy:
        """What the request talks to."""
        return cast("Octy", self.app.state.octy)

    @property
    def reading(self) -> Reading:
        """What the request asks."""
        return self.octy.reading

    @property
    def account_id(self) -> int:
        """Whose request it is; set by `octy.http.auth`."""
        return self.user.account_id
