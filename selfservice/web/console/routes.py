"""The addresses of the console, all behind a staff session but the sign-in itself."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfservice.db import db
from selfservice.errors import AppError
from selfservice.situations import icons
from selfservice.web import errors, security
from selfservice.web.console import (
    brands,
    coming,
    compose,
    detail,
    door,
    inbox,
    listing,
    outgoing,
    page_types,
    person,
    photos,
    pictures,
    preview,
    recipe_life,
    recipes,
    sign_in,
    stream,
    times,
)

blueprint = Blueprint("console", __name__, url_prefix="/console")
security.guard(blueprint, "staff", door.enter)
blueprint.after_request(door.keep_private)
blueprint.add_app_template_global(icons.icon, "icon")
blueprint.add_app_template_global(times.initials, "initials")


@blueprint.errorhandler(AppError)
def _tell(error: AppError) -> ResponseReturnValue:
    """What went wrong, to staff in the sentence the error carries, to scripts as a problem document."""
    db.session.rollback()
    return errors.problem(error) if errors.wants_json() else door.tell(error)


_GET, _POST = ["GET"], ["POST"]
_add = blueprint.add_url_rule

_add("/sign-in", "show_sign_in", sign_in.show_sign_in, methods=_GET)
_add("/sign-in", "sign_in", sign_in.sign_in, methods=_POST)
_add("/sign-out", "sign_out", sign_in.sign_out, methods=_POST)

_add("/", "home", listing.home, methods=_GET)
_add("/pages", "list_pages", listing.list_pages, methods=_GET)
_add("/pages", "find_pages", listing.find_pages, methods=_POST)
_add("/pages/<page_id>", "show_page", detail.show_page, methods=_GET)
_add("/pages/<page_id>/timeline", "show_timeline", detail.show_timeline, methods=_GET)
_add("/pages/<page_id>/qr", "show_qr", detail.show_qr, methods=_GET)
_add("/pages/<page_id>/media/<medium_id>", "show_photo", photos.show_photo, methods=_GET)
_add("/pages/<page_id>/media/<medium_id>/preview", "show_preview", photos.show_preview, methods=_GET)
_add("/pictures", "add_picture", pictures.add, methods=_POST)
_add("/pictures/<picture_id>", "show_picture", pictures.show, methods=_GET)
_add("/pages/<page_id>/resend", "resend", outgoing.resend, methods=_POST)
_add("/pages/<page_id>/messages/<message_id>/take-back", "take_back", outgoing.take_back, methods=_POST)
_add("/pages/<page_id>/messages/<message_id>/replay", "replay", outgoing.replay, methods=_POST)
_add("/pages/<page_id>/close", "close", detail.close, methods=_POST)
_add("/pages/<page_id>/release", "release", detail.release, methods=_POST)
_add("/pages/<page_id>/call-off", "call_off", coming.call_off, methods=_POST)
_add("/pages/<page_id>/allow", "allow", detail.allow, methods=_POST)
_add("/pages/<page_id>/stop", "stop", person.stop, methods=_POST)
_add("/pages/<page_id>/consent", "note_consent", person.note, methods=_POST)
_add("/pages/<page_id>/export", "export", person.export, methods=_POST)
_add("/pages/<page_id>/erase", "erase", person.erase, methods=_POST)

_add("/new", "show_new", compose.show_new, methods=_GET)
_add("/new", "create", compose.create, methods=_POST)
_add("/new/look", "look", compose.look, methods=_POST)

_add("/preview", "preview_draft", preview.show_draft, methods=_POST)
_add("/preview/sample/<key>/<sample>", "preview_sample", page_types.show_sample, methods=_GET)
_add("/preview/page/<page_id>", "preview_page", preview.show_page, methods=_GET)

_add("/inbox", "show_inbox", inbox.show_inbox, methods=_GET)
_add("/inbox/<conversation_id>/take", "take", inbox.take, methods=_POST)
_add("/inbox/<conversation_id>/done", "finish", inbox.finish, methods=_POST)
_add("/inbox/<conversation_id>/media/<medium_id>", "show_work_photo", photos.show_work_photo, methods=_GET)
_add("/inbox/<conversation_id>/media/<medium_id>/preview", "show_work_preview", photos.show_work_preview, methods=_GET)

_add("/types", "show_types", page_types.show_types, methods=_GET)
_add("/components", "components", page_types.show_components, methods=_GET)
_add("/preview/component/<name>", "preview_component", page_types.show_component, methods=_GET)
_add("/types/signature", "types_signature", page_types.tell_signature, methods=_GET)
_add("/types/<key>", "show_type", page_types.show_type, methods=_GET)
_add("/types/<key>/<sample>/send", "send_sample", page_types.send_sample, methods=_POST)

_add("/new-type", "show_new_type", recipes.show_new_type, methods=_GET)
_add("/new-type", "start_type", recipes.start_type, methods=_POST)
_add("/types/<key>/compose", "compose_type", recipes.compose_type, methods=_GET)
_add("/types/<key>/compose", "save_type", recipes.save_type, methods=_POST)
_add("/types/<key>/compose/preview", "preview_type", recipes.preview_type, methods=_GET)
_add("/types/<key>/compose/publish", "publish_type", recipe_life.publish_type, methods=_POST)
_add("/types/<key>/compose/retire", "retire_type", recipe_life.retire_type, methods=_POST)
_add("/types/<key>/compose/remove", "remove_type", recipe_life.remove_type, methods=_POST)
_add("/types/<key>/versions", "show_versions", recipe_life.show_versions, methods=_GET)
_add("/types/<key>/versions/<int(max=99999999):version>", "take_up_version", recipe_life.take_up_version, methods=_POST)

_add("/settings/brands", "show_brands", brands.show_brands, methods=_GET)
_add("/settings/brands", "add_brand", brands.add_brand, methods=_POST)
_add("/settings/new-brand", "show_new_brand", brands.show_new_brand, methods=_GET)
_add("/settings/brand-look", "look_at_brand", brands.look_at_brand, methods=_POST)
_add("/settings/brand-preview", "preview_brand", brands.preview_brand, methods=_POST)
_add("/settings/brands/<key>", "show_brand", brands.show_brand, methods=_GET)
_add("/settings/brands/<key>", "change_brand", brands.change_brand, methods=_POST)
_add("/settings/brands/<key>/remove", "remove_brand", brands.remove_brand, methods=_POST)
_add("/settings/brands/<key>/preview", "preview_kept_brand", brands.preview_kept_brand, methods=_GET)

_add("/live", "follow", stream.follow, methods=_GET)
_add("/live/head", "head", stream.head, methods=_GET)
_add("/jump", "jump", stream.jump, methods=_POST)
