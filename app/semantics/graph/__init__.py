"""Descriptions of things as RDF. Pure: the same facts give the same triples.

Every subject is the thing's own IRI or that IRI with a fragment, so that nobody can say anything of another's thing, and
the part of a thing can be taken out of a store by its IRI. There are no blank nodes, and every subject has a type and a
name. Of other things, such as data sets, only the IRI is named: their own descriptions say the rest.

The mapping is that of ML-Schema, PROV-O, MLDCAT-AP 3.1.0 and FAIR4ML side by side; see the modules by noun.
"""

from app.semantics.graph.assets import describe_asset
from app.semantics.graph.builder import Described
from app.semantics.graph.datasets import describe_dataset
from app.semantics.graph.models import describe_model
from app.semantics.graph.trainings import describe_training

__all__ = ["Described", "describe_asset", "describe_dataset", "describe_model", "describe_training"]
