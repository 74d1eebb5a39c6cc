"""Every address with its policy. In: nothing. Out: the table that Django and the tests read."""

from allauth.account.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver
from django.views.i18n import set_language

from narvaro.access.policy import Record, Verb
from narvaro.web import (
    aids,
    cameras,
    closures,
    console,
    contract_form,
    contract_room,
    damage,
    effect,
    entry,
    files,
    first_report,
    forecast,
    ground,
    intake_room,
    keys,
    metrics,
    night,
    own_record,
    passing,
    phone,
    phone_visits,
    phone_watch,
    plan,
    presence,
    problems,
    reach,
    reports,
    road_times,
    silence,
    system,
    tour,
    ways,
    week,
    what_if,
)
from narvaro.web.rooms import Need, Open, route

SEND = Need(Record.CASE, (Verb.WRITE,))
LEAD = Need(Record.CASE, (Verb.LEAD,))
SEND_OR_LEAD = Need(Record.OFFER, (Verb.WRITE, Verb.LEAD))
HAVE = Need(Record.CASE, (Verb.WRITE, Verb.LEAD))
CREW = Need(Record.OFFER, (Verb.ANSWER,))
CONTRACT = Need(Record.CONTRACT)
NEW_CONTRACT = Need(Record.CONTRACT, (Verb.WRITE,))
CAMERAS = Need(Record.CAMERA_EVENT)
DECIDE_SEEN = Need(Record.CAMERA_EVENT, (Verb.WRITE,))
STATEMENT = Need(Record.STATEMENT)
MAP = Need(Record.MAP)
AEDS = Need(Record.AED)
LEAD_KEYS = Need(Record.KEY, (Verb.LEAD,))
CLOSE_ROADS = Need(Record.MAP, (Verb.WRITE,))
FILES = Need(Record.IMPORT, (Verb.WRITE,))
FIRST_REPORT = Need(Record.FIRST_REPORT)
REPORT = Need(Record.OBSERVATION, (Verb.REPORT,))
SETTLE = Need(Record.OBSERVATION, (Verb.LEAD, Verb.WRITE, Verb.REPORT))
DAMAGE = Need(Record.DAMAGE)
OWN_RECORD = Need(Record.OWN_RECORD)
RISK = Need(Record.FORECAST)
WHAT_IF = Need(Record.REPLAY, (Verb.WRITE,))
WEEK = Need(Record.PICTURE)
MEETING = Need(Record.PICTURE, (Verb.WRITE,))
PLAN = Need(Record.PATROL_PLAN)
LEAD_PLAN = Need(Record.PATROL_PLAN, (Verb.LEAD,))
VISIT = Need(Record.PATROL_PLAN, (Verb.ANSWER,))
WAY_IN = Open("the way in")
OWN = Open("one's own way in and out", signed_in=True)
SCRAPED = Open("numbers without names, for who shows the token; a missing page for all others")
TOUR = Open("the demo's tour of a made-up town; a missing page everywhere else")

urlpatterns: list[URLPattern | URLResolver] = [
    route("", entry.home, OWN, "home"),
    route("login/", LoginView.as_view(template_name="login.html"), WAY_IN, "account_login"),
    route("logout/", LogoutView.as_view(), OWN, "account_logout"),
    route("who/", entry.who, OWN, "who"),
    route("i18n/setlang/", set_language, Open("a choice of language, for anyone"), "set_language"),
    route("console/", console.console, SEND, "console"),
    route("console/cases/", console.cases, SEND, "cases"),
    route("console/cases/<uuid:case_id>/", console.case, SEND, "case"),
    route("console/cases/<uuid:case_id>/way/", ways.case_way, SEND, "case_way"),
    route("console/cases/<uuid:case_id>/reach/", reach.case_reach, SEND, "case_reach"),
    route("console/units/", console.units, SEND, "units"),
    route("console/units/<uuid:unit_id>/reach/", reach.unit_reach, SEND, "unit_reach"),
    route("console/refused/", intake_room.refused, Need(Record.REFUSED_INTAKE), "refused"),
    route("console/new/", console.new_case, SEND, "new_case"),
    route("cases/<uuid:case_id>/offer/<uuid:unit_id>/", console.offer, SEND_OR_LEAD, "offer"),
    route("cases/<uuid:case_id>/close/", console.close, SEND, "close"),
    route("cases/<uuid:case_id>/pass-on/<uuid:centre_id>/", passing.pass_on, SEND, "pass_on"),
    route("cases/<uuid:case_id>/have-it/", silence.have_it, HAVE, "have_it"),
    route("cameras/", cameras.cameras, CAMERAS, "cameras"),
    route("cameras/<uuid:event_id>/case/", cameras.case, DECIDE_SEEN, "camera_case"),
    route("cameras/<uuid:event_id>/dismiss/", cameras.dismiss, DECIDE_SEEN, "camera_dismiss"),
    route("phone/", phone.phone, CREW, "phone"),
    route("phone/state/", phone.state, CREW, "phone_state"),
    route("phone/offers/<uuid:offer_id>/accept/", phone.accept, CREW, "accept"),
    route("phone/offers/<uuid:offer_id>/decline/", phone.decline_offer, CREW, "decline"),
    route("phone/cases/<uuid:case_id>/support/", phone.support, CREW, "call_support"),
    route("phone/responses/<uuid:response_id>/report/", phone.report, CREW, "report"),
    route("phone/responses/<uuid:response_id>/<slug:code>/", phone.step, CREW, "step"),
    route("phone/unit/<slug:code>/", phone.unit_state, CREW, "unit_state"),
    route("phone/watch/start/", phone_watch.start, CREW, "watch_start"),
    route("phone/watch/here/", phone_watch.here, CREW, "watch_here"),
    route("phone/watch/end/", phone_watch.end, CREW, "watch_end"),
    route("phone/visits/<uuid:visit_id>/<slug:said>/", phone_visits.step, VISIT, "visit_step"),
    route("night/", night.night, LEAD, "night"),
    route("night/keys/hand-out/", keys.hand_out, LEAD_KEYS, "key_hand_out"),
    route("night/keys/<uuid:key_id>/take-back/", keys.take_back, LEAD_KEYS, "key_take_back"),
    route("night/keys/<uuid:key_id>/lost/", keys.lose, LEAD_KEYS, "key_lost"),
    route("aids/", aids.aids, AEDS, "aids"),
    route("plan/", plan.plan, PLAN, "plan"),
    route("plan/propose/", plan.propose, LEAD_PLAN, "plan_propose"),
    route("plan/<uuid:plan_id>/publish/", plan.publish, LEAD_PLAN, "plan_publish"),
    route("plan/<uuid:plan_id>/add/", plan.add, LEAD_PLAN, "plan_add"),
    route("plan/visits/<uuid:visit_id>/", plan.visit, LEAD_PLAN, "plan_visit"),
    route("week/", week.week, WEEK, "week"),
    route("week/<slug:monday>/", week.week_of, WEEK, "week_of"),
    route("week/<slug:monday>/paper.pdf", week.paper, WEEK, "week_paper"),
    route("week/<slug:monday>/freeze/", week.freeze, MEETING, "week_freeze"),
    route("week/<slug:monday>/decide/", week.decide, MEETING, "week_decide"),
    route("week/<slug:monday>/measures/", week.add_measure, MEETING, "week_measures"),
    route("week/<slug:monday>/decided/", week.decided, MEETING, "week_decided"),
    route("week/<slug:monday>/publish/", week.publish, MEETING, "week_publish"),
    route("week/decisions/<uuid:decision_id>/drop/", week.drop, MEETING, "week_drop"),
    route(
        "week/measures/<uuid:measure_id>/<slug:state>/", week.move_measure, MEETING, "week_measure"
    ),
    route("week/triage/<uuid:observation_id>/<slug:what>/", week.triage, MEETING, "week_triage"),
    route("contract/", contract_room.contract_list, CONTRACT, "contracts"),
    route("contract/new/", contract_form.new, NEW_CONTRACT, "new_contract"),
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
    route(
        "contract/<uuid:contract_id>/presence/<slug:month>/",
        presence.presence,
        STATEMENT,
        "presence",
    ),
    route("effect/", effect.effects, WEEK, "effect"),
    route("what-if/", what_if.what_if, WHAT_IF, "what_if"),
    route("what-if/<uuid:what_if_id>/", what_if.one, WHAT_IF, "what_if_one"),
    route("what-if/<uuid:what_if_id>/state/", what_if.state, WHAT_IF, "what_if_state"),
    route("what-if/<uuid:what_if_id>/stop/", what_if.stop, WHAT_IF, "what_if_stop"),
    route("risk/", forecast.risk, RISK, "risk"),
    route("risk/use/", forecast.use, Need(Record.FORECAST, (Verb.WRITE,)), "risk_use"),
    route("files/", files.files, FILES, "files"),
    route("files/state/", files.state, FILES, "files_state"),
    route("files/bring-in/", files.bring_in, FILES, "files_bring_in"),
    route("files/answer/", files.answer, FILES, "files_answer"),
    route("files/<uuid:draft_id>/drop/", files.drop, FILES, "files_drop"),
    route("report/", first_report.first_report, FIRST_REPORT, "first_report"),
    route("report/first.pdf", first_report.pdf, FIRST_REPORT, "first_report_pdf"),
    route("report/first.xlsx", first_report.xlsx, FIRST_REPORT, "first_report_xlsx"),
    route("reports/", reports.own, REPORT, "reports"),
    route("reports/new/", reports.new, REPORT, "new_report"),
    route("words/", reports.words, SETTLE, "words"),
    route("photos/<uuid:photo_id>.jpg", reports.photo, Need(Record.OBSERVATION), "photo"),
    route("damage/", damage.damage_list, DAMAGE, "damage"),
    route("damage/new/", damage.new, Need(Record.DAMAGE, (Verb.REPORT,)), "new_damage"),
    route("damage/<uuid:damage_id>/", damage.detail, DAMAGE, "damage_detail"),
    route("me/", own_record.page, OWN_RECORD, "own_record"),
    route("me/data.json", own_record.data, OWN_RECORD, "own_record_data"),
    route("system/", system.system, Need(Record.SYSTEM), "system"),
    route("metrics", metrics.metrics, SCRAPED, "metrics"),
    route("tour/", tour.tour, TOUR, "tour"),
    route("tour/<int:number>/", tour.chapter, TOUR, "tour_chapter"),
    route("tour/<int:number>/told/", tour.told, TOUR, "tour_told"),
    route("tour/<int:number>/play/", tour.play, TOUR, "tour_play"),
    route("tour/as/<slug:part>/", tour.enter_as, TOUR, "tour_enter"),
    route("map/features/", ground.features, MAP, "map_features"),
    route("closures/", closures.closures, CLOSE_ROADS, "closures"),
    route("closures/close/", closures.close, CLOSE_ROADS, "close_road"),
    route("closures/<uuid:closure_id>/open/", closures.reopen, CLOSE_ROADS, "open_road"),
    route("closures/winter/", road_times.set_winter, CLOSE_ROADS, "set_winter"),
    route("closures/times/<uuid:calibration_id>/", road_times.use_times, CLOSE_ROADS, "use_times"),
    route("closures/times/", road_times.stop_times, CLOSE_ROADS, "stop_times"),
    route("tiles/<slug:sha256>/<int:z>/<int:x>/<int:y>.mvt", ground.tile, MAP, "tile"),
]
handler404 = problems.not_found
handler500 = problems.server_error
