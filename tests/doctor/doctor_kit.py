"""A model as the doctor likes it, and ways to make it ill."""

import json

from triptych.testing import Reply

COUNTED = ", ".join(map(str, range(1, 25)))
CALL = Reply(tool_calls=[{"name": "get_weather", "arguments": {"city": "Oslo"}}])


def healthy(request):
    """What a good model answers to each of the doctor's questions."""
    if request.get("tools"):
        return Reply(tool_calls=CALL.tool_calls)
    if request.get("response_format"):
        return '{"verdict": "heron-77"}'
    return Reply(COUNTED, cached=512 if "list of parts" in str(request["messages"]) else 0)


def ill(kind, reply):
    """A good model but for one thing: `kind` is a field of the request, or a word of its text."""

    def script(request):
        hit = kind in request or kind in json.dumps(request["messages"])
        return (reply() if callable(reply) else reply) if hit else healthy(request)

    return script
