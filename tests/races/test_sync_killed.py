"""A phone's passages go out while the server is killed, again and again: nothing is lost, nothing counts twice."""

import random
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app.checkin.models import Scan
from app.checkin.queries import get_occupancy
from app.core.db import db
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.processes import PROCESSES, start_process
from tests.races.child import kept_passages, send_passages
from tests.races.together import assert_whole

KILLS = 4


def test_killed_while_a_phone_sends_ten_thousand_passages(whole_app: Flask, whole_url: str, tmp_path: Path) -> None:
    event = make_event(make_organiser(), one_wave(100))
    for _ in range(100):
        make_registration(event, person_draft(event))
    kept = kept_passages(event)
    assert len(kept) == 10_000
    db.session.rollback()
    chance = random.Random(5)
    for _ in range(KILLS):
        receive, send = PROCESSES.Pipe(duplex=False)
        phone = start_process(send_passages, whole_url, str(tmp_path), event.slug, send)
        try:
            for _ in range(chance.randint(1, 6)):
                assert receive.poll(120)
                receive.recv()
            receive.poll(chance.random() / 20)  # some way into the next call
        finally:
            phone.kill()
            phone.join(30)
        stored = db.session.execute(select(Scan.scan_id)).scalars().all()
        assert len(stored) % 500 == 0
        db.session.rollback()
    receive, send = PROCESSES.Pipe(duplex=False)
    phone = start_process(send_passages, whole_url, str(tmp_path), event.slug, send)
    phone.join(240)
    assert phone.exitcode == 0
    rows = db.session.execute(select(Scan.scan_id, Scan.scanned_at, Scan.result, Scan.reason)).all()
    assert sorted((r.scan_id, r.scanned_at) for r in rows) == sorted((k.id, k.scanned_at) for k in kept)
    assert sorted((r.result, r.reason) for r in rows if r.reason) == [("refused", "not_in")] * 50
    assert get_occupancy(event, now=DAY_ONE + timedelta(minutes=2)).present == 50
    assert_whole(event.id)
