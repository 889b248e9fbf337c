"""Questions that people ask, in SPARQL: to try, to copy, and each of them run by a test."""

from dataclasses import asdict, dataclass
from typing import Any

PREFIXES = """\
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX fair4ml: <https://w3id.org/fair4ml#>
PREFIX fl: <http://www.w3.org/ns/cordsfl#>
PREFIX it6: <http://data.europa.eu/it6/>
PREFIX mls: <http://www.w3.org/ns/mls#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX spdx: <http://spdx.org/rdf/terms#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@dataclass(frozen=True)
class Example:
    """A question in words and in SPARQL."""

    name: str
    question: str
    query: str


def _example(name: str, question: str, query: str) -> Example:
    return Example(name, question, PREFIXES + query)


EXAMPLES = (
    _example(
        "trained-on-with-score",
        "Which models trained on a data set of this name reach R2 above 0.4, with which hyper-parameters? Best first.",
        """\
SELECT ?model ?title ?score ?parameter ?setting WHERE {
  ?model a mls:Model ; dct:title ?title ; it6:trainedOn ?dataset ; prov:wasGeneratedBy ?run .
  ?dataset dct:title "diabetes" .
  ?run mls:hasOutput ?evaluation ; mls:hasInput ?given .
  ?evaluation a mls:ModelEvaluation ; mls:specifiedBy ?measure ; mls:hasValue ?score .
  ?measure rdfs:label "r2" .
  ?given a mls:HyperParameterSetting ; mls:specifiedBy ?hyperparameter ; mls:hasValue ?setting .
  ?hyperparameter rdfs:label ?parameter .
  FILTER (?score > 0.4)
} ORDER BY DESC(?score) ?model ?parameter
""",
    ),
    _example(
        "best-by-algorithm",
        "How well do models do by algorithm: how many, and the best of each measure?",
        """\
SELECT ?algorithm ?measure (COUNT(DISTINCT ?model) AS ?models) (MAX(?value) AS ?best) WHERE {
  ?model a mls:Model ; prov:wasGeneratedBy ?run .
  ?run mls:realizes/rdfs:label ?algorithm ; it6:hasEvaluation ?evaluation .
  ?evaluation mls:specifiedBy/rdfs:label ?measure ; mls:hasValue ?value .
} GROUP BY ?algorithm ?measure ORDER BY ?measure DESC(?best)
""",
    ),
    _example(
        "data-sets-by-use",
        "Which data sets are used most for training, and by how many models?",
        """\
SELECT ?dataset ?title (COUNT(DISTINCT ?model) AS ?models) WHERE {
  ?dataset a dcat:Dataset ; dct:title ?title .
  ?model fair4ml:trainedOn ?dataset .
} GROUP BY ?dataset ?title ORDER BY DESC(?models) ?title
""",
    ),
    _example(
        "trained-but-never-tested",
        "Which models were trained but never validated or tested on anything?",
        """\
SELECT ?model ?title WHERE {
  ?model a mls:Model ; dct:title ?title ; it6:trainedOn ?dataset .
  FILTER NOT EXISTS { ?model it6:testedOn|it6:validatedOn|fair4ml:evaluatedOn ?other }
} ORDER BY ?title ?model
""",
    ),
    _example(
        "by-library",
        "Which models need which version of which library?",
        """\
SELECT ?library ?version (COUNT(?model) AS ?models) WHERE {
  ?model a it6:MachineLearningModel ; prov:wasGeneratedBy/it6:hasFlow/it6:hasDependency ?needed .
  ?needed dct:title ?library .
  OPTIONAL { ?needed it6:version ?version }
} GROUP BY ?library ?version ORDER BY ?library ?version
""",
    ),
    _example(
        "files-by-keyword",
        "Which files have this keyword, how large are they, and by which checksum can they be checked? Largest first.",
        """\
SELECT ?asset ?title ?file ?size ?algorithm ?checksum WHERE {
  ?asset dcat:keyword "image" ; dct:title ?title ; dcat:distribution ?distribution .
  ?distribution dct:title ?file ; dcat:byteSize ?size .
  OPTIONAL { ?distribution spdx:checksum ?sum . ?sum spdx:algorithm/rdfs:label ?algorithm ; spdx:checksumValue ?checksum }
} ORDER BY DESC(?size) ?title ?asset
""",
    ),
    _example(
        "is-there-any",
        "Is there any federated training with secure aggregation?",
        "ASK { ?part fl:secureAggregationEnabled true }\n",
    ),
    _example(
        "runs-as-provenance",
        "The provenance of all models, as a graph of its own.",
        """\
CONSTRUCT { ?run a prov:Activity ; prov:used ?dataset ; prov:generated ?model ; prov:startedAtTime ?start }
WHERE {
  ?model a mls:Model ; prov:wasGeneratedBy ?run .
  OPTIONAL { ?run prov:used ?dataset }
  OPTIONAL { ?run prov:startedAtTime ?start }
}
""",
    ),
)


def examples() -> list[dict[str, Any]]:
    """All of them as values."""
    return [asdict(example) for example in EXAMPLES]
