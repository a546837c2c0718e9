"""`POST /api/tasks` and `GET /api/tasks` as one writes them with FastAPI and SQLModel.

Run by `make bench` beside the component `tasks`: the same tables, the same row-level
security, the same tokens, and an event in the outbox for each task. Variables: JWT_KEY
(an Ed25519 seed in base64url), DATABASE_URL, DATABASE_CONNECTIONS (for all workers).
"""

import base64
import json
import logging
import os
import sys
import time
from datetime import date, datetime, timedelta, timezone
from typing import Annotated
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Identity, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, create_engine, func, insert, select

WORKERS = 2

SEED = os.environ["JWT_KEY"]
KEY = Ed25519PrivateKey.from_private_bytes(
    base64.urlsafe_b64decode(SEED + "=" * (-len(SEED) % 4))
).public_key()
ENGINE = create_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+psycopg://", 1),
    pool_size=int(os.environ["DATABASE_CONNECTIONS"]) // WORKERS,
    max_overflow=0,
)
LOG = logging.getLogger("http")
logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")


class TaskIn(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)
    priority: int = Field(default=2, ge=1, le=3, sa_type=SmallInteger)
    tags: list[str] = Field(default_factory=list, max_length=20, sa_type=ARRAY(String))
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    all_day_on: date | None = None
    remind_at: list[datetime] = Field(
        default_factory=list, max_length=10, sa_type=ARRAY(DateTime(timezone=True))
    )


class TaskStored(TaskIn):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    status: str = "open"
    completed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    recurring_task_id: UUID | None = None
    occurrence_on: date | None = None
    version: int = Field(default=1, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))


class Task(TaskStored, table=True):
    __tablename__ = "tasks"
    __table_args__ = {"schema": "todo"}

    user_id: UUID


class TaskOut(TaskStored):
    due_date: datetime | None
    is_overdue: bool
    is_due_soon: bool


class Page(SQLModel):
    items: list[TaskOut]
    total: int
    page: int
    page_size: int


class Outbox(SQLModel, table=True):
    __table_args__ = {"schema": "spindrift"}

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    topic: str
    key: str
    headers: dict = Field(sa_type=JSONB)
    data: dict = Field(sa_type=JSONB)


def view(task: Task, now: datetime) -> TaskOut:
    due = task.due_at if task.status == "open" else None
    return TaskOut(
        **task.model_dump(exclude={"user_id"}),
        due_date=task.due_at,
        is_overdue=due is not None and due < now,
        is_due_soon=due is not None and now <= due < now + timedelta(days=1),
    )


def person(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> UUID:
    try:
        return UUID(jwt.decode(credentials.credentials, KEY, algorithms=["EdDSA"])["sub"])
    except jwt.PyJWTError as error:
        raise HTTPException(401, str(error)) from error


Person = Annotated[UUID, Depends(person)]


def session(user: Person):
    with Session(ENGINE, expire_on_commit=False) as opened:
        opened.execute(
            text("SELECT set_config('spindrift.user_id', :user, true)"), {"user": str(user)}
        )
        yield opened


Database = Annotated[Session, Depends(session)]

app = FastAPI()


@app.middleware("http")
async def logged(request: Request, call_next):
    began = time.perf_counter()
    request_id = uuid4().hex
    response = await call_next(request)
    response.headers["x-request-id"] = request_id
    LOG.info(
        json.dumps(
            {
                "timestamp": datetime.now(timezone.utc).isoformat(),
                "level": "INFO",
                "method": request.method,
                "path": request.url.path,
                "status": response.status_code,
                "duration_ms": round((time.perf_counter() - began) * 1000, 3),
                "request_id": request_id,
            }
        )
    )
    return response


@app.post("/api/tasks", status_code=201)
def create(body: TaskIn, user: Person, database: Database, response: Response) -> TaskOut:
    now = datetime.now(timezone.utc)
    task = Task(**body.model_dump(), user_id=user, created_at=now, updated_at=now)
    database.add(task)
    # Its role may write events and not read them: nothing is asked back.
    database.execute(insert(Outbox).values(created_event(task, now)).inline())
    database.commit()
    response.headers["etag"] = f'"{task.version}"'
    response.headers["location"] = f"/api/tasks/{task.id}"
    response.headers["cache-control"] = "no-store"
    return view(task, now)


def created_event(task: Task, now: datetime) -> dict:
    event_id, user = str(uuid4()), str(task.user_id)
    return {
        "topic": "task-events",
        "key": user,
        "headers": {
            "specversion": "1.0",
            "id": event_id,
            "source": "/todo",
            "type": "todo.task.created",
            "subject": f"tasks/{task.id}",
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "partitionkey": user,
        },
        "data": {
            "event_id": event_id,
            "event_type": "TASK_CREATED",
            "timestamp": now.isoformat(),
            "user_id": user,
            "payload": {"task": task.model_dump(mode="json", exclude={"user_id"})},
        },
    }


@app.get("/api/tasks")
def tasks(
    user: Person, database: Database, response: Response, page: int = 1, page_size: int = 20
) -> Page:
    mine = select(Task).where(Task.user_id == user)
    total = database.exec(
        select(func.count()).select_from(Task).where(Task.user_id == user)
    ).one()
    found = database.exec(
        mine.order_by(Task.created_at.desc(), Task.id.desc())
        .offset((page - 1) * page_size)
        .limit(page_size)
    ).all()
    now = datetime.now(timezone.utc)
    response.headers["cache-control"] = "no-store"
    return Page(
        items=[view(task, now) for task in found], total=total, page=page, page_size=page_size
    )
