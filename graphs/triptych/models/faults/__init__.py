"""What went wrong between us and an endpoint, in words: status, body or exception become an error.

Rooms: `places` (addresses), `said` (error bodies), `context` (too long, with both numbers),
`table` (which error it is), `answers` (of an endpoint that answers), `broken` (of one that does
not), `headers` (Retry-After, request id).
"""

from triptych.models.faults.answers import (
    cut_short,
    filtered,
    in_stream,
    no_key,
    not_a_completion,
    refused,
)
from triptych.models.faults.broken import timed_out, unreachable
from triptych.models.faults.headers import request_id, retry_after
from triptych.models.faults.places import HOSTED, host, is_hosted, is_loopback, place
from triptych.models.faults.table import RETRIED

__all__ = [
    "HOSTED",
    "RETRIED",
    "cut_short",
    "filtered",
    "host",
    "in_stream",
    "is_hosted",
    "is_loopback",
    "no_key",
    "not_a_completion",
    "place",
    "refused",
    "request_id",
    "retry_after",
    "timed_out",
    "unreachable",
]
