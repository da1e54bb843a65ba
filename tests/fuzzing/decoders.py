"""Every decoder, and good inputs for it. Whatever it is given, it takes it or says in our words what is wrong.

Files go through what `octy-cli` does before it asks a server; bodies, headers and queries go through the whole door.
"""

import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from octy.cli import apply as applying
from octy.cli.columns import EVENTS, ITEMS, PROFILES, Form
from octy.cli.reading_files import read_objects
from octy.model.errors import OctyError
from tests.fuzzing.door import AtTheDoor
from tests.fuzzing.mutations import Mutator
from tests.integration.http.world import live, past

GIVEN = """kind: segments
segmentDefinitions:
- segmentName: buyers  # a comment
  segmentType: live
  segmentSubtype: 2
  segmentTimeframe: 0
  eventSequence:
  - {eventType: charged, actionInaction: action, expTimeframe: 60, eventProperties: {item_id: "7", n: 1.5, b: true}}
  - eventType: charged
    actionInaction: inaction
    expTimeframe: 0
---
kind: eventTypes
eventTypeDefinitions:
- {eventType: view, eventProperties: [page, 'plan', "a\\u0041"]}
- eventType: |
    folded
  eventProperties: [a]
---
kind: accountConfigurations
configurations: {contactName: a, contactSurname: b, contactEmail: a@example.com, webhookURL: "https://example.com/x"}
"""
YAML_WORDS = [
    b"&a ", b"*a", b"<<: *a", b"!!python/object/apply:os.system ", b"!!binary ",
    b"? ", b"- ", b": ", b"\t", b"\n  ", b"|\n",
    b">-\n", b"%YAML 1.1\n", b"---\n", b"...\n", b"no", b"12:30:45", b"0o17",
    b".nan", b"~", b"{", b"[", b"'", b'"', b"# ",
    b'"\\UFFFFFFFF"', b'"\\ud800"', b"2024-01-01",
]  # fmt: skip
JSON_WORDS = [
    b"{", b"}", b"[", b"]", b",", b":",
    b'"', b"\\u0000", b"\\ud800", b"\\ud83d\\ude00", b"null", b"true", b'"a":1,"a":2,',
    b'{"a":', b'"events"', b'"event_properties":{}', b'"__proto__":{"x":1},', b" ", b"\n", b"\\", b"//x\n",
]  # fmt: skip
CSV_WORDS = [
    b",", b"\n", b"\r", b'"', b'""', b";", b">>",
    b"=1+1", b"\t", b"profile_data>>x", b"customer_id", b"true", b"null", b"'=",
]  # fmt: skip
NAMES = ("yaml", "csv", "ndjson", "parquet", "json", "headers", "queries", "requests")


class Decoder(NamedTuple):
    """A decoder with good inputs, and with what means something in its format."""

    goods: Sequence[bytes]
    words: Sequence[bytes]
    take: Callable[[bytes], object]

    def inputs(self, seed: int) -> Iterator[bytes]:
        """Without end."""
        mutator = Mutator(self.goods, self.words, seed)
        while True:
            yield mutator.next()


@contextmanager
def decoders(folder: Path) -> Iterator[dict[str, Decoder]]:
    """All of them, with a server at hand, which is asked at the end whether anything is stored that it did not say."""
    with AtTheDoor.opened(folder / "octy") as door:
        yield {
            "yaml": Decoder([GIVEN.encode(), *GIVEN.encode().split(b"---\n")], YAML_WORDS, _yaml(folder / "f.yml")),
            "csv": Decoder(*_csv(), _rows(folder / "f.csv", [PROFILES])),
            "ndjson": Decoder(*_ndjson(), _rows(folder / "f.ndjson", [PROFILES, EVENTS, ITEMS])),
            "parquet": Decoder(*_parquet(), _rows(folder / "f.parquet", [PROFILES, EVENTS])),
            "json": Decoder(_bodies(door), JSON_WORDS, door.post_anywhere),
            "headers": Decoder(*_headers(door), door.ask_with_headers),
            "queries": Decoder(*_queries(door), door.ask_with_query),
            "requests": Decoder(*_requests(door), door.speak),
        }
        door.check_all_is_stored_or_nothing()


def _yaml(path: Path) -> Callable[[bytes], object]:
    def take(content: bytes) -> None:
        path.write_bytes(content)
        with _refusing(), redirect_stderr(io.StringIO()):  # where it warns of what it passes over
            applying.read([path])

    return take


def _rows(path: Path, forms: Sequence[Form]) -> Callable[[bytes], object]:
    def take(content: bytes) -> None:
        path.write_bytes(content)
        for form in forms:
            with _refusing():
                for body in read_objects(path, form).bodies:
                    json.loads(body)

    return take


@contextmanager
def _refusing() -> Iterator[None]:
    with suppress(OctyError):
        yield


def _csv() -> tuple[list[bytes], list[bytes]]:
    plain = b"customer_id,has_charged,profile_data>>age,profile_data>>plan,platform_info>>os\n"
    plain += b'7,true,42,gold,ios\nana,false,-1.5,"a, ""b""\nc",\n'
    return [plain, b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"), gzip.compress(plain)], CSV_WORDS


def _ndjson() -> tuple[list[bytes], list[bytes]]:
    rows: list[dict[str, Any]] = [
        {
            "customer_id": "7",
            "has_charged": True,
            "profile_data": {"age": 42, "n": None},
            "platform_info": {"os": "ios"},
        },
        {"event_type": "view", "profile_id": "p", "created_at": "2024-01-01 10:00:00", "event_properties": {"a": [1]}},
        {"item_id": 1, "item_price": 5.0, "item_name": "é"},
    ]
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    return [*lines, lines[0] * 3, gzip.compress(lines[0] * 2)], [*JSON_WORDS, b"\n"]


def _parquet() -> tuple[list[bytes], list[bytes]]:
    def file(rows: list[dict[str, Any]], compression: str) -> bytes:
        sink = pa.BufferOutputStream()
        parquet.write_table(pa.Table.from_pylist(rows), sink, compression=compression)
        return bytes(sink.getvalue())

    profile = {"customer_id": "7", "has_charged": True, "profile_data": {"age": 42, "plan": "gold"}}
    event = {"event_type": "view", "profile_id": "p", "created_at": "2024-01-01", "event_properties": {"a": [1.5]}}
    goods = [file([row] * 3, compression) for row in (profile, event) for compression in ("none", "snappy", "zstd")]
    return goods, [b"PAR1", b"\x15\x00", b"\x00\x00\x00\x01", b"\xff\xff\xff\x7f", b"customer_id"]


def _bodies(door: AtTheDoor) -> list[bytes]:
    event = {
        "event_type": "viewed",
        "profile_id": door.ana,
        "event_properties": {"item_id": "7", "n": 1.5, "deep": [{}]},
    }
    bodies = [
        event,
        {"events": [event, event | {"created_at": "2023-03-01 10:00:00", "message_id": "m"}, {"event_type": 5}]},
        {"profiles": [{"customer_id": "x", "profile_data": {"plan": "gold", "age": 42}}, {"customer_id": 7}]},
        {"profiles": ["nobody"]},
        {"items": [{"item_id": "i", "item_price": 5, "item_name": "é"}]},
        {"event_types": [{"event_type": "view", "event_properties": ["page"]}]},
        live("a", item_id="7"),
        past("b", n=1.5),
        {"contact_name": "a", "webhook_events": ["live_segment.matched"], "retention_days": 0},
        {"algorithm_name": "churn", "configurations": {"profile_features": ["age"]}},
    ]
    return [json.dumps(body).encode() for body in bodies]


def _headers(door: AtTheDoor) -> tuple[list[bytes], list[bytes]]:
    right = door.api.headers["Authorization"].encode()
    goods = [
        b"authorization: " + right,
        b"authorization: Basic " + right + b"\ncursor: 0\nidempotency-key: k",
        b"authorization: " + right + b"\ncontent-type: application/json; charset=utf-8\ncontent-encoding: identity",
        b"authorization: " + right + b"\nhost: example.com:80\ncontent-length: 5\nconnection: close",
    ]
    return goods, [
        b"\n",
        b": ",
        b"Basic ",
        b"bearer ",
        b"=",
        b"gzip",
        b"authorization: x",
        b"cursor: -1",
        b"\nhost: a b",
    ]


def _queries(door: AtTheDoor) -> tuple[list[bytes], list[bytes]]:
    goods = [
        b"ids=,a,b&cursor=0", b"id=ana", b"churn_prob=high&rfm=300-400&limit=5", b"segment_tag=a&limit=1000",
        b"from=2024-01-01T00%3A00%3A00Z&to=2024-02-01&before=delivery_1&state=failed", b"type=profiles", b"app=cli",
        b"ids=" + door.ana.encode(),
    ]  # fmt: skip
    return goods, [
        b"&",
        b"=",
        b"%",
        b"%00",
        b"%ff",
        b"%ud800",
        b"+",
        b";",
        b"ids",
        b"limit=",
        b"cursor=",
        b"[]",
        b"#",
        b"?",
    ]


def _requests(door: AtTheDoor) -> tuple[list[bytes], list[bytes]]:
    right = door.stranger.headers["Authorization"].encode()
    body = json.dumps({"event_type": "viewed", "profile_id": door.eve}).encode()
    head = b"POST /v1/retention/events/create HTTP/1.1\r\nHost: a\r\nAuthorization: " + right + b"\r\n"
    goods = [
        b"GET /v1/retention/segments?ids=,a HTTP/1.1\r\nHost: a\r\nAuthorization: " + right + b"\r\n\r\n",
        head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
        head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n",
        head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
    ]
    words = [
        b"\r\n",
        b"\r\n\r\n",
        b"GET ",
        b"HTTP/1.1",
        b"HTTP/2.0",
        b"Content-Length: 5",
        b"Upgrade: h2c",
        b"0\r\n",
        b": ",
    ]
    return goods, words
