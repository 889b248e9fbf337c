"""Tables of ML assets; owner, visibility and title stand in their entity."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Double, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, UTCDateTime


class MLModel(Model):
    """One version of a model."""

    __tablename__ = "ml_models"
    __table_args__ = (UniqueConstraint("origin_key"),)

    seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, index=True)
    version: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)  # ml_flow_model_path on the wire
    origin_key: Mapped[str | None] = mapped_column(
        String(64)
    )  # of owner and run artifact, so that from_run is idempotent
    run_id: Mapped[str | None] = mapped_column(String(64), index=True)
    properties: Mapped[dict[str, Any]] = mapped_column(Json)
    tags: Mapped[dict[str, str]] = mapped_column(Json)
    tracking_state: Mapped[str] = mapped_column(String(16))  # resolved | unresolved
    tracking_reason: Mapped[str | None] = mapped_column(Text)
    tracking_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tracked: Mapped[dict[str, Any]] = mapped_column(Json)  # what MLflow said: params, metrics, flavors, signature, ...


class MLModelAlias(Model):
    """A movable name, such as `champion`, for one version among an owner's models of one name."""

    __tablename__ = "ml_model_aliases"

    owner_seq: Mapped[int] = mapped_column(ForeignKey("users.seq"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    alias: Mapped[str] = mapped_column(String(255), primary_key=True)
    model_seq: Mapped[int] = mapped_column(ForeignKey("ml_models.seq"), index=True)


class MLDataset(Model):
    """A data set that models are trained, validated or tested on."""

    __tablename__ = "ml_datasets"
    __table_args__ = (UniqueConstraint("origin_key"),)

    seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, index=True)
    version: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(String(255))
    source_type: Mapped[str | None] = mapped_column(String(64))
    source: Mapped[Any | None] = mapped_column(Json)
    schema_: Mapped[Any | None] = mapped_column("schema", Json)
    profile: Mapped[Any | None] = mapped_column(Json)
    origin_key: Mapped[str | None] = mapped_column(String(64))
    properties: Mapped[dict[str, Any]] = mapped_column(Json)
    tags: Mapped[dict[str, str]] = mapped_column(Json)


class ModelDataset(Model):
    """A data set that a model was made or judged with."""

    __tablename__ = "ml_model_datasets"
    __table_args__ = (Index("ix_ml_model_datasets_dataset_seq_model_seq", "dataset_seq", "model_seq"),)

    model_seq: Mapped[int] = mapped_column(ForeignKey("ml_models.seq"), primary_key=True)
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("ml_datasets.seq"), primary_key=True)
    context: Mapped[str] = mapped_column(String(64), primary_key=True)  # training | validation | testing | ...


class FLTraining(Model):
    """A federated-learning training, called service on the wire."""

    __tablename__ = "fl_trainings"

    seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, index=True)
    description: Mapped[str] = mapped_column(Text)
    parts: Mapped[dict[str, Any]] = mapped_column(Json)  # fl_session, fl_aggregation, fl_communication, ...
    published: Mapped[bool] = mapped_column(Boolean)
    properties: Mapped[dict[str, Any]] = mapped_column(Json)
    tags: Mapped[dict[str, str]] = mapped_column(Json)


class ModelAsset(Model):
    """The asset that holds the files of a model."""

    __tablename__ = "ml_model_assets"

    model_seq: Mapped[int] = mapped_column(ForeignKey("ml_models.seq"), primary_key=True)
    asset_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), index=True)


class Term(Model):
    """One tag, parameter or metric of an ML asset, so that lists filter and sort by index."""

    __tablename__ = "ml_terms"
    __table_args__ = (
        Index("ix_ml_terms_text", "kind", "key", "text", "asset_seq"),
        Index("ix_ml_terms_number", "kind", "key", "number", "asset_seq"),
    )

    asset_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  # tag | param | metric
    key: Mapped[str] = mapped_column(String(250), primary_key=True)
    text: Mapped[str | None] = mapped_column(String(250))
    number: Mapped[float | None] = mapped_column(Double)  # finite or infinite; a NaN has none
