"""The order of the Postman collection: the story that a newcomer would play, each request with the answer it must give."""

from app.postman import Step

EMAIL = "newcomer-{{$guid}}@example.org"
PERSON = {
    "email": "{{email}}",
    "password": "{{password}}",
    "first_name": "Sample",
    "last_name": "User",
    "role": "ML Engineer",
}
MODEL, DATASET, TRAINING = {"id": "{{model_id}}"}, {"id": "{{dataset_id}}"}, {"id": "{{training_id}}"}
STEPS: tuple[Step, ...] = ()
