"""The table of commands and roles as people agreed on it, apart from the code that keeps it.

A line is a command with the least that it can be called with, and the roles that may ("every": all of them).
FILE is a file that is there, NEW one that is not. A new command that takes `--by`: one line here.
"""

from __future__ import annotations

LINES = """
alarms list                                                        | every
alarms history                                                     | every
alarms acknowledge x                                               | admin reviewer organiser
campaign report                                                    | admin organiser
campaign public                                                    | admin organiser
campaign stop --why x                                              | admin organiser
campaign final-report                                              | admin organiser
campaign hand-over                                                 | admin organiser
campaign purge                                                     | admin organiser
campaign revoke                                                    | admin organiser
canary add x                                                       | admin
canary list                                                        | admin
canary lift x                                                      | admin
casefile prepare x --for a --purpose b --why c --until 2027-01-01  | reviewer liaison
casefile list                                                      | reviewer liaison
casefile look 1 --out NEW                                          | reviewer liaison
casefile release 1 --why x                                         | reviewer liaison
casefile refuse 1 --why x                                          | reviewer liaison
casefile complete 1                                                | reviewer liaison
casefile link 1                                                    | reviewer liaison
casefile again 1 --why x                                           | reviewer liaison
casefile take 1 --out NEW                                          | reviewer liaison
casefile withdraw 1 --why x                                        | reviewer liaison
cases add x --name a --photo FILE                                  | registrar
cases import FILE                                                  | registrar
cases list                    | admin reviewer registrar liaison safeguarding
cases show x                  | admin reviewer registrar liaison safeguarding
cases removed                 | admin reviewer registrar liaison safeguarding
cases duplicates              | admin reviewer registrar liaison safeguarding
cases merges                  | admin reviewer registrar liaison safeguarding
cases verify x --evidence a                                        | registrar
cases activate x                                                   | registrar
cases end x located --evidence a                                   | registrar
cases edit x --set sex=male                                        | registrar
cases standing x --no-risk                                         | registrar
cases seal x --why a                                               | registrar
cases unseal x --why a                                             | registrar
cases team x                                                       | registrar
cases photos x FILE                                                | registrar
cases contact x --phone 1                                          | registrar
cases reopen x --why a                                             | registrar
cases renew x 2027-01-01 --why a                                   | registrar
cases remove x --why a                                             | registrar
cases bring-back x                                                 | registrar
cases source x                                                     | registrar
cases invite                                                       | registrar
cases merge x y --why a                                            | registrar
cases different x y --why a                                        | registrar
cases unmerge 1 --why a                                            | registrar
cases reseal                                                       | admin
cases export NEW --why a                                           | admin
exchange agree x --agreed-by a --evidence b                        | registrar
exchange list                                                      | admin registrar
exchange withdraw x                                                | admin registrar
exchange write --why a                                             | admin
faces keep x --why a --until 2027-01-01                            | reviewer
faces give-back x                                                  | reviewer
faces re-embed --model default                                     | admin
finding desk                                                       | reviewer
finding search x --purpose a --place b                             | reviewer
finding show x                                                     | reviewer
finding open x 1 --why a                                           | reviewer
finding audit                                                      | admin organiser reviewer
finding check x fits                                               | admin organiser reviewer
forget person a --platform mastodon --why x                        | admin organiser
forget post x --why x                                              | admin organiser
forget lift a --platform mastodon --why x                          | admin organiser
hold place x --basis a --until 2027-01-01                          | admin registrar
hold confirm x                                                     | admin registrar
hold list                                                          | admin registrar
hold show x                                                        | admin registrar
hold release x                                                     | admin registrar
hold open x --out NEW --reason a                                   | admin registrar
imports state x --source a --basis consent                         | admin
imports revoke x                                                   | admin
incident open --what a --since 2026-01-01                          | admin
incident close x --note a                                          | admin
leads list                                  | admin reviewer registrar organiser liaison civil-affairs ngo
leads show x                                | admin reviewer registrar organiser liaison civil-affairs ngo
leads due x 2027-01-01                      | admin reviewer registrar organiser liaison civil-affairs ngo
leads step x located                                               | liaison civil-affairs ngo
leads back x reported                                              | liaison civil-affairs ngo
leads note x a                                                     | liaison civil-affairs ngo
leads assign x y                                                   | admin organiser liaison
lockdown on --why x                                                | admin
lockdown lift --why x                                              | admin
matches list                                                       | reviewer
matches show x                                                     | reviewer
matches why x                                                      | reviewer
person export a --platform mastodon --out NEW --why x              | liaison
pictures known add x --label false                                 | reviewer
pictures known remove x                                            | reviewer
quarantine report x    | admin viewer reviewer registrar organiser liaison civil-affairs ngo safeguarding
quarantine list                                                    | officer
quarantine show x                                                  | officer
quarantine reported x --to a --reference b                         | officer
quarantine release x --why a                                       | officer
quarantine bar x --why a                                           | officer
quarantine hand-over x --to NEW --why a                            | officer
referrals list                                                     | reviewer liaison safeguarding
referrals show x                                                   | reviewer liaison safeguarding
referrals step x released                                          | reviewer liaison safeguarding
referrals draft x                                                  | reviewer
referrals prepare x --to a --sign ill --seen b --where c --day 2026-01-01 | reviewer
reply approve x                                                    | admin reviewer organiser
reply cancel x                                                     | admin reviewer organiser
reply withdraw x                                                   | admin reviewer organiser
reply resume --why mended                                          | admin reviewer organiser
reply level ask confirm                                            | admin reviewer organiser
reply level accept 1                                               | admin reviewer organiser
reply level refuse 1                                               | admin reviewer organiser
reply words write --text x                                         | admin reviewer organiser
reply words approve 1                                              | admin reviewer organiser
reply words end 1                                                  | admin reviewer organiser
reply appeal release x --kind family                               | admin reviewer organiser
reply appeal close x y                                             | admin reviewer organiser
reply optouts add x                                                | admin reviewer organiser
reply optouts remove x                                             | admin reviewer organiser
reply erasures list                                                | admin reviewer organiser
reply erasures done x                                              | admin reviewer organiser
reply talks list                                                   | admin reviewer organiser
reply talks answer x                                               | admin reviewer organiser
reply talks write x                                                | admin reviewer organiser
reply talks close x                                                | admin reviewer organiser
reply tasks finish x                                               | admin reviewer organiser
requests list                                                      | admin organiser
requests show x                                                    | admin organiser
requests ask a --platform mastodon                                 | admin organiser
requests attest x --what a                                         | admin organiser
requests let-go x                                                  | admin organiser
requests erase x                                                   | admin organiser
requests refuse x --why a                                          | admin organiser
requests told x --how a                                            | admin organiser
review list                                                        | reviewer
review show x                                                      | reviewer
review cluster x                                                   | reviewer
review possible x                                                  | reviewer
review not-this-child x                                            | reviewer
review later x                                                     | reviewer
review undo                                                        | reviewer
review assign x --to y                                             | reviewer
review give-back x                                                 | reviewer
safeguarding list                                                  | safeguarding
safeguarding done x                                                | safeguarding
safeguarding hand-over x                                           | reviewer
tags accept variant x                                              | admin organiser
tags draft --tag x                                                 | admin organiser
tags live 1                                                        | admin organiser
tags drop 1                                                        | admin organiser
tags rollback 1                                                    | admin organiser
tags open x                                                        | admin organiser
tags let-go x                                                      | admin organiser
tags block x                                                       | admin organiser
tags unblock 1                                                     | admin organiser
thresholds propose                                                 | reviewer
thresholds accept 1                                                | admin
thresholds refuse 1                                                | admin
"""
WITHOUT_ACCOUNT = """
run, worker, console, once, status, doctor, retry, check, upgrade, restore, import, imports, coverage,
backfill, extract, config check, config show, sample enter, sample leave,
jobs list, jobs show, jobs retry, backup make, backup verify, audit verify, audit stamp,
user add, user list, user link, user roles, user close, user reset-second-factor,
casefile verify, casefile key, campaign start, campaign numbers, campaign rebuild, campaign end,
tags list, tags show, tags preview, tags query, tags suggest, tags rebuild, tags drafts, tags versions,
tags compare, tags gates, tags floods, tags blocks, places build, places find, places import,
pictures seen, pictures known list, faces models, faces evaluate, faces calibrate, faces kept,
thresholds list, thresholds show, quarantine lists,
reply list, reply show, reply stop, reply preview, reply level show, reply words list, reply optouts list,
reply tasks list
"""
"""Whoever runs the machine: setting up, checks, counts, what names nobody, and stopping."""


def table() -> dict[str, frozenset[str]]:
    """The words of a call, and who may make it."""
    halves = (line.split("|") for line in LINES.strip().splitlines())
    return {words.strip(): frozenset(roles.split()) for words, roles in halves}


def free() -> frozenset[str]:
    """Commands that ask for no account."""
    return frozenset(words.strip() for words in WITHOUT_ACCOUNT.split(",") if words.strip())
