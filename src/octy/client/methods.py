"""What both clients can do: every operation, described once, by the name of its method."""

from octy.client.operation import Listing, Operation
from octy.client.operations import account as on_account
from octy.client.operations import algorithms as on_algorithms
from octy.client.operations import churn as on_churn
from octy.client.operations import clock as on_clock
from octy.client.operations import datasets as on_datasets
from octy.client.operations import event_types as on_event_types
from octy.client.operations import events as on_events
from octy.client.operations import items as on_items
from octy.client.operations import profiles as on_profiles
from octy.client.operations import segments as on_segments
from octy.client.operations import webhooks as on_webhooks


class Methods:
    """The methods that both clients have."""

    authenticate = Operation(on_account.authenticate)
    account = Operation(on_account.account)
    configure = Operation(on_account.configure)

    algorithms = Operation(on_algorithms.algorithms)
    configure_algorithm = Operation(on_algorithms.configure_algorithm)

    event_types = Listing(on_event_types.event_types)
    create_event_type = Operation(on_event_types.create_event_type)
    create_event_types = Operation(on_event_types.create_event_types)
    delete_event_types = Operation(on_event_types.delete_event_types)

    segments = Listing(on_segments.segments)
    segment = Operation(on_segments.segment)
    create_segment = Operation(on_segments.create_segment)
    delete_segments = Operation(on_segments.delete_segments)
    restore_segments = Operation(on_segments.restore_segments)
    purge_receipts = Listing(on_segments.purge_receipts)

    profiles = Listing(on_profiles.profiles)
    profile = Operation(on_profiles.profile)
    create_profile = Operation(on_profiles.create_profile)
    create_profiles = Operation(on_profiles.create_profiles)
    update_profile = Operation(on_profiles.update_profile)
    update_profiles = Operation(on_profiles.update_profiles)
    delete_profiles = Operation(on_profiles.delete_profiles)
    metadata = Operation(on_profiles.metadata)
    tag_history = Operation(on_profiles.tag_history)
    profile_events = Operation(on_profiles.profile_events)
    export_profile = Operation(on_profiles.export_profile)

    churn_report = Operation(on_churn.churn_report)
    start_training = Operation(on_churn.start_training)
    trainings = Listing(on_churn.trainings)
    training_ended = Operation(on_churn.training_ended)

    create_event = Operation(on_events.create_event)
    create_events = Operation(on_events.create_events)

    items = Listing(on_items.items)
    create_items = Operation(on_items.create_items)
    update_items = Operation(on_items.update_items)

    datasets = Listing(on_datasets.datasets)
    dataset = Operation(on_datasets.dataset)
    request_dataset = Operation(on_datasets.request_dataset)
    dataset_ended = Operation(on_datasets.dataset_ended)
    download_dataset = Operation(on_datasets.download_dataset)
    delete_datasets = Operation(on_datasets.delete_datasets)

    deliveries = Listing(on_webhooks.deliveries)
    delivery = Operation(on_webhooks.delivery)
    digested_changes = Listing(on_webhooks.digested_changes)
    release_webhooks = Operation(on_webhooks.release_webhooks)
    replay_delivery = Operation(on_webhooks.replay_delivery)
    replay_deliveries = Operation(on_webhooks.replay_deliveries)
    send_test_webhook = Operation(on_webhooks.send_test_webhook)
    enable_webhooks = Operation(on_webhooks.enable_webhooks)
    webhook_secrets = Operation(on_webhooks.webhook_secrets)
    rotate_webhook_secret = Operation(on_webhooks.rotate_webhook_secret)

    clock = Operation(on_clock.clock)
    move_clock = Operation(on_clock.move_clock)
