"""LangChain's integration suite against a rule-based model that makes no mistakes.

Lenient takes whatever it is sent; strict refuses what OpenAI, vLLM and Mistral refuse.
"""

from declared import Declared
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestLenient(Declared, ChatModelIntegrationTests):
    pass


class TestStrict(Declared, ChatModelIntegrationTests):
    pass
