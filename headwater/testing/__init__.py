"""Testing event-driven applications with pytest: nothing to configure, nothing to sleep for.

    def test_an_order_ships(stack, events):
        shop = stack("template.yaml")
        boto3.client("events").put_events(Entries=[...])
        events.assert_delivered(source="shop", detail_type="OrderPlaced", to=shop.resource("FulfilOrder"))

The plugin is found by its entry point. Fixtures: ``cloud``, ``universe``, ``stack``,
``clock``, ``events``, ``faults``, ``mocks``.
"""

from headwater.testing.clock import SteeredClock
from headwater.testing.cloud import RunningCloud
from headwater.testing.events import Events
from headwater.testing.faults import Faults
from headwater.testing.mocks import Mocks
from headwater.testing.stacks import Stack, Stacks

__all__ = ["Events", "Faults", "Mocks", "RunningCloud", "Stack", "Stacks", "SteeredClock"]
