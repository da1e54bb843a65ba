"""What is no HTTP is told in the log once a minute, all of it in numbers."""

from structlog.testing import capture_logs

from octy.http.noise import PAUSE_SECONDS, Noise


def test_it_is_told_at_once_and_then_once_a_minute_with_how_much_there_was() -> None:
    noise = Noise()
    with capture_logs() as lines:
        noise.tell(1.0)
        noise.add()
        noise.tell(2.0)
        for _ in range(1_000):
            noise.add()
        noise.tell(2.0 + PAUSE_SECONDS - 1)
        noise.tell(2.0 + PAUSE_SECONDS)
        noise.tell(2.0 + 2 * PAUSE_SECONDS)
    assert [(line["event"], line["requests"]) for line in lines] == [
        ("http.not_understood", 1),
        ("http.not_understood", 1_000),
    ]
