"""A search for a better wording of one stage's prompt, whose winner is judged like any other."""
