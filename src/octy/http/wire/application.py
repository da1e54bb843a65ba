"""What clients ask before anything else: which version, which columns, are you there? (wire.md 3.13, 3.14)"""

from msgspec import Struct

from octy.http.answers import RequestMeta


class Asset(Struct):
    """A file of a release."""

    id: int
    name: str
    created_at: str
    updated_at: str
    browser_download_url: str


class Release(Struct):
    """A version of a client."""

    id: str
    release_id: str
    version_tag: str
    version_name: str
    version_int: int
    change_log: str
    assets: list[Asset]
    published_at: str
    updated_at: str


class Versioning(Struct):
    """The current version of a client."""

    request_meta: RequestMeta
    application_type: str
    current_version: Release


CLI_RELEASE = Release(
    id="v2.0.1-beta",
    release_id="v2.0.1-beta",
    version_tag="v2.0.1-beta",
    version_name="v2.0.1-beta",
    version_int=201,
    change_log="",
    assets=[],
    published_at="",
    updated_at="",
)
"""The release of the public command-line client that takes this server for up to date."""

FORMATS: dict[str, dict[str, str | int | bool]] = {
    "profiles": {
        "customer_id**0": "id",
        "has_charged**1": True,
        "profile_data**2": "nested",
        "platform_info**3": "nested",
    },
    "items": {
        "item_id**0": "id",
        "item_category**1": "text",
        "item_name**2": "text",
        "item_description**3": "text",
        "item_price**4": 1,
    },
    "events": {
        "event_type**0": "text",
        "profile_id**1": "id",
        "created_at**2": "text",
        "event_properties**3": "nested",
    },
}
"""For each kind of CSV file: a column's name and place, and an example value that tells its type."""
