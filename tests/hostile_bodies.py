"""Bodies that are made to keep a server busy (C27): for the tests, and for `bench hostile`."""

EVENT = b'{"event_type":"a","profile_id":"b","event_properties":{"x":'
MANY_DIGITS = b"9" * 1_000_000
LONG_KEYS = b",".join(b'"%s%03d":1' % (b"k" * 19_000, n) for n in range(255))
HOSTILE = {
    "lists, a million levels deep": b"[" * 1_000_000 + b"]" * 1_000_000,
    "objects, a million levels deep": b'{"events":' * 490_000 + b"1" + b"}" * 490_000,
    "a million levels of what nobody reads": b'{"events":[],"x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "a million levels that never end": b'{"events":[{"event_properties":' + b"[" * 1_000_000,
    "a number of a million digits": EVENT + MANY_DIGITS + b"}}",
    "a fraction of a million digits": EVENT + b"0." + MANY_DIGITS + b"e999}}",
    "an exponent of a million digits": EVENT + b"1e" + MANY_DIGITS + b"}}",
    "keys that differ in their last bytes": b"{" + LONG_KEYS + b"}",
    "many halves of characters": b'{"x":"' + b"\\ud800" * 833_000 + b'"}',
    "lists of nothing": EVENT + b"[" + b"{}," * 1_600_000 + b"{}]}}",
}
