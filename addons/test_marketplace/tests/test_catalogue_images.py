"""Images of products that were made of a channel's catalogue."""

import base64
from io import BytesIO

from PIL import Image

from odoo.tests import tagged

from odoo.addons.marketplace.wizards import marketplace_catalogue_import_image as module
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import FakeChannel
from marketplace_adapters.testing.server import Reply, ScriptedServer

from .test_catalogue_import import ImportCase


def picture(colour):
    stream = BytesIO()
    Image.new("RGB", (8, 8), colour).save(stream, "PNG")
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestCatalogueImages(ImportCase):
    def setUp(self):
        super().setUp()
        self.bodies = {"/red.png": picture("red"), "/blue.png": picture("blue")}
        self.server = ScriptedServer(
            lambda call: (
                Reply(200, self.bodies[call.path], {"Content-Type": "image/png"})
                if call.path in self.bodies
                else Reply(404)
            )
        )
        self.enterContext(self.server)
        self.account.base_url = self.server.base_url
        self.channel = FakeChannel.of(self.account.base_url)
        self.channel.reset()

    def url(self, path):
        return (f"{self.server.base_url}{path}",)

    def import_with_images(self):
        with trap_jobs() as trap:
            work = self.run_import(with_images=True)
            trap.assert_jobs_count(1)
            self.assertEqual(trap.enqueued_jobs[0].priority, module.LOW_PRIORITY)
            trap.perform_enqueued_jobs()
        self.env.invalidate_all()
        return work

    def colour(self, image):
        return Image.open(BytesIO(base64.b64decode(image))).convert("RGB").getpixel((0, 0))

    @covers("R303")
    def test_images_come_after_the_products_and_are_not_told_back(self):
        self.variants(
            "G",
            "Shirt",
            {"A": {"Size": "S"}, "B": {"Size": "L"}, "C": {"Size": "XL"}},
            image_urls={
                "A": self.url("/red.png"),
                "B": self.url("/blue.png"),
                "C": self.url("/red.png"),
            },
        )
        self.remote("D")
        work = self.import_with_images()
        states = {item.title: item.image_state for item in work.item_ids}
        self.assertEqual(states, {"Shirt": "done", "Title D": False})
        template = self.product("A").product_tmpl_id
        self.assertEqual(self.colour(template.image_1920), (255, 0, 0))
        self.assertEqual(self.colour(self.product("B").image_variant_1920), (0, 0, 255))
        self.assertFalse(self.product("C").image_variant_1920)
        self.assertEqual([call.path for call in self.server.calls], ["/red.png", "/blue.png"])
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])

    def test_a_host_that_is_not_configured_is_never_called(self):
        self.remote("A", image_urls=("https://elsewhere.example/red.png",))
        self.remote("B", image_urls=("http://169.254.169.254/latest/meta-data",))
        self.remote("C", image_urls=self.url("/red.png"))
        work = self.import_with_images()
        reasons = {item.title: (item.image_state, item.image_reason) for item in work.item_ids}
        refused = "A call to a host that was not configured is refused."
        self.assertEqual(
            reasons["Title A"], ("failed", f"{refused} (https://elsewhere.example/red.png)")
        )
        self.assertEqual(reasons["Title B"][0], "failed")
        self.assertEqual(reasons["Title C"], ("done", False))
        self.assertEqual([call.path for call in self.server.calls], ["/red.png"])
        self.assertEqual(work.image_fail_count, 2)

    def test_what_is_no_image_too_large_or_gone_is_said_and_can_be_tried_again(self):
        self.patch(module, "MOST_BYTES", 1000)
        self.bodies |= {"/text.png": b"no image", "/large.png": b"x" * 2000}
        for external_id, path in zip("ABC", ("/text.png", "/large.png", "/none.png"), strict=True):
            self.remote(external_id, image_urls=self.url(path))
        work = self.import_with_images()
        self.assertEqual(set(work.item_ids.mapped("image_state")), {"failed"})
        reasons = {item.title: item.image_reason for item in work.item_ids}
        self.assertIn("The answer is larger than 1000 bytes.", reasons["Title B"])
        self.assertIn("HTTP 404", reasons["Title C"])
        self.bodies["/text.png"] = self.bodies["/none.png"] = picture("red")
        with trap_jobs() as trap:
            work.action_images()
            trap.perform_enqueued_jobs()
        self.env.invalidate_all()
        self.assertTrue(self.product("A").image_1920)
        self.assertEqual(work.image_fail_count, 1)

    def test_a_host_that_says_wait_is_asked_again_later(self):
        self.remote("A", image_urls=self.url("/red.png"))
        with trap_jobs():
            work = self.run_import(with_images=True)
        self.server.next(Reply(429, headers={"Retry-After": "20"}))
        waits = None
        try:
            work._job_images()
        except RetryableJobError as exc:
            waits = exc.seconds
        self.assertEqual(waits, 21)
        self.assertEqual(work.item_ids.image_state, "waiting")
        work._job_images()
        self.assertEqual(work.item_ids.image_state, "done")
