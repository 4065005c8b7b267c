# SPDX-License-Identifier: Apache-2.0
# Reads YAML documents from stdin and compares each with the model that Kubernetes' own Python client has of its kind, which is
# generated from the OpenAPI schema: unknown keys, types, keys that are required. Prints the number of documents.
import re
import sys

import yaml
from kubernetes import client

PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def model_of(document):
    version = document["apiVersion"].split("/")[-1]
    return version[0].upper() + version[1:] + document["kind"]


def check(value, wanted, path):
    inner = re.fullmatch(r"(list\[|dict\(str, )(.*)[\])]", wanted)
    if inner and wanted.startswith("list"):
        assert isinstance(value, list), f"{path}: expected a list"
        return [check(item, inner[2], f"{path}[{i}]") for i, item in enumerate(value)]
    if inner:
        assert isinstance(value, dict), f"{path}: expected an object"
        return {key: check(item, inner[2], f"{path}.{key}") for key, item in value.items()}
    if wanted == "object":
        return value
    if wanted in PLAIN:
        assert isinstance(value, PLAIN[wanted]), f"{path}: expected {wanted}, found {value!r}"
        assert wanted != "int" or not isinstance(value, bool), f"{path}: expected a number"
        return value
    return check_object(value, getattr(client, wanted), path)


def check_object(value, model, path):
    assert isinstance(value, dict), f"{path}: expected an object"
    names = {key: name for name, key in model.attribute_map.items()}
    for key in value:
        assert key in names, f"{path}.{key}: {model.__name__} has no such key"
    # The constructor refuses an object without a required key.
    return model(**{names[key]: check(item, model.openapi_types[names[key]], f"{path}.{key}")
                    for key, item in value.items()})


def check_document(document):
    check_object(document, getattr(client, model_of(document)), document["kind"])


def is_refused(document):
    try:
        check_document(document)
    except (AssertionError, ValueError):
        return True
    return False


def check_refusals(document):
    """The validator refuses a wrong key, a wrong type and a missing key."""
    pod = document["spec"]["template"]["spec"]
    pod["tolerate"] = pod.pop("tolerations")
    assert is_refused(document)
    pod["tolerations"] = pod.pop("tolerate")
    pod["hostNetwork"] = 1
    assert is_refused(document)
    pod["hostNetwork"] = True
    assert not is_refused(document)
    del document["spec"]["selector"]
    assert is_refused(document)


documents = [document for document in yaml.safe_load_all(sys.stdin) if document]
for document in documents:
    check_document(document)
check_refusals(next(document for document in documents if document["kind"] == "DaemonSet"))
print(len(documents))
