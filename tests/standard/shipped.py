"""The suites on the shipped class, for the table in docs/standard-suites.md.

Its name keeps pytest from taking it up by itself: tools/standard_table.py names it.
"""

from declared import Shipped
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests


class TestUnit(Shipped, ChatModelUnitTests):
    pass


class TestLenient(Shipped, ChatModelIntegrationTests):
    pass


class TestStrict(Shipped, ChatModelIntegrationTests):
    pass
