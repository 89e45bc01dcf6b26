"""What the states of leads, referrals and searches are called on a page. Values in, words out.

Sad ends have plain and gentle words; nobody is accused in any of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.console.tongue import Said, noted
from bot.rules.leads import Offer
from store.records.lead import LeadState, StepKind, Topic
from store.records.referral import Danger, ReferralState

STATES: Mapping[LeadState, str] = Said(
    {
        LeadState.CONFIRMED: noted("confirmed in review"),
        LeadState.TAKEN_BACK: noted("confirmation taken back"),
        LeadState.REPORTED: noted("reported to the police"),
        LeadState.LOCATED: noted("located"),
        LeadState.DNA_ARRANGED: noted("DNA sample arranged"),
        LeadState.DNA_SUPPORTS: noted("DNA result: related"),
        LeadState.DNA_EXCLUDES: noted("DNA result: not related"),
        LeadState.DNA_UNCLEAR: noted("DNA result: unclear"),
        LeadState.REUNITED: noted("reunited"),
        LeadState.RULED_OUT: noted("ruled out: not this child"),
        LeadState.DECEASED: noted("the child has died"),
        LeadState.NO_FAMILY: noted("safe; the family cannot be found"),
        LeadState.NO_CONTACT: noted("found, of age, and wants no contact"),
    }
)
STEPS: Mapping[LeadState, str] = Said(
    {
        LeadState.REPORTED: noted("It was reported to the police"),
        LeadState.LOCATED: noted("The authorities have located the person"),
        LeadState.DNA_ARRANGED: noted("A DNA sample is arranged"),
        LeadState.DNA_SUPPORTS: noted("The result is there: related"),
        LeadState.DNA_EXCLUDES: noted("The result is there: not related"),
        LeadState.DNA_UNCLEAR: noted("The result is there: unclear"),
        LeadState.REUNITED: noted("Child and family are together again"),
        LeadState.RULED_OUT: noted("It is not this child"),
        LeadState.DECEASED: noted("The child has died"),
        LeadState.NO_FAMILY: noted("The child is safe, and the family cannot be found"),
        LeadState.NO_CONTACT: noted("The person is of age and wants no contact"),
    }
)
HELP: Mapping[LeadState, str] = Said(
    {
        LeadState.DECEASED: noted(
            "We are sorry. Write down who told it and on what that rests. The family hears it from the"
            " authority, in person, and never from this installation."
        ),
        LeadState.NO_FAMILY: noted(
            "The child is cared for by who is responsible. The search for the family can go on elsewhere."
        ),
        LeadState.NO_CONTACT: noted(
            "That is their decision. Tell the family only what the person agreed to, through the authority."
        ),
        LeadState.RULED_OUT: noted("Most leads end so. It says nothing against anybody who was seen."),
        LeadState.REUNITED: noted("Nothing of this is told to the public from here."),
    }
)
KINDS: Mapping[StepKind, str] = Said(
    {
        StepKind.MADE: noted("became a lead"),
        StepKind.STEP: noted("step"),
        StepKind.BACK: noted("step back"),
        StepKind.NOTE: noted("note"),
        StepKind.ASSIGNED: noted("people changed"),
        StepKind.DUE: noted("due date changed"),
    }
)
TOPICS: Mapping[Topic, str] = Said(
    {
        Topic.POLICE: noted("police"),
        Topic.DNA: noted("DNA test"),
        Topic.WELFARE: noted("the child's welfare"),
    }
)
OFFERS: Mapping[Offer, str] = Said(
    {
        Offer.LOCATED: noted("The case can be called located: whether it is, the registrar decides."),
        Offer.CLOSED: noted("The case can be closed: whether it is, the registrar decides."),
    }
)
DANGERS: Mapping[Danger, str] = Said(
    {
        Danger.INJURED: noted("the child is visibly injured"),
        Danger.ILL: noted("the child seems seriously ill, drugged or unconscious"),
        Danger.HELD: noted("the child is tied, locked in or kept from leaving"),
        Danger.HIT: noted("the child was hit or threatened"),
        Danger.ASKED: noted("the child asked for help"),
        Danger.ALONE: noted("a small child, alone at night or in a dangerous place"),
        Danger.EXPOSED: noted("no protection in dangerous heat or cold"),
        Danger.EXPLOITED: noted("signs of sexual exploitation"),
        Danger.WORK: noted("the child is made to do dangerous work"),
    }
)
REFERRALS: Mapping[ReferralState, str] = Said(
    {
        ReferralState.PREPARED: noted("waits for a second person"),
        ReferralState.RELEASED: noted("released: hand it over"),
        ReferralState.HANDED_OVER: noted("handed over"),
        ReferralState.ANSWERED: noted("answered"),
        ReferralState.WITHDRAWN: noted("withdrawn"),
    }
)
REFERRAL_STEPS: Mapping[ReferralState, str] = Said(
    {
        ReferralState.RELEASED: noted("Release it"),
        ReferralState.HANDED_OVER: noted("It was handed over"),
        ReferralState.ANSWERED: noted("The body has answered"),
        ReferralState.WITHDRAWN: noted("Withdraw it"),
    }
)
