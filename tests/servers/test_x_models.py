"""The X stand-in's answers against the models that X publishes (PyPI xdk): no unknown name, no wrong type.

The models use the post spelling, so the server is told to answer in it.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel
from xdk import Client, schemas  # type: ignore[import-untyped]

from collectors.x import read_answer
from tests.servers.proof_tools import Got, call, fixed_clock, streaming
from tests.servers.proofs_x_reading import get, post, search
from tests.servers.proofs_x_shape import ALL_FIELDS
from tests.servers.x import XServer


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer(spelling="post", clock=fixed_clock) as running:
        yield running


def extras(model: Any, path: str = "") -> list[str]:
    """Names in the answer that the model does not know."""
    if isinstance(model, list):
        return [name for index, entry in enumerate(model) for name in extras(entry, f"{path}[{index}]")]
    if not isinstance(model, BaseModel):
        return []
    here = [f"{path}.{name}" for name in model.model_extra or {}]
    fields = type(model).model_fields
    return here + [name for f in fields for name in extras(getattr(model, f), f"{path}.{f}")]


def checked(model: type[BaseModel], answer: Got | Any) -> Any:
    body = answer.json if isinstance(answer, Got) else answer
    read = model.model_validate(body)
    assert extras(read) == []
    return read


def fill(server: XServer) -> dict[str, str]:
    """Posts of every shape; their ids by name."""
    place = server.add_place("London", "GB", [-0.5, 51.2, 0.3, 51.7])
    root = server.add_post("#Tag root & <all> https://a.example/x", author="ana", age_s=400)
    made = {
        "root": root,
        "media": server.add_post("#Tag", age_s=300, media=[server.add_photo("a coat"), server.add_video()]),
        "placed": server.add_post("#Tag", age_s=290, place_id=place, coordinates=[-0.1, 51.5]),
        "quote": server.add_post("#Tag see", age_s=280, quote_of=root),
        "reply": server.add_post("#Tag @homeward 寻人", age_s=270, lang="zh", reply_to=root),
        "long": server.add_post("#Tag " + "word " * 100, age_s=260),
        "orphan": server.add_post("#Tag", age_s=250, quote_of="12345"),
        "edited": server.edit(
            server.add_post("#Tag old", age_s=240), "#Tag new", created_at=server.now().timestamp() - 200
        ),
        "withheld": server.add_post("#Tag", age_s=190),
    }
    server.withhold(made["withheld"], ["DE"])
    server.world.posts[made["withheld"]].withheld = {
        "copyright": False,
        "country_codes": ["DE"],
        "scope": "post",
    }
    return made


def test_search_mentions_lookup_and_time_line_fit_the_models(server: XServer) -> None:
    made = fill(server)
    page = checked(schemas.SearchPostsRecentResponse, search(server, **ALL_FIELDS))
    assert {entry.id for entry in page.data} == set(made.values())
    assert page.includes.places and page.includes.media and page.includes.users and page.includes.posts
    assert isinstance(page.errors[0], schemas.ResourceNotFoundProblem)
    assert page.errors[0].resource_id == "12345"
    everything = get(server, "/tweets/search/all", query="#Tag", **ALL_FIELDS)
    assert len(checked(schemas.SearchPostsAllResponse, everything).data) == len(made)
    mentions = get(server, f"/users/{server.bot_id}/mentions", **ALL_FIELDS)
    assert checked(schemas.GetUsersMentionsResponse, mentions).data[0].id == made["reply"]
    author = server.add_user("ana")
    assert (
        checked(schemas.GetUsersPostsResponse, get(server, f"/users/{author}/tweets")).meta.result_count == 1
    )
    server.protect("ana")
    looked = checked(
        schemas.GetPostsByIdsResponse, get(server, "/tweets", ids=f"{made['root']},{made['long']}")
    )
    assert isinstance(looked.errors[0], schemas.NotAuthorizedForResourceProblem)
    assert (
        checked(schemas.GetPostsByIdResponse, get(server, f"/tweets/{made['long']}")).data.id == made["long"]
    )


def test_an_empty_page_and_a_refusal_fit_the_models(server: XServer) -> None:
    assert checked(schemas.SearchPostsRecentResponse, search(server)).data is None
    refused = search(server, max_results=5)
    assert isinstance(
        schemas.InvalidRequestProblem.model_validate(refused.json), schemas.InvalidRequestProblem
    )


def test_users_posting_and_deleting_fit_the_models(server: XServer) -> None:
    me = checked(schemas.GetUsersMeResponse, get(server, "/users/me", token=server.bot_token))
    named = checked(schemas.GetUsersByUsernameResponse, get(server, "/users/by/username/homeward"))
    assert me.data.id == named.data.id == server.bot_id
    both = checked(schemas.GetUsersByUsernamesResponse, get(server, "/users/by", usernames="homeward,nobody"))
    assert [user.id for user in both.data] == [server.bot_id]
    assert both.errors[0].resource_id == "nobody"
    made = checked(schemas.CreatePostsResponse, post(server, "/tweets", {"text": "hello"}))
    headers = {"Authorization": f"Bearer {server.bot_token}"}
    gone = call(server, "DELETE", f"/2/tweets/{made.data.id}", headers=headers)
    assert checked(schemas.DeletePostsResponse, gone).data.deleted


def test_stream_and_rules_fit_the_models(server: XServer) -> None:
    headers = {"Authorization": f"Bearer {server.app_token}"}
    body = {"add": [{"value": "#Tag", "tag": "t"}]}
    rules = "/2/tweets/search/stream/rules"
    checked(schemas.UpdateRulesResponse, call(server, "POST", rules, json=body, headers=headers))
    with streaming(server, "/2/tweets/search/stream", server.app_token, expansions="author_id") as stream:
        server.add_post("#Tag")
        event = checked(schemas.StreamPostsResponse, stream.event())
        listed = call(server, "GET", rules, headers=headers)
        listed.json["meta"].pop("sent")  # in the documentation and on the wire, not in the model
        rule = checked(schemas.GetRulesResponse, listed).data[0]
        assert event.matching_rules[0].id == rule.id
        killed = call(server, "DELETE", "/2/connections/all", headers=headers)
    assert checked(schemas.DeleteAllConnectionsResponse, killed).data.successful_kills == 1


def test_the_published_client_pages_through_a_search() -> None:
    with XServer() as server:
        made = [server.add_post(f"#Tag {n}", age_s=100 + n) for n in range(25)]
        client = Client(base_url=server.base_url, bearer_token=server.app_token)
        pages = client.posts.search_recent(query="#Tag", max_results=10, post_fields=["created_at"])
        found = [
            entry.id if hasattr(entry, "id") else entry["id"] for page in pages for entry in page.data or []
        ]
        client.session.close()
    assert found == made


def geo_of(entry: Any, places: dict[str, Any]) -> tuple[float, float] | None:
    """(lat, lon) as the models say: the point, else the middle of the place's box."""
    if entry.geo is None:
        return None
    if entry.geo.coordinates is not None:
        lon, lat = entry.geo.coordinates.coordinates
        return lat, lon
    west, south, east, north = places[entry.geo.place_id].geo.bbox
    return (south + north) / 2, (west + east) / 2


def test_our_reading_agrees_with_the_models_field_by_field(server: XServer) -> None:
    made = fill(server)
    body = search(server, **ALL_FIELDS).json
    page = schemas.SearchPostsRecentResponse.model_validate(body)
    reading = read_answer(body, server.now())
    read = {post.native_id: post for post in reading.posts}
    users = {user.id: user for user in page.includes.users}
    places = {place.id: place for place in page.includes.places}
    media = {item.media_key: item for item in page.includes.media}
    assert reading.set_aside == () and [gone.key for gone in reading.gone] == ["x:12345"]
    included = [entry.id for entry in page.includes.posts]
    assert set(read) == {*made.values(), *included}
    for entry in page.data:
        post, user = read[entry.id], users[entry.author_id]
        assert post.key == f"x:{entry.edit_history_post_ids[0]}" and post.version == entry.id
        assert post.text == html.unescape(entry.note_post.text if entry.note_post else entry.text)
        assert (post.author.id, post.author.handle, post.author.display_name) == (
            user.id,
            user.username,
            user.name,
        )
        assert (
            post.created_at == datetime.fromisoformat(entry.created_at)
            and (post.language or "und") == entry.lang
        )
        assert post.sensitive is bool(entry.possibly_sensitive)
        wanted = [media[key] for key in (entry.attachments.media_keys if entry.attachments else ())]
        assert [item.alt_text for item in post.media] == [item.alt_text or "" for item in wanted]
        for ours, theirs in zip(post.media, wanted, strict=True):
            addresses = {ours.url, *ours.fallbacks}
            rates = {v.url: v.bit_rate or 0 for v in getattr(theirs, "variants", None) or ()}
            assert ours.kind.value == ("video" if rates else "photo")
            assert not rates or rates[ours.url] == max(rates.values())
            said = theirs.preview_image_url if rates else theirs.url
            assert not said or said in addresses
        kinds = {reference.type: f"x:{reference.id}" for reference in entry.referenced_posts or ()}
        assert (post.quote_of, post.reply_to, post.repost_of) == (
            kinds.get("quoted", ""),
            kinds.get("replied_to", ""),
            kinds.get("retweeted", ""),
        )
        point = geo_of(entry, places)
        assert (post.geotag and (post.geotag.lat, post.geotag.lon)) == (point and pytest.approx(point))
        assert (post.place_tag.name if post.place_tag else "") == (
            places[entry.geo.place_id].full_name if entry.geo and entry.geo.place_id else ""
        )
        marked = entry.entities.hashtags if entry.entities and entry.entities.hashtags else []
        assert {tag.tag.casefold() for tag in marked} <= {tag.casefold() for tag in post.hashtags}
        named = entry.entities.mentions if entry.entities and entry.entities.mentions else []
        assert [mention.username for mention in named] == list(post.mentions)
    assert read[made["edited"]].edited_at and read[made["edited"]].key != f"x:{made['edited']}"


def test_both_spellings_are_read_as_the_same_posts() -> None:
    readings = []
    for spelling in ("post", "tweet"):
        with XServer(spelling=spelling, clock=fixed_clock) as server:
            fill(server)
            body = search(server, **ALL_FIELDS).json
            readings.append(read_answer(body, server.now()))
            assert ("edit_history_post_ids" in str(body)) is (spelling == "post")
    one, other = ([replace(post, raw={}) for post in reading.posts] for reading in readings)
    assert len(one) == 9 and one == other


def test_compliance_jobs_fit_the_models(server: XServer) -> None:
    headers = {"Authorization": f"Bearer {server.app_token}"}
    made = call(server, "POST", "/2/compliance/jobs", json={"type": "tweets"}, headers=headers)
    job = schemas.CreateComplianceJobsResponse.model_validate(made.json).data
    found = get(server, f"/compliance/jobs/{job.id}")
    assert schemas.GetComplianceJobsByIdResponse.model_validate(found.json).data.status == "created"
    assert job.upload_url and job.download_url
