"""What waits to be sent, and what could not be, for those who operate the service."""

from flask import Blueprint

from app.core.api import other_responses, response
from app.core.pagination import paginated
from app.messaging import service
from app.messaging.schemas import MessageFilterSchema, MessageSchema


def make_blueprint(admins_only):
    """The routes of this module; `admins_only` lets admins in and raises Forbidden for others: messaging knows no users."""
    bp = Blueprint("outbox", __name__)

    @bp.get("/api/outbox")
    @admins_only
    @paginated(MessageSchema, MessageFilterSchema)
    def list_messages(filters):
        """List messages that were not sent yet

        Oldest first: what waits, what is being sent, and dead letters, which were given up and no longer hold up their lane.
        What was sent is not here any more. For admins.
        """
        return service.list_messages(**filters)

    @bp.get("/api/outbox/<id>")
    @admins_only
    @response(MessageSchema)
    @other_responses({404: "There is no such message, or it was sent"})
    def get_message(id):
        """Get a message that was not sent yet

        With the reason why the last attempt failed. For admins.
        """
        return service.get(id)

    @bp.post("/api/outbox/<id>/retry")
    @admins_only
    @response(MessageSchema)
    @other_responses({404: "There is no such message, or it was sent", 409: "It is being sent now"})
    def retry_message(id):
        """Try a message again

        A dead letter, or a message that waits for its next attempt, is due now and its attempts are forgotten. It is sent when
        it is the oldest of its lane. For admins.
        """
        return service.retry(id)

    @bp.delete("/api/outbox/<id>")
    @admins_only
    @other_responses({404: "There is no such message, or it was sent", 409: "It is not a dead letter"})
    def discard_message(id):
        """Discard a dead letter

        It is forgotten, and what it should have done outside is not done. For admins.
        """
        service.discard(id)
        return "", 204

    return bp
