# ruff: noqa: ARG001, ARG002 - views and handlers have the shape that Django and wsgiref give them
"""Show every screen with made-up content. In: templates, built assets. Out: pages on a loopback port.

Run `python scripts/preview.py [--port 8123]` after `npm run build`; `/` lists the screens.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import include, path, re_path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
Next = Callable[[HttpRequest], HttpResponseBase]


def add_policy(get_response: Next) -> Next:
    """Send the strict policy with every answer, as the product does."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Content-Security-Policy"] = CSP
        return response

    return answer


settings.configure(
    DEBUG=True,
    SECRET_KEY="preview",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["django.contrib.staticfiles", "django_htmx", "narvaro.web"],
    MIDDLEWARE=[
        f"{__name__}.add_policy",
        "django.middleware.locale.LocaleMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "string_if_invalid": "!!%s!!",
            },
        }
    ],
    LANGUAGES=[("sv", "Svenska"), ("en", "English")],
    LOCALE_PATHS=[ROOT / "src/narvaro/locale"],
    LANGUAGE_CODE="en",
    TIME_ZONE="Europe/Stockholm",
    USE_TZ=True,
    STATIC_URL="/static/",
)
if __name__ == "__main__":
    sys.modules["preview"] = sys.modules[__name__]
django.setup()

from scripts import preview_samples as samples  # noqa: E402  (settings first)

VIEWER = SimpleNamespace(
    service_number="D-12", role_label="Dispatcher", organisation_name="Ekvakt i Älvhamra AB"
)


def show(name: str) -> Callable[..., HttpResponse]:
    """Return a view of one sample."""

    def view(request: HttpRequest, **_: str) -> HttpResponse:
        here = request.headers.get("HX-Current-URL", "").rstrip("/").rpartition("/")[2]
        template, make = samples.SCREENS[here if name == "phone-offer" and here else name]
        if "HX-Request" in request.headers:
            template = template.replace("page.html", "_body.html")
        signed_in = name != "login"
        context = {
            "viewer": VIEWER if signed_in else None,
            "menu": samples.menu(name) if signed_in else (),
            **make(),
        }
        return render(request, template, context)

    return view


def index(request: HttpRequest) -> HttpResponse:
    """List the samples."""
    return HttpResponse("".join(f'<p><a href="/{n}/">{n}</a>' for n in samples.SCREENS))


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Send signs of life, and one notice every five seconds."""

    def beats() -> Iterator[bytes]:
        position = int(request.GET.get("after", "0"))
        while True:
            yield b": beat\n\n"
            time.sleep(5)
            position += 1
            yield f'id: {position}\nevent: unit.changed\ndata: {{"unit": null}}\n\n'.encode()

    return StreamingHttpResponse(beats(), content_type="text/event-stream")


def features(request: HttpRequest) -> JsonResponse:
    """Send what is on the map."""
    return JsonResponse(samples.features())


def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """Send a tile from the archive named in --tiles."""
    body = TILES.get(z, x, y) if TILES else None
    return HttpResponse(body or b"", headers={"Content-Encoding": "gzip"} if body else {})


def done(request: HttpRequest, *_: str) -> JsonResponse:
    """Say yes to anything sent."""
    return JsonResponse({"ok": True})


urlpatterns = [
    path("", index),
    path("live", stream),
    path("map/features/", features),
    path("tiles/<int:z>/<int:x>/<int:y>.mvt", tile),
    path("i18n/", include("django.conf.urls.i18n")),
    path("phone/", show("phone-offer")),
    path("console/cases/", show("console-cases")),
    path("console/units/", show("console-units")),
    path("console/cases/<str:id>/", show("console-case")),
    re_path(r"^(cases|phone/(offers|responses|unit))/.*$", done),
    *(path(f"{name}/", show(name)) for name in samples.SCREENS),
]


class Tiles:
    """Tiles of one PMTiles archive."""

    def __init__(self, archive: Path) -> None:
        from pmtiles.reader import MemorySource, Reader

        self._reader = Reader(MemorySource(archive.read_bytes()))

    def get(self, z: int, x: int, y: int) -> bytes | None:
        """Return the tile as stored, or None."""
        found: bytes | None = self._reader.get(z, x, y)
        return found


class Server(ThreadingMixIn, WSGIServer):
    """One thread per request, so that the stream holds nobody up."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Prints failures only."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Print what failed."""
        if str(code) >= "400":
            print(code, self.path)


TILES: Tiles | None = None


def main() -> None:
    """Serve until interrupted."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--tiles", type=Path)
    arguments = parser.parse_args()
    global TILES  # noqa: PLW0603  (one process, set once before the first request)
    TILES = Tiles(arguments.tiles) if arguments.tiles else None
    server = Server(("127.0.0.1", arguments.port), Quiet)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    print(json.dumps({"address": f"http://127.0.0.1:{arguments.port}/"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
