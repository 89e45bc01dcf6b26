"""What config.yaml says of outcomes, as the plans that rules and services are handed. Values only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.config import Config
from bot.rules.finding import FindingPlan
from bot.rules.leads import LeadPlan
from bot.rules.referral import Body, ReferralPlan
from store.records.lead import LeadState


def plans_of(config: Config) -> dict[str, Any]:
    """The plans, by what they are called on the road."""
    return {
        "leads": lead_plan(config),
        "finding": finding_plan(config),
        "referrals": referral_plan(config),
    }


def lead_plan(config: Config) -> LeadPlan:
    """When leads are due, how often somebody is reminded, what documents may be."""
    block = config.outcomes
    due = {LeadState(name): timedelta(days=days) for name, days in block.due_days.model_dump().items()}
    return LeadPlan(due, timedelta(days=block.reminder_days), block.max_document_mb, block.max_documents)


def finding_plan(config: Config) -> FindingPlan:
    """How much finding by hand is allowed."""
    block = config.outcomes.finding
    return FindingPlan(block.searches_per_day, block.results, timedelta(days=block.saved_days))


def referral_plan(config: Config) -> ReferralPlan:
    """The licensed bodies."""
    block = config.outcomes
    bodies = tuple(Body(each.name, each.licence, each.source, each.area) for each in block.bodies)
    return ReferralPlan(bodies, timedelta(days=block.answer_days))
