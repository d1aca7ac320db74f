"""Redis: how we connect, and what we refuse."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from schemas.errors import RetryLaterError, StopServiceError

NOEVICTION = "noeviction"


def connect_redis(url: str, *, timeout_s: float = 5.0) -> redis.Redis:
    """Return a client of the Redis at *url*: bytes in and out, nothing retried behind our back.

    A write of ours is conditional on a position; a silent second try could not tell whether the
    first one went through. Nothing is connected yet: see `check_redis`.
    """
    return redis.Redis.from_url(
        url,
        decode_responses=False,
        protocol=2,  # as quick as 3 on MGET of 5,000 keys or quicker, and we use no push messages
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def check_redis(client: redis.Redis) -> None:
    """Refuse a Redis that may throw keys away: a listed organisation would look unlisted.

    Raises: RetryLaterError if it does not answer, StopServiceError if its policy is wrong.
    """
    try:
        memory = client.info("memory")
    except redis.exceptions.AuthenticationError as err:
        raise StopServiceError(
            "CREDIT_REDIS: Redis 拒绝登录 / Redis refuses the login; 请检查用户名和密码 / "
            "check user and password in the address"
        ) from err
    except redis.exceptions.RedisError as err:
        raise RetryLaterError(f"redis: {type(err).__name__}: no answer; retrying") from err
    policy = memory.get("maxmemory_policy", "unknown")
    if policy != NOEVICTION:
        raise StopServiceError(
            f"CREDIT_REDIS: maxmemory-policy 为 {policy}, 只允许 noeviction / is {policy}, only "
            "noeviction is allowed; run: redis-cli CONFIG SET maxmemory-policy noeviction"
        )
