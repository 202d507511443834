"""Topics, parents, accounts and validity hold at every instant, or the file is refused at the right line."""

import pytest

from tests.app.registry_example import SCHOOL, WHOLE, change, meter, only, problems


def test_two_meters_on_one_topic_and_channel_are_refused():
    text = SCHOOL + meter("a", topic="x") + meter("b", topic="x")
    assert "at the same time as a" in only(text, "topic", 2)


def test_two_channels_of_one_topic_are_two_meters():
    assert problems(SCHOOL + meter("a", topic="x", channel="1") + meter("b", topic="x", channel="2")) == []


def test_a_topic_may_pass_to_another_meter_at_an_instant():
    moment = "=2026-01-01T00:00:00Z"
    assert problems(SCHOOL + meter("a", topic="x", to=moment) + meter("b", topic="x", **{"from": moment})) == []


def test_a_topic_taken_over_by_a_change_is_refused_at_the_change():
    text = SCHOOL + meter("a", topic="x") + meter("b") + change("2026-01-01T00:00:00Z", topic="x")
    assert "at the same time as a" in only(text, 'topic = "x"', 2)


def test_one_topic_has_one_format():
    text = SCHOOL + meter("a", topic="x", channel="1") + meter("b", topic="x", channel="2", format="shelly")
    assert "is read as shelly, but as native for a" in only(text, "format", 2)


def test_a_ring_of_parents_is_shown_once():
    text = SCHOOL + meter("a", parent="c") + meter("b", parent="a") + meter("c", parent="b")
    assert "a → c → b → a" in only(text, "parent", 1)


def test_a_ring_that_a_change_closes_is_shown_at_the_change():
    text = SCHOOL + meter("a") + change("2026-01-01T00:00:00Z", parent="b") + meter("b", parent="a")
    assert "a → b → a" in only(text, "parent", 1)


def test_a_meter_above_itself_is_a_ring():
    assert "a → a" in only(SCHOOL + meter("a", parent="a"), "parent")


def test_a_parent_of_another_medium_is_refused():
    text = SCHOOL + meter("a", quantity="water", unit="m³") + meter("b", parent="a")
    assert "its parent a measures water, itself electricity" in only(text, "parent")


def test_a_parent_that_ends_before_its_child_is_refused():
    text = SCHOOL + meter("a", to="=2026-01-01T00:00:00Z") + meter("b", parent="a")
    assert "its parent a is not in force from 2026-01-01T08:00+08:00 on" in only(text, "parent")


def test_a_parent_that_begins_after_its_child_is_refused():
    text = SCHOOL + meter("a", **{"from": "=2026-01-01T00:00:00Z"}) + meter("b", parent="a")
    assert "before 2026-01-01T08:00+08:00" in only(text, "parent")


def test_a_parent_may_end_where_a_change_gives_the_child_another():
    moment = "2026-01-01T00:00:00Z"
    text = SCHOOL + meter("old", to=f"={moment}") + meter("new", **{"from": f"={moment}"})
    assert problems(text + meter("b", parent="old") + change(moment, parent="new")) == []
    assert problems(text + meter("b", parent="old") + change(moment, parent="")) == []


def test_an_account_of_another_medium_is_refused():
    assert "account power is for electricity, not water" in only(
        WHOLE + meter("w", quantity="water", unit="m³", account="power"), 'account = "power"', 2
    )


def test_validity_that_ends_before_it_begins_is_refused():
    text = SCHOOL + meter("a", **{"from": "=2026-01-01T00:00:00Z", "to": "=2026-01-01T00:00:00Z"})
    assert "not after it begins" in only(text, "to =")


def test_changes_out_of_order_are_refused():
    text = SCHOOL + meter("a") + change("2026-02-01T00:00:00Z", ratio=2) + change("2026-01-01T00:00:00Z", ratio=3)
    assert "out of order" in only(text, "from", 2)


def test_a_change_outside_the_meters_life_is_refused():
    text = SCHOOL + meter("a", to="=2026-01-01T00:00:00Z") + change("2026-02-01T00:00:00Z", ratio=2)
    assert "when it is not in force" in only(text, "from")


@pytest.mark.parametrize("table", ["building", "account", "meter"])
def test_doubled_keys_are_refused_where_they_stand_again(table):
    rows = {
        "building": '[[building]]\nkey = "a"\nname = "a"\nclass = "teaching"\n',
        "account": '[[account]]\nkey = "a"\nmedium = "gas"\nnumber = "1"\ntariff = "flat"\n',
        "meter": meter("a", topic=None, format=None, arrival="manual"),
    }
    assert f"a second {table} has the key 'a'" in only(SCHOOL + rows[table] * 2, 'key = "a"', 2)


def test_a_replacement_names_a_register_of_the_meter_and_fits_its_width():
    replaced = "[[meter.replaced]]\nat = 2026-01-01T00:00:00Z\nend = 12345\nstart = 0\n"
    assert "does not fit on 4 digits" in only(SCHOOL + meter("a", width=4) + replaced, "end =")
    assert "no register of gas" in only(SCHOOL + meter("a") + replaced + 'quantity = "gas"\n', "quantity", 2)


def test_a_child_of_a_broken_parent_is_not_blamed():
    text = SCHOOL + meter("a", ratio="many") + meter("b", parent="a")
    assert "must be a number" in only(text, "ratio")
