"""The addresses of the customer's door, all behind the signed token."""

from __future__ import annotations

from flask import Blueprint

from selfservice.web import security
from selfservice.web.customer import answers, checking, door, extras, pages, photos, receipt, uploads, wishes

blueprint = Blueprint("customer", __name__)
security.guard(blueprint, "link", door.enter)

blueprint.add_url_rule("/p/<token>", "show", pages.show, methods=["GET"])
blueprint.add_url_rule("/p/<token>/<action>", "answer", pages.answer, methods=["POST"])
blueprint.add_url_rule("/a/<answer_token>", "answer_by_script", answers.answer, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/opened", "opened", extras.opened, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/followed", "followed", extras.followed, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/callback", "show_callback", extras.show_callback, methods=["GET"])
blueprint.add_url_rule("/p/<token>/-/callback", "ask_callback", extras.ask_callback, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/preferences", "show_preferences", wishes.show, methods=["GET"])
blueprint.add_url_rule("/p/<token>/-/preferences", "stop_texts", wishes.take, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/calendar.ics", "calendar_file", extras.calendar_file, methods=["GET"])
blueprint.add_url_rule("/p/<token>/-/media/<medium_id>", "show_photo", photos.show, methods=["GET"])
blueprint.add_url_rule("/p/<token>/-/picture/<picture_id>", "show_picture", photos.show_picture, methods=["GET"])
blueprint.add_url_rule(
    "/p/<token>/-/picture/<picture_id>/small", "show_small_picture", photos.show_small_picture, methods=["GET"]
)
blueprint.add_url_rule("/p/<token>/-/upload", "begin_upload", uploads.begin, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/upload/<upload_id>", "add_to_upload", uploads.add, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/upload/<upload_id>", "show_upload", uploads.show, methods=["GET"])
blueprint.add_url_rule("/p/<token>/-/upload/<upload_id>", "drop_upload", uploads.drop, methods=["DELETE"])
blueprint.add_url_rule("/p/<token>/-/check", "show_check", checking.show_check, methods=["GET"])
blueprint.add_url_rule("/p/<token>/-/check", "check", checking.check, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/wrong-number", "show_wrong_number", checking.show_wrong_number, methods=["GET"])
blueprint.add_url_rule("/p/<token>/-/wrong-number", "say_wrong_number", checking.say_wrong_number, methods=["POST"])
blueprint.add_url_rule("/p/<token>/-/receipt", "receipt", receipt.show, methods=["GET"])
