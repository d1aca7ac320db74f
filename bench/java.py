"""The Java side: a JDK, and Apache Kafka's jars from Maven Central, fetched once."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.cache_folder import cache_folder
from bench.errors import LeftOutError

OLDEST_JAVA = 17
PEER_FOLDER = Path(__file__).parent / "peers" / "kafka_streams"
_FETCH = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_FETCH_LIMIT_S = 600

Say = Callable[[str], None]


@dataclass(frozen=True)
class JavaTools:
    """A runtime, the jars and the compiled peer."""

    java: str
    jars: Path
    classes: Path

    @property
    def classpath(self) -> str:
        """Every jar and the peer's classes."""
        return f"{self.classes}:{self.jars}/*"


def java_tools(say: Say) -> JavaTools:
    """Return what runs Kafka and its Streams peer, fetched and compiled on first use.

    Raises: LeftOutError that says what is missing and how to get it.
    """
    java, javac, maven = (shutil.which(name) for name in ("java", "javac", "mvn"))
    if java is None or javac is None:
        msg = f"no JDK on the path (install a JDK of Java {OLDEST_JAVA} or newer)"
        raise LeftOutError(msg)
    if (version := _version(java)) < OLDEST_JAVA:
        msg = f"Java {version} is too old (Kafka needs {OLDEST_JAVA} or newer)"
        raise LeftOutError(msg)
    jars = _jars(maven, say)
    return JavaTools(java=java, jars=jars, classes=_classes(javac, jars, say))


def _version(java: str) -> int:
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else 0


def _jars(maven: str | None, say: Say) -> Path:
    """Return the folder of jars; its name carries the pom's hash, so a new pom fetches anew."""
    pom = PEER_FOLDER / "pom.xml"
    folder = cache_folder() / f"jars-{_hash_of(pom)}"
    if folder.is_dir():
        return folder
    if maven is None:
        msg = "no Maven on the path to fetch Apache Kafka's jars with (install `mvn`)"
        raise LeftOutError(msg)
    say("fetching Apache Kafka's jars from Maven Central (once, about 110 MB)")
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(pom), _FETCH, f"-DoutputDirectory={partial}"]
    _run([*command, "-DincludeScope=runtime"], "fetching Apache Kafka's jars")
    partial.rename(folder)  # only a whole fetch gets the name
    return folder


def _classes(javac: str, jars: Path, say: Say) -> Path:
    source = PEER_FOLDER / "KafkaStreamsPeer.java"
    folder = cache_folder() / f"classes-{_hash_of(source)}-{jars.name}"
    if folder.is_dir():
        return folder
    say("compiling the Kafka Streams peer")
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    _run([javac, "-d", str(partial), "-cp", f"{jars}/*", str(source)], "compiling the peer")
    partial.rename(folder)
    return folder


def _run(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_FETCH_LIMIT_S
        )
    except subprocess.TimeoutExpired as err:
        msg = f"{what} took longer than {_FETCH_LIMIT_S} s"
        raise LeftOutError(msg) from err
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        msg = f"{what} failed: {said[0].strip()[:200]}"
        raise LeftOutError(msg)


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
