"""EventBridge's quotas that may be changed.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
"""

from headwater.spine.quota import Quota

BUSES = Quota("events:event-buses", 100, "event buses of an account in a region")
RULES = Quota("events:rules-per-bus", 300, "rules on an event bus")
TARGETS = Quota("events:targets-per-rule", 5, "targets of a rule")
CONNECTIONS = Quota("events:connections", 3000, "connections of an account in a region")
API_DESTINATIONS = Quota("events:api-destinations", 3000, "API destinations of an account in a region")
REPLAYS = Quota("events:running-replays", 10, "replays of an archive that run at once")

QUOTAS = (BUSES, RULES, TARGETS, CONNECTIONS, API_DESTINATIONS, REPLAYS)
