"""The terms that descriptions are written with, by their exact IRIs.

Each vocabulary is a closed list: a term that stands in none of them cannot be written by mistake. Sources: ML-Schema
(W3C community group, 2016), PROV-O, DCAT 3, MLDCAT-AP 3.1.0, SPDX 2.3, ODRL 2.2, FAIR4ML 0.1.0, schema.org in the spelling
with `http` that FAIR4ML uses, and the two vocabularies of CORDS.
"""

from pyoxigraph import NamedNode


class Vocabulary:
    """A namespace with its terms: `MLS.Run` is the node; a term that it does not have raises AttributeError."""

    def __init__(self, prefix: str, iri: str, terms: str) -> None:
        self.prefix = prefix
        self.iri = iri
        self.terms = {name: NamedNode(iri + name) for name in terms.split()}

    def __getattr__(self, name: str) -> NamedNode:
        try:
            return self.terms[name]
        except KeyError:
            raise AttributeError(f"{self.prefix}:{name} is no term that we know") from None

    def __getitem__(self, name: str) -> NamedNode:
        return self.terms[name]


RDF = Vocabulary("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "type")
RDFS = Vocabulary("rdfs", "http://www.w3.org/2000/01/rdf-schema#", "label comment seeAlso")
XSD = Vocabulary(
    "xsd",
    "http://www.w3.org/2001/XMLSchema#",
    "string integer nonNegativeInteger double float boolean dateTime date hexBinary",
)
OWL = Vocabulary("owl", "http://www.w3.org/2002/07/owl#", "sameAs")
SKOS = Vocabulary("skos", "http://www.w3.org/2004/02/skos/core#", "Concept prefLabel exactMatch")
FOAF = Vocabulary("foaf", "http://xmlns.com/foaf/0.1/", "Agent name")
DCT = Vocabulary(
    "dct",
    "http://purl.org/dc/terms/",
    "LicenseDocument MediaType MediaTypeOrExtent "
    "abstract accessRights accrualPeriodicity alternative conformsTo contributor created creator date "
    "description extent format hasPart hasVersion identifier isPartOf isReferencedBy isReplacedBy isRequiredBy isVersionOf "
    "issued language license medium modified provenance publisher references relation replaces requires rights "
    "rightsHolder source spatial subject temporal title type valid",
)
DCAT = Vocabulary(
    "dcat",
    "http://www.w3.org/ns/dcat#",
    "Catalog CatalogRecord DataService Dataset DatasetSeries Distribution Relationship Resource Role "
    "accessService accessURL bbox byteSize catalog centroid compressFormat contactPoint dataset distribution downloadURL "
    "endDate endpointDescription endpointURL first hadRole hasCurrentVersion hasVersion inSeries isVersionOf keyword "
    "landingPage last mediaType next packageFormat prev previousVersion qualifiedRelation record resource "
    "servesDataset service spatialResolutionInMeters startDate temporalResolution theme themeTaxonomy version",
)
PROV = Vocabulary(
    "prov",
    "http://www.w3.org/ns/prov#",
    "Activity Agent Association Attribution Bundle Collection Communication Delegation Derivation EmptyCollection End "
    "Entity Generation Influence Invalidation Location Organization Person Plan PrimarySource Quotation Revision Role "
    "SoftwareAgent Start Usage "
    "actedOnBehalfOf activity agent alternateOf atLocation atTime endedAtTime entity generated generatedAtTime hadActivity "
    "hadMember hadPlan hadPrimarySource hadRole influenced invalidated invalidatedAtTime qualifiedAssociation "
    "qualifiedUsage specializationOf startedAtTime used value wasAssociatedWith wasAttributedTo wasDerivedFrom wasEndedBy "
    "wasGeneratedBy wasInfluencedBy wasInformedBy wasInvalidatedBy wasQuotedFrom wasRevisionOf wasStartedBy",
)
MLS = Vocabulary(
    "mls",
    "http://www.w3.org/ns/mls#",
    "Algorithm Data DataCharacteristic Dataset DatasetCharacteristic EvaluationMeasure EvaluationProcedure "
    "EvaluationSpecification Experiment Feature FeatureCharacteristic HyperParameter HyperParameterSetting Implementation "
    "ImplementationCharacteristic InformationEntity Model ModelCharacteristic ModelEvaluation Process Quality Run "
    "Software Study Task "
    "achieves definedOn defines executes hasHyperParameter hasInput hasOutput hasPart hasQuality hasValue implements "
    "realizes specifiedBy",
)
IT6 = Vocabulary(
    "it6",
    "http://data.europa.eu/it6/",
    "DataQuality Evaluation Feature File Flow FlowParameter Library MachineLearningModel Modality OutputFileDescription "
    "Parameter Run RunCollection "
    "className collectionDate defaultValue hasDependency hasEvaluation hasFeature hasFile hasFlow hasFlowParameter "
    "hasInputModality hasOutputFileDescription hasOutputFilePrediction hasOutputModality hasParameter hasRun hasUploader "
    "numberOfDatapoints runDetails testedOn trainedOn uploaded url validatedOn value version versionLabel",
)
DQV = Vocabulary("dqv", "http://www.w3.org/ns/dqv#", "QualityMeasurement hasQualityMeasurement value")
SPDX = Vocabulary(
    "spdx",
    "http://spdx.org/rdf/terms#",
    "Checksum ChecksumAlgorithm algorithm checksum checksumAlgorithm_md5 checksumAlgorithm_sha256 checksumValue",
)
ODRL = Vocabulary("odrl", "http://www.w3.org/ns/odrl/2/", "Asset")
ADMS = Vocabulary("adms", "http://www.w3.org/ns/adms#", "status")
FAIR4ML = Vocabulary(
    "fair4ml",
    "https://w3id.org/fair4ml#",
    "MLModel MLModelEvaluation evaluatedMLModel evaluatedOn evaluationMetrics evaluationResults hasEvaluation sharedBy "
    "testedOn trainedOn validatedOn",
)
SCHEMA = Vocabulary(
    "schema",
    "http://schema.org/",
    "CreativeWork DataDownload Dataset Person PropertyValue "
    "additionalProperty alternateName author contentSize contentUrl creator description distribution email encodingFormat "
    "identifier keywords license name propertyID softwareRequirements url value version",
)
CORDS = Vocabulary(
    "cords",
    "https://www.cords.ie/ontologies/cordsml#",
    "Contract Query LicensedBy hasAccessPolicy hasConsumerID hasContract hasContractDescription hasContractSubscription "
    "hasID hasIncentiveDescription hasIntendedUse hasOwnerID hasProviderID hasQueryDescription",
)
FL = Vocabulary(
    "fl",
    "http://www.w3.org/ns/cordsfl#",
    "FLAggregation FLCommunications FLModel FLParticipant FLSecurity FLService FLSession FLTraining FLTrainingRound "
    "hasParticipant hasSecurity hasTraining hasTrainingRound offersSession producesModel usesAggregation usesCommunication "
    "aggregationAlgorithm aggregationFrequency communicationProtocol differentialPrivacyEnabled droppedClients "
    "encryptionMethod globalModelVersion localEpochs lossFunction modelID modelType numMaxClients numMinClients "
    "numParticipatingClients participantComputeCapacity participantDeviceType participantID participationRatio roundEndTime "
    "roundID roundStartTime secureAggregationEnabled sessionEndTime sessionID sessionStartTime trainingRounds",
)
VOCABULARIES = (
    RDF, RDFS, XSD, OWL, SKOS, FOAF, DCT, DCAT, PROV, MLS, IT6, DQV, SPDX, ODRL, ADMS, FAIR4ML, SCHEMA, CORDS, FL,
)  # fmt: skip
PREFIXES = {vocabulary.prefix: vocabulary.iri for vocabulary in VOCABULARIES}
