"""The table of roles, rights and routes as people agreed on it, apart from the code that keeps it.

A new right: one line in RIGHTS. A new route: one line in ROUTES ("-": open to all, or behind the door for
everybody). What stands here and what the console does are compared by test_rights.py.
"""

from __future__ import annotations

ROLES = (
    "admin", "viewer", "reviewer", "registrar", "organiser", "liaison", "civil-affairs", "ngo",
    "safeguarding", "officer",
)  # fmt: skip
_ALL = " ".join(ROLES)
RIGHTS: dict[str, str] = {
    "OWN": _ALL,
    "LOOK": _ALL,
    "CASES": "admin reviewer registrar liaison safeguarding",
    "FACES": "reviewer registrar liaison safeguarding",
    "SIGHTINGS": "reviewer liaison",
    "REVIEW": "reviewer",
    "NUMBERS": "admin reviewer organiser",
    "OUTBOX": "admin reviewer organiser",
    "SEND": "admin reviewer organiser",
    "REGISTRY": "registrar",
    "OPERATE": "admin",
    "PEOPLE": "admin",
    "ALARM": "admin reviewer organiser",
    "HOLD": "admin registrar",
    "ERASURES": "admin organiser",
    "PERSON_COPY": "liaison",
    "SAFEGUARD": "safeguarding",
    "REPORT": "admin viewer reviewer registrar organiser liaison civil-affairs ngo safeguarding",
    "EXACT": "reviewer liaison",
    "QUARANTINE": "officer",
    "LEADS": "admin reviewer registrar organiser liaison civil-affairs ngo",
    "LEAD_WORK": "liaison civil-affairs ngo",
    "LEAD_ASSIGN": "admin organiser liaison",
    "REFER": "reviewer",
    "REFERRALS": "reviewer liaison safeguarding",
    "FIND": "reviewer",
    "FIND_AUDIT": "admin organiser reviewer",
    "CASE_FILES": "reviewer liaison",
    "TUNE": "admin organiser",
    "CAMPAIGN": "admin viewer reviewer registrar organiser liaison civil-affairs ngo",
    "CAMPAIGN_RUN": "admin organiser",
    "EXPORT": "admin",
    "EXCHANGE": "admin registrar",
}
ROUTES = """
GET  /                                  LOOK
GET  /alarms                            LOOK
POST /alarms/acknowledge                ALARM
GET  /api/v1/alarms                     LOOK
GET  /api/v1/candidates                 REVIEW
POST /api/v1/candidates/decide          REVIEW
GET  /api/v1/case                       CASES
GET  /api/v1/cases                      CASES
GET  /api/v1/coverage                   LOOK
GET  /api/v1/hashtags                   LOOK
GET  /api/v1/health                     LOOK
GET  /api/v1/openapi.json               -
GET  /api/v1/outbox                     OUTBOX
GET  /api/v1/overview                   LOOK
GET  /api/v1/sighting                   SIGHTINGS
GET  /api/v1/sightings                  SIGHTINGS
GET  /campaign                          CAMPAIGN
GET  /campaign/end                      CAMPAIGN_RUN
POST /campaign/end/{step}               CAMPAIGN_RUN
GET  /campaign/public                   CAMPAIGN_RUN
POST /campaign/public/propose           CAMPAIGN_RUN
POST /campaign/public/release           CAMPAIGN_RUN
POST /campaign/public/tell              CAMPAIGN_RUN
GET  /campaign/report                   CAMPAIGN
GET  /campaign/report.pdf               CAMPAIGN
GET  /campaign/reports                  CAMPAIGN
POST /campaign/reports/make             CAMPAIGN_RUN
GET  /campaign/start                    CAMPAIGN
POST /campaign/start/tick               CAMPAIGN_RUN
GET  /case                              CASES
GET  /case-file-of/{number}             CASE_FILES
POST /case-file-of/{number}/again       CASE_FILES
POST /case-file-of/{number}/complete    CASE_FILES
POST /case-file-of/{number}/link        CASE_FILES
POST /case-file-of/{number}/refuse      CASE_FILES
POST /case-file-of/{number}/release     CASE_FILES
GET  /case-file-of/{number}/report      CASE_FILES
POST /case-file-of/{number}/take        CASE_FILES
POST /case-file-of/{number}/withdraw    CASE_FILES
GET  /case-file/{token}                 -
POST /case-file/{token}                 -
GET  /case-files                        CASE_FILES
POST /case-files                        CASE_FILES
GET  /cases                             CASES
POST /cases/activate                    REGISTRY
POST /cases/bring-back                  REGISTRY
POST /cases/contact                     REGISTRY
GET  /cases/duplicates                  CASES
GET  /cases/edit                        REGISTRY
POST /cases/edit                        REGISTRY
POST /cases/end                         REGISTRY
GET  /cases/families                    REGISTRY
POST /cases/families                    REGISTRY
GET  /cases/import                      REGISTRY
POST /cases/import                      REGISTRY
POST /cases/merge                       REGISTRY
GET  /cases/new                         REGISTRY
POST /cases/new                         REGISTRY
POST /cases/photos                      REGISTRY
POST /cases/remove                      REGISTRY
GET  /cases/removed                     CASES
POST /cases/renew                       REGISTRY
POST /cases/reopen                      REGISTRY
POST /cases/seal                        REGISTRY
POST /cases/source                      REGISTRY
POST /cases/standing                    REGISTRY
POST /cases/team                        REGISTRY
POST /cases/unmerge                     REGISTRY
POST /cases/verify                      REGISTRY
GET  /coverage                          LOOK
GET  /enter/{token}                     -
POST /enter/{token}                     -
GET  /exchange                          EXCHANGE
POST /exchange/agree                    REGISTRY
POST /exchange/withdraw                 EXCHANGE
POST /exchange/write                    EXPORT
GET  /family/kept/{token}               -
POST /family/kept/{token}               -
GET  /family/{token}                    -
POST /family/{token}                    -
GET  /finding                           FIND
POST /finding                           FIND
GET  /finding/audit                     FIND_AUDIT
POST /finding/audit                     FIND_AUDIT
POST /finding/open                      FIND
GET  /finding/photo/{search_id}/{number} FIND
POST /finding/save                      FIND
POST /finding/saved                     FIND
GET  /finding/search                    FIND
GET  /hashtags                          LOOK
POST /hashtags/accept                   TUNE
POST /hashtags/block                    TUNE
POST /hashtags/draft                    TUNE
GET  /hashtags/drafts                   TUNE
GET  /hashtags/floods                   TUNE
POST /hashtags/gate                     TUNE
POST /hashtags/live                     TUNE
GET  /hashtags/preview                  TUNE
POST /hashtags/rollback                 TUNE
GET  /hashtags/suggestions              LOOK
GET  /hashtags/tag                      LOOK
POST /hashtags/unblock                  TUNE
GET  /hashtags/versions                 LOOK
GET  /healthz                           -
GET  /holds                             HOLD
POST /holds/confirm                     HOLD
POST /holds/place                       HOLD
POST /holds/release                     HOLD
GET  /requests                          ERASURES
GET  /requests/wish                     ERASURES
POST /requests/ask                      ERASURES
POST /requests/identify                 ERASURES
POST /requests/attest                   ERASURES
POST /requests/let-go                   ERASURES
POST /requests/erase                    ERASURES
POST /requests/refuse                   ERASURES
POST /requests/told                     ERASURES
POST /requests-copy                     PERSON_COPY
GET  /emergency                         OPERATE
POST /emergency/lock                    OPERATE
POST /emergency/lift                    OPERATE
POST /emergency/incident                OPERATE
POST /emergency/close                   OPERATE
POST /jobs/again                        OPERATE
GET  /lead                              LEADS
POST /lead/assign                       LEAD_ASSIGN
POST /lead/back                         LEAD_WORK
POST /lead/contact                      LEAD_WORK
POST /lead/document                     LEAD_WORK
POST /lead/due                          LEADS
POST /lead/note                         LEAD_WORK
GET  /lead/photo/{lead_id}/{digest}     LEADS
POST /lead/place                        LEAD_WORK
POST /lead/step                         LEAD_WORK
GET  /leads                             LEADS
GET  /login                             -
POST /login                             -
GET  /login/code                        OWN
POST /login/code                        OWN
POST /logout                            OWN
GET  /me                                OWN
POST /me/password                       OWN
GET  /me/second                         OWN
POST /me/second/begin                   OWN
POST /me/second/codes                   OWN
POST /me/second/confirm                 OWN
POST /me/second/end                     OWN
POST /me/sessions/end                   OWN
GET  /me/tokens                         OWN
POST /me/tokens/make                    OWN
POST /me/tokens/revoke                  OWN
GET  /metrics                           -
GET  /outbox                            OUTBOX
POST /outbox/approve                    SEND
POST /outbox/cancel                     SEND
GET  /outbox/level                      OUTBOX
POST /outbox/level/ask                  SEND
POST /outbox/level/decide               SEND
POST /outbox/pause                      SEND
GET  /outbox/people                     OUTBOX
POST /outbox/people/add                 SEND
POST /outbox/people/erased              SEND
POST /outbox/people/remove              SEND
GET  /outbox/row                        OUTBOX
GET  /outbox/summons                    OUTBOX
GET  /outbox/talk                       OUTBOX
POST /outbox/talk/answer                SEND
POST /outbox/talk/close                 SEND
POST /outbox/talk/write                 SEND
GET  /outbox/talks                      OUTBOX
GET  /outbox/tasks                      OUTBOX
POST /outbox/tasks/done                 SEND
POST /outbox/withdraw                   SEND
GET  /outbox/words                      OUTBOX
POST /outbox/words/approve              SEND
POST /outbox/words/end                  SEND
POST /outbox/words/write                SEND
GET  /people                            PEOPLE
POST /people/add                        PEOPLE
POST /people/canary                     PEOPLE
POST /people/close                      PEOPLE
POST /people/link                       PEOPLE
POST /people/roles                      PEOPLE
POST /people/second                     PEOPLE
POST /people/token                      PEOPLE
POST /people/wish                       PEOPLE
GET  /photo/{digest}                    FACES
GET  /public                            -
GET  /public/numbers.json               -
GET  /quarantine                        QUARANTINE
POST /quarantine/bar                    QUARANTINE
POST /quarantine/release                QUARANTINE
POST /quarantine/reported               QUARANTINE
GET  /quarantine/task                   QUARANTINE
GET  /readyz                            -
GET  /referral                          REFERRALS
GET  /referral/new                      REFER
POST /referral/new                      REFER
POST /referral/step                     REFERRALS
GET  /referrals                         REFERRALS
GET  /report-picture                    REPORT
POST /report-picture                    REPORT
GET  /review                            REVIEW
POST /review/assign                     REVIEW
GET  /review/confirm                    REVIEW
POST /review/confirm                    REVIEW
POST /review/decide                     REVIEW
GET  /review/thresholds                 NUMBERS
POST /review/thresholds/decide          OPERATE
POST /review/thresholds/propose         REVIEW
POST /review/undo                       REVIEW
GET  /review/why                        REVIEW
GET  /safeguarding                      SAFEGUARD
POST /safeguarding/done                 SAFEGUARD
POST /safeguarding/hand-over            REVIEW
GET  /safeguarding/photo/{digest}       SAFEGUARD
POST /safeguarding/reply                SAFEGUARD
GET  /safeguarding/task                 SAFEGUARD
GET  /sample/leave                      OPERATE
POST /sample/leave                      OPERATE
GET  /sighting                          SIGHTINGS
POST /sighting/place                    EXACT
GET  /sightings                         SIGHTINGS
"""


def routes() -> dict[tuple[str, str], str]:
    """(method, path) of every route with its right."""
    lines = (line.split() for line in ROUTES.strip().splitlines())
    return {(method, path): right for method, path, right in lines}


def may(role: str, right: str) -> bool:
    """Whether the role has the right, by the table above."""
    return role in RIGHTS[right].split()
