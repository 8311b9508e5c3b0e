"""LangChain's unit suite for chat models, inherited as it is."""

from declared import Declared
from langchain_tests.unit_tests import ChatModelUnitTests


class TestUnit(Declared, ChatModelUnitTests):
    pass
