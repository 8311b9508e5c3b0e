"""One chat completion over HTTP."""
