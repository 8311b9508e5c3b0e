"""LangChain's integration suite on the embedded model, the smallest one (0.5B).

Each exclusion names what the model can't do; none is ours. Which of them it meets differs from run
to run: its greedy answers are not quite repeatable, so an excluded test may pass.
"""

import pytest
from declared import Declared
from langchain_tests.integration_tests import ChatModelIntegrationTests

from triptych.errors import TruncatedError

REPEATS = "The model is asked for one call and goes on to call the tool with other numbers."
NO_CALL = "The model answers by itself where it should call the tool."
RUNS_ON = "The model does not end the joke's string within the suite's limit of 100 tokens."

LIMITS = {  # test: its reason, and the only error that is excused
    "test_tool_calling": (REPEATS, AssertionError),
    "test_tool_calling_async": (REPEATS, AssertionError),
    "test_agent_loop": (NO_CALL, AssertionError),
    "test_structured_output": (RUNS_ON, TruncatedError),
    "test_structured_output_async": (RUNS_ON, TruncatedError),
    "test_structured_output_pydantic_2_v1": (RUNS_ON, TruncatedError),
    "test_structured_output_optional_param": (RUNS_ON, TruncatedError),
}

pytestmark = pytest.mark.long


class TestLocal(Declared, ChatModelIntegrationTests):
    @property
    def model_override_value(self):
        return self.served["model"]  # the server holds one model

    @pytest.fixture(autouse=True)
    def limits(self, request):
        if request.node.originalname in LIMITS:
            reason, excused = LIMITS[request.node.originalname]
            request.applymarker(pytest.mark.xfail(reason=reason, raises=excused, strict=False))
