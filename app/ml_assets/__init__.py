"""Models, ML datasets and federated-learning trainings, with what MLflow knows about them."""
