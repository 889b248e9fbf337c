"""Federated trainings, in the terms of CORDS's vocabulary for them, with its parts linked and typed."""

from collections.abc import Callable, Mapping
from typing import Any

from pyoxigraph import Literal, NamedNode

from app.semantics.graph import shared
from app.semantics.graph.builder import Builder, Described
from app.semantics.graph.literals import boolean, compact, double, fits, integer, moment, text
from app.semantics.graph.tags import describe_tags
from app.semantics.vocabulary import FL, PROV, XSD

Reader = Callable[[Any], Literal | None]


def _integer(value: Any) -> Literal | None:
    return integer(value) if fits(value) else None


def _float(value: Any) -> Literal | None:
    if not isinstance(value, float) and not fits(value):
        return None
    return Literal(double(value).value, datatype=XSD.float)


def _boolean(value: Any) -> Literal | None:
    return boolean(value) if isinstance(value, bool) else None


def _text(value: Any) -> Literal | None:
    return text(value) if isinstance(value, str) else None


def _moment(value: Any) -> Literal | None:
    found = moment(value)
    return found if found is not None and found.datatype == XSD.dateTime else None


# part: class, name for people, link from the session (None: it is the session), fields with their terms and readers
PARTS: dict[str, tuple[NamedNode, str, NamedNode | None, dict[str, tuple[str, str, Reader]]]] = {
    "fl_session": (FL.FLSession, "Session", None, {
        "session_id": ("sessionID", "text", _text),
        "session_start_time": ("sessionStartTime", "moment in RFC 3339", _moment),
        "session_end_time": ("sessionEndTime", "moment in RFC 3339", _moment),
        "num_min_clients": ("numMinClients", "whole number", _integer),
        "num_max_clients": ("numMaxClients", "whole number", _integer),
        "participation_ratio": ("participationRatio", "number", _float),
    }),
    "fl_aggregation": (FL.FLAggregation, "Aggregation", FL.usesAggregation, {
        "aggregation_method": ("aggregationAlgorithm", "text", _text),
        "aggregation_frequency": ("aggregationFrequency", "whole number", _integer),
    }),
    "fl_communication": (FL.FLCommunications, "Communication", FL.usesCommunication, {
        "communication_protocol": ("communicationProtocol", "text", _text),
        "secure_aggregation_enabled": ("secureAggregationEnabled", "boolean", _boolean),
    }),
    "fl_security": (FL.FLSecurity, "Security", FL.hasSecurity, {
        "differential_privacy_enabled": ("differentialPrivacyEnabled", "boolean", _boolean),
        "encryption_method": ("encryptionMethod", "text", _text),
    }),
    "fl_training": (FL.FLTraining, "Training", FL.hasTraining, {
        "training_rounds": ("trainingRounds", "whole number", _integer),
        "local_epochs": ("localEpochs", "whole number", _integer),
        "loss_function": ("lossFunction", "text", _text),
    }),
}  # fmt: skip


def describe_training(facts: Mapping[str, Any], base: str) -> Described:
    """The description of a federated training from the facts that the service shows of it; `base` is PUBLIC_URL."""
    graph = Builder(base, "fl_training", facts["fl_service_id"])
    shared.identify(graph, facts, facts["fl_service_id"], (FL.FLService, PROV.Entity))
    shared.describe_creator(graph, facts)
    describe_tags(graph, facts.get("tags") or {})
    shared.describe_properties(graph, facts.get("properties") or {}, graph.me)
    session = graph.node("session", label=_session_name(facts), types=(FL.FLSession,))
    graph.add(graph.me, FL.offersSession, session)
    for name in PARTS:
        _describe_part(graph, name, facts.get(name), session)
    _describe_clients(graph, facts.get("fl_client"), session)
    aggregation = facts.get("fl_aggregation")
    method = aggregation.get("aggregation_method") if isinstance(aggregation, Mapping) else None
    return graph.done(method if isinstance(method, str) and method else None)


def _session_name(facts: Mapping[str, Any]) -> str:
    session = facts.get("fl_session")
    found = session.get("session_id") if isinstance(session, Mapping) else None
    return found if isinstance(found, str) and found else f"Session of {facts['name']}"


def _describe_part(graph: Builder, name: str, part: Any, session: NamedNode) -> None:
    kind, label, link, fields = PARTS[name]
    if not isinstance(part, Mapping) or not part:
        graph.lack(f"fl:{kind.value.rpartition('#')[2]}: nothing is recorded of it; send {name}.")
        return
    node = session
    if link is not None:
        node = graph.node(label.lower(), label=label, types=(kind,))
        graph.add(session, link, node)
    for key, (term, what, read) in fields.items():
        if part.get(key) is not None:
            _describe_field(graph, node, f"{name}.{key}", (FL[term], what, read), part[key])
    rest = {key: value for key, value in part.items() if key not in fields and value is not None}
    shared.describe_properties(graph, rest, node, label.lower())


def _describe_field(
    graph: Builder, node: NamedNode, place: str, term: tuple[NamedNode, str, Reader], value: Any
) -> None:
    """One field; what is not of the term's type stays what it is, as text."""
    predicate, what, read = term
    literal = read(value)
    if literal is None:
        graph.lack(f"fl:{predicate.value.rpartition('#')[2]}: {compact(value)} is no {what}; change {place}.")
    graph.add(node, predicate, literal if literal is not None else text(value))


def _describe_clients(graph: Builder, clients: Any, session: NamedNode) -> None:
    """The participants: one or several, each a text or an object in any form."""
    if clients is None or clients in ("", [], {}):
        graph.lack("fl:FLParticipant: nothing is recorded of the clients; send fl_client.")
        return
    for client in clients if isinstance(clients, list) else [clients]:
        key = client if isinstance(client, str) else compact(client)
        node = graph.node("participant", key, label=_client_name(client, key), types=(FL.FLParticipant,))
        graph.add(node, FL.participantID, text(_client_name(client, key)))
        graph.add(session, FL.hasParticipant, node)
        if isinstance(client, Mapping):
            shared.describe_properties(graph, client, node, "participant", key)


def _client_name(client: Any, key: str) -> str:
    names = (
        [client.get(name) for name in ("participant_id", "client_id", "id", "name")]
        if isinstance(client, Mapping)
        else []
    )
    return next((name for name in names if isinstance(name, str) and name), key)
