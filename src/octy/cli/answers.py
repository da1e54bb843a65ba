"""What does the server answer to an upload? One shape for the three kinds of batches (wire.md 3.9 to 3.11)."""

from msgspec import Struct

from octy.client.envelope import FailedObject


class CreatedObject(Struct):
    """An uploaded object that was accepted; all that the client wants to know is whether it was new (E8)."""

    duplicate: bool = False


class UploadAnswer(Struct):
    """The answer to a batch of profiles, items or events: each kind has its own key."""

    profiles: list[CreatedObject] = []
    items: list[CreatedObject] = []
    created_events: list[CreatedObject] = []
    failed_to_create: list[FailedObject] = []

    @property
    def created(self) -> list[CreatedObject]:
        """Whichever was uploaded."""
        return self.profiles or self.items or self.created_events
