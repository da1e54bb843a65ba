"""Every limit of the product, by name and with its unit. A value at the limit is accepted, one beyond it refused."""

EVENTS_PER_BATCH_MAX = 500
PROFILES_PER_BATCH_MAX = 500
ITEMS_PER_BATCH_MAX = 500
EVENT_TYPES_PER_REQUEST_MAX = 500
IDS_PER_REQUEST_MAX = 500
PROFILES_PER_DELETION_MAX = 5_000
PROFILES_PER_PAGE_MAX = 1000
DELIVERIES_PER_PAGE_MAX = 1000
DELIVERIES_PER_REPLAY_MAX = 5_000
WEBHOOKS_PER_MINUTE_MAX = 1_000_000
DIGEST_CHANGES_SHOWN_MAX = 100
DIGEST_CHANGES_PER_PAGE_MAX = 1_000
DATASET_INSTANTS_MAX = 1_000
JOBS_WAITING_MAX = 20
"""How many jobs of an account wait or run at most."""

PER_SECOND_MAX = 1_000_000_000
"""To how many requests or events a second an account may be held; more is no limit."""
CONNECTIONS_MAX = 2_000
"""At once, unless told otherwise."""
URL_BYTES_MAX = 8_192
HEAD_BYTES_MAX = 16_384
"""All header fields of a request, without what separates them."""
HEAD_SECONDS_MAX = 10
"""From a connection's beginning, or a request's first byte, until its headers have come."""
BODY_SECONDS_MAX = 60
"""From then until the body has."""
ANSWER_SECONDS_MAX = 30
"""How long a client may read nothing of an answer."""
QUIET_SECONDS_MAX = 75
"""How long a connection is kept on which nothing goes on. Longer than nginx keeps its own to us, which is 60 s:
whoever sends upon a connection that is being closed gets no answer."""

BODY_BYTES_MAX = 5_000_000
BODY_BYTES_WAITING_MAX = 16_000_000
"""What the bodies of all requests that are being received or wait may hold together: about half a second's work."""
QUEUED_REQUESTS_MAX = 4_000
QUEUED_OBJECTS_MAX = 50_000
"""Events, profiles and the like in requests that wait for the writer: a third of a second's work."""
LIST_MAX = 10_000
"""Elements of a list that stands in a body itself: no list of objects may be nearly so long, and each takes memory."""
VALUES_MAX = 200_000
"""Values of a body in all, in its objects and lists; 500 events of 255 properties have 130,000."""
JSON_DEPTH_MAX = 32
STRING_CHARACTERS_MAX = 8_192
PROPERTIES_MAX = 255
EVENT_PROPERTIES_BYTES_MAX = 32_768
"""As JSON without blanks, in UTF-8."""
PROPERTY_KEY_CHARACTERS_MAX = 255

ID_CHARACTERS_MAX = 255
NAME_CHARACTERS_MAX = 128
MESSAGE_ID_CHARACTERS_MAX = 64
IDEMPOTENCY_KEY_CHARACTERS_MAX = 255

SEGMENTS_PER_ACCOUNT_MAX = 1_000
"""Those that are to be deleted not among them. Each is state for every profile, and work for every event."""
STEPS_MAX = 10
RESTORES_MAX = 100
"""How often a segment may be restored: a restart looks at each time, event by event."""
WINDOW_DAYS_MAX = 3650
RETENTION_DAYS_MAX = 36_500
CHURN_HORIZON_DAYS_MAX = 365
TRAINING_EVERY_DAYS_MAX = 365
EXP_TIMEFRAME_MINUTES_MIN = 5
EXP_TIMEFRAME_MINUTES_MAX = 525_600

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**63 - 1
