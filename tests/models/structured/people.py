"""The schemas that the tests ask for, and the answers to them."""

import json
from typing import Annotated, TypedDict

from pydantic import BaseModel, Field


class Person(BaseModel):
    """A person."""

    name: str
    age: int = Field(ge=0)


class PersonDict(TypedDict):
    """A person."""

    name: Annotated[str, ..., "First name."]
    age: Annotated[int, ..., "In years."]


BO = {"name": "Bo", "age": 30}
GOOD = json.dumps(BO)
BAD = '{"name": "Bo", "age": -1}'
CALL = {"name": "Person", "arguments": BO, "id": "abcdefghi"}
