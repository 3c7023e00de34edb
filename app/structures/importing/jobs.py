"""Writing a file of structures, a few at a time; begun again it goes on where it stopped."""

from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.jobs.registry import JobContext, handler
from app.sheets.reading import read_sheet
from app.structures.errors import FileNotFound
from app.structures.importing.files import WRITE_JOB, finish, get_content, get_file, store_progress
from app.structures.importing.planning import make_plan
from app.structures.importing.writing import read_directory, write_entry

CHUNK = 50


@handler(WRITE_JOB)
def write(context: JobContext) -> None:
    """What was written before is found in the directory again, so that a second run has only the rest to do."""
    organiser_id = int(context.payload["organiser_id"])
    try:
        row = get_file(int(context.payload["file_id"]), organiser_id=organiser_id)
    except FileNotFound:
        return
    if row.written_at is not None:
        return
    said = context.payload["by"]
    by = Actor(ActorKind(said["kind"]), said["label"], said["id"], said["organiser_id"])
    work = make_plan(read_sheet(get_content(row.id)), row.mapping, read_directory(organiser_id)).work
    tally, before, total = row.tally, row.done, row.done + len(work)
    for start in range(0, len(work), CHUNK):
        with transaction():
            for entry in work[start : start + CHUNK]:
                tally = write_entry(entry, tally, organiser_id=organiser_id, by=by, now=context.now())
            store_progress(row, before + min(start + CHUNK, len(work)), total, tally)
    with transaction():
        finish(row, tally, by=by, now=context.now())
