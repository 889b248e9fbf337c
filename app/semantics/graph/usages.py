"""Which data sets a model was trained, validated and tested on; the context that MLflow keeps decides.

Every statement about the use of a data set names its IRI, so that it can be left out for readers who may not see the data
set. So there is no node for a usage, and a context that no vocabulary has a term for is said as prov:used only.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pyoxigraph import NamedNode

from app.semantics.graph.builder import Builder
from app.semantics.vocabulary import DCT, FAIR4ML, IT6, MLS, PROV

TRAINED = (IT6.trainedOn, FAIR4ML.trainedOn)
VALIDATED = (IT6.validatedOn, FAIR4ML.validatedOn)
TESTED = (IT6.testedOn, FAIR4ML.testedOn)
EVALUATED = (IT6.validatedOn, FAIR4ML.evaluatedOn)
CONTEXTS = {
    **dict.fromkeys(("", "train", "training", "fit", "fitting"), TRAINED),
    **dict.fromkeys(("valid", "validate", "validation", "val", "dev", "development"), VALIDATED),
    **dict.fromkeys(("eval", "evaluate", "evaluation"), EVALUATED),
    **dict.fromkeys(("test", "testing"), TESTED),
}


def describe_usages(
    graph: Builder, datasets: Iterable[Mapping[str, Any]], run: NamedNode | None, resolved: bool
) -> None:
    """Link the model and its run to the data sets; without one for training, a resolved model lacks it."""
    trained = False
    for dataset in datasets:
        target = graph.other("ml_dataset", dataset["dataset_id"])
        context = str(dataset.get("context") or "")
        terms = CONTEXTS.get(context.strip().casefold(), ())
        graph.say(graph.me, terms, target)
        trained = trained or terms is TRAINED
        if run is None:
            graph.add(graph.me, DCT.relation, target)
        else:
            graph.say(run, (MLS.hasInput, PROV.used), target)
    if resolved and not trained:
        graph.lack(
            "it6:trainedOn: MLflow knows no data set that the model was trained on; log it with "
            'mlflow.log_input(dataset, context="training") and register the run again.'
        )
