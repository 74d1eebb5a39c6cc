"""Every address with its policy. In: nothing. Out: the table that Django and the tests read."""

from allauth.account.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver
from django.views.i18n import set_language

from narvaro.access.policy import Record, Verb
from narvaro.web import console, contract_room, entry, ground, intake_room, night, phone, problems
from narvaro.web.rooms import Need, Open, route

SEND = Need(Record.CASE, (Verb.WRITE,))
LEAD = Need(Record.CASE, (Verb.LEAD,))
SEND_OR_LEAD = Need(Record.OFFER, (Verb.WRITE, Verb.LEAD))
CREW = Need(Record.OFFER, (Verb.ANSWER,))
CONTRACT = Need(Record.CONTRACT)
STATEMENT = Need(Record.STATEMENT)
MAP = Need(Record.MAP)
WAY_IN = Open("the way in")
OWN = Open("one's own way in and out", signed_in=True)

urlpatterns: list[URLPattern | URLResolver] = [
    route("", entry.home, OWN, "home"),
    route("login/", LoginView.as_view(template_name="login.html"), WAY_IN, "account_login"),
    route("logout/", LogoutView.as_view(), OWN, "account_logout"),
    route("who/", entry.who, OWN, "who"),
    route("i18n/setlang/", set_language, Open("a choice of language, for anyone"), "set_language"),
    route("console/", console.console, SEND, "console"),
    route("console/cases/", console.cases, SEND, "cases"),
    route("console/cases/<uuid:case_id>/", console.case, SEND, "case"),
    route("console/units/", console.units, SEND, "units"),
    route("console/refused/", intake_room.refused, Need(Record.REFUSED_INTAKE), "refused"),
    route("console/new/", console.new_case, SEND, "new_case"),
    route("cases/<uuid:case_id>/offer/<uuid:unit_id>/", console.offer, SEND_OR_LEAD, "offer"),
    route("cases/<uuid:case_id>/close/", console.close, SEND, "close"),
    route("phone/", phone.phone, CREW, "phone"),
    route("phone/state/", phone.state, CREW, "phone_state"),
    route("phone/offers/<uuid:offer_id>/accept/", phone.accept, CREW, "accept"),
    route("phone/offers/<uuid:offer_id>/decline/", phone.decline_offer, CREW, "decline"),
    route("phone/responses/<uuid:response_id>/report/", phone.report, CREW, "report"),
    route("phone/responses/<uuid:response_id>/<slug:code>/", phone.step, CREW, "step"),
    route("phone/unit/<slug:code>/", phone.unit_state, CREW, "unit_state"),
    route("night/", night.night, LEAD, "night"),
    route("contract/", contract_room.contract_list, CONTRACT, "contracts"),
    route("contract/<uuid:contract_id>/", contract_room.contract, CONTRACT, "contract"),
    route(
        "contract/<uuid:contract_id>/statement/<slug:month>/",
        contract_room.statement,
        STATEMENT,
        "statement",
    ),
    route(
        "contract/<uuid:contract_id>/statement/<slug:month>/<uuid:response_id>/",
        contract_room.response,
        STATEMENT,
        "statement_response",
    ),
    route("map/features/", ground.features, MAP, "map_features"),
    route("tiles/<slug:sha256>/<int:z>/<int:x>/<int:y>.mvt", ground.tile, MAP, "tile"),
]
handler404 = problems.not_found
handler500 = problems.server_error
