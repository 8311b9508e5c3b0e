"""Prompts of other tools as working copies, each with a list of what was lost on the way.

Nothing that is read is run, no file that it names is opened, and a text becomes a template only
after `triptych.prompts.loading` has checked it like any other.
"""
