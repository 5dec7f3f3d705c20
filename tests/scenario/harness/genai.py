"""genai.py - Google's own SDK as the judge: what a fake of Google's is asked must be what the SDK's
models allow, member by member, and so must be what it answers."""
import warnings

import pydantic
from google.genai import types

LISTS = {"contents": types.Content, "tools": types.Tool, "safetySettings": types.SafetySetting}
OBJECTS = {"systemInstruction": types.Content, "toolConfig": types.ToolConfig,
           "generationConfig": types.GenerateContentConfig, "serviceTier": types.ServiceTier,
           "cachedContent": str}


def read(kind, value):
    """Every member that the SDK does not know is an error; so is a value of an unknown kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a word that an enumeration does not have
        return pydantic.TypeAdapter(kind).validate_python(value)


def complain(body):
    """Why Google's SDK would not have sent this; nothing where it could have."""
    try:
        for name, value in body.items():
            if name in LISTS:
                for item in value:
                    read(LISTS[name], item)
            elif name in OBJECTS:
                read(OBJECTS[name], value)
            else:
                return f"{name} is no member of generateContent"
    except (pydantic.ValidationError, UserWarning) as problem:
        return str(problem)
    return None


def config_of(body):
    """The same request in the words of the SDK's generate_content."""
    config = types.GenerateContentConfig.model_validate(body.get("generationConfig") or {})
    for name, kind in OBJECTS.items():
        if name in body and name != "generationConfig":
            setattr(config, snake(name), read(kind, body[name]))
    for name, kind in LISTS.items():
        if name in body and name != "contents":
            setattr(config, snake(name), [read(kind, item) for item in body[name]])
    return config


def contents_of(body):
    return [read(types.Content, content) for content in body["contents"]]


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def alike(value):
    """With names as the SDK's models have them, for Google reads both ways of writing, and without
    the empty generationConfig that the SDK sends where it has nothing to say."""
    if isinstance(value, dict):
        return {snake(name): alike(member) for name, member in value.items()
                if (name, member) != ("generationConfig", {})}
    if isinstance(value, list):
        return [alike(item) for item in value]
    return value


def answer(response):
    """A response as the SDK's models understand it, which must be all of it."""
    read(types.GenerateContentResponse, response)
    return response
