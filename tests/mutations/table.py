"""What must be seen to fail: a guard taken out, and the test that has to notice. Applied one by one by --heavy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In `file`, `before` (which stands there once) becomes `after`; then `test` must fail."""

    file: str
    before: str
    after: str
    test: str


TABLE = (
    Mutation(
        "app/core/db.py", '"BEGIN IMMEDIATE"', '"BEGIN"',
        "tests/ml_assets/test_models.py::test_of_racing_writers_one_wins",
    ),
    Mutation(
        "app/core/db.py", "            session.rollback()\n", "            session.commit()\n",
        "tests/core/test_db.py::test_an_exception_undoes_everything_that_was_written",
    ),
    Mutation(
        "app/core/idempotency.py", "db.on_begin(_insert_claim)\n", "",
        "tests/core/test_idempotency.py::test_a_repeated_request_gets_the_first_answer",
    ),
    Mutation(
        "app/core/edge.py", "        if depth > limit:", "        if False:",
        "tests/core/test_edge.py::test_odd_json_is_400_everywhere",
    ),
    Mutation(
        "app/core/streams.py", "        if self._left:\n", "        if False:\n",
        "tests/core/test_streams.py::test_a_body_of_another_length_is_never_passed_off_as_whole",
    ),
    Mutation(
        "app/core/origin.py", "urlsplit(origin).netloc != request.host", "False",
        "tests/core/test_edge.py::test_pages_of_other_origins_change_nothing",
    ),
    Mutation(
        "app/users/service.py", '    limits.hit(FAILED_TRIES, "login", email.casefold())\n    row = _row(users.c.email_key', '    row = _row(users.c.email_key',
        "tests/users/test_routes.py::test_after_ten_wrong_tries_an_account_is_closed_for_a_while",
    ),
    Mutation(
        "app/users/credentials.py", '"sha256": _digest(secret)', '"sha256": secret[:64]',
        "tests/users/test_routes.py::test_no_secret_stands_in_the_database_in_clear",
    ),
    Mutation(
        "app/users/passwords.py", "_hasher.verify(password_hash or _nobody(), password)", "password_hash is not None and _hasher.verify(password_hash, password)",
        "tests/users/test_routes.py::test_unknown_user_wrong_password_and_disabled_user_look_the_same",
    ),
    Mutation(
        "app/entities/visibility.py", 'entities.c.visibility != "private", ', "",
        "tests/entities/test_visibility.py::test_the_condition_is_the_plain_rule",
    ),
    Mutation(
        "app/entities/service.py", "        _refuse_held(entity)\n", "",
        "tests/entities/test_visibility.py::test_holds_refuse_a_deletion_with_all_reasons",
    ),
    Mutation(
        "app/entities/service.py", "(*same, columns.revision == expected)", "same",
        "tests/ml_assets/test_models.py::test_of_racing_writers_one_wins",
    ),
    Mutation(
        "app/ledger/graph.py", "entities.visible_to(caller))\n        .order_by(here", "True)\n        .order_by(here",
        "tests/ledger/test_lineage.py::test_what_the_caller_may_not_see_is_cut_with_what_lies_beyond",
    ),
    Mutation(
        "migrations/versions/0004_ledger.py", "    refuse_changes()\n\n\ndef downgrade", "\n\ndef downgrade",
        "tests/ledger/test_lineage.py::test_history_cannot_be_changed",
    ),
    Mutation(
        "app/gateways/tracking/timebox.py", "            give_up()\n", "",
        "tests/gateways/tracking/test_ill_servers.py::test_given_up_calls_do_not_keep_their_places",
    ),
    Mutation(
        "app/gateways/tracking/http.py", "        if response.status != 200:", "        if response.status >= 400:",
        "tests/gateways/tracking/test_ill_servers.py::test_a_redirect_is_not_followed",
    ),
    Mutation(
        "app/gateways/tracking/uris.py", "        decoded = unquote(decoded)\n", "",
        "tests/gateways/tracking/test_uris.py::test_what_is_no_form_is_refused_with_the_forms",
    ),
    Mutation(
        "app/ml_assets/service/assets.py", '    ">=": lambda column, number: column >= number', '    ">=": lambda column, number: column > number',
        "tests/ml_assets/test_models.py::test_metric_filters_and_order_are_those_of_python",
    ),
    Mutation(
        "app/users/token_cache.py", "entry.stamp != _shared[:] or ", "",
        "tests/users/test_token_cache.py::test_the_processes_of_one_service_forget_together",
    ),
    Mutation(
        "app/users/credentials.py", "        token_cache.forget_all()\n", "",
        "tests/users/test_token_cache.py::test_what_ends_a_token_ends_it_at_once",
    ),
    Mutation(
        "app/users/token_cache.py", "None if entry.expires_at is not None and entry.expires_at <= utcnow() else entry.caller", "entry.caller",
        "tests/users/test_token_cache.py::test_a_remembered_token_expires_in_time",
    ),
)  # fmt: skip
