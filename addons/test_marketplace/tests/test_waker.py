"""Waking the engine beside the user's way: after the commit, by a thread of the process."""

import threading

from odoo.tests import BaseCase, tagged

from odoo.addons.marketplace.models import marketplace_recorder
from odoo.addons.marketplace.tools.waker import Waker

from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestWaker(BaseCase):
    def setUp(self):
        super().setUp()
        self.waker = Waker()
        self.calls = []

    def test_notes_that_come_while_it_works_are_one_next_round(self):
        begun, go_on = threading.Event(), threading.Event()

        def wake(database, wakes):
            self.calls.append((database, wakes))
            begun.set()
            self.assertTrue(go_on.wait(10))

        self.waker._wake = wake
        self.waker.note("one", "_job_dispatch")
        self.assertTrue(begun.wait(10))
        for _commit in range(100):
            self.waker.note("one", "_job_dispatch")
        self.waker.note("one", "_job_send", 7)
        self.waker.note("two", "_job_dispatch")
        go_on.set()
        self.assertTrue(self.waker.wait(10))
        self.assertEqual(
            self.calls,
            [
                ("one", {("_job_dispatch", 0, 0)}),
                ("one", {("_job_dispatch", 0, 0), ("_job_send", 7, 0)}),
                ("two", {("_job_dispatch", 0, 0)}),
            ],
        )

    def test_a_database_that_is_gone_does_not_stop_the_others(self):
        real = self.waker._wake

        def wake(database, wakes):
            if database == "here":
                self.calls.append(wakes)
            else:
                real(database, wakes)

        self.waker._wake = wake
        with self.assertLogs("odoo.addons.marketplace.tools.waker", "WARNING") as logs:
            self.waker.note("marketplace_no_such_database", "_job_dispatch")
            self.assertTrue(self.waker.wait(10))
        self.assertEqual(len(logs.records), 1)
        self.waker.note("here", "_job_dispatch")
        self.assertTrue(self.waker.wait(10))
        self.assertEqual(self.calls, [{("_job_dispatch", 0, 0)}])


@tagged("post_install", "-at_install")
class TestNotes(MarketplaceCase):
    def setUp(self):
        super().setUp()
        self.tea = self._make_product("Tea")
        self.env.cr.flush()
        self.env.cr.postcommit.clear()
        self.notes = []
        self.patch(marketplace_recorder.waker, "note", lambda *note: self.notes.append(note))

    @covers("C1")
    def test_a_note_is_left_after_the_commit_and_not_before(self):
        self.tea.list_price = 11
        self.env.cr.flush()
        self.assertEqual(self.notes, [])
        self.env.cr.postcommit.run()
        self.assertEqual(self.notes, [(self.env.cr.dbname, "_job_dispatch")])

    def test_what_no_channel_cares_about_wakes_nobody(self):
        self.tea.description_picking = "Top shelf"
        self.env.cr.flush()
        self.env.cr.postcommit.run()
        self.assertEqual(self.notes, [])
