"""An ML data set as a Croissant 1.1 document, http://mlcommons.org/croissant/1.1.

Without a file no column has a source, and Croissant refuses a record set whose fields have none. The columns are then
described by schema.org's `variableMeasured`, and so are those whose type Croissant has no word for.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from app.semantics.exports import stated as say
from app.semantics.exports.columns import Column, columns
from app.semantics.exports.croissant_context import CONFORMS_TO, CONTEXT, TYPES
from app.semantics.exports.croissant_file import WITH_COLUMNS, file_object, origin
from app.semantics.exports.text import clean, line


def croissant(facts: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The JSON-LD document of a data set as the API shows it, with its context inside; `base` is the service's URL."""
    iri = say.iri(base, "ml_dataset", facts["dataset_id"])
    file = file_object(facts, iri)
    fields, variables = _fields(columns(facts.get("schema")), iri, file)
    document = {
        "@context": deepcopy(CONTEXT),
        "@id": iri,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": line(str(facts.get("name") or "")) or "unnamed",
        "url": iri,
        **_about(facts, iri),
        "distribution": [file] if file else [],
        "recordSet": [_record_set(fields, iri)] if fields else [],
        "variableMeasured": variables,
    }
    return {key: value for key, value in document.items() if value not in (None, "", [])}


def _about(facts: Mapping[str, Any], iri: str) -> dict[str, Any]:
    people = enumerate(say.creators(facts), 1)
    return {
        "description": clean(str(facts.get("description") or "")).strip(),
        "version": line(str(facts.get("version") or "")),
        "license": say.stated(facts, say.LICENSE),
        "creator": [{"@id": f"{iri}#creator-{n}", "@type": "sc:Person", "name": name} for n, name in people],
        "citeAs": "; ".join(say.stated(facts, say.CITATION)),
        "keywords": list(dict.fromkeys([*say.stated(facts, say.KEYWORDS), *say.labels(facts)])),
        "datePublished": say.moment(facts.get("created_at")),
        "dateModified": say.moment(facts.get("updated_at")),
        "identifier": _digest(facts.get("digest"), iri),
        "size": _size(facts.get("profile")),
        "isBasedOn": origin(facts),
    }


def _digest(digest: Any, iri: str) -> dict[str, Any] | None:
    if not isinstance(digest, str) or not line(digest):
        return None
    return {"@id": f"{iri}#digest", "@type": "sc:PropertyValue", "propertyID": "mlflow.digest", "value": line(digest)}


def _size(profile: Any) -> str | None:
    for name, unit in (("num_rows", "rows"), ("num_elements", "elements")):
        number = profile.get(name) if isinstance(profile, Mapping) else None
        if type(number) is int and number >= 0:
            return f"{number} {unit}"
    return None


def _record_set(fields: list[dict[str, Any]], iri: str) -> dict[str, Any]:
    return {"@id": f"{iri}#records", "@type": "cr:RecordSet", "name": "records", "field": fields}


def _fields(
    found: list[Column], iri: str, file: Mapping[str, Any] | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The fields of the record set, and what can be no field as variables."""
    fields, variables, taken = [], [], set[str]()
    for column in found:
        own = f"{iri}#columns/{_unique(column, taken)}"
        about = {"@id": own, "name": column.label, "description": _words(column)}
        if file and column.element in TYPES:
            fields.append({**about, "@type": "cr:Field", **_typed(column), "source": _source(column, file)})
        else:
            variables.append({**about, "@type": "sc:PropertyValue"})
    return fields, variables


def _unique(column: Column, taken: set[str]) -> str:
    """The name as part of an IRI that no column before has."""
    plain = quote(column.label, safe="")
    name, again = plain, 1
    while name in taken:
        again += 1
        name = f"{plain}~{again}"
    taken.add(name)
    return name


def _words(column: Column) -> str:
    return f"MLflow type: {column.spelling}" + ("" if column.required else "; may be missing")


def _typed(column: Column) -> dict[str, Any]:
    """Type and shape of one record's value: the first axis of a tensor, if unknown, counts the records."""
    kind = {"dataType": TYPES[column.element]}
    if column.shape is None:
        return kind
    shape = column.shape
    if column.spelling.startswith("tensor") and shape[:1] == (-1,):
        shape = shape[1:]
    return {**kind, "isArray": True, "arrayShape": ",".join(map(str, shape))} if shape else kind


def _source(column: Column, file: Mapping[str, Any]) -> dict[str, Any]:
    source: dict[str, Any] = {"fileObject": {"@id": file["@id"]}}
    if column.name and file["encodingFormat"] in WITH_COLUMNS:
        source["extract"] = {"column": clean(column.name)}
    return source
