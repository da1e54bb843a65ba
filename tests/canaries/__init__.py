"""Nothing that is said in confidence gets out, whatever the tests do (C31): one search when all of them have ended.

Every text that a test gives a customer, an event or an item, its keys, its headers and the secrets of its webhooks are
canaries. They are heard where requests are sent, and where an `Octy` is asked. All that the product logs is kept, at
the most verbose level and as a server would write it, from this process and from every server that a test starts; so
are the bodies of errors, the metrics and the spans. At the end one `grep` looks for the canaries in all of that; what
it finds fails the run, with the test's name.

The body of an error may name what was found, which is the caller's own and goes to nobody else (docs/security.md): so
it is searched for secrets alone. Databases, their logs and backups are searched for the secrets of their own test, when
that ends. Each of pytest-xdist's workers writes files of its own, and the process that started them searches.
"""

from pathlib import Path

import pytest

from tests.canaries.hearing import Canaries
from tests.canaries.listening import Watching, listen_to_logs
from tests.canaries.searching import Searching

_listening: list[Canaries] = []
"""Of this process, one at most."""


def watch(config: pytest.Config) -> None:
    """Begins to listen, in the process of this configuration."""
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    base: Path = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    folder = (base.parent if worker else base) / "canaries"
    (folder / "said").mkdir(parents=True, exist_ok=True)
    if not worker:
        config.pluginmanager.register(Searching(folder))
    if worker or not config.getoption("numprocesses", None):
        canaries = Canaries(folder, worker or "main")
        listen_to_logs(canaries)
        _listening[:] = [canaries]
        config.pluginmanager.register(Watching(canaries))  # the last to be registered is the first to be called


def keep_log_of(command: str, path: Path) -> None:
    """What a process of the product's writes to its standard error."""
    for canaries in _listening:
        canaries.keep_file(f"{command}.log", path)


def keep_spans(exported: bytes) -> None:
    """What a collector of spans was sent."""
    for canaries in _listening:
        canaries.keep("spans", exported)
