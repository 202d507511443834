"""Settings: defaults without a file, every problem at once, secrets only from environment or file."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from app.settings import _SECRETS, _TABLES, Settings, load_settings
from campus.errors import ConfigInvalid

SHIPPED = Path(__file__).resolve().parents[2] / "config"


def load(folder: Path, text: str = "", **environ: str) -> Settings:
    """Load settings from a folder with that settings.toml."""
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    return load_settings({"CAMPUS_CONFIG": str(folder), **environ})


def problems(folder: Path, text: str, **environ: str) -> list[str]:
    """Return the problems as `line: text`."""
    with pytest.raises(ConfigInvalid) as refused:
        load(folder, text, **environ)
    return [f"{issue.line}: {issue.text}" for issue in refused.value.issues]


def test_without_a_file_the_defaults_hold(tmp_path):
    settings = load_settings({"CAMPUS_CONFIG": str(tmp_path)})
    assert (settings.broker.host, settings.broker.port, settings.store.kind) == ("127.0.0.1", 1883, "sqlite")
    assert settings.journal.keep == timedelta(days=400)
    assert settings.data.root == Path("campus-data")


def test_the_shipped_file_says_the_defaults(tmp_path):
    shipped = load_settings({"CAMPUS_CONFIG": str(SHIPPED)})
    default = load_settings({"CAMPUS_CONFIG": str(tmp_path)})
    assert (shipped.broker, shipped.store, shipped.web, shipped.journal) == (
        default.broker,
        default.store,
        default.web,
        default.journal,
    )


def test_the_shipped_file_names_every_table_key_and_secret_there_is():
    text = (SHIPPED / "settings.toml").read_text(encoding="utf-8")
    spoken = tomllib.loads(re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE))
    known = {name: set(keys) for name, keys in _TABLES.items()}
    known["web"].remove("published_on_loopback")  # for containers alone, where deploy/settings.toml has it
    assert {name: set(table) for name, table in spoken.items()} == known
    assert all(variable in text for secrets in _SECRETS.values() for variable in secrets.values())


def test_what_the_shipped_file_offers_in_comments_can_be_taken_as_it_stands(tmp_path):
    text = (SHIPPED / "settings.toml").read_text(encoding="utf-8")
    settings = load(
        tmp_path, re.sub(r"^# (?=\[|(?!influxdb_url|username = \"\")\w+ = )", "", text, flags=re.MULTILINE)
    )
    assert (settings.mail.port, settings.grafana.url) == (587, "http://127.0.0.1:3000")


def test_a_file_changes_what_it_names(tmp_path):
    settings = load(tmp_path, '[broker]\ntopics = ["a/#"]\nport = 8883\n[journal]\ngroup_ms = 50\n')
    assert settings.broker.filters == ("a/#",) and settings.broker.port == 8883
    assert settings.journal.group == timedelta(milliseconds=50)


def test_the_data_folder_has_one_place_for_each_thing(tmp_path):
    data = load(tmp_path, CAMPUS_DATA="/var/lib/campus").data
    places = [data.journal, data.cursors, data.quarantine, data.ledger, data.store("north"), data.store("south")]
    assert len(set(places)) == len(places)
    assert data.store("north") == Path("/var/lib/campus/schools/north/store.sqlite")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[brocker]\n", "1: the file knows no key 'brocker'; did you mean 'broker'?"),
        ("[broker]\nhsot = 1\n", "2: [broker] knows no key 'hsot'; did you mean 'host'?"),
        ('[broker]\nport = "1883"\n', '2: port = "1883" must be a whole number, without quotes'),
        ("[broker]\nport = 70000\n", "2: port = 70000 must lie between 1 and 65535"),
        ('[store]\nkind = "sqllite"\n', "2: kind = \"sqllite\" is no kind of store; did you mean 'sqlite'?"),
        ('[broker]\ntopics = "#"\n', '2: topics = "#" must be a list of topic filters such as ["campus/#"]'),
        ('[store]\nurl = "localhost"\n', '2: url = "localhost" must be an address such as http://127.0.0.1:8086'),
        ("broker = 1\n", "1: write it as a table: [broker]"),
        ("[broker\n", "1: not TOML at column 8: Expected ']' at the end of a table declaration"),
    ],
)
def test_a_mistake_is_shown_with_its_line(tmp_path, text, problem):
    assert problems(tmp_path, text) == [problem]


def test_every_mistake_is_shown_at_once(tmp_path):
    assert len(problems(tmp_path, "[broker]\nhsot = 1\nport = 0\n[web]\nport = false\n")) == 3


@pytest.mark.parametrize(("table", "key"), [("broker", "password"), ("store", "token")])
def test_a_secret_in_the_file_is_refused(tmp_path, table, key):
    assert "does not belong in a file" in problems(tmp_path, f'[{table}]\n{key} = "hush"\n')[0]


def test_secrets_come_from_the_environment_or_a_file_and_are_never_shown(tmp_path):
    (tmp_path / "token").write_text("hush2\n", encoding="utf-8")
    file = str(tmp_path / "token")
    settings = load(tmp_path, CAMPUS_BROKER_PASSWORD="hush1", CAMPUS_INFLUXDB_TOKEN_FILE=file)
    assert (settings.broker.password, settings.store.token) == ("hush1", "hush2")
    assert "hush" not in repr(settings)


def test_a_secret_file_that_is_not_there_is_a_problem(tmp_path):
    assert "No such file" in problems(tmp_path, "", CAMPUS_BROKER_PASSWORD_FILE=str(tmp_path / "none"))[0]


@pytest.mark.parametrize("topics", ["", 'topics = ["#"]\n', 'topics = ["$share/campus/a/#", "b/#"]\n'])
def test_several_members_that_would_each_hear_the_same_are_refused_with_what_to_write(tmp_path, topics):
    (text,) = problems(tmp_path, f"[broker]\n{topics}members = 2\n")
    assert text.startswith(f"{3 if topics else 2}: 2 members") and '"$share/campus/' in text


def test_members_of_a_shared_subscription_are_as_many_as_are_said(tmp_path):
    settings = load(tmp_path, '[broker]\ntopics = ["$share/campus/a/#", "$share/campus/b/#"]\nmembers = 3\n')
    assert settings.broker.members == 3
    assert load(tmp_path, '[broker]\ntopics = ["b/#"]\nmembers = 1\n').broker.members == 1
    assert "members" in problems(tmp_path, "[broker]\nmembers = 0\n")[0]
