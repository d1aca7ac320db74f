"""No test ever reaches what a developer's environment or `.env` names.

Set before any test module is imported: an empty variable hides what `.env` says, and means unset.
"""

import os
import tempfile

# CREDIT_FAULTS_* is for the fault suite alone (tests/faults); no setting of ours begins so.
for _name in [name for name in os.environ if name.startswith("CREDIT_")]:
    if not _name.startswith("CREDIT_FAULTS_"):
        del os.environ[_name]
from infra.settings import known_names  # noqa: E402 - the environment comes first

for _name in known_names():
    os.environ[_name] = ""
os.environ["CREDIT_STATE_DIR"] = tempfile.mkdtemp(prefix="credit-trigger-tests-")
