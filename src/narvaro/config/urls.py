"""The addresses. In: the routes of `web`. Out: Django's table of them."""

from narvaro.web.routes import handler404, handler500, urlpatterns

__all__ = ["handler404", "handler500", "urlpatterns"]
