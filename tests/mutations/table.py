"""What must be seen to fail: a guard taken out, and the test that has to notice. Applied one by one by --heavy."""

from tests.mutations.files_and_assets import FILES_AND_ASSETS
from tests.mutations.mutation import Mutation

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
    Mutation(
        "app/gateways/triple_store/tokens.py", '        return [token.start + 1]\n', '        return []\n',
        "tests/gateways/triple_store/test_guard.py::test_service_is_refused_however_it_is_hidden",
    ),
    Mutation(
        "app/gateways/triple_store/guard.py", '    if unescaped != text:\n', '    if False:\n',
        "tests/gateways/triple_store/test_guard.py::test_service_is_refused_however_it_is_hidden",
    ),
    Mutation(
        "app/gateways/triple_store/confinement.py", '    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n', '',
        "tests/gateways/triple_store/test_limits.py::test_service_reaches_nobody_even_without_the_guard",
    ),
    Mutation(
        "app/gateways/triple_store/confinement.py", '        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))\n', '        pass\n',
        "tests/gateways/triple_store/test_limits.py::test_a_query_that_eats_memory_ends_alone",
    ),
    Mutation(
        "app/gateways/triple_store/keeping.py", '        if self._memory.mark is None:\n', '        if False:\n',
        "tests/gateways/triple_store/test_keeper.py::test_a_killed_keeper_is_replaced_by_an_empty_one",
    ),
    Mutation(
        "app/gateways/triple_store/keeper.py", 'os.register_at_fork(after_in_child=_disown_all)\n', '',
        "tests/gateways/triple_store/test_keeper.py::test_a_process_forked_while_another_thread_starts_the_keeper_is_not_stuck",
    ),
    Mutation(
        "app/gateways/triple_store/evaluation.py", 'default_graph=names, named_graphs=names', 'default_graph=names',
        "tests/contract/test_triple_store.py::test_a_query_sees_only_the_graphs_that_it_is_given",
    ),
    Mutation(
        "app/semantics/graph/builder.py", 'tuple(sorted(self._triples, key=str))', 'tuple(self._triples)',
        "tests/semantics/test_graph_names.py::test_fifty_seeds_of_hashes_give_one_digest",
    ),
    Mutation(
        "app/semantics/graph/builder.py", 'safe="")', 'safe="/")',
        "tests/semantics/test_graph_names.py::test_two_paths_never_meet",
    ),
    Mutation(
        "app/semantics/graph/usages.py", '(("test", "testing"), TESTED)', '(("test", "testing"), TRAINED)',
        "tests/semantics/test_graph.py::test_the_context_of_a_data_set_decides_how_it_was_used",
    ),
    Mutation(
        "app/semantics/reading.py", '    if MARKUP.search(text):', '    if False:',
        "tests/semantics/test_reading.py::test_hostile_input_is_refused_at_once_and_reaches_nothing",
    ),
    Mutation(
        "app/semantics/reading.py", 'about.value.startswith(f"{subject}#")', 'about.value.startswith(subject)',
        "tests/semantics/test_reading.py::test_only_the_thing_and_its_fragments_may_be_spoken_of",
    ),
    Mutation(
        "app/semantics/lines.py", '        far = min([own, *(reach.get(thing, 0) for thing in named_in(line))])', '        far = own',
        "tests/semantics/test_questions.py::test_a_statement_is_shown_as_far_as_all_that_it_names",
    ),
    Mutation(
        "app/semantics/sync.py", '            found |= set(session.scalars(select(links.c.entity_seq).where(links.c.target_seq.in_(some))))', '            pass',
        "tests/semantics/test_questions.py::test_a_statement_is_shown_as_far_as_all_that_it_names",
    ),
    Mutation(
        "app/semantics/sync.py", '    return 0 if row.deleted_at is not None else REACH[row.visibility]', '    return REACH[row.visibility]',
        "tests/semantics/test_questions.py::test_what_was_written_is_seen_by_the_next_question",
    ),
    Mutation(
        "app/semantics/sync.py", '        if int(position) > entities.position_now():', '        if False:',
        "tests/semantics/test_questions.py::test_a_mark_of_a_database_that_was_set_back_is_not_believed",
    ),
    Mutation(
        "app/semantics/service/serving.py", '    missing = describing.missing_without(mine, unseen) if unseen else tuple(mine.missing)', '    missing = tuple(mine.missing)',
        "tests/semantics/test_descriptions.py::test_what_is_missing_does_not_tell_of_what_a_reader_may_not_see",
    ),
    Mutation(
        "app/entities/feed.py", 'return literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)', 'return literal_column("pg_current_xact_id()::text::bigint", BigInteger)',
        "tests/entities/test_feed.py::test_a_transaction_that_began_earlier_and_ends_later_is_not_missed",
    ),
    Mutation(
        "migrations/versions/0006_semantics.py", "BEGIN UPDATE entities SET updated_at = updated_at WHERE owner_seq = NEW.seq; RETURN NULL; END $$", "BEGIN RETURN NULL; END $$",
        "tests/entities/test_feed.py::test_every_kind_of_change_is_told",
    ),
    Mutation(
        "app/semantics/exports/front_matter.py", 'return _BREAKS.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text)', 'return text',
        "tests/semantics/test_model_card.py::test_every_text_comes_back_from_a_yaml_parser_as_text",
    ),
    Mutation(
        "app/semantics/exports/croissant_file.py", 'if not sums or not url:', 'if not url:',
        "tests/semantics/test_croissant.py::test_without_a_true_checksum_no_file_is_described",
    ),
    Mutation(
        "app/semantics/sync.py", '.{secrets.token_hex(8)}"', '"',
        "tests/semantics/test_questions.py::test_what_was_read_before_another_replaced_it_does_not_come_back",
    ),
    Mutation(
        "app/semantics/schemas.py", ' or web(value) is None', '',
        "tests/semantics/test_descriptions.py::test_wrong_fields_are_named_and_change_nothing",
    ),
    Mutation(
        "app/semantics/service/overlays.py", '    if not hidden:', '    if True:',
        "tests/semantics/test_descriptions.py::test_what_people_added_is_shown_as_far_as_all_that_it_names",
    ),
    Mutation(
        "app/ml_assets/service/families.py", '            entities.touch(seq)  # it is described without its alias from now on', '            pass',
        "tests/semantics/test_descriptions.py::test_the_version_that_lost_its_alias_is_described_without_it",
    ),
    Mutation(
        "app/semantics/describing.py", ' | (descriptions.c.change > now)', '',
        "tests/semantics/test_descriptions.py::test_a_description_of_another_cluster_does_not_pass_for_newer",
    ),
    Mutation(
        "app/semantics/writing.py", '    if predicate in XML_RESERVED:', '    if False:',
        "tests/semantics/test_descriptions.py::test_words_of_rdf_xml_are_no_predicates_in_it",
    ),
    Mutation(
        "app/semantics/describing.py", '            _make_each(stale)', '            raise',
        "tests/semantics/test_describing.py::test_what_cannot_be_described_keeps_nobody_from_asking",
    ),
    Mutation(
        "app/gateways/http/client.py", '            if objection:\n', '            if False:\n',
        "tests/gateways/http/test_guard.py::test_s16_a_name_that_leads_there_is_never_fetched",
    ),
    Mutation(
        "app/gateways/http/client.py", 'connect(self._connector, target, addresses, meter)', 'connect(self._connector, target, self._resolver(target.host, 0), meter)',
        "tests/gateways/http/test_guard.py::test_s17_the_address_that_was_judged_is_the_one_that_is_dialled",
    ),
    Mutation(
        "app/gateways/http/urls.py", 'return found if same else None', 'return found',
        "tests/gateways/http/test_guard.py::test_s17_a_redirect_to_the_canary_comes_back_as_the_answer",
    ),
    Mutation(
        "app/gateways/http/sockets.py", '            self.settimeout(self.meter.left())', '            self.settimeout(5)',
        "tests/gateways/http/test_ill_servers.py::test_s18_a_drip_ends_with_the_time_of_the_whole",
    ),
    Mutation(
        "app/gateways/http/exchange.py", 'self._response.read(min(PIECE, left + 1))', 'self._response.read()',
        "tests/gateways/http/test_ill_servers.py::test_s18_a_bomb_costs_no_more_than_its_limit",
    ),
    Mutation(
        "app/gateways/http/tls.py", '    context.minimum_version =', '    context.check_hostname = False\n    context.minimum_version =',
        "tests/gateways/http/test_tls.py::test_a_certificate_for_another_name_is_refused",
    ),
    Mutation(
        "app/queries/matcher/paths.py", '            self._to_element(array[position], at + 1)', '            self.through_object(array[position], at + 1)',
        "tests/queries/test_matcher.py::test_a_filter_means_what_mongodb_means",
    ),
    Mutation(
        "app/queries/patterns.py", '.startswith("(*")', '.startswith("(**")',
        "tests/queries/test_patterns.py::test_wrong_and_meddling_patterns_are_refused",
    ),
    Mutation(
        "app/queries/patterns.py", '(*LIMIT_MATCH={steps})', '',
        "tests/queries/test_patterns.py::test_hostile_patterns_end_in_time",
    ),
    Mutation(
        "app/queries/matcher/predicates.py", '        return wanted is None and term.operator in _TO_NULL', '        return False',
        "tests/queries/test_cases.py::test_documents_are_found_as_mongodb_finds_them",
    ),
    Mutation(
        "app/queries/matcher/predicates.py", '(rest if dividend >= 0 else -rest)', 'rest',
        "tests/queries/test_against_mgqpy.py::test_random_filters_find_what_mgqpy_finds",
    ),
    *FILES_AND_ASSETS,
)  # fmt: skip
