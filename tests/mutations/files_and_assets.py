"""Guards of files, filters, messages, assets and their registry, and the tests that notice when one is taken out."""

from tests.mutations.mutation import Mutation

OS, MS = "app/gateways/object_store", "app/messaging"
FS, QS = "app/files/service", "app/queries"
DB, RG, SG = "app/assets_db", "app/assets_registry", "app/semantics/graph"

FILES_AND_ASSETS = (
    # the store
    Mutation(
        f"{OS}/folder/store.py", "os.link(aside, path)", "os.rename(aside, path)",
        "tests/contract/test_object_store.py::test_of_racing_first_writes_one_wins",
    ),
    Mutation(
        f"{OS}/folder/writer.py", "            os.fsync(descriptor)\n", "",
        "tests/gateways/object_store/test_folder.py::test_everything_is_durable_before_it_is_seen",
    ),
    Mutation(
        f"{OS}/folder/writer.py", "            self._failure = error\n", "",
        "tests/gateways/object_store/test_folder.py::test_a_full_disk_is_told_and_leaves_nothing",
    ),
    Mutation(
        f"{OS}/s3/writer.py", "while len(self._travelling) >= IN_FLIGHT:", "while False:",
        "tests/gateways/object_store/test_s3_writer.py::test_at_most_two_parts_travel_and_a_third_is_held",
    ),
    Mutation(
        f"{OS}/s3/client.py", "place = (os.getpid(), purpose)", "place = (0, purpose)",
        "tests/gateways/object_store/test_ill_servers.py::test_a_process_that_was_forked_has_its_own_connections",
    ),
    # messages
    Mutation(
        f"{MS}/claiming.py", 'session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})', "pass",
        "tests/messaging/test_relay.py::test_on_postgresql_a_claim_waits_for_the_one_before_it",
    ),
    Mutation(
        f"{MS}/claiming.py", ", still, ~in_flight)", ", still)",
        "tests/messaging/test_outbox.py::test_a_retried_letter_does_not_overtake_what_its_lane_sends_now",
    ),
    Mutation(
        f"{MS}/claiming.py", "delete(outbox).where(outbox.c.id == id, outbox.c.lease == lease)", "delete(outbox).where(outbox.c.id == id)",
        "tests/messaging/test_outbox.py::test_who_lost_the_lease_changes_nothing_any_more",
    ),
    Mutation(
        f"{MS}/claiming.py", "return or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now)", "return outbox.c.leased_until.is_(None)",
        "tests/messaging/test_relay.py::test_what_a_killed_process_was_sending_is_sent_again_and_nothing_is_lost",
    ),
    Mutation(
        f"{MS}/relay.py", "return max(drawn, _retry_after(error))", "return drawn",
        "tests/messaging/test_outbox.py::test_a_receiver_that_says_when_to_come_again_is_not_asked_before",
    ),
    Mutation(
        f"{MS}/periodic.py", "tasks.c.name == name, tasks.c.next_at == seen", "tasks.c.name == name",
        "tests/messaging/test_periodic.py::test_of_workers_that_look_at_once_one_does_the_work",
    ),
    Mutation(
        f"{MS}/outbox.py", '"payload": clean(row.payload)', '"payload": row.payload',
        "tests/messaging/test_outbox.py::test_secrets_of_a_payload_are_sent_but_not_shown",
    ),
    Mutation(
        f"{MS}/outbox.py", "outbox.c.id == id, outbox.c.dead_at.is_not(None)", "outbox.c.id == id",
        "tests/messaging/test_routes.py::test_an_admin_discards_a_dead_letter_and_nothing_else",
    ),
    Mutation(
        f"{MS}/deployments.py", 'lane.startswith(own_lane(""), autoescape=True)', "lane.startswith(MARK, autoescape=True)",
        "tests/assets_db/test_sharing.py::test_each_deletes_only_from_its_own_store",
    ),
    # files
    Mutation(
        f"{FS}/adoption.py", '(objects.c.seq == file.seq, objects.c.state == "started", objects.c.store', "(objects.c.seq == file.seq, objects.c.store",
        "tests/files/test_adoption.py::test_a_file_is_adopted_once_and_inside_a_transaction_only",
    ),
    Mutation(
        f"{FS}/quota.py", "usages.c.bytes + size <= limit if limit and size else true()", "true()",
        "tests/files/test_adoption.py::test_eight_at_once_never_get_past_the_quota",
    ),
    Mutation(
        f"{FS}/sweeping.py", "        strays = [stat for stat in strays if stat.modified <= limit]\n", "",
        "tests/files/test_sweeping.py::test_a_clock_of_ours_that_is_wrong_removes_nothing_from_the_store",
    ),
    Mutation(
        f"{FS}/uploads/progress.py", "uploads.c.seq == self._row.seq, uploads.c.writer == self._token", "uploads.c.seq == self._row.seq, uploads.c.seq > 0",
        "tests/files/test_appending.py::test_a_silent_request_loses_its_turn_and_cannot_spoil_the_next",
    ),
    Mutation(
        f"{FS}/uploads/appending.py", "        self._check()\n", "",
        "tests/files/test_tus.py::test_bytes_that_do_not_have_their_checksum_are_not_kept",
    ),
    Mutation(
        f"{FS}/uploads/finding.py", "uploads.c.owner_seq == caller.seq, objects", "objects",
        "tests/files/test_tus.py::test_a_stranger_gets_what_is_given_for_nothing",
    ),
    Mutation(
        f"{FS}/verifying.py", "    elif digest.hexdigest() != row.sha256:", "    elif False:",
        "tests/files/test_verifying.py::test_missing_and_altered_objects_are_found",
    ),
    # filters in SQL
    Mutation(
        f"{QS}/sql/translation.py", "    if positive.condition is None or not positive.exact:", "    if positive.condition is None:",
        "tests/queries/test_sql.py::test_arrays_in_arrays_and_numbers_in_paths_lose_nothing",
    ),
    Mutation(
        f"{QS}/sql/postgresql.py", '(@.type() != "array" && {tree(tests, "||")})', '({tree(tests, "||")})',
        "tests/queries/test_sql.py::test_arrays_in_arrays_and_numbers_in_paths_lose_nothing",
    ),
    Mutation(
        f"{QS}/sql/numbers.py", "        found.add(repr(float(number)))", "        pass",
        "tests/queries/test_sql.py::test_no_number_is_lost_however_it_is_written",
    ),
    Mutation(
        f"{QS}/finding.py", "            self._position = row.found_seq\n", "            self._position = row.found_seq + 1\n",
        "tests/queries/test_finding.py::test_pages_join_without_gap_or_repeat_whatever_the_bounds",
    ),
    Mutation(
        f"{QS}/statements.py", "if len(row[0]) < MAX_HITS else None", "",
        "tests/queries/test_finding.py::test_rows_that_come_late_and_are_many_are_all_found",
    ),
    Mutation(
        f"{QS}/finding.py", "        self._take(seqs)  # whatever", "        # whatever",
        "tests/queries/test_finding.py::test_documents_of_an_index_are_not_lost_when_time_is_up",
    ),
    Mutation(
        f"{QS}/finding.py", "if document is None or matches(self._filter, document, self._budget):", "if True:",
        "tests/queries/test_finding.py::test_every_case_is_found_through_a_page_as_mongodb_finds_it",
    ),
    # assets
    Mutation(
        f"{DB}/service/storing.py", "    if not document.same(known, wanted):\n", "    if False:\n",
        "tests/assets_db/test_assets.py::test_a_taken_uri_is_a_409_and_changes_nothing",
    ),
    Mutation(
        f"{DB}/service/objects.py", '    if row.visibility == "public":\n', "    if False:\n",
        "tests/assets_db/test_access.py::test_acts_are_written_down_downloads_of_public_assets_are_not",
    ),
    Mutation(
        f"{DB}/document.py", "        if wanted[key] != document[key]:\n", "        if False:\n",
        "tests/assets_db/test_assets.py::test_what_must_not_change_does_not",
    ),
    Mutation(
        f"{DB}/routes/incoming.py", "self._declared not in (actual, of_body)", "False",
        "tests/assets_db/test_assets.py::test_a_declared_digest_is_verified",
    ),
    Mutation(
        "app/core/multipart.py", "            if silent > MAX_HEAD_BYTES + PIECE:\n", "            if False:\n",
        "tests/core/test_multipart.py::test_a_wrong_form_is_refused_and_its_file_forgotten",
    ),
    Mutation(
        "app/users/auth.py", '(allowed == "off" or (allowed == "read" and not _reads()))', 'allowed == "off"',
        "tests/assets_db/test_access.py::test_strangers_may_do_what_the_setting_says",
    ),
    Mutation(
        "app/entities/service.py", 'return _settings["anyone_changes_ownerless"] or (caller is not None and caller.is_admin)', "return True",
        "tests/assets_db/test_access.py::test_what_is_nobodys_is_changed_by_all_where_strangers_may_write_else_by_admins",
    ),
    Mutation(
        "docker/gunicorn.conf.py", "                idle.timeout = 0\n", "                pass\n",
        "tests/journeys/test_operation.py::test_a_client_that_only_keeps_its_connection_open_does_not_hold_up_the_end",
    ),
    # the registry
    Mutation(
        f"{RG}/probes.py", "    if is_own(url):\n        at_root", "    if False:\n        at_root",
        "tests/assets_registry/test_probes.py::test_our_own_address_is_known_without_a_request",
    ),
    Mutation(
        f"{RG}/service/health.py", "    if _is_fresh(row.checked_at):\n", "    if False:\n",
        "tests/assets_registry/test_probes.py::test_a_check_within_ten_seconds_asks_nobody",
    ),
    Mutation(
        f"{RG}/service/health.py", '    limits.hit(LEAVING, "assets_registry", "address", address)\n', "",
        "tests/assets_registry/test_scanning.py::test_s19_of_65_checks_by_one_user_most_are_refused",
    ),
    Mutation(
        "app/gateways/http/allow_list.py", "        if not opening and not is_public(address):\n", "        if False:\n",
        "tests/assets_registry/test_scanning.py::test_s16_without_outbound_allow_a_real_canary_is_never_hit",
    ),
    Mutation(
        f"{RG}/fanout.py", "    if more or len(assets) > limit:\n", "    if more:\n",
        "tests/assets_registry/test_fanout.py::test_lying_dbs_make_the_answer_partial_and_spoil_nothing",
    ),
    Mutation(
        f"{RG}/service/asking.py", ".where(registered.c.state == HEALTHY)", "",
        "tests/assets_registry/test_fanout.py::test_only_healthy_dbs_that_the_caller_may_see_are_asked",
    ),
    # descriptions of assets
    Mutation(
        f"{SG}/files.py", "    if file.url and file.size is not None:\n", "    if file.url:\n",
        "tests/semantics/test_graph_assets_shapes.py::test_an_asset_conforms_to_the_shapes_of_mldcat_ap",
    ),
    Mutation(
        f"{SG}/bounds.py", "sorted(given.items())[:MOST]", "list(given.items())[:MOST]",
        "tests/semantics/test_graph_assets_odd.py::test_the_seed_of_hashes_does_not_matter",
    ),
)  # fmt: skip
