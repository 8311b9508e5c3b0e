"""LangChain's integration suite on the embedded model, the smallest one (0.5B).

Each exclusion names what the model or the server can't do; none is ours.
"""

from declared import Declared
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestLocal(Declared, ChatModelIntegrationTests):
    @property
    def model_override_value(self):
        return self.served["model"]  # the server holds one model
