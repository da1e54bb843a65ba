"""Routes of training datasets: asked for, made by a job, downloaded."""

from collections.abc import AsyncIterator
from typing import Annotated

import anyio
from litestar import Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter
from litestar.response import Stream

from octy.http.answers import Json, counted, encode, ok, success
from octy.http.batches import BatchReader, Sent
from octy.http.body import body, typed
from octy.http.errors import speakable
from octy.http.idempotency import write, write_batch
from octy.http.parts import IfRangeHeader, RangeHeader, asked_part
from octy.http.queries import CursorHeader, Ids, page_headers, split_ids
from octy.http.requests import OctyRequest
from octy.http.wire.datasets import (
    DatasetDeleteFailure,
    DatasetList,
    DatasetRequested,
    DatasetsDeleted,
    DatasetsToDelete,
    DatasetToMake,
    DeletedDataset,
    shown,
)
from octy.model import limits
from octy.model.errors import NotFound
from octy.model.idempotency import Answer
from octy.model.jobs import Job
from octy.model.outcomes import Outcome

DatasetId = Annotated[str, QueryParameter(name="id", description="The dataset's id.")]

MEDIA_TYPE = "application/vnd.apache.parquet"
BYTES_AT_ONCE = 1 << 18

_read_deleted = BatchReader[str, str]("datasets", str, limits.IDS_PER_REQUEST_MAX).read


@get("/", sync_to_thread=True)
def list_datasets(request: OctyRequest, ids: Ids = None, cursor: CursorHeader = None) -> Json[DatasetList]:
    """Which datasets are there, and how far is each? All in one page."""
    found = request.reading.datasets(request.account_id, split_ids(ids))
    rows = [shown(job) for job in found[cursor or 0 :]]
    meta = success(f"{counted(len(rows), 'dataset')}.", len(rows), len(found))
    return ok(DatasetList(meta, rows), page_headers(rows))


@post("/", status_code=201, dto=typed(DatasetToMake))
async def request_dataset(request: OctyRequest, data: JSONBody[DatasetToMake]) -> Json[DatasetRequested]:
    """Have a dataset made: one row for each profile and instant, exactly as it was then."""

    def answer(job: Job) -> Answer:
        return Answer(201, encode(DatasetRequested(success("The dataset is to be made.", 1), shown(job))))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.request_dataset(account_id, data.request(), once), answer)


@get("/file", responses={200: ResponseSpec(bytes, description="The file.", media_type=MEDIA_TYPE)})
async def download_dataset(
    request: OctyRequest, id_query: DatasetId, wanted: RangeHeader = None, same: IfRangeHeader = None
) -> Stream:
    """The file of a dataset that is made: Parquet. `Range` asks for one part of it: the rest, after a break."""
    path, file = await anyio.to_thread.run_sync(request.reading.dataset_file, request.account_id, id_query)
    try:
        opened = await anyio.open_file(path, "rb")
    except FileNotFoundError:
        raise NotFound(f"There is no file of the dataset {id_query}: it has just been removed.") from None
    etag = f'"{file.sha256}"'
    part = asked_part(wanted, file.bytes) if same in (None, etag) else None
    headers = {
        "content-disposition": f'attachment; filename="{file.name}"',
        "x-content-sha256": file.sha256,
        "etag": etag,
        "accept-ranges": "bytes",
    }
    if part is None:
        part = range(file.bytes)
    else:
        headers["content-range"] = f"bytes {part[0]}-{part[-1]}/{file.bytes}"
    headers["content-length"] = str(len(part))
    status = 206 if "content-range" in headers else 200
    return Stream(_read(opened, part), media_type=MEDIA_TYPE, headers=headers, status_code=status)


@post("/delete", status_code=200, dto=body(DatasetsToDelete, _read_deleted))
async def delete_datasets(request: OctyRequest, data: JSONBody[Sent[str]]) -> Json[DatasetsDeleted]:
    """Delete datasets with their files; one that is being made is not made."""

    def answer(outcome: Outcome[str]) -> Answer:
        failed = [
            DatasetDeleteFailure(data.fields(one.index).whole_text(), speakable(one.message), one.index)
            for one in outcome.failed
        ]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'dataset')} deleted.", done, done + len(failed))
        return Answer(200, encode(DatasetsDeleted(meta, [DeletedDataset(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(request, data, lambda ids, once: octy.delete_datasets(account_id, ids, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/v1/retention/datasets",
        route_handlers=[list_datasets, request_dataset, download_dataset, delete_datasets],
        tags=["Datasets"],
    )


async def _read(opened: anyio.AsyncFile[bytes], part: range) -> AsyncIterator[bytes]:
    left = len(part)
    async with opened as file:
        await file.seek(part.start)
        while left and (content := await file.read(min(left, BYTES_AT_ONCE))):
            left -= len(content)
            yield content
