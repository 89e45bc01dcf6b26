"""What is done with a picture of known or suspected abuse: reported where, preserved how long, by country.

Pure. Each line names the page it comes from and when that was read. It is no legal advice: it tells the
officer where to begin. What no page told us is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from store.records.quarantine import Duty

_READ = date(2026, 11, 24)
DUE = {Duty.REPORT: timedelta(hours=24), Duty.LOOK: timedelta(hours=72)}
"""Our own limits for the officer; no law names hours ("as soon as reasonably possible", 18 U.S.C. 2258A)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, the page that says so, and the day it was last read."""

    words: str
    source: str
    checked: date = _READ


@dataclass(frozen=True, slots=True)
class AbuseDuty:
    """Where the operator of a country reports, and what is kept. `preserve` None: no page names a time."""

    country: str
    report_to: str
    address: str
    steps: tuple[Step, ...]
    preserve: timedelta | None = None

    def preserve_until(self, reported_at: datetime) -> datetime | None:
        """When the preserved bytes may be destroyed, None where the officer has to ask and say it."""
        return None if self.preserve is None else reported_at + self.preserve


_NEVER_COPY = Step(
    "Do not open, copy, forward or print the picture. Give its address and the reference;"
    " authorities ask for bytes if they want them, and `run_bot.py quarantine hand-over` gives"
    " them sealed bytes then.",
    "https://internet-abc.de/eltern/familie-medien/service-beratung/verdaechtige-seiten-melden",
)
_US_LAW = "https://www.law.cornell.edu/uscode/text/18/2258A"
_DUTIES = {
    "US": AbuseDuty(
        "US",
        "NCMEC CyberTipline",
        "https://report.cybertip.org/",
        (
            Step(
                "Providers report apparent child sexual abuse material to the CyberTipline as soon as"
                " reasonably possible after they know of it (18 U.S.C. 2258A(a)). Ask counsel whether you"
                " are one; anybody may report.",
                _US_LAW,
            ),
            Step(
                "A report is a request to preserve its contents for 1 year (2258A(h)(1), 90 days before"
                " Pub. L. 118-59 of 7 May 2024). They stay sealed until then.",
                _US_LAW,
            ),
            _NEVER_COPY,
        ),
        timedelta(days=366),
    ),
    "CA": AbuseDuty(
        "CA",
        "Cybertip.ca, Canadian Centre for Child Protection",
        "https://www.cybertip.ca/",
        (
            Step(
                "Who provides an Internet service to the public reports the address to the Canadian"
                " Centre for Child Protection, the designated organization (SOR/2011-292, 2).",
                "https://laws-lois.justice.gc.ca/eng/regulations/SOR-2011-292/FullText.html",
            ),
            Step(
                "Who notifies the police of an offence on the own service preserves the data; the time"
                " (21 days when this was read) may have changed, so ask them and set the date.",
                "https://mydefence.ca/whats-the-law-on-reporting-child-pornography/",
            ),
            _NEVER_COPY,
        ),
    ),
    "GB": AbuseDuty(
        "GB",
        "Internet Watch Foundation",
        "https://report.iwf.org.uk/",
        (
            Step(
                "Report the address to the IWF; it takes reports on child sexual abuse images hosted"
                " anywhere in the world, and a report to it counts as one to a relevant authority"
                " (memorandum of the Crown Prosecution Service and the police).",
                "https://www.iwf.org.uk/report",
            ),
            Step(
                "If a child is in immediate danger, call the police first.",
                "https://www.iwf.org.uk/faqs/",
            ),
            _NEVER_COPY,
        ),
    ),
    "DE": AbuseDuty(
        "DE",
        "internet-beschwerdestelle.de (eco, FSM) or jugendschutz.net",
        "https://www.internet-beschwerdestelle.de/",
        (
            Step(
                "Report the address to one of the hotlines, not to several; they pass what is criminal on"
                " to the Bundeskriminalamt.",
                "https://www.klicksafe.de/news/illegale-inhalte-schnell-und-anonym-melden",
            ),
            Step(
                "Collecting such pictures as evidence is itself an offence; hotlines need a description,"
                " no material. Ask counsel at once whether the sealed bytes may be kept.",
                "https://internet-abc.de/eltern/familie-medien/service-beratung/verdaechtige-seiten-melden",
            ),
            _NEVER_COPY,
        ),
    ),
    "CN": AbuseDuty(
        "CN",
        "12377, Internet Illegal Information Reporting Center (Cyberspace Administration of China)",
        "https://www.12377.cn/",
        (
            Step(
                "Report by the hotline 12377 or the center's pages and application; pornography is among"
                " what it takes.",
                "http://en.people.cn/n3/2023/1114/c90000-20096862.html",
            ),
            Step(
                "If a child is in danger, tell the police (the hotline of your own `reply.hotlines`).",
                "config.yaml, reply.hotlines",
            ),
            _NEVER_COPY,
        ),
    ),
}
EU_WORDS = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
EU = frozenset(EU_WORDS.split())
_INHOPE = "https://inhope.org/EN/articles/about-inhope"


def duty_of(country: str) -> AbuseDuty:
    """What the operator of this country (ISO 3166 code, "" if unknown) does with such a picture."""
    code = country.strip().upper()
    code = "GB" if code == "UK" else code
    return _DUTIES.get(code) or _by_directory(code)


def _by_directory(code: str) -> AbuseDuty:
    where = "national hotline of the INHOPE network" if code in EU else "hotline named in INHOPE's directory"
    return AbuseDuty(
        code or "unknown",
        where,
        "https://www.inhope.org/",
        (
            Step(
                "Find your country's hotline in INHOPE's directory and report the address there; analysts"
                " pass what is illegal on to the national police and have it taken down.",
                _INHOPE,
            ),
            Step(
                "Where there is no hotline, tell your local police.",
                "https://www.icmec.org/education-portal/reporting-mechanisms/",
            ),
            _NEVER_COPY,
        ),
    )
